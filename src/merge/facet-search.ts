import type { FacetSearchMerge } from '../model/plan.ts'
import { text } from '../std/bytes.ts'
import { type JsonMember, membersOf, memberValue, objectText } from '../std/json-members.ts'
import { isObject, parsedJson } from '../std/json-values.ts'
import { isCertainByCount } from './facet-list.ts'
import { addValues, type Facet, type FacetValue } from './facet-values.ts'
import { compareUtf8 } from './utf8-order.ts'
import { wordForm } from './word-form.ts'

export type MergedFacetSearch =
  | {
      readonly kind: 'merged'
      readonly body: string
      /** False when values that nodes cut off, or an order that is not known here, could change the list. */
      readonly exact: boolean
    }
  | { readonly kind: 'fault'; readonly input: number; readonly reason: string }

/** One node's answer: its list as members (value → count), the rest as it came. */
interface FacetSearchAnswer {
  readonly list: readonly JsonMember[]
  readonly members: readonly JsonMember[]
}

type Order = (one: FacetValue, other: FacetValue) => number

/** Folds facet searches over disjoint documents into the answer of one node. */
export function mergeFacetSearch(answers: readonly Uint8Array[], merge: FacetSearchMerge): MergedFacetSearch {
  const parts: FacetSearchAnswer[] = []
  for (const answer of answers) {
    const part = readAnswer(text(answer))
    if (part === null) return { kind: 'fault', input: parts.length, reason: 'not a facet search answer' }
    parts.push(part)
  }
  const facet: Facet = { values: new Map(), tail: 0 }
  for (const { list } of parts) addValues(facet, list, { range: undefined, fullAt: merge.fullAt })
  const order = orderOf(merge)
  const values = [...facet.values.values()]
  if (!merge.whole) values.sort(order)
  const shown = values.slice(0, merge.valuesMax)
  return { kind: 'merged', body: bodyText(parts, shown), exact: merge.whole || isExact() }

  function isExact(): boolean {
    if (merge.order === 'count') return facet.tail === 0 || isCertainByCount(facet, shown)
    // Values by the order of words: true as long as each node has its own list in the order assumed here.
    return merge.hasQuery ? parts.every(({ list }) => isOrdered(list, order)) : true
  }
}

function readAnswer(answer: string): FacetSearchAnswer | null {
  const value = parsedJson(answer)
  if (!isObject(value) || !Array.isArray(value['facetHits'])) return null
  const list: JsonMember[] = []
  for (const hit of value['facetHits'] as readonly unknown[]) {
    if (!isObject(hit)) return null
    const { value: display, count } = hit as { value?: unknown; count?: unknown }
    if (typeof display !== 'string' || !Number.isSafeInteger(count)) return null
    list.push({ key: display, value: String(count) })
  }
  return { list, members: membersOf(answer) }
}

/**
 * Counts: largest first, ties by the spelling shown, from the last. By name: as facets are listed, or with a
 * query in the order of the words that it was looked up in.
 */
function orderOf({ order, hasQuery }: FacetSearchMerge): Order {
  if (order === 'count')
    return (one, other) => other.count - one.count || compareUtf8(other.display, one.display)
  const byKey: Order = (one, other) => compareUtf8(one.key, other.key)
  if (!hasQuery) return byKey
  return (one, other) => compareUtf8(wordForm(one.key), wordForm(other.key)) || byKey(one, other)
}

function isOrdered(list: readonly JsonMember[], order: Order): boolean {
  const alone: Facet = { values: new Map(), tail: 0 }
  addValues(alone, list, { range: undefined, fullAt: Number.POSITIVE_INFINITY })
  const values = [...alone.values.values()]
  return values.every((value, at) => at === 0 || order(values[at - 1] ?? value, value) <= 0)
}

function bodyText(parts: readonly FacetSearchAnswer[], shown: readonly FacetValue[]): string {
  const hits = shown.map(({ display, count }) => `{"value":${JSON.stringify(display)},"count":${count}}`)
  const times = parts.map(({ members }) => Number(memberValue(members, 'processingTimeMs') ?? 0))
  const computed = new Map([
    ['facetHits', `[${hits.join(',')}]`],
    ['processingTimeMs', String(Math.max(...times))],
  ])
  const [first] = parts
  const members = first?.members ?? []
  return objectText(members.map(({ key, value }) => ({ key, value: computed.get(key) ?? value })))
}
