import { foldFederatedFacets, type IndexPart } from '../../merge/federated/facets.ts'
import { type FederatedList, mergeFederated } from '../../merge/federated/hits.ts'
import type { HeaderList, Reply } from '../../model/call.ts'
import { fail } from '../../model/errors.ts'
import type { View } from '../../model/view.ts'
import {
  addedAttributes,
  areComparable,
  type Federation,
  federatedQuery,
  gatedOption,
  parseFederation,
  ruleKinds,
  rulesOf,
  unsupportedFederation,
} from '../../plan/federated/federation.ts'
import type { MultiSearchRequest, PartialSearch } from '../../plan/multi-search.ts'
import { parseSearchRequest } from '../../plan/request/search-request.ts'
import { text } from '../../std/bytes.ts'
import { type JsonMember, membersOf, memberValue, objectText } from '../../std/json-members.ts'
import type { ReadContext, ReadDeps } from '../read-deps.ts'
import { countUnion } from './count-union.ts'

export interface FederatedCall {
  readonly view: View
  readonly request: MultiSearchRequest
  readonly context: ReadContext & { readonly requestUid: string }
  /** Answers every search by itself; one reply when the whole failed. */
  readonly searchAll: (queries: readonly PartialSearch[]) => Promise<readonly Reply[] | Reply>
  /** One node's opinion of the client's whole request. */
  readonly opinion: () => Promise<Reply | null>
}

/** One search's answer. */
interface Answer {
  readonly query: PartialSearch
  readonly members: readonly JsonMember[]
  readonly headers: HeaderList
}

/**
 * Several searches whose hits become one list. Each is answered by itself, for as many hits as the page can
 * need of it, with what hits are compared by; the lists are merged here. Throws `MiroirError`.
 */
export async function federatedSearch(deps: ReadDeps, call: FederatedCall): Promise<Reply> {
  const { view, request, searchAll } = call
  const { queries } = request
  const gated = gatedOption(queries)
  if (gated !== null) throw fail('feature_not_enabled', { message: gated })
  const federation = parseFederation(request.federation ?? '{}', queries)
  const feature = federation === null ? null : unsupportedFederation(queries, federation, view.indexes)
  const possible = federation !== null && feature === null && isComparable(queries, view)
  if (!possible || namesOthers(federation, queries)) {
    const opinion = await call.opinion()
    if (opinion !== null) return opinion
  }
  if (!possible) throw fail('miroir_unsupported', { feature: feature ?? 'This form of a federated search' })
  const unknown = Object.keys(federation.facetsByIndex).find((uid) => !view.indexes.has(uid))
  if (unknown !== undefined && !queries.some(({ uid }) => uid === unknown)) return unusedIndex(unknown)
  const replies = await searchAll(
    queries.map((query) => {
      const index = view.indexes.get(query.uid) ?? null
      return { ...query, text: federatedQuery(query, federation, index) }
    }),
  )
  if ('status' in replies) return replies
  const answers = queries.map((query, at) => {
    const { body = '', headers = [] } = replies[at] ?? { status: 500 }
    return { query, members: membersOf(typeof body === 'string' ? body : text(body)), headers }
  })
  const lists = answers.map((answer, at) => listOf(answer, view, { federation, at }))
  const merged = mergeFederated(lists, federation)
  const parts = await partsOf(deps, call, { federation, answers })
  return replyOf(call, { federation, answers, parts, ...merged })
}

/** True when a node with the client's own rules would put hits of all the searches in one line. */
export function isComparable(queries: readonly PartialSearch[], view: View): boolean {
  return areComparable(
    queries.map((query) => {
      const index = view.indexes.get(query.uid)
      return index === undefined ? [] : ruleKinds(query, rulesOf(index))
    }),
  )
}

/** Facets of an index that is not searched are nothing to do, but a node looks whether it is there. */
function namesOthers({ facetsByIndex }: Federation, queries: readonly PartialSearch[]): boolean {
  return Object.keys(facetsByIndex).some((uid) => !queries.some((query) => query.uid === uid))
}

/** A node's words for facets of an index that is neither searched nor there. */
function unusedIndex(uid: string): Reply {
  const { body } = fail('index_not_found', { uid })
  const inside = `Inside \`.federation.facetsByIndex.${uid}\``
  const message = `${inside}: ${body.message}\n - Note: index \`${uid}\` is not used in queries`
  return { status: 400, contentType: 'application/json', body: JSON.stringify({ ...body, message }) }
}

function listOf(
  { query, members }: Answer,
  view: View,
  { federation, at }: { readonly federation: Federation; readonly at: number },
): FederatedList {
  const index = view.indexes.get(query.uid) ?? null
  const request = parseSearchRequest(query.text)
  const hidden = addedAttributes(query, federation, index)
  const formatted = request?.formatted ?? []
  return {
    uid: query.uid,
    weight: federation.weights[at] ?? 1,
    hitsMax: index?.facts.maxTotalHits ?? 0,
    hits: memberValue(members, 'hits') ?? '[]',
    primaryKey: index?.primaryKey ?? null,
    keepScore: memberValue(membersOf(query.text), 'showRankingScore') === 'true',
    keepDetails: request?.wantsDetails === true,
    hidden,
    hiddenFormatted: formatted.includes('*') ? [] : hidden.filter((name) => !formatted.includes(name)),
  }
}

