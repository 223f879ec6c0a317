import type { PageEcho } from '../../model/plan.ts'
import type { JsonMember } from '../../std/json-members.ts'
import { isObject } from '../../std/json-values.ts'
import {
  filterElements,
  givenValue,
  type RequestBody,
  readBody,
  stringList,
  toSafe,
  unsignedText,
} from './request-body.ts'

/** What planning must know of a search body; everything else travels as text. */
export interface SearchRequest {
  /** The client's body, or the one made from its query parameters. */
  readonly text: string
  readonly members: readonly JsonMember[]
  /** Hits to skip and to show, as asked for; bounded to safe integers. */
  readonly offset: number
  readonly limit: number
  readonly echo: PageEcho
  readonly query: string
  /** JSON texts of the elements of the outer filter array; empty when there is no filter. */
  readonly filters: readonly string[]
  readonly wantsDetails: boolean
  readonly sort: readonly string[]
  readonly distinct: string | null
  readonly attributesToRetrieve: readonly string[] | null
  readonly hybrid: { readonly embedder: string; readonly ratio: number } | null
  readonly vector: readonly number[] | null
  readonly media: boolean
  /** Reranked by each node on its own. */
  readonly delegated: boolean
  /** Attributes shown formatted because they were named as such, `*` for all. */
  readonly formatted: readonly string[]
  readonly threshold: number | null
  readonly wantsScore: boolean
  readonly matchesAllWords: boolean
}

const LIMIT_DEFAULT = '20'

/**
 * Reads a search body. Null when a value that planning relies on has a shape only a node can judge: its
 * error text must then be the client's.
 */
export function parseSearchRequest(text: string): SearchRequest | null {
  const body = readBody(text)
  if (body === null) return null
  const window = windowOf(body)
  const filters = filterElements(body)
  const sort = stringList(body, 'sort')
  const attributesToRetrieve = stringList(body, 'attributesToRetrieve')
  const distinct = givenValue(body, 'distinct')
  const query = givenValue(body, 'q')
  const details = body.texts.get('showRankingScoreDetails') ?? 'false'
  const score = body.texts.get('showRankingScore') ?? 'false'
  const threshold = givenValue(body, 'rankingScoreThreshold')
  if (window === null || filters === null || sort === undefined || attributesToRetrieve === undefined)
    return null
  if (!isStringOrNull(distinct) || !isStringOrNull(query)) return null
  if (![details, score].every((text) => text === 'true' || text === 'false')) return null
  if (!isShareOrNull(threshold)) return null
  const hybrid = hybridOf(givenValue(body, 'hybrid'))
  const vector = vectorOf(givenValue(body, 'vector'))
  if (hybrid === undefined || vector === undefined) return null
  return {
    text,
    members: body.members,
    query: query ?? '',
    filters,
    sort: sort ?? [],
    distinct,
    attributesToRetrieve,
    wantsDetails: details === 'true',
    hybrid,
    vector,
    media: givenValue(body, 'media') !== null,
    delegated: givenValue(body, 'personalize') !== null,
    formatted: formattedAttributes(body),
    threshold,
    wantsScore: score === 'true',
    matchesAllWords: givenValue(body, 'matchingStrategy') === 'all',
    // Last: V8 takes a hundred times as long when members are added to a spread.
    ...window,
  }
}

function isShareOrNull(value: unknown): value is number | null {
  return value === null || (typeof value === 'number' && value >= 0 && value <= 1)
}

const DEFAULT_RATIO = 0.5

function hybridOf(value: unknown): SearchRequest['hybrid'] | undefined {
  if (value === null) return null
  if (!isObject(value)) return undefined
  const { embedder, semanticRatio: ratio = DEFAULT_RATIO, ...others } = value
  if (typeof embedder !== 'string' || Object.keys(others).length > 0) return undefined
  return typeof ratio === 'number' && ratio >= 0 && ratio <= 1 ? { embedder, ratio } : undefined
}

function vectorOf(value: unknown): readonly number[] | null | undefined {
  if (value === null) return null
  if (!Array.isArray(value)) return undefined
  const numbers: number[] = []
  for (const element of value as readonly unknown[]) {
    if (typeof element !== 'number') return undefined
    numbers.push(element)
  }
  return numbers
}

function isStringOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

function formattedAttributes(body: RequestBody): string[] {
  const highlighted = stringList(body, 'attributesToHighlight') ?? []
  const cropped = stringList(body, 'attributesToCrop') ?? []
  return [...highlighted, ...cropped.map((name) => name.replace(/:\d+$/, ''))]
}

type Window = Pick<SearchRequest, 'offset' | 'limit' | 'echo'>

function windowOf(body: RequestBody): Window | null {
  const offset = unsignedText(body, 'offset', '0')
  const limit = unsignedText(body, 'limit', LIMIT_DEFAULT)
  if (offset === null || limit === null) return null
  const [hasPage, hasSize] = [givenValue(body, 'page') !== null, givenValue(body, 'hitsPerPage') !== null]
  if (!hasPage && !hasSize)
    return { offset: toSafe(offset), limit: toSafe(limit), echo: { kind: 'offset', offset, limit } }
  const page = hasPage ? unsignedText(body, 'page', '') : '1'
  const hitsPerPage = hasSize ? unsignedText(body, 'hitsPerPage', '') : LIMIT_DEFAULT
  if (page === null || hitsPerPage === null) return null
  const echo = { kind: 'page', page, hitsPerPage } as const
  const shown = toSafe(hitsPerPage)
  if (toSafe(page) === 0) return { offset: 0, limit: 0, echo }
  return { offset: Math.min(Number.MAX_SAFE_INTEGER, (toSafe(page) - 1) * shown), limit: shown, echo }
}
