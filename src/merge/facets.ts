import { OWN_FIELDS } from '../catalogue/own-attributes.ts'
import type { FacetOrder } from '../model/plan.ts'
import { membersOf } from '../std/json-members.ts'
import { isCertain, ruleFor, shownValues } from './facet-list.ts'
import { type CountedOver, completed, type OpenFacet, spell } from './facet-refetch.ts'
import {
  addValues,
  type Bounds,
  boundsOf,
  type Facet,
  type FacetValue,
  newFacet,
  widest,
} from './facet-values.ts'
import type { Inquiry } from './inquiry.ts'
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
  readonly over: CountedOver
}

export interface MergedFacets {
  readonly distribution: string
  readonly stats: string
  /** False when values that nodes cut off could have changed a list. */
  readonly exact: boolean
}

/**
 * Adds up facet counts of answers over disjoint documents and lists them as one node would: grouped by
 * normalised value, in the facet's order, cut to the client's number of values, without this proxy's
 * fields. What nodes cut off, and could matter, is asked for; then the result stands only once nothing is
 * open any more.
 */
export function mergeFacets(
  answers: readonly FacetAnswer[],
  fold: FacetFold,
  inquiry: Inquiry,
): MergedFacets {
  const found = new Map<string, Facet>()
  const bounds = new Map<string, Bounds>()
  for (const answer of answers) {
    const own = boundsOf(answer.stats)
    for (const [facet, range] of own) bounds.set(facet, widest(bounds.get(facet), range))
    for (const { key: facet, value } of membersOf(answer.distribution)) {
      if (OWN_FIELDS.includes(facet)) continue
      const known = found.get(facet) ?? newFacet()
      found.set(facet, known)
      addValues(known, membersOf(value), { range: own.get(facet), fullAt: fold.order.fullAt })
    }
  }
  const facets = [...found].sort(([one], [other]) => compareUtf8(one, other))
  const lists = facets.map(([name, facet]) => listOf(openFacet(name, facet, fold), inquiry))
  const stats = [...bounds].sort(([one], [other]) => compareUtf8(one, other))
  return {
    distribution: `{${lists.map(({ name, shown }) => facetText(name, shown)).join(',')}}`,
    stats: `{${stats.map(([facet, range]) => statsText(facet, range)).join(',')}}`,
    exact: lists.every((list) => list.exact),
  }
}

function openFacet(name: string, facet: Facet, fold: FacetFold): OpenFacet {
  const { order, over } = fold
  return { name, facet, rule: ruleFor(name, order, fold), fullAt: order.fullAt, over }
}

interface FacetList {
  readonly name: string
  readonly shown: readonly FacetValue[]
  readonly exact: boolean
}

function listOf(open: OpenFacet, inquiry: Inquiry): FacetList {
  const { name, rule } = open
  const facet = completed(open, inquiry)
  if (facet === undefined) return { name, shown: [], exact: false }
  const shown = shownValues(facet, rule)
  const spelled = rule.whole || spell(open, shown, inquiry) === true
  return { name, shown, exact: spelled && isCertain(facet, shown, rule) }
}

function statsText(facet: string, range: Bounds): string {
  return `${JSON.stringify(facet)}:{"min":${range.min},"max":${range.max}}`
}

function facetText(name: string, values: readonly FacetValue[]): string {
  const shown = new Map(values.map((value) => [value.display, value.count]))
  const members = [...shown].map(([display, count]) => `${JSON.stringify(display)}:${count}`)
  return `${JSON.stringify(name)}:{${members.join(',')}}`
}
