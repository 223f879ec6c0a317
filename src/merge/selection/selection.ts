import { compareUtf8 } from '../utf8-order.ts'
import { type FieldValue, fieldValues } from './field-values.ts'
import type { RankedHit, RankedHits } from './ranked-hits.ts'

/** What decides which hits stay. */
export interface SelectionRule {
  /** Hits wanted, from the first on. */
  readonly wanted: number
  /** Everything is counted, as for numbered pages; else a node stops where it has the hits it needs. */
  readonly exhaustive: boolean
  /** Attribute of which each value may show up once; null = no such. */
  readonly attribute: string | null
  readonly belowThreshold: (hit: RankedHit) => boolean
  /** A hit below the threshold has only such behind it. */
  readonly monotone: boolean
}

export interface Selection {
  /** In order; may be more than are wanted, as nodes look at hits of one rank together. */
  readonly kept: readonly RankedHit[]
  readonly below: readonly RankedHit[]
  /** Hits whose value came before. */
  readonly repeated: number
  readonly values: ReadonlyMap<string, FieldValue>
  /** Hits kept that have a value. */
  readonly valued: readonly RankedHit[]
  /** Some hit has more than one value. */
  readonly several: boolean
  /**
   * `complete`: these are all that can stay. `filled`: the wanted ones are there, and others behind them.
   * `short`: hits are needed that were not asked for.
   */
  readonly end: 'complete' | 'filled' | 'short'
}

/** Walks hits in their order and keeps what a node would keep. */
export function select(ranked: RankedHits, rule: SelectionRule): Selection {
  const walk = new Walk(rule)
  const last = ranked.complete ? ranked.hits.length : ranked.certain
  for (let at = 0; at < last; at++) {
    const hit = ranked.hits[at]
    if (hit === undefined) break
    if (walk.isFilled(hit)) {
      if (!rule.exhaustive) return walk.ended('filled')
      // A node groups what it has not ranked in the order of insertion.
      if (ranked.complete) return walk.rest(ranked.hits.slice(at)).ended('complete')
    }
    if (!walk.take(hit) && rule.monotone) return walk.ended('complete')
  }
  if (ranked.complete) return walk.ended('complete')
  return walk.ended(rule.wanted === 0 && !rule.exhaustive ? 'filled' : 'short')
}

class Walk {
  readonly #rule: SelectionRule
  readonly #kept: RankedHit[] = []
  readonly #valued: RankedHit[] = []
  readonly #below: RankedHit[] = []
  readonly #values = new Map<string, FieldValue>()
  #repeated = 0
  #several = false

  constructor(rule: SelectionRule) {
    this.#rule = rule
  }

  /** Enough were kept, and this one is not of the same rank as the last of them. */
  isFilled({ rank }: RankedHit): boolean {
    if (this.#kept.length < this.#rule.wanted) return false
    const last = this.#kept.at(-1)
    return last === undefined || rank === '' || last.rank !== rank || this.#rule.attribute === null
  }

  /** False when the hit is below the threshold. */
  take(hit: RankedHit): boolean {
    if (this.#rule.belowThreshold(hit)) {
      this.#below.push(hit)
      return false
    }
    const { attribute } = this.#rule
    const values = attribute === null ? [] : fieldValues(hit.members, attribute)
    if (values.length > 1) this.#several = true
    if (values.some(({ identity }) => this.#values.has(identity))) {
      this.#repeated++
      return true
    }
    for (const value of values) this.#values.set(value.identity, value)
    this.#kept.push(hit)
    if (values.length > 0) this.#valued.push(hit)
    return true
  }

  rest(hits: readonly RankedHit[]): this {
    for (const hit of [...hits].sort((one, other) => compareUtf8(one.seq, other.seq))) this.take(hit)
    return this
  }

  ended(end: Selection['end']): Selection {
    return {
      kept: this.#kept,
      below: this.#below,
      repeated: this.#repeated,
      values: this.#values,
      valued: this.#valued,
      several: this.#several,
      end,
    }
  }
}
