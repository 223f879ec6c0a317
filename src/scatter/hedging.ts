import type { NodeId } from '../model/ids.ts'
import type { Clock } from '../std/clock.ts'
import { LatencySketch } from './latency-sketch.ts'

export interface HedgingConfig {
  /** No part of a read is asked twice sooner than this. */
  readonly minTriggerMs: number
  /** Hedges per hundred parts of reads. */
  readonly budgetPercent: number
}

/** `sent`: requests, of which one hedge may need several; the others: hedges. */
export type HedgeEvent = 'sent' | 'won' | 'lost' | 'no-budget'

export interface HedgingOptions {
  readonly clock: Clock
  readonly config: HedgingConfig
  /** True while more load would make things worse. */
  readonly busy?: () => boolean
  readonly observe?: (event: HedgeEvent) => void
}

/** Decides when a part of a read is asked of other copies too, and how often at most. */
export interface Hedging {
  /**
   * A part of a read leaves for a node: after how many milliseconds it may be hedged, null = never. Each
   * such part pays into the budget.
   */
  delayMs(node: NodeId, operation: string): number | null
  took(node: NodeId, operation: string, tookMs: number): void
  /** Takes so many requests out of the budget, all or none. */
  spend(requests: number): boolean
  ended(won: boolean): void
}

const HALF_LIFE_MS = 30_000
const SLOW_SHARE = 0.95
const SLOW_FACTOR = 1.2
/** Fewer samples say nothing about the slowest of twenty. */
const SAMPLES_MIN = 50
/** Hedges that may be saved up. */
const SAVED_MAX = 20
const FRESH_MS = 100
/** Stands for all nodes in keys; no node is called so. */
const FLEET = ''

interface Kept {
  readonly sketch: LatencySketch
  slowMs: number | null
  readAt: number
}

export function createHedging(options: HedgingOptions): Hedging {
  return new Budgeted(options)
}

class Budgeted implements Hedging {
  readonly #options: HedgingOptions
  readonly #kept = new Map<string, Kept>()
  #budget = 0

  constructor(options: HedgingOptions) {
    this.#options = options
  }

  delayMs(node: NodeId, operation: string): number | null {
    const { config, busy } = this.#options
    this.#budget = Math.min(SAVED_MAX, this.#budget + config.budgetPercent / 100)
    const fleet = this.#slow(FLEET, operation)
    if (fleet === null || busy?.() === true) return null
    const slow = Math.min(fleet, this.#slow(node, operation) ?? fleet)
    return Math.ceil(Math.max(config.minTriggerMs, SLOW_FACTOR * slow))
  }

  took(node: NodeId, operation: string, tookMs: number): void {
    const now = this.#options.clock.now()
    this.#of(node, operation).sketch.add(tookMs, now)
    this.#of(FLEET, operation).sketch.add(tookMs, now)
  }

  spend(requests: number): boolean {
    if (this.#budget < requests) {
      this.#options.observe?.('no-budget')
      return false
    }
    this.#budget -= requests
    for (let sent = 0; sent < requests; sent++) this.#options.observe?.('sent')
    return true
  }

  ended(won: boolean): void {
    this.#options.observe?.(won ? 'won' : 'lost')
  }

  /** What only one answer in twenty is slower than; null while too little is known. */
  #slow(node: string, operation: string): number | null {
    const kept = this.#of(node, operation)
    const now = this.#options.clock.now()
    if (now - kept.readAt < FRESH_MS) return kept.slowMs
    kept.readAt = now
    kept.slowMs = kept.sketch.count(now) < SAMPLES_MIN ? null : kept.sketch.quantile(SLOW_SHARE)
    return kept.slowMs
  }

  #of(node: string, operation: string): Kept {
    const key = `${operation} ${node}`
    const known = this.#kept.get(key)
    if (known !== undefined) return known
    const made: Kept = { sketch: new LatencySketch(HALF_LIFE_MS), slowMs: null, readAt: -Infinity }
    this.#kept.set(key, made)
    return made
  }
}
