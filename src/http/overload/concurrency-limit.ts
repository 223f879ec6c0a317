import type { Clock } from '../../std/clock.ts'

export interface ConcurrencyOptions {
  readonly clock: Clock
  readonly min: number
  readonly max: number
  /** Milliseconds that answers may take on average before fewer are allowed at once. */
  readonly targetMs: number
  /** From here on they take too long whatever is usual: nodes would soon be given up. */
  readonly ceilingMs: number
}

const WINDOW_MS = 100
const SHRINK = 0.8
const GROW_SHARE = 0.1
/** Slow is what takes so many times longer than it usually does. */
const SLOW_FACTOR = 3
/** What is usual is the best of so many minutes. */
const MEMORY_MINUTES = 10
const MINUTE_MS = 60_000

/**
 * How much may be under way at once. Answers that take longer and longer say that work queues up somewhere
 * behind us, where more of it would only wait longer: then fewer are allowed (times 0.8 a window), else more
 * again (a tenth a window) as far as they are wanted. Work that always takes long is not taken for a queue.
 */
export class ConcurrencyLimit {
  readonly #options: ConcurrencyOptions
  readonly #usual = new Map<number, number>()
  #limit: number
  #windowStart: number
  #sumMs = 0
  #ended = 0
  #peak = 0

  constructor(options: ConcurrencyOptions) {
    this.#options = options
    this.#limit = options.max
    this.#windowStart = options.clock.now()
  }

  get current(): number {
    return Math.floor(this.#limit)
  }

  /** So much is under way now, or would like to be. */
  wanted(count: number): void {
    if (count > this.#peak) this.#peak = count
  }

  ended(tookMs: number): void {
    this.#sumMs += tookMs
    this.#ended += 1
    if (this.#options.clock.now() - this.#windowStart >= WINDOW_MS) this.#judge()
  }

  #judge(): void {
    const { clock, min, max } = this.#options
    const meanMs = this.#sumMs / this.#ended
    const scarce = this.#peak >= this.current
    if (!scarce || meanMs < this.#usualMs()) this.#learn(meanMs)
    if (meanMs > this.#slowMs()) this.#limit = Math.max(min, Math.min(this.#limit, this.#peak) * SHRINK)
    else if (scarce) this.#limit = Math.min(max, this.#limit + Math.max(1, this.#limit * GROW_SHARE))
    this.#windowStart = clock.now()
    this.#sumMs = 0
    this.#ended = 0
    this.#peak = 0
  }

  #slowMs(): number {
    const { targetMs, ceilingMs } = this.#options
    return Math.min(ceilingMs, Math.max(targetMs, SLOW_FACTOR * this.#usualMs()))
  }

  #usualMs(): number {
    return this.#usual.size === 0 ? 0 : Math.min(...this.#usual.values())
  }

  /**
   * Only while there is room for all, or when it is less than was known: what is measured behind a limit
   * may be a queue's making.
   */
  #learn(meanMs: number): void {
    const minute = Math.floor(this.#options.clock.now() / MINUTE_MS)
    this.#usual.set(minute, Math.min(meanMs, this.#usual.get(minute) ?? Infinity))
    for (const known of this.#usual.keys()) if (known <= minute - MEMORY_MINUTES) this.#usual.delete(known)
  }
}
