import { OWN_FIELDS } from '../catalogue/own-attributes.ts'
import type { FacetOrder } from '../model/plan.ts'
import { membersOf } from '../std/json-members.ts'
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
}

/** Candidates up to which a node lists alphabetical facets by scanning documents. */
const SCAN_CANDIDATES_MAX = 3_000

interface FacetValue {
  /** What a node groups by: the text of a number, the normalised form of a string. */
  readonly key: string
  readonly isNumber: boolean
  /** Spelling shown; that of the first answer having it. */
  readonly display: string
  count: number
}

interface Bounds {
  /** Number texts as the node printed them. */
  readonly min: string
  readonly max: string
}

/**
 * Adds up facet counts of answers over disjoint documents and lists them as one node would: grouped by normalised
 * value, in the facet's order, cut to the client's number of values, without this proxy's fields.
 */
export function mergeFacets(answers: readonly FacetAnswer[], fold: FacetFold): MergedFacets {
  const values = new Map<string, Map<string, FacetValue>>()
  const bounds = new Map<string, Bounds>()
  for (const answer of answers) {
    const own = boundsOf(answer.stats)
    for (const [facet, range] of own) bounds.set(facet, widest(bounds.get(facet), range))
    for (const { key: facet, value } of membersOf(answer.distribution)) {
      if (OWN_FIELDS.includes(facet)) continue
      const known = values.get(facet) ?? new Map<string, FacetValue>()
      values.set(facet, known)
      addValues(known, value, own.get(facet))
    }
  }
  const facets = [...values].sort(([one], [other]) => compareUtf8(one, other))
  const stats = [...bounds].sort(([one], [other]) => compareUtf8(one, other))
  return {
    distribution: `{${facets.map(([facet, found]) => facetText(facet, [...found.values()], fold)).join(',')}}`,
    stats: `{${stats.map(([facet, range]) => statsText(facet, range)).join(',')}}`,
  }
}

/** Trimmed, decomposed for compatibility, lower case: what nodes compare strings by. */
export function normalizeFacet(value: string): string {
  return value.trim().normalize('NFKD').toLowerCase()
}

function addValues(known: Map<string, FacetValue>, distribution: string, range: Bounds | undefined): void {
  for (const { key: display, value: count } of membersOf(distribution)) {
    const isNumber = isNumberText(display, range)
    const key = isNumber ? display : normalizeFacet(display)
    const identity = `${isNumber ? 'number' : 'string'} ${key}`
    const found = known.get(identity)
    if (found === undefined) known.set(identity, { key, isNumber, display, count: Number(count) })
    else found.count += Number(count)
  }
}

/** Answers print numbers and strings alike; only facets with numbers have stats, and numbers lie within them. */
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

function facetText(facet: string, values: readonly FacetValue[], fold: FacetFold): string {
  const byCount = orderOf(facet, fold.order) === 'count'
  const scanned = !byCount && fold.candidates <= SCAN_CANDIDATES_MAX
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
  const listed = scanned
    ? [...numbers, ...strings].slice(0, valuesMax)
    : [...untilFull([], numbers, valuesMax), ...untilFull(numbers, strings, valuesMax)]
  const shown = new Map(listed.map((value) => [value.display, value.count]))
  const members = [...shown].map(([display, count]) => `${JSON.stringify(display)}:${count}`)
  return `${JSON.stringify(facet)}:{${members.join(',')}}`
}

/**
 * A node that walks the facet tree stops when the list is *exactly* full after a value was added. Numbers that fill the
 * list to the brim therefore let all strings through.
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
