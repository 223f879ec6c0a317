import type { Candidate, Rule } from '../ranking.ts'
import { foldRanks } from '../ranking.ts'
import type { Selected } from '../selection.ts'
import { scoreOf } from '../selection.ts'
import { isVectorRule } from './similarity.ts'

/** One of the two lists of a hybrid search, with the rules that ordered it. */
export interface RankedList extends Selected {
  readonly rules: readonly Rule[]
}

/** A score that is good enough for a whole page of words alone. */
const GOOD_ENOUGH = 0.45

/** True when words alone fill the page well: the vectors are not looked at then. */
export function wordsSuffice(words: RankedList, ratio: number, last: number): boolean {
  const weight = Math.fround(1 - Math.fround(ratio))
  return (
    words.hits.length >= last &&
    words.hits.every((candidate) => scoreOf(words.rules, candidate) * weight >= GOOD_ENOUGH)
  )
}

interface Weighted {
  readonly candidate: Candidate
  readonly rules: readonly Rule[]
  readonly values: readonly (number | Rule)[]
}

/**
 * Merges hits found by vectors and by words: by weighted score, by what sorts them, vectors first where all
 * is equal. A document that is in both lists stays at its better place.
 */
export function mergeLists(vectors: RankedList, words: RankedList, ratio: number): Candidate[] {
  const left = weighted(vectors, Math.fround(ratio))
  const right = weighted(words, Math.fround(1 - Math.fround(ratio)))
  const seen = new Set<number>()
  const merged: Candidate[] = []
  for (let [at, other] = [0, 0]; at < left.length || other < right.length; ) {
    const [one, two] = [left[at], right[other]]
    const takesLeft = two === undefined || (one !== undefined && compare(one, two) >= 0)
    const next = takesLeft ? one : two
    if (takesLeft) at++
    else other++
    if (next === undefined || seen.has(next.candidate.docid)) continue
    seen.add(next.candidate.docid)
    merged.push(next.candidate)
  }
  return merged
}

function weighted({ hits, rules }: RankedList, weight: number): Weighted[] {
  return hits.map((candidate) => ({ candidate, rules, values: valuesOf(candidate, rules, weight) }))
}

/** Neighbouring scores are one number; rules that only sort stand for themselves. */
function valuesOf(candidate: Candidate, rules: readonly Rule[], weight: number): (number | Rule)[] {
  const values: (number | Rule)[] = []
  let ranks: (readonly [number, number])[] = []
  const fold = (): void => {
    if (ranks.length > 0) values.push(foldRanks(ranks) * weight)
    ranks = []
  }
  for (const rule of rules) {
    const own = rule.ranks(candidate)
    if (own.length > 0) {
      ranks.push(...own)
      continue
    }
    fold()
    values.push(isVectorRule(rule) ? (rule.similarity(candidate) ?? 0) * weight : rule)
  }
  fold()
  return values
}

/** Positive when the left one comes first. */
function compare(left: Weighted, right: Weighted): number {
  for (let at = 0; ; at++) {
    const [one, other] = [left.values[at], right.values[at]]
    if (one === undefined || other === undefined)
      return Number(one !== undefined) - Number(other !== undefined)
    if (typeof one === 'number' && typeof other === 'number') {
      if (Math.abs(one - other) > Number.EPSILON) return one - other
    } else if (typeof one === 'number') return one === 0 ? -1 : 1
    else if (typeof other === 'number') return other === 0 ? 1 : -1
    else {
      const order = one.compare(left.candidate, right.candidate)
      if (order !== 0) return -order
    }
  }
}
