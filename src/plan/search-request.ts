import type { PageEcho } from '../model/plan.ts'
import { type JsonMember, membersOf, memberValue } from '../std/json-members.ts'

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
  readonly semantic: boolean
  /** Attributes shown formatted because they were named as such, `*` for all. */
  readonly formatted: readonly string[]
  readonly threshold: boolean
  readonly matchesAllWords: boolean
}

const LIMIT_DEFAULT = '20'
const U64_MAX = 18446744073709551615n

/**
 * Reads a search body. Null when a value that planning relies on has a shape only a node can judge: its error text
 * must then be the client's.
 */
export function parseSearchRequest(text: string): SearchRequest | null {
  const members = objectMembers(text)
  if (members === null) return null
  const window = windowOf(members)
  const filters = filterElements(memberValue(members, 'filter'))
  const sort = stringList(memberValue(members, 'sort'))
  const retrieve = stringList(memberValue(members, 'attributesToRetrieve'))
  const distinct = optionalString(memberValue(members, 'distinct'))
  const query = optionalString(memberValue(members, 'q'))
  const details = memberValue(members, 'showRankingScoreDetails') ?? 'false'
  if (window === null || filters === null || sort === undefined || retrieve === undefined) return null
  if (distinct === undefined || query === undefined) return null
  if (details !== 'true' && details !== 'false') return null
  return {
    ...window,
    text,
    members,
    query: query ?? '',
    filters,
    sort: sort ?? [],
    distinct,
    attributesToRetrieve: retrieve,
    wantsDetails: details === 'true',
    semantic: ['hybrid', 'vector', 'media'].some((key) => isGiven(members, key)),
    formatted: formattedAttributes(members),
    threshold: isGiven(members, 'rankingScoreThreshold'),
    matchesAllWords: memberValue(members, 'matchingStrategy') === '"all"',
  }
}

/** Members of a body that is valid JSON and an object, else null. */
export function objectMembers(text: string): JsonMember[] | null {
  const value = parsed(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  return membersOf(text)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isGiven(members: readonly JsonMember[], key: string): boolean {
  const value = memberValue(members, key)
  return value !== undefined && value !== 'null'
}

function formattedAttributes(members: readonly JsonMember[]): string[] {
  const highlighted = stringList(memberValue(members, 'attributesToHighlight')) ?? []
  const cropped = stringList(memberValue(members, 'attributesToCrop')) ?? []
  return [...highlighted, ...cropped.map((name) => name.replace(/:\d+$/, ''))]
}

type Window = Pick<SearchRequest, 'offset' | 'limit' | 'echo'>

function windowOf(members: readonly JsonMember[]): Window | null {
  const offset = memberValue(members, 'offset') ?? '0'
  const limit = memberValue(members, 'limit') ?? LIMIT_DEFAULT
  if (!isUnsigned(offset) || !isUnsigned(limit)) return null
  if (!isGiven(members, 'page') && !isGiven(members, 'hitsPerPage'))
    return { offset: toSafe(offset), limit: toSafe(limit), echo: { kind: 'offset', offset, limit } }
  const page = isGiven(members, 'page') ? (memberValue(members, 'page') ?? '') : '1'
  const hitsPerPage = isGiven(members, 'hitsPerPage')
    ? (memberValue(members, 'hitsPerPage') ?? '')
    : LIMIT_DEFAULT
  if (!isUnsigned(page) || !isUnsigned(hitsPerPage)) return null
  const echo = { kind: 'page', page, hitsPerPage } as const
  const shown = toSafe(hitsPerPage)
  if (toSafe(page) === 0) return { offset: 0, limit: 0, echo }
  return { offset: Math.min(Number.MAX_SAFE_INTEGER, (toSafe(page) - 1) * shown), limit: shown, echo }
}

/** A number a node takes for its unsigned 64-bit fields: `1.0` and `1e2` are none. */
export function isUnsigned(text: string): boolean {
  return /^(?:0|[1-9]\d{0,19})$/.test(text) && BigInt(text) <= U64_MAX
}

export function toSafe(text: string): number {
  return Math.min(Number.MAX_SAFE_INTEGER, Number(text))
}

/** Null when absent or null; undefined when it is no string. */
function optionalString(text: string | undefined): string | null | undefined {
  if (text === undefined || text === 'null') return null
  const value = parsed(text)
  return typeof value === 'string' ? value : undefined
}

/** Null when absent or null; undefined when it is no list of strings. */
export function stringList(text: string | undefined): readonly string[] | null | undefined {
  if (text === undefined || text === 'null') return null
  const value = parsed(text)
  if (!Array.isArray(value) || value.some((element) => typeof element !== 'string')) return undefined
  return value
}

/** Elements of the outer filter array as JSON texts; null when only a node can judge the filter. */
export function filterElements(text: string | undefined): readonly string[] | null {
  if (text === undefined || text === 'null') return []
  const value = parsed(text)
  // A blank expression filters nothing; as one of several elements it could mean something else.
  if (typeof value === 'string') return value.trim() === '' ? [] : [text]
  if (!Array.isArray(value)) return null
  const inside = text.slice(1, -1).trim()
  return inside === '' ? [] : [inside]
}
