import { SEQ_FIELD } from '../catalogue/own-attributes.ts'
import type { Question } from '../model/plan.ts'
import { text } from '../std/bytes.ts'
import { type JsonMember, membersOf, memberValue } from '../std/json-members.ts'
import { isCertain, isMixed, type ListRule, leastOf, shownValues } from './facet-list.ts'
import { addValues, boundsOf, type Facet, type FacetValue, newFacet, normalizeFacet } from './facet-values.ts'
import { anyOf, isOneOf, quoted } from './filter-text.ts'
import type { Inquiry } from './inquiry.ts'
import { compareUtf8 } from './utf8-order.ts'

/** What facets are counted over: the client's request, changed by these. */
export interface CountedOver {
  readonly filters: readonly string[]
  readonly members: Readonly<Record<string, string | null>>
}

export interface OpenFacet {
  readonly name: string
  readonly facet: Facet
  readonly rule: ListRule
  /** Values in a node's list from which on the node may have cut it off. */
  readonly fullAt: number
  readonly over: CountedOver
}

/** Longest key that a node keeps whole, in bytes; longer strings cannot be asked for by name. */
const KEY_BYTES_MAX = 400
/** Values whose spelling is asked for in one search. */
const SPELLINGS_MAX = 16

/**
 * The facet with what nodes had cut off filled in, as far as one more question can tell. By count: the counts
 * of every value that may be among the first, on every node. By name, where numbers were cut by their text:
 * all values up to the last number that may be shown. Undefined when the question is yet to be asked.
 */
export function completed(open: OpenFacet, inquiry: Inquiry): Facet | undefined {
  const { facet, rule } = open
  const shown = shownValues(facet, rule)
  if (isCertain(facet, shown, rule)) return facet
  const filter = rule.byCount ? candidatesFilter(open, shown) : numbersFilter(open, shown)
  if (filter === null) return facet
  const replies = inquiry.answers(facetQuestion(open, 'facet', [filter], [open.name]))
  if (replies === undefined) return undefined
  const again = replies === null ? null : recount(open, replies)
  if (again === null) return facet
  if (rule.byCount) return withCounts(facet, again)
  return again.tail === 0 ? again : facet
}

/** Every value that can count as much as the least shown one; null when naming them would settle nothing. */
function candidatesFilter(
  { name, facet, rule, fullAt }: OpenFacet,
  shown: readonly FacetValue[],
): string | null {
  const values = [...facet.values.values()]
  if (isMixed(values)) return null
  const most = (value: FacetValue): number => value.count + facet.tail - value.tail
  // What no list shows stays in the dark: it must not count more than enough others can.
  const best = values.map(most).sort((one, other) => other - one)
  if ((best[rule.valuesMax - 1] ?? 0) < facet.tail) return null
  const least = leastOf(shown)
  const candidates = values.filter((value) => most(value) >= least)
  if (candidates.length >= fullAt || !candidates.every(isNameable)) return null
  return anyOf([
    isOneOf(
      name,
      candidates.map((value) => value.display),
    ),
  ])
}

/** Everything up to the last number shown: the true last one is at most that. */
function numbersFilter({ name, rule }: OpenFacet, shown: readonly FacetValue[]): string | null {
  const last = shown.filter((value) => value.isNumber)[rule.valuesMax - 1]
  return last === undefined ? null : anyOf([`${quoted(name)} <= ${last.key}`])
}

function isNameable(value: FacetValue): boolean {
  return value.key !== '' && Buffer.byteLength(value.key) <= KEY_BYTES_MAX
}

function facetQuestion(
  { name, over }: OpenFacet,
  purpose: string,
  filters: readonly string[],
  facets: readonly string[],
): Question {
  const members = { ...over.members, facets: JSON.stringify(facets) }
  return {
    name: `${purpose} ${name} ${filters.join(' ')}`,
    ask: { reach: 0, filters: [...over.filters, ...filters], members },
  }
}

/** Null when an answer has no facets to read. */
function recount({ name, fullAt }: OpenFacet, replies: readonly Uint8Array[]): Facet | null {
  const facet = newFacet()
  for (const reply of replies) {
    const lists = facetsIn(reply)
    if (lists === null) return null
    const list = memberValue(lists.distribution, name)
    if (list === undefined) continue
    const range = boundsOf(lists.stats).get(name)
    addValues(facet, membersOf(list), { range, fullAt })
  }
  return facet
}

function facetsIn(
  reply: Uint8Array,
): { readonly distribution: readonly JsonMember[]; readonly stats: string | undefined } | null {
  try {
    const body = text(reply)
    JSON.parse(body)
    const members = membersOf(body)
    const distribution = memberValue(members, 'facetDistribution')
    if (distribution === undefined) return null
    return { distribution: membersOf(distribution), stats: memberValue(members, 'facetStats') }
  } catch {
    return null
  }
}

/** Counts that are known now, in place of those that were not. */
function withCounts(facet: Facet, again: Facet): Facet {
  const values = new Map(facet.values)
  for (const [identity, value] of facet.values) {
    const better = again.values.get(identity)
    const missing = again.tail - (better?.tail ?? 0)
    if (better === undefined || missing > 0) continue
    const ambiguous = value.ambiguous || better.ambiguous || value.display !== better.display
    values.set(identity, { ...value, ambiguous, count: better.count, tail: facet.tail })
  }
  return { values, tail: facet.tail }
}

/**
 * Gives values that nodes spell differently the spelling of the document that came first. False when that
 * could not be found out, undefined when it is yet to be asked.
 */
export function spell(open: OpenFacet, shown: readonly FacetValue[], inquiry: Inquiry): boolean | undefined {
  const ambiguous = shown.filter((value) => value.ambiguous)
  if (ambiguous.length > SPELLINGS_MAX || !ambiguous.every(isNameable)) return false
  const spelled = ambiguous.map((value) => {
    const filters = [anyOf([isOneOf(open.name, [value.display])])]
    const replies = inquiry.answers(facetQuestion(open, 'spelling', filters, [open.name, SEQ_FIELD]))
    if (replies === undefined) return undefined
    const display = replies === null ? null : firstSpelling(open, value, replies)
    if (display !== null) value.display = display
    return display !== null
  })
  if (spelled.includes(undefined)) return undefined
  return !spelled.includes(false)
}

function firstSpelling(open: OpenFacet, value: FacetValue, replies: readonly Uint8Array[]): string | null {
  let first: { readonly seq: string; readonly display: string } | null = null
  for (const reply of replies) {
    const lists = facetsIn(reply)
    if (lists === null) return null
    const seqs = membersOf(memberValue(lists.distribution, SEQ_FIELD) ?? '{}').map(({ key }) => key)
    // Cut lists may lack the first document, depending on their order.
    if (seqs.length >= open.fullAt) return null
    const own = membersOf(memberValue(lists.distribution, open.name) ?? '{}')
    const found = own.find(({ key }) => normalizeFacet(key) === value.key)
    const seq = seqs.sort(compareUtf8)[0]
    if (found === undefined || seq === undefined) continue
    if (first === null || compareUtf8(seq, first.seq) < 0) first = { seq, display: found.key }
  }
  return first?.display ?? null
}
