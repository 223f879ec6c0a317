import type { Cell } from '../engine/columns.ts'
import type { DevIndex } from '../engine/dev-index.ts'
import { distanceMetres, type Point } from '../engine/geo.ts'
import { printDouble } from '../json/canonical.ts'
import { compareBytes } from '../settings/settings.ts'
import type { SortRequest } from './sort-input.ts'
import type { Relevancy } from './text/matching.ts'

/** A value to sort by; undefined = the document has none. */
export type SortValue = number | string | undefined

export interface Candidate {
  readonly docid: number
  /** Null in a search without words. */
  readonly relevancy: Relevancy | null
}

/** Numerator and denominator of a rule's share in the ranking score. */
type Rank = readonly [rank: number, max: number]

/** One step of the order of hits. */
export interface Rule {
  compare(left: Candidate, right: Candidate): number
  ranks(candidate: Candidate): readonly Rank[]
  /** Name and members of the entry in the score details. */
  detail(candidate: Candidate, order: number): readonly [name: string, text: string]
  /** What the rule puts candidates in order by, where it is a value of theirs. */
  sortedBy?(candidate: Candidate): SortedBy
}

/** A value of a document that a rule sorts by; undefined = the document has none. */
export type SortedBy =
  | { readonly kind: 'sort'; readonly ascending: boolean; readonly value: SortValue }
  | { readonly kind: 'geoSort'; readonly ascending: boolean; readonly value: number | undefined }

const number = printDouble
const nothing: readonly Rank[] = []

function relevancyRule(
  name: string,
  pick: (found: Relevancy) => readonly Rank[],
  members: (found: Relevancy) => string,
): Rule {
  return {
    compare(left, right) {
      if (left.relevancy === null || right.relevancy === null) return 0
      const a = pick(left.relevancy)
      const b = pick(right.relevancy)
      for (let index = 0; index < a.length; index++) {
        const [rank = 0, max = 1] = a[index] ?? []
        const [otherRank = 0, otherMax = 1] = b[index] ?? []
        const difference = otherRank * max - rank * otherMax
        if (difference !== 0) return difference
      }
      return 0
    },
    ranks: ({ relevancy }) => (relevancy === null ? nothing : pick(relevancy)),
    detail: ({ relevancy }, order) => [
      name,
      relevancy === null ? '{}' : `{"order":${order},${members(relevancy)}}`,
    ],
  }
}

const ratio = ([rank, max]: Rank): string => number(rank / max)

const attributeRank = (found: Relevancy): Rank => [
  found.attributeMax - found.attributeCost,
  found.attributeMax,
]
const wordPosition = (found: Relevancy): Rank => [found.positionMax - found.positionCost, found.positionMax]

/** Folds the shares of rules into one number, as a node does. */
export function foldRanks(ranks: readonly Rank[]): number {
  let rank = 1
  let max = 1
  for (const [nextRank, nextMax] of ranks) {
    rank = (rank - 1) * nextMax + nextRank
    max *= nextMax
  }
  return rank / max
}

const WORDS = relevancyRule(
  'words',
  (found) => [[found.matchingWords, found.maxMatchingWords]],
  (found) =>
    `"matchingWords":${found.matchingWords},"maxMatchingWords":${found.maxMatchingWords},"score":${ratio([
      found.matchingWords,
      found.maxMatchingWords,
    ])}`,
)

const typoRank = (found: Relevancy): Rank => [
  found.maxTypoCount + 1 - found.typoCount,
  found.maxTypoCount + 1,
]

const TYPO: Rule = {
  ...relevancyRule(
    'typo',
    (found) => [typoRank(found)],
    (found) =>
      `"typoCount":${found.typoCount},"maxTypoCount":${found.maxTypoCount},"score":${ratio(typoRank(found))}`,
  ),
  // Fewer typos are better whatever the number of possible ones.
  compare: (left, right) => (left.relevancy?.typoCount ?? 0) - (right.relevancy?.typoCount ?? 0),
}

const PROXIMITY = relevancyRule(
  'proximity',
  (found) => [[found.proximityMax - found.proximityCost, found.proximityMax]],
  (found) => `"score":${ratio([found.proximityMax - found.proximityCost, found.proximityMax])}`,
)

const ATTRIBUTE = relevancyRule(
  'attribute',
  (found) => [attributeRank(found), wordPosition(found)],
  (found) => {
    const order = `"attributeRankingOrderScore":${ratio(attributeRank(found))}`
    const distance = `"queryWordDistanceScore":${ratio(wordPosition(found))}`
    return `${order},${distance},"score":${number(foldRanks([attributeRank(found), wordPosition(found)]))}`
  },
)

const ATTRIBUTE_RANK = relevancyRule(
  'attributeRank',
  (found) => [attributeRank(found)],
  (found) => `"score":${ratio(attributeRank(found))}`,
)

const WORD_POSITION = relevancyRule(
  'wordPosition',
  (found) => [wordPosition(found)],
  (found) => `"score":${ratio(wordPosition(found))}`,
)

const exactRanks = (found: Relevancy): readonly Rank[] => [
  [found.exactAttribute, 3],
  [found.exactWords + 1, found.exactWordsMax + 1],
]

const EXACTNESS = relevancyRule('exactness', exactRanks, (found) => {
  if (found.exactAttribute > 1) {
    const matchType = found.exactAttribute === 3 ? 'exactMatch' : 'matchesStart'
    return `"matchType":"${matchType}","score":${number(found.exactAttribute / 3)}`
  }
  const words = `"matchingWords":${found.exactWords},"maxMatchingWords":${found.exactWordsMax}`
  return `"matchType":"noExactMatch",${words},"score":${number(foldRanks(exactRanks(found)))}`
})

