import type { IndexUid } from '../model/ids.ts'
import { elementsOf, membersOf, objectText } from '../std/json-members.ts'
import { givenValue, readBody } from './request/request-body.ts'
import { parseSearchRequest } from './request/search-request.ts'

/** One search of several. */
export interface PartialSearch {
  readonly uid: IndexUid
  /** The search as a body of its own. */
  readonly text: string
  /** JSON text; null when there is none. */
  readonly federationOptions: string | null
}

export interface MultiSearchRequest {
  readonly queries: readonly PartialSearch[]
  /** JSON text of an object; null when every search is answered by itself. */
  readonly federation: string | null
}

const MEMBERS = ['queries', 'federation']

/** Null when a value that planning relies on has a shape only a node can judge. */
export function parseMultiSearchRequest(text: string): MultiSearchRequest | null {
  const body = readBody(text)
  if (body === null || body.members.some(({ key }) => !MEMBERS.includes(key))) return null
  if (!Array.isArray(givenValue(body, 'queries'))) return null
  const queries = elementsOf(body.texts.get('queries') ?? '[]').map(parsePart)
  const federation = givenValue(body, 'federation') === null ? null : (body.texts.get('federation') ?? null)
  if (federation !== null && !federation.startsWith('{')) return null
  const readable = queries.filter((query) => query !== null)
  return readable.length === queries.length ? { queries: readable, federation } : null
}

function parsePart(text: string): PartialSearch | null {
  const body = readBody(text)
  const uid = body === null ? null : givenValue(body, 'indexUid')
  if (body === null || typeof uid !== 'string') return null
  const own = ['indexUid', 'federationOptions']
  const search = objectText(body.members.filter(({ key }) => !own.includes(key)))
  if (parseSearchRequest(search) === null) return null
  const hasOptions = givenValue(body, 'federationOptions') !== null
  return {
    uid,
    text: search,
    federationOptions: hasOptions ? (body.texts.get('federationOptions') ?? null) : null,
  }
}

/** The client's own text with other names of its indexes, also where it names none as it should. */
export function renamedMultiSearch(text: string, nameOf: (uid: IndexUid) => string): string {
  const body = readBody(text)
  if (body === null || !Array.isArray(givenValue(body, 'queries'))) return text
  const queries = elementsOf(body.texts.get('queries') ?? '[]').map((query) => {
    if (readBody(query) === null) return query
    const members = membersOf(query).map(({ key, value }) => {
      const uid: unknown = key === 'indexUid' ? JSON.parse(value) : null
      return { key, value: typeof uid === 'string' ? JSON.stringify(nameOf(uid)) : value }
    })
    return objectText(members)
  })
  return objectText([
    ...body.members
      .filter(({ key }) => key !== 'queries')
      .map(({ key, value }) => ({ key, value: key === 'federation' ? renamedFacets(value, nameOf) : value })),
    { key: 'queries', value: `[${queries.join(',')}]` },
  ])
}

function renamedFacets(federation: string, nameOf: (uid: IndexUid) => string): string {
  const body = readBody(federation)
  if (body === null) return federation
  const members = body.members.map(({ key, value }) => {
    const facets = key === 'facetsByIndex' ? readBody(value) : null
    if (facets === null) return { key, value }
    return { key, value: objectText(facets.members.map((one) => ({ ...one, key: nameOf(one.key) }))) }
  })
  return objectText(members)
}
