import { memberValue } from '../../std/json-members.ts'
import type { RankedHit, RankedHits } from './ranked-hits.ts'

/**
 * Scores of hits as one node with all documents would have them. A node folds its rules' shares into one
 * number, and how many typos it thinks possible depends on the words it has: of several nodes the largest
 * counts, among hits that match equally many words.
 */
export class Scores {
  readonly #possible = new Map<string, number>()
  #adjusted = false

  constructor({ hits }: RankedHits) {
    for (const hit of hits) {
      const words = wordsOf(hit)
      const possible = numberAt(hit, 'typo', 'maxTypoCount')
      if (possible !== null) this.#possible.set(words, Math.max(possible, this.#possible.get(words) ?? 0))
    }
  }

  /** Null when a hit carries no score. */
  of(hit: RankedHit): number | null {
    const own = Number(memberValue(hit.members, '_rankingScore'))
    if (Number.isNaN(own)) return null
    const possible = numberAt(hit, 'typo', 'maxTypoCount')
    const most = this.#possible.get(wordsOf(hit))
    if (possible === null || most === undefined || most === possible) return own
    this.#adjusted = true
    return rescaled(hit, own, { from: possible + 1, to: most + 1 })
  }

  /** Some score is no node's own: it was calculated, and may be off in the last digits. */
  get adjusted(): boolean {
    return this.#adjusted
  }
}

function wordsOf(hit: RankedHit): string {
  return String(numberAt(hit, 'words', 'matchingWords'))
}

function numberAt({ details }: RankedHit, rule: string, member: string): number | null {
  const value = details.get(rule)?.[member]
  return typeof value === 'number' ? value : null
}

/**
 * A score is (words − 1 + x) / all words where x is (typo share − 1 + rest) / typo maximum: takes the maximum
 * out and puts another in. Left alone where other rules come first.
 */
function rescaled(hit: RankedHit, score: number, { from, to }: { from: number; to: number }): number {
  const rules = [...hit.details.keys()]
  const hasWords = rules[0] === 'words'
  if (rules[hasWords ? 1 : 0] !== 'typo') return score
  const words = hasWords ? (numberAt(hit, 'words', 'matchingWords') ?? 1) : 1
  const all = hasWords ? (numberAt(hit, 'words', 'maxMatchingWords') ?? 1) : 1
  const typos = numberAt(hit, 'typo', 'typoCount') ?? 0
  const share = score * all - (words - 1)
  const rest = share * from - (from - typos - 1)
  return (words - 1 + (to - typos - 1 + rest) / to) / all
}
