import type { DevIndex } from '../engine/dev-index.ts'
import { memberText } from '../engine/documents.ts'
import { refuseLacking } from '../http/refusal.ts'
import { printDouble } from '../json/canonical.ts'
import { compareBytes } from '../settings/settings.ts'
import { countFacets, facetAttributes } from './facets.ts'
import type { Federation } from './federation-request.ts'
import { printHit } from './print/print-hits.ts'
import { type Candidate, compareSortValues, foldRanks, type SortedBy } from './ranking.ts'
import type { SearchRequest } from './request.ts'
import { type FoundHits, searchIndex } from './search.ts'
import { scoreOf } from './selection.ts'

/** One of the searches whose hits are put into one list. */
export interface FederatedQuery {
  readonly index: DevIndex
  readonly request: SearchRequest
  readonly weight: number
  /** What the hits say as their query's number. */
  readonly position: number
}

/** What a hit is compared by: adjacent rules of relevance are one number. */
type ScoreValue = { readonly kind: 'weightedScore'; readonly value: number } | SortedBy

interface FederatedHit {
  readonly query: FederatedQuery
  readonly found: FoundHits
  readonly candidate: Candidate
  readonly values: readonly ScoreValue[]
  readonly score: number
}

export interface FederatedAnswer {
  /** JSON texts. */
  readonly hits: readonly string[]
  readonly total: number
  /** JSON text of `facetsByIndex`, null when none were asked for. */
  readonly facets: string | null
}

/** Runs searches and puts their hits into one list. `internal`: with what a proxy needs to merge lists. */
export function federate(
  queries: readonly FederatedQuery[],
  federation: Federation,
  internal: boolean,
): FederatedAnswer {
  const { page, hitsPerPage } = federation
  const paged = page !== null || hitsPerPage !== null
  const limit = paged ? (hitsPerPage ?? 20) : federation.limit
  const offset = paged ? Math.max(0, (page ?? 1) - 1) * limit : federation.offset
  const last = page === 0 ? 0 : offset + limit
  const lists = queries.map((query) => runQuery(query, { ...federation, last, paged }))
  const order = onceEach(lists.flatMap(({ hits }) => hits).sort(compareHits))
  const kept = keepDistinct(order, federation.distinct)
  const shown = kept.slice(offset, last)
  const indexes = [...new Set(queries.map(({ index }) => index))]
  const candidates = indexes.map((index) => union(lists.filter(({ query }) => query.index === index)).length)
  const total = candidates.reduce((sum, count) => sum + count, 0) - (order.length - kept.length)
  return {
    hits: shown.map((hit) => printHit(...hitParts(hit, federation, internal))),
    total,
    facets: facetsByIndex(lists, federation),
  }
}

type List = { readonly query: FederatedQuery; readonly found: FoundHits; readonly hits: FederatedHit[] }

function runQuery(
  query: FederatedQuery,
  how: Federation & { readonly last: number; readonly paged: boolean },
): List {
  const { distinct, hybrid } = query.request
  if (hybrid !== null) throw refuseLacking('`hybrid` in a federated search')
  const window = how.paged ? { page: 1, hitsPerPage: how.last } : { offset: 0, limit: how.last }
  const facets = how.facetsByIndex[query.index.uid] ?? null
  const request = { ...query.request, ...window, facets, distinct: distinct ?? how.distinct }
  const found = searchIndex(query.index, request)
  const hits = found.hits.map((candidate) => ({
    ...{ query, found, candidate, values: valuesOf(found, candidate, query.weight) },
    score: scoreOf(found.rules, candidate) * query.weight,
  }))
  return { query, found, hits }
}

function valuesOf({ rules }: FoundHits, candidate: Candidate, weight: number): ScoreValue[] {
  const values: ScoreValue[] = []
  let ranks: (readonly [number, number])[] = []
  const fold = (): void => {
    if (ranks.length > 0) values.push({ kind: 'weightedScore', value: foldRanks(ranks) * weight })
    ranks = []
  }
  for (const rule of rules) {
    const sorted = rule.sortedBy?.(candidate)
    if (sorted === undefined) {
      ranks.push(...rule.ranks(candidate))
      continue
    }
    fold()
    values.push(sorted)
  }
  fold()
  return values
}

/** A document that several searches found stands where it is best. */
function onceEach(hits: readonly FederatedHit[]): FederatedHit[] {
  const seen = new Map<DevIndex, Set<number>>()
  return hits.filter(({ query: { index }, candidate: { docid } }) => {
    const known = seen.get(index) ?? new Set()
    seen.set(index, known)
    return known.size !== known.add(docid).size
  })
}

/** Documents that searches in one index found, ascending. */
function union(lists: readonly List[]): number[] {
  const docids = new Set(lists.flatMap(({ found }) => found.candidates.map(({ docid }) => docid)))
  return [...docids].sort((left, right) => left - right)
}

