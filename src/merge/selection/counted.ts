import { SEQ_FIELD } from '../../catalogue/own-attributes.ts'
import type { Ask, Question, SearchMerge } from '../../model/plan.ts'
import { text } from '../../std/bytes.ts'
import { membersOf, memberValue } from '../../std/json-members.ts'
import { parsedJson } from '../../std/json-values.ts'
import { normalizeFacet } from '../facet-values.ts'
import { anyOf, isOneOf } from '../filter-text.ts'
import type { Inquiry } from '../inquiry.ts'
import type { RankedHit } from './ranked-hits.ts'
import type { Selection } from './selection.ts'

/** What totals and facets are counted over, and how sure they are. */
export interface Counting {
  /** Null: the sum of the totals in `envelopes`. */
  readonly total: number | null
  readonly totalExact: boolean
  /** Answers to count facets in; null = the first answers. */
  readonly envelopes: readonly string[] | null
  /** How these were asked for. */
  readonly over: Pick<Ask, 'filters' | 'members'>
  readonly facetsExact: boolean
}

interface CountingTask {
  readonly merge: SearchMerge
  readonly inquiry: Inquiry
  readonly hasFacets: boolean
}

/** Documents and values named in one filter, at most. */
const NAMED_MAX = 2_000

const FIRST_ANSWERS = { envelopes: null, over: { filters: [], members: {} } }

/** The first answers say it all. */
export const AS_ANSWERED: Counting = { total: null, totalExact: true, ...FIRST_ANSWERS, facetsExact: true }

const UNKNOWN: Counting = { total: null, totalExact: false, ...FIRST_ANSWERS, facetsExact: false }

/** Makes nodes drop nothing: every document has a place of its own in the order of insertion. */
export function eachMembers({ distinct }: SearchMerge): Readonly<Record<string, string>> {
  return distinct === null ? {} : { distinct: JSON.stringify(SEQ_FIELD) }
}

/** How many documents match, and the values they have. */
export function allQuestion(merge: SearchMerge): Question {
  const facets = merge.distinct === null ? null : JSON.stringify([merge.distinct.attribute])
  return { name: 'all', ask: { reach: 0, filters: [], members: { ...eachMembers(merge), facets } } }
}

/**
 * Totals and facets of what a selection leaves, as one node counts them: all that matches, without what the
 * hits it looked at took away. Where the first answers do not say it, nodes count once more under a filter
 * that lets through just that. Undefined when that is yet to be asked.
 */
export function counted(
  task: CountingTask,
  { selection, atFirst }: { readonly selection: Selection; readonly atFirst: boolean },
): Counting | undefined {
  const { merge, hasFacets } = task
  const { end, kept, below, repeated } = selection
  if (end === 'complete') {
    const total = { total: kept.length, totalExact: true }
    const asTheyAre = atFirst && repeated === 0 && below.length === 0 && merge.threshold === null
    if (!hasFacets || asTheyAre) return { ...AS_ANSWERED, ...total }
    const facets = survivors(task, [anyOf([isOneOf(SEQ_FIELD, kept.map(seqOf))])], kept.length)
    return facets && { ...facets, ...total }
  }
  if (end === 'short' && merge.echo.kind === 'page') return estimated(task)
  if (merge.offset + merge.limit === 0) return AS_ANSWERED
  if (merge.distinct === null && below.length === 0 && end === 'filled') return AS_ANSWERED
  const found = leftovers(task, selection)
  // Of hits that belong to the last one's rank not all are known.
  return found && (end === 'filled' ? found : { ...found, totalExact: false, facetsExact: false })
}

function seqOf({ seq }: RankedHit): string {
  return seq
}

/** Everything but what was looked at and not kept. */
function leftovers(task: CountingTask, selection: Selection): Counting | undefined {
  const { below, valued, values } = selection
  const { distinct } = task.merge
  const filters: string[] = []
  if (below.length > 0) filters.push(anyOf([`NOT ${isOneOf(SEQ_FIELD, below.map(seqOf))}`]))
  if (distinct !== null && values.size > 0) {
    if (!distinct.filterable) return UNKNOWN
    const named = [...values.values()].map((value) => value.text)
    filters.push(anyOf([`NOT ${isOneOf(distinct.attribute, named)}`, isOneOf(SEQ_FIELD, valued.map(seqOf))]))
  }
  return survivors(task, filters, below.length + valued.length + values.size)
}

function survivors(
  { merge, inquiry }: CountingTask,
  filters: readonly string[],
  named: number,
): Counting | undefined {
  if (named > NAMED_MAX) return UNKNOWN
  const over = { filters, members: eachMembers(merge) }
  const replies = inquiry.answers({ name: `survivors ${filters.join(' ')}`, ask: { reach: 0, ...over } })
  if (replies === undefined) return undefined
  const envelopes = replies?.map(text) ?? []
  if (replies === null || envelopes.some((envelope) => parsedJson(envelope) === undefined)) return UNKNOWN
  return { total: totalOf(replies), totalExact: true, envelopes, over, facetsExact: true }
}

/** Sum of the totals of answers; null when one has none. */
export function totalOf(answers: readonly Uint8Array[]): number | null {
  let sum = 0
  for (const answer of answers) {
    const body = text(answer)
    if (parsedJson(body) === undefined) return null
    const members = membersOf(body)
    const total = memberValue(members, 'estimatedTotalHits') ?? memberValue(members, 'totalHits')
    if (total === undefined || !/^\d{1,15}$/.test(total)) return null
    sum += Number(total)
  }
  return sum
}

/**
 * Groups of a single-valued attribute: as many as there are values, and documents without one. Where a
 * document has several, or nodes do not list all values, it is the first answers' sum, which is too high.
 */
function estimated({ merge, inquiry }: CountingTask): Counting | undefined {
  const { distinct, threshold } = merge
  const all = distinct === null ? null : inquiry.answers(allQuestion(merge))
  if (all === undefined) return undefined
  const lists =
    all === null || distinct === null ? null : valueLists(all, distinct.attribute, merge.facets.fullAt)
  const documents = all === null ? null : totalOf(all)
  if (lists === null || documents === null || distinct === null || threshold !== null) return UNKNOWN
  const texts = [...lists.texts.values()]
  if (texts.length > NAMED_MAX || !distinct.filterable) return UNKNOWN
  const filters = [anyOf([isOneOf(distinct.attribute, texts)])]
  const ask = { reach: 0, filters, members: { ...eachMembers(merge), facets: null } }
  const having = inquiry.answers({ name: 'valued', ask })
  if (having === undefined) return undefined
  const valued = having === null ? null : totalOf(having)
  if (valued !== lists.counts) return UNKNOWN
  return { total: texts.length + documents - valued, totalExact: true, ...FIRST_ANSWERS, facetsExact: false }
}

/** The different values of an attribute, and the sum of their counts; null when lists were cut. */
function valueLists(
  answers: readonly Uint8Array[],
  attribute: string,
  fullAt: number,
): { readonly texts: ReadonlyMap<string, string>; readonly counts: number } | null {
  const texts = new Map<string, string>()
  let counts = 0
  for (const answer of answers) {
    const body = text(answer)
    if (parsedJson(body) === undefined) return null
    const members = membersOf(body)
    const list = memberValue(membersOf(memberValue(members, 'facetDistribution') ?? '{}'), attribute)
    const values = membersOf(list ?? '{}')
    if (values.length >= fullAt) return null
    for (const { key, value } of values) {
      texts.set(normalizeFacet(key), key)
      counts += Number(value)
    }
  }
  return { texts, counts }
}
