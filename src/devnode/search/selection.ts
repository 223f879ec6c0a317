import type { Cell, Column } from '../engine/columns.ts'
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
  return foldRanks(rules.flatMap((rule) => rule.ranks(candidate)))
}

/** Puts candidates in order and keeps what threshold and distinct allow. */
export function selectHits(
  matched: readonly Candidate[],
  rules: readonly Rule[],
  selection: Selection,
): Selected {
  const { last, threshold, column } = selection
  if (threshold === null && column === null) {
    prepareGeo(matched, rules, last)
    return { hits: bestOf(matched, last, orderOf(rules)), candidates: matched }
  }
  prepareGeo(matched, rules, matched.length)
  const sorted = matched.toSorted(orderOf(rules))
  const fits = (candidate: Candidate): boolean => threshold === null || scoreOf(rules, candidate) >= threshold
  if (column === null) return aboveThreshold(sorted, fits, selection)
  return distinctHits(sorted, rules, { ...selection, column, fits })
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

function aboveThreshold(
  sorted: readonly Candidate[],
  fits: (candidate: Candidate) => boolean,
  { last, exhaustive }: Selection,
): Selected {
  const hits: Candidate[] = []
  const below = new Set<Candidate>()
  for (const candidate of sorted) {
    // A node looks no further than it has to, and counts what it has not looked at.
    if (hits.length >= last && !exhaustive) break
    if (!fits(candidate)) below.add(candidate)
    else if (hits.length < last) hits.push(candidate)
  }
  return { hits, candidates: sorted.filter((candidate) => !below.has(candidate)) }
}

interface DistinctSelection extends Selection {
  readonly column: Column
  readonly fits: (candidate: Candidate) => boolean
}

/** Keeps the best hit of every value; hits without one are all kept. */
function distinctHits(
  sorted: readonly Candidate[],
  rules: readonly Rule[],
  selection: DistinctSelection,
): Selected {
  const { last, exhaustive, column, fits } = selection
  const seen = new Set<string | number>()
  const kept = new Set<Candidate>()
  const dropped = new Set<Candidate>()
  const tied = (left: Candidate, right: Candidate): boolean =>
    rules.length > 0 && rules.every((rule) => rule.compare(left, right) === 0)
  for (let at = 0; at < sorted.length; at++) {
    const candidate = sorted[at] as Candidate
    // Hits that tie are looked at together, also when only some of them are needed.
    const before = sorted[at - 1]
    if (kept.size >= last && (before === undefined || !tied(before, candidate))) break
    if (!fits(candidate)) {
      dropped.add(candidate)
      continue
    }
    if (takeValues(column[candidate.docid], seen)) kept.add(candidate)
  }
  const counted = new Set(seen)
  const candidates = sorted
    .toSorted((left, right) => left.docid - right.docid)
    .filter((candidate) => {
      if (kept.has(candidate)) return true
      if (dropped.has(candidate)) return false
      if (valuesOf(column[candidate.docid]).some((value) => seen.has(value))) return false
      return !exhaustive || (fits(candidate) && takeValues(column[candidate.docid], counted))
    })
  return { hits: [...kept].slice(0, last), candidates }
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
