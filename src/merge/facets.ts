import { OWN_FIELDS } from '../catalogue/own-attributes.ts'
import type { FacetOrder } from '../model/plan.ts'
import { type JsonMember, membersOf } from '../std/json-members.ts'
import { compareUtf8 } from './utf8-order.ts'

/** JSON texts of the two facet members of one answer. */
export interface FacetAnswer {
  readonly distribution: string
  readonly stats: string | undefined
}

export interface FacetFold {
  readonly order: FacetOrder
  /** Documents that matched, over all answers: nodes list facets of few candidates in another way. */
  readonly candidates: number
  /** One answer only: its order stays. */
  readonly whole: boolean
}

export interface MergedFacets {
  readonly distribution: string
  readonly stats: string
  /** False when values that nodes cut off could have changed a list. */
  readonly exact: boolean
}

/** Candidates up to which a node lists alphabetical facets by scanning documents. */
const SCAN_CANDIDATES_MAX = 3_000

export interface FacetValue {
  /** What a node groups by: the text of a number, the normalised form of a string. */
  readonly key: string
  readonly isNumber: boolean
  /** Spelling shown; that of the first answer having it. */
  readonly display: string
  count: number
  /** Sum of `tail` over the cut lists that show it. */
  tail: number
}

/** Values of one facet over several lists. */
export interface Facet {
  readonly values: Map<string, FacetValue>
  /** Sum over lists that may have been cut: what a value that none of them shows may count at most. */
  tail: number
}

interface Bounds {
  /** Number texts as the node printed them. */
  readonly min: string
  readonly max: string
}

/**
 * Adds up facet counts of answers over disjoint documents and lists them as one node would: grouped by
 * normalised value, in the facet's order, cut to the client's number of values, without this proxy's
 * fields.
 */
export function mergeFacets(answers: readonly FacetAnswer[], fold: FacetFold): MergedFacets {
  const found = new Map<string, Facet>()
  const bounds = new Map<string, Bounds>()
  for (const answer of answers) {
    const own = boundsOf(answer.stats)
    for (const [facet, range] of own) bounds.set(facet, widest(bounds.get(facet), range))
    for (const { key: facet, value } of membersOf(answer.distribution)) {
      if (OWN_FIELDS.includes(facet)) continue
      const known = found.get(facet) ?? { values: new Map<string, FacetValue>(), tail: 0 }
      found.set(facet, known)
      addValues(known, membersOf(value), { range: own.get(facet), fullAt: fold.order.fullAt })
    }
  }
  const facets = [...found].sort(([one], [other]) => compareUtf8(one, other))
  const lists = facets.map(([name, facet]) => ({ name, ...listOf(name, facet, fold) }))
  const stats = [...bounds].sort(([one], [other]) => compareUtf8(one, other))
  return {
    distribution: `{${lists.map(({ name, shown }) => facetText(name, shown)).join(',')}}`,
    stats: `{${stats.map(([facet, range]) => statsText(facet, range)).join(',')}}`,
    exact: fold.whole || lists.every((list) => list.exact),
  }
}

/** Trimmed, decomposed for compatibility, lower case: what nodes compare strings by. */
export function normalizeFacet(value: string): string {
  return value.trim().normalize('NFKD').toLowerCase()
}

/** Counts one more list; one of at least `fullAt` values may have been cut off. */
export function addValues(
  facet: Facet,
  list: readonly JsonMember[],
  { range, fullAt }: { readonly range: Bounds | undefined; readonly fullAt: number },
): void {
  const listed: FacetValue[] = []
  const last = { number: 0, string: 0 }
  for (const { key: display, value: count } of list) {
    const isNumber = isNumberText(display, range)
    const kind = isNumber ? 'number' : 'string'
    const key = isNumber ? display : normalizeFacet(display)
    const identity = `${kind} ${key}`
    const value = facet.values.get(identity) ?? { key, isNumber, display, count: 0, tail: 0 }
    facet.values.set(identity, value)
    value.count += Number(count)
    last[kind] = Number(count)
    listed.push(value)
  }
  if (list.length < fullAt) return
  const tail = Math.max(last.number, last.string)
  facet.tail += tail
  for (const value of listed) value.tail += tail
}

