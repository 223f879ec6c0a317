import type { IndexView } from '../../model/view.ts'
import { type JsonMember, membersOf, objectText } from '../../std/json-members.ts'
import { type Bounds, boundsOf, widest } from '../facet-values.ts'
import type { FacetAnswer } from '../facets.ts'
import { Inquiry } from '../inquiry.ts'
import { compareUtf8 } from '../utf8-order.ts'

/** What all searches of one index found together. */
export interface IndexPart {
  readonly uid: string
  readonly total: number
  /** Null when no facets were asked for. */
  readonly facets: FacetAnswer | null
  /** False when documents that several searches found may be counted several times. */
  readonly exact: boolean
}

class NoAnswers extends Map<string, null> {
  override get(): null {
    return null
  }
}

/** Nobody is asked again here: what nodes cut off stays open and is said to be. */
export function closedInquiry(): Inquiry {
  return new Inquiry(new NoAnswers())
}

/**
 * The facet members of a federated answer: by index, or over all of them with at most `valuesMax` values
 * each. A node adds up what the indexes' own lists show, by their spelling. Null when no facets were asked
 * for; `order` when indexes list a facet in different orders.
 */
export function foldFederatedFacets(
  parts: readonly IndexPart[],
  valuesMax: number | null,
  indexes: ReadonlyMap<string, IndexView>,
): readonly JsonMember[] | 'order' | null {
  const counted = parts.flatMap(({ uid, facets }) => (facets === null ? [] : [{ uid, facets }]))
  if (counted.length === 0) return null
  if (valuesMax === null) {
    const byIndex = counted.map(({ uid, facets: { distribution, stats = '{}' } }) => ({
      key: uid,
      value: `{"distribution":${distribution},"stats":${stats}}`,
    }))
    return [{ key: 'facetsByIndex', value: objectText(byIndex) }]
  }
  const orders = new Map<string, 'alpha' | 'count'>()
  const merged = new Map<string, Map<string, number>>()
  const bounds = new Map<string, Bounds>()
  for (const { uid, facets } of counted) {
    const sortBy = indexes.get(uid)?.facts.sortFacetValuesBy ?? {}
    for (const [facet, range] of boundsOf(facets.stats)) bounds.set(facet, widest(bounds.get(facet), range))
    for (const { key: facet, value } of membersOf(facets.distribution)) {
      const order = (Object.hasOwn(sortBy, facet) ? sortBy[facet] : sortBy['*']) ?? 'alpha'
      if ((orders.get(facet) ?? order) !== order) return 'order'
      orders.set(facet, order)
      const values = merged.get(facet) ?? new Map<string, number>()
      merged.set(facet, values)
      for (const { key, value: count } of membersOf(value))
        values.set(key, (values.get(key) ?? 0) + Number(count))
    }
  }
  const byName = <Value>(all: ReadonlyMap<string, Value>): [string, Value][] =>
    [...all].sort(([one], [other]) => compareUtf8(one, other))
  const lists = byName(merged).map(([facet, values]) => {
    const shown = orders.get(facet) === 'count' ? [...values].sort(byCount) : byName(values)
    const members = shown.slice(0, valuesMax).map(([key, count]) => ({ key, value: String(count) }))
    return { key: facet, value: objectText(members) }
  })
  const stats = byName(bounds).map(([key, { min, max }]) => ({ key, value: `{"min":${min},"max":${max}}` }))
  return [
    { key: 'facetDistribution', value: objectText(lists) },
    { key: 'facetStats', value: objectText(stats) },
  ]
}

/** Values of equal counts stay in the order in which indexes named them. */
function byCount([, one]: readonly [string, number], [, other]: readonly [string, number]): number {
  return other - one
}