interface Answered {
  readonly federation: Federation
  readonly answers: readonly Answer[]
}

/** What was found in each index, in the order of their names: documents of several searches count once. */
function partsOf(
  deps: ReadDeps,
  { context }: FederatedCall,
  { federation, answers }: Answered,
): Promise<IndexPart[]> {
  const uids = [...new Set(answers.map(({ query }) => query.uid))].sort()
  const { extraFilters } = context
  return Promise.all(
    uids.map(async (uid) => {
      const mine = answers.filter(({ query }) => query.uid === uid)
      const several = mine.length > 1
      const queries = mine.map(({ query }) => query)
      const union =
        several && federation.distinct === null
          ? await countUnion(deps, { uid, queries, federation, extraFilters }, context)
          : null
      const part = union ?? sumOf(uid, mine)
      // A node also lists an index of which no facet was asked for.
      const none = part.facets === null && Array.isArray(federation.facetsByIndex[uid])
      return none ? { ...part, facets: { distribution: '{}', stats: '{}' } } : part
    }),
  )
}

/** The searches of an index added up. */
function sumOf(uid: string, answers: readonly Answer[]): IndexPart {
  const totals = answers.map(({ members }) =>
    Number(memberValue(members, 'totalHits') ?? memberValue(members, 'estimatedTotalHits') ?? 0),
  )
  const [first] = answers
  const distribution = memberValue(first?.members ?? [], 'facetDistribution')
  const stats = memberValue(first?.members ?? [], 'facetStats')
  const facets = distribution === undefined ? null : { distribution, stats }
  const total = totals.reduce((sum, own) => sum + own, 0)
  return { uid, total, facets, exact: answers.length === 1 }
}

async function replyOf(
  call: FederatedCall,
  found: Answered & {
    readonly parts: readonly IndexPart[]
    readonly hits: readonly string[]
    readonly dropped: number
  },
): Promise<Reply> {
  const { federation, answers, parts, hits, dropped } = found
  const facets = foldFederatedFacets(parts, federation.mergedFacetValues, call.view.indexes)
  if (facets === 'order') {
    const opinion = await call.opinion()
    if (opinion !== null) return opinion
    throw fail('miroir_unsupported', { feature: 'Merging facets that indexes list in different orders' })
  }
  const total = parts.reduce((sum, part) => sum + part.total, 0) - dropped
  const times = answers.map(({ members }) => Number(memberValue(members, 'processingTimeMs') ?? 0))
  const vectors = answers.some(
    ({ query }) => memberValue(membersOf(query.text), 'retrieveVectors') === 'true',
  )
  const metadata = answers.flatMap(metadataOf)
  const members = [
    { key: 'hits', value: `[${hits.join(',')}]` },
    ...(vectors ? [{ key: 'queryVectors', value: '{}' }] : []),
    { key: 'processingTimeMs', value: String(Math.max(0, ...times)) },
    ...pageMembers(federation, total),
    ...(facets ?? []),
    { key: 'requestUid', value: JSON.stringify(call.context.requestUid) },
    ...(metadata.length > 0 ? [{ key: 'metadata', value: `[${metadata.join(',')}]` }] : []),
  ]
  const exact = parts.every((part) => part.exact)
  return {
    ...{ status: 200, contentType: 'application/json', body: objectText(members) },
    headers: headersOf(answers, [
      ...(exact ? [] : ['total']),
      ...(exact || facets === null ? [] : ['facets']),
    ]),
  }
}

function pageMembers({ echo }: Federation, total: number): JsonMember[] {
  if (echo.kind === 'offset')
    return [
      { key: 'limit', value: echo.limit },
      { key: 'offset', value: echo.offset },
      { key: 'estimatedTotalHits', value: String(total) },
    ]
  const size = Number(echo.hitsPerPage)
  return [
    { key: 'hitsPerPage', value: echo.hitsPerPage },
    { key: 'page', value: echo.page },
    { key: 'totalPages', value: size === 0 ? '0' : String(Math.ceil(total / size)) },
    { key: 'totalHits', value: String(total) },
  ]
}

function metadataOf({ query, members }: Answer): string[] {
  const metadata = memberValue(members, 'metadata')
  if (metadata === undefined) return []
  const words = { key: 'query', value: memberValue(membersOf(query.text), 'q') ?? '""' }
  return [objectText([words, ...membersOf(metadata)])]
}

/** What was missing or not exact in any of the answers, and what is not exact here. */
function headersOf(answers: readonly Answer[], here: readonly string[]): HeaderList {
  const all = answers.flatMap(({ headers }) => headers)
  const valuesOf = (name: string): string[] => all.flatMap((header) => (header[0] === name ? header[1] : []))
  const degraded = [...new Set(valuesOf('X-Miroir-Degraded'))]
  const approximate = valuesOf('X-Miroir-Approximate').flatMap((value) => value.split(','))
  const parts = [...new Set([...approximate, ...here])]
  return [
    ...(degraded.length > 0 ? ([['X-Miroir-Degraded', degraded.join(',')]] as const) : []),
    ...(parts.length > 0 ? ([['X-Miroir-Approximate', parts.join(',')]] as const) : []),
  ]
}