/**
 * Answers print numbers and strings alike; only facets with numbers have stats, and numbers lie within
 * them.
 */
function isNumberText(display: string, range: Bounds | undefined): boolean {
  if (range === undefined || !/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(display)) return false
  const value = Number(display)
  return value >= Number(range.min) && value <= Number(range.max)
}

function boundsOf(stats: string | undefined): Map<string, Bounds> {
  const found = new Map<string, Bounds>()
  if (stats === undefined) return found
  for (const { key: facet, value } of membersOf(stats)) {
    const range = new Map(membersOf(value).map((member) => [member.key, member.value]))
    const min = range.get('min')
    const max = range.get('max')
    if (min !== undefined && max !== undefined && !OWN_FIELDS.includes(facet)) found.set(facet, { min, max })
  }
  return found
}

function widest(known: Bounds | undefined, range: Bounds): Bounds {
  if (known === undefined) return range
  return {
    min: Number(range.min) < Number(known.min) ? range.min : known.min,
    max: Number(range.max) > Number(known.max) ? range.max : known.max,
  }
}

function statsText(facet: string, range: Bounds): string {
  return `${JSON.stringify(facet)}:{"min":${range.min},"max":${range.max}}`
}

interface FacetList {
  readonly shown: readonly FacetValue[]
  readonly exact: boolean
}

function listOf(name: string, facet: Facet, fold: FacetFold): FacetList {
  const byCount = orderOf(name, fold.order) === 'count'
  const scanned = !byCount && fold.candidates <= SCAN_CANDIDATES_MAX
  const values = [...facet.values.values()]
  const numbers = values.filter((value) => value.isNumber)
  const strings = values.filter((value) => !value.isNumber)
  if (!fold.whole) {
    numbers.sort(scanned ? byText : byNumber)
    strings.sort(byText)
    if (byCount) {
      numbers.reverse().sort(byCountDescending)
      strings.reverse().sort(byCountDescending)
    }
  }
  const { valuesMax } = fold.order
  const shown = scanned
    ? [...numbers, ...strings].slice(0, valuesMax)
    : [...untilFull([], numbers, valuesMax), ...untilFull(numbers, strings, valuesMax)]
  if (facet.tail === 0) return { shown, exact: true }
  // A node with few candidates cuts numbers by their text, where the whole would have cut them by value.
  return { shown, exact: byCount ? isCertain(facet, shown) : scanned || numbers.length === 0 }
}

/** No value that is not shown, nor any that no list has, can count as much as the least that is shown. */
export function isCertain(facet: Facet, shown: readonly FacetValue[]): boolean {
  const least = Math.min(...shown.map((value) => value.count))
  const listed = new Set(shown)
  if (facet.tail > least) return false
  return [...facet.values.values()].every((value) => {
    const missing = facet.tail - value.tail
    return listed.has(value) ? missing === 0 : value.count + missing <= least
  })
}

function facetText(name: string, values: readonly FacetValue[]): string {
  const shown = new Map(values.map((value) => [value.display, value.count]))
  const members = [...shown].map(([display, count]) => `${JSON.stringify(display)}:${count}`)
  return `${JSON.stringify(name)}:{${members.join(',')}}`
}

/**
 * A node that walks the facet tree stops when the list is *exactly* full after a value was added. Numbers
 * that fill the list to the brim therefore let all strings through.
 */
function untilFull(
  before: readonly FacetValue[],
  values: readonly FacetValue[],
  valuesMax: number,
): readonly FacetValue[] {
  const taken = Math.min(before.length, valuesMax)
  return taken >= valuesMax ? values : values.slice(0, valuesMax - taken)
}

function orderOf(facet: string, order: FacetOrder): 'alpha' | 'count' {
  const named = Object.hasOwn(order.sortBy, facet) ? order.sortBy[facet] : order.sortBy['*']
  return named ?? 'alpha'
}

function byText(one: FacetValue, other: FacetValue): number {
  return compareUtf8(one.key, other.key)
}

function byNumber(one: FacetValue, other: FacetValue): number {
  return Number(one.key) - Number(other.key)
}

function byCountDescending(one: FacetValue, other: FacetValue): number {
  return other.count - one.count
}
