import type { Cell, Column } from '../engine/columns.ts'
import { isVectorRule } from './near/similarity.ts'
import { BUCKET_DOCUMENTS_MAX, type Candidate, foldRanks, type GeoRule, type Rule } from './ranking.ts'
import { bestOf, orderOf } from './rules.ts'

export interface Selection {
  /** Hits needed from the beginning. */
  readonly last: number
  /** Count everything (pages), or stop when the hits are found (offset and limit), as a node does. */
  readonly exhaustive: boolean
  readonly threshold: number | null
  /** Values of the distinct attribute, null without one. */
  readonly column: Column | null
}

export interface Selected {
  readonly hits: readonly Candidate[]
  /** What totals and facets count. */
  readonly candidates: readonly Candidate[]
}

export function scoreOf(rules: readonly Rule[], candidate: Candidate): number {
  const vector = rules.find(isVectorRule)
  if (vector !== undefined) return vector.similarity(candidate) ?? 0
  return foldRanks(rules.flatMap((rule) => rule.ranks(candidate)))
}

/** Puts candidates, which come by internal number, in order and keeps what threshold and distinct allow. */
export function selectHits(
  matched: readonly Candidate[],
  rules: readonly Rule[],
  selection: Selection,
): Selected {
  const { last, threshold, column } = selection
  const whole = threshold !== null || column !== null
  prepareGeo(matched, rules, whole ? matched.length : last)
  if (!whole) return { hits: best(matched, rules, last), candidates: matched }
  const fits = (candidate: Candidate): boolean => threshold === null || scoreOf(rules, candidate) >= threshold
  if (column !== null) return distinctHits(matched, rules, { ...selection, column, fits })
  return aboveThreshold(matched, best(matched, rules, matched.length), { ...selection, fits })
}

/** The first hits in order; without rules candidates are in order already. */
function best(matched: readonly Candidate[], rules: readonly Rule[], count: number): readonly Candidate[] {
  const vector = rules.findIndex(isVectorRule)
  // As many neighbours are looked for as hits are wanted; what sorts them later chooses among those only.
  if (vector !== -1 && vector < rules.length - 1)
    return bestOf(matched, count, orderOf(rules.slice(0, vector + 1))).toSorted(orderOf(rules))
  return rules.length === 0 ? matched.slice(0, count) : bestOf(matched, count, orderOf(rules))
}

function isGeo(rule: Rule): rule is GeoRule {
  return 'bucket' in rule
}

/** Buckets of distances depend on the order before them, so they are made first. */
function prepareGeo(matched: readonly Candidate[], rules: readonly Rule[], last: number): void {
  rules.forEach((rule, at) => {
    if (!isGeo(rule)) return
    const order = orderOf(rules.slice(0, at + 1))
    rule.bucket(bestOf(matched, last + BUCKET_DOCUMENTS_MAX, order), rules.slice(0, at))
  })
}

interface FittingSelection extends Selection {
  readonly fits: (candidate: Candidate) => boolean
}

function aboveThreshold(
  matched: readonly Candidate[],
  sorted: readonly Candidate[],
  { last, exhaustive, fits }: FittingSelection,
): Selected {
  const hits: Candidate[] = []
  const below = new Set<Candidate>()
  for (const candidate of sorted) {
    // A node looks no further than it has to, and counts what it has not looked at.
    if (hits.length >= last && !exhaustive) break
    if (!fits(candidate)) below.add(candidate)
    else if (hits.length < last) hits.push(candidate)
  }
  return { hits, candidates: matched.filter((candidate) => !below.has(candidate)) }
}

interface DistinctSelection extends FittingSelection {
  readonly column: Column
}

interface Kept {
  readonly seen: Set<string | number>
  readonly kept: Set<Candidate>
  readonly dropped: Set<Candidate>
  /** False when more candidates have to be put in order before the answer is known. */
  readonly complete: boolean
}

/** Keeps the best hit of every value; hits without one are all kept. */
function distinctHits(
  matched: readonly Candidate[],
  rules: readonly Rule[],
  selection: DistinctSelection,
): Selected {
  const { last, exhaustive, column, fits } = selection
  let sorted = Math.min(matched.length, 4 * last + 256)
  let found = keepDistinct(best(matched, rules, sorted), rules, selection)
  while (!found.complete && sorted < matched.length) {
    sorted = Math.min(matched.length, sorted * 8)
    found = keepDistinct(best(matched, rules, sorted), rules, selection)
  }
  const { seen, kept, dropped } = found
  const counted = new Set(seen)
  const candidates = matched.filter((candidate) => {
    if (kept.has(candidate)) return true
    if (dropped.has(candidate)) return false
    if (valuesOf(column[candidate.docid]).some((value) => seen.has(value))) return false
    return !exhaustive || (fits(candidate) && takeValues(column[candidate.docid], counted))
  })
  return { hits: [...kept].slice(0, last), candidates }
}

function keepDistinct(
  sorted: readonly Candidate[],
  rules: readonly Rule[],
  { last, column, fits }: DistinctSelection,
): Kept {
  const seen = new Set<string | number>()
  const kept = new Set<Candidate>()
  const dropped = new Set<Candidate>()
  const tied = (left: Candidate, right: Candidate): boolean =>
    rules.length > 0 && rules.every((rule) => rule.compare(left, right) === 0)
  for (let at = 0; at < sorted.length; at++) {
    const candidate = sorted[at] as Candidate
    // Hits that tie are looked at together, also when only some of them are needed.
    const before = sorted[at - 1]
    if (kept.size >= last && (before === undefined || !tied(before, candidate))) {
      return { seen, kept, dropped, complete: true }
    }
    if (!fits(candidate)) dropped.add(candidate)
    else if (takeValues(column[candidate.docid], seen)) kept.add(candidate)
  }
  return { seen, kept, dropped, complete: false }
}

/** A merged list without hits that repeat a value of an earlier one. */
export function firstOfValues(hits: readonly Candidate[], column: Column | null): readonly Candidate[] {
  const seen = new Set<string | number>()
  return column === null ? hits : hits.filter(({ docid }) => takeValues(column[docid], seen))
}

/** Notes the values of a hit unless one of them was seen before; true when it may stay. */
function takeValues(cell: Cell | undefined, seen: Set<string | number>): boolean {
  const values = valuesOf(cell)
  if (values.some((value) => seen.has(value))) return false
  for (const value of values) seen.add(value)
  return true
}

function valuesOf(cell: Cell | undefined): readonly (string | number)[] {
  return cell === undefined ? [] : [...cell.numbers, ...cell.strings]
}
