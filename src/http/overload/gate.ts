import type { Clock, Timer } from '../../std/clock.ts'
import type { ConcurrencyLimit } from './concurrency-limit.ts'

export interface GateOptions {
  readonly clock: Clock
  readonly limit: ConcurrencyLimit
  readonly queueMax: number
  /** The error for what is turned away; called once for each. */
  readonly refusal: () => Error
}

/** How long one may wait when there was room for a newcomer lately, and when there was none. */
const PATIENT_MS = 300
const STANDING_MS = 20
/** A queue that lasts longer than this is no burst but too much work. */
const BURST_MS = 100
const SWEEP_MS = 10
/** Share of the limit from which on there is nothing to spare for extra work. */
const BUSY_SHARE = 0.7

interface Waiter {
  readonly sinceMs: number
  readonly start: () => void
  readonly refuse: () => void
}

/**
 * Lets so many pieces of work run at once; a few more wait. A burst is worked off in order. A queue that
 * stands is cut short instead (as CoDel does), and the newest goes first: what is served then is served in
 * time, and the rest is told at once to come back.
 */
export class Gate {
  readonly #options: GateOptions
  readonly #waiting: Waiter[] = []
  #running = 0
  /** When somebody could last have come in without waiting. */
  #freeAtMs: number
  #sweep: Timer | null = null

  constructor(options: GateOptions) {
    this.#options = options
    this.#freeAtMs = options.clock.now()
  }

  get running(): number {
    return this.#running
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** True while extra work would be at the cost of what clients wait for. */
  get busy(): boolean {
    return this.#running > this.#options.limit.current * BUSY_SHARE
  }

  /** Runs the work now or soon, else rejects with the refusal. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#enter()
    const { clock, limit } = this.#options
    const startedMs = clock.now()
    try {
      return await work()
    } finally {
      this.#running -= 1
      limit.ended(clock.now() - startedMs)
      this.#admit()
    }
  }

  #enter(): Promise<void> | void {
    const { clock, limit, queueMax } = this.#options
    limit.wanted(this.#running + this.#waiting.length + 1)
    const now = clock.now()
    if (this.#waiting.length === 0 && this.#running < limit.current) {
      this.#freeAtMs = now
      this.#running += 1
      return
    }
    if (this.#waiting.length >= queueMax) throw this.#options.refusal()
    this.#sweep ??= clock.after(SWEEP_MS, () => this.#dropLate())
    return new Promise<void>((resolve, reject) => {
      const start = (): void => {
        this.#running += 1
        resolve()
      }
      this.#waiting.push({ sinceMs: now, start, refuse: () => reject(this.#options.refusal()) })
    })
  }

  #standing(): boolean {
    return this.#options.clock.now() - this.#freeAtMs > BURST_MS
  }

  #admit(): void {
    while (this.#waiting.length > 0 && this.#running < this.#options.limit.current) {
      const next = this.#standing() ? this.#waiting.pop() : this.#waiting.shift()
      next?.start()
    }
    if (this.#running < this.#options.limit.current) this.#freeAtMs = this.#options.clock.now()
  }

  /** Turns away whoever waited too long: the oldest are in front. */
  #dropLate(): void {
    const { clock } = this.#options
    this.#sweep = null
    const since = clock.now() - (this.#standing() ? STANDING_MS : PATIENT_MS)
    const kept = this.#waiting.findIndex(({ sinceMs }) => sinceMs > since)
    for (const late of this.#waiting.splice(0, kept < 0 ? this.#waiting.length : kept)) late.refuse()
    if (this.#waiting.length > 0) this.#sweep = clock.after(SWEEP_MS, () => this.#dropLate())
  }
}