/** Value by value; what cannot be compared is left to the longer list, then to the score. */
function compareHits(left: FederatedHit, right: FederatedHit): number {
  const byPosition = left.query.position - right.query.position
  for (let at = 0; ; at++) {
    const [one, other] = [left.values[at], right.values[at]]
    if (one === undefined && other === undefined) return byPosition
    if (one === undefined || other === undefined) return one === undefined ? 1 : -1
    const order = compareValues(one, other)
    if (order === null) {
      const longer = right.values.length - left.values.length
      return longer || right.score - left.score || byPosition
    }
    if (order !== 0) return order
  }
}

function compareValues(one: ScoreValue, other: ScoreValue): number | null {
  if (one.kind === 'weightedScore' || other.kind === 'weightedScore') {
    if (one.kind !== 'weightedScore' || other.kind !== 'weightedScore') return null
    return Math.abs(other.value - one.value) <= Number.EPSILON ? 0 : other.value - one.value
  }
  if (one.kind !== other.kind || one.ascending !== other.ascending) return null
  return compareSortValues(one.value, other.value, one.ascending)
}

function keepDistinct(hits: readonly FederatedHit[], attribute: string | null): readonly FederatedHit[] {
  if (attribute === null) return hits
  const seen = new Set<string | number>()
  return hits.filter(({ query, candidate }) => {
    const cell = query.index.columns.get(attribute)[candidate.docid]
    const values = cell === undefined ? [] : [...cell.numbers, ...cell.strings]
    if (values.some((value) => seen.has(value))) return false
    for (const value of values) seen.add(value)
    return true
  })
}

function hitParts(
  { query, found, candidate, values, score }: FederatedHit,
  { distinct }: Federation,
  internal: boolean,
): Parameters<typeof printHit> {
  const { index, request, position } = query
  const members = [
    `"indexUid":${JSON.stringify(index.uid)}`,
    `"queriesPosition":${position}`,
    `"weightedRankingScore":${printDouble(score)}`,
  ]
  if (internal) {
    members.push(`"weightedScoreValues":[${values.map(printValue).join(',')}]`)
    members.push(`"extra_document":{${extraMember(index, request, { candidate, distinct })}}`)
  }
  return [index, request, found, { candidate, federation: `{${members.join(',')}}` }]
}

function printValue(value: ScoreValue): string {
  if (value.kind === 'weightedScore') return `{"weightedScore":${printDouble(value.value)}}`
  const { kind, ascending, value: found } = value
  if (kind === 'geoSort') {
    const distance = found === undefined ? 'null' : printDouble(Math.round(found * 1000) / 1000)
    return `{"geoSort":{"asc":${ascending},"distance":${distance}}}`
  }
  const text = typeof found === 'number' ? printDouble(found) : JSON.stringify(found ?? null)
  return `{"sort":{"asc":${ascending},"value":${text}}}`
}

/** The attribute that hits are told apart by, where they do not show it. */
function extraMember(
  index: DevIndex,
  request: SearchRequest,
  { candidate, distinct }: { readonly candidate: Candidate; readonly distinct: string | null },
): string {
  const document = index.table.at(candidate.docid)
  if (distinct === null || document === undefined) return ''
  const shows = (names: readonly string[]): boolean => names.includes('*') || names.includes(distinct)
  if (shows(index.settings.displayedAttributes) && shows(request.attributesToRetrieve)) return ''
  const top = distinct.split('.')[0] ?? distinct
  const text = memberText(document, distinct) ?? memberText(document, top)
  const name = memberText(document, distinct) === undefined ? top : distinct
  return text === undefined ? '' : `${JSON.stringify(name)}:${text}`
}

/** Facets of all candidates of all searches in an index, as a node prints them by index. */
function facetsByIndex(lists: readonly List[], { facetsByIndex: wanted }: Federation): string | null {
  if (Object.keys(wanted).length === 0) return null
  const entries: string[] = []
  const uids = [...new Set(lists.map(({ query }) => query.index.uid))].sort(compareBytes)
  for (const uid of uids) {
    const names = wanted[uid]
    const own = lists.filter(({ query }) => query.index.uid === uid)
    const [first] = own
    if (names === undefined || first === undefined) continue
    const { facets } = first.found
    const { distribution, stats } =
      own.length === 1 && facets !== null ? facets : countAll(first.query.index, names, own)
    entries.push(`${JSON.stringify(uid)}:{"distribution":${distribution},"stats":${stats}}`)
  }
  return `{${entries.join(',')}}`
}

function countAll(index: DevIndex, names: readonly string[], lists: readonly List[]) {
  return countFacets(index, facetAttributes(index, names), union(lists))
}
