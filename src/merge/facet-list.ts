import type { FacetOrder } from '../model/plan.ts'
import type { Facet, FacetValue } from './facet-values.ts'
import { compareUtf8 } from './utf8-order.ts'

/** How one facet is listed. */
export interface ListRule {
  readonly byCount: boolean
  /** Values of few candidates are found by scanning documents, where numbers come in the order of text. */
  readonly scanned: boolean
  readonly valuesMax: number
  /** One answer only: its order stays. */
  readonly whole: boolean
}

/** Candidates up to which a node lists alphabetical facets by scanning documents. */
const SCAN_CANDIDATES_MAX = 3_000

/** `candidates` are the documents that matched, over all answers. */
export function ruleFor(
  facet: string,
  order: FacetOrder,
  { candidates, whole }: { readonly candidates: number; readonly whole: boolean },
): ListRule {
  const named = Object.hasOwn(order.sortBy, facet) ? order.sortBy[facet] : order.sortBy['*']
  const byCount = named === 'count'
  return {
    byCount,
    scanned: !byCount && candidates <= SCAN_CANDIDATES_MAX,
    valuesMax: order.valuesMax,
    whole,
  }
}

/** The values that one node with all documents would show, in its order. */
export function shownValues(facet: Facet, rule: ListRule): readonly FacetValue[] {
  const { byCount, scanned, valuesMax, whole } = rule
  const values = [...facet.values.values()]
  const numbers = values.filter((value) => value.isNumber)
  const strings = values.filter((value) => !value.isNumber)
  if (!whole) {
    numbers.sort(scanned ? byText : byNumber)
    strings.sort(byText)
    if (byCount) {
      numbers.reverse().sort(byCountDescending)
      strings.reverse().sort(byCountDescending)
    }
  }
  return scanned
    ? [...numbers, ...strings].slice(0, valuesMax)
    : [...untilFull([], numbers, valuesMax), ...untilFull(numbers, strings, valuesMax)]
}

/**
 * True when no value that nodes cut off could change what is shown: by count, see below; by name, nodes
 * cut the way the whole is cut.
 */
export function isCertain(facet: Facet, shown: readonly FacetValue[], rule: ListRule): boolean {
  if (facet.tail === 0 || rule.whole) return true
  const values = [...facet.values.values()]
  // A node with few candidates cuts numbers by their text, where the whole would have cut them by value.
  if (!rule.byCount) return rule.scanned || !values.some((value) => value.isNumber)
  return !isMixed(values) && isCertainByCount(facet, shown)
}

/** No value that is not shown, nor any that no list has, can count as much as the least that is shown. */
export function isCertainByCount(facet: Facet, shown: readonly FacetValue[]): boolean {
  const least = leastOf(shown)
  if (facet.tail > least) return false
  const listed = new Set(shown)
  return [...facet.values.values()].every((value) => {
    const missing = facet.tail - value.tail
    return listed.has(value) ? missing === 0 : value.count + missing <= least
  })
}

/** Numbers come before strings whatever they count, so that no bound holds over both. */
export function isMixed(values: readonly FacetValue[]): boolean {
  return values.some((value) => value.isNumber) && values.some((value) => !value.isNumber)
}

export function leastOf(shown: readonly FacetValue[]): number {
  return shown.reduce((least, value) => Math.min(least, value.count), Number.POSITIVE_INFINITY)
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

function byText(one: FacetValue, other: FacetValue): number {
  return compareUtf8(one.key, other.key)
}

function byNumber(one: FacetValue, other: FacetValue): number {
  return Number(one.key) - Number(other.key)
}

function byCountDescending(one: FacetValue, other: FacetValue): number {
  return other.count - one.count
}