export const RELEVANCY_RULES: Readonly<Record<string, Rule>> = {
  words: WORDS,
  typo: TYPO,
  proximity: PROXIMITY,
  attribute: ATTRIBUTE,
  attributeRank: ATTRIBUTE_RANK,
  wordPosition: WORD_POSITION,
  exactness: EXACTNESS,
}

/** Numbers first, then strings, then nothing, in both directions. */
export function compareSortValues(left: SortValue, right: SortValue, ascending: boolean): number {
  if (left === right) return 0
  if (left === undefined || right === undefined) return left === undefined ? 1 : -1
  if (typeof left === 'number') {
    if (typeof right !== 'number') return -1
    return ascending ? left - right : right - left
  }
  if (typeof right === 'number') return 1
  return ascending ? compareBytes(left, right) : compareBytes(right, left)
}

/** A document with several values stands at its best one. */
export function sortValue(cell: Cell | undefined, ascending: boolean): SortValue {
  if (cell === undefined) return undefined
  const { numbers, strings } = cell
  if (numbers.length === 1) return numbers[0]
  if (numbers.length > 1) return ascending ? Math.min(...numbers) : Math.max(...numbers)
  if (strings.length <= 1) return strings[0]
  const sorted = strings.toSorted(compareBytes)
  return ascending ? sorted[0] : sorted.at(-1)
}

/** Orders by a field; its name and values are hidden in the details when it is not displayed. */
export function fieldRule(index: DevIndex, request: Extract<SortRequest, { kind: 'field' }>): Rule {
  const { field, ascending } = request
  const column = index.columns.get(field)
  const { displayedAttributes } = index.settings
  const hidden = !displayedAttributes.includes('*') && !displayedAttributes.includes(field)
  const valueAt = ({ docid }: Candidate): SortValue => sortValue(column[docid], ascending)
  return {
    compare: (left, right) => compareSortValues(valueAt(left), valueAt(right), ascending),
    ranks: () => nothing,
    sortedBy: (candidate) => ({ kind: 'sort', ascending, value: valueAt(candidate) }),
    detail(candidate, order) {
      if (hidden) return [`<hidden-rule-${order}>`, `{"order":${order},"value":"<hidden>"}`]
      const value = valueAt(candidate)
      const text = typeof value === 'number' ? number(value) : JSON.stringify(value ?? null)
      return [`${field}:${ascending ? 'asc' : 'desc'}`, `{"order":${order},"value":${text}}`]
    },
  }
}

/**
 * A bucket of the order by distance: what lies within a metre of its first document counts as equally far.
 */
export interface GeoRule extends Rule {
  /** Puts candidates that are sorted by everything up to this rule into buckets. */
  bucket(sorted: readonly Candidate[], before: readonly Rule[]): void
}

const BUCKET_METRES = 1
export const BUCKET_DOCUMENTS_MAX = 1000

/** Orders by distance; documents without a position come last in both directions. */
export function geoRule(index: DevIndex, request: Extract<SortRequest, { kind: 'geo' }>): GeoRule {
  const { point, ascending } = request
  const points = index.columns.points()
  const distances = new Map<number, number | undefined>()
  const heads = new Map<number, number>()
  const distance = (docid: number): number | undefined => {
    if (distances.has(docid)) return distances.get(docid)
    const place = points[docid]
    const metres = place === null || place === undefined ? undefined : distanceMetres(point, place)
    distances.set(docid, metres)
    return metres
  }
  const headOf = ({ docid }: Candidate): number => heads.get(docid) ?? docid
  return {
    compare: (left, right) => compareSortValues(distance(headOf(left)), distance(headOf(right)), ascending),
    ranks: () => nothing,
    sortedBy: (candidate) => ({ kind: 'geoSort', ascending, value: distance(headOf(candidate)) }),
    detail(candidate, order) {
      const head = headOf(candidate)
      return [geoName(request), `{"order":${order},${geoMembers(points[head], distance(head))}}`]
    },
    bucket(sorted, before) {
      let head: Candidate | undefined
      let size = 0
      for (const candidate of sorted) {
        const far = distance(candidate.docid)
        const near = head === undefined ? undefined : distance(head.docid)
        const joins =
          head !== undefined &&
          far !== undefined &&
          near !== undefined &&
          size < BUCKET_DOCUMENTS_MAX &&
          Math.abs(far - near) <= BUCKET_METRES &&
          before.every((rule) => rule.compare(head as Candidate, candidate) === 0)
        if (!joins) {
          head = candidate
          size = 0
        }
        size++
        if (head !== undefined) heads.set(candidate.docid, head.docid)
      }
    },
  }
}

function geoName({ point, ascending }: Extract<SortRequest, { kind: 'geo' }>): string {
  return `_geoPoint(${point.lat}, ${point.lng}):${ascending ? 'asc' : 'desc'}`
}

/** Distances are printed to the millimetre. */
function geoMembers(place: Point | null | undefined, metres: number | undefined): string {
  if (place === null || place === undefined || metres === undefined) return '"value":null,"distance":null'
  const value = `{"lat":${number(place.lat)},"lng":${number(place.lng)}}`
  return `"value":${value},"distance":${number(Math.round(metres * 1000) / 1000)}`
}
