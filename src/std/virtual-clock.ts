import type { Clock, Timer } from './clock.ts'

interface Entry {
  readonly at: number
  readonly order: number
  fire: (() => void) | null
}

/** A clock that moves only when told to: deadlines and back-off in tests cost no real time. */
export class VirtualClock implements Clock {
  #now: number
  #order = 0
  #entries: Entry[] = []
  readonly #wallStart: number

  constructor(start = 0, wallStart = Date.UTC(2026, 0, 1)) {
    this.#now = start
    this.#wallStart = wallStart - start
  }

  now(): number {
    return this.#now
  }

  wall(): number {
    return this.#wallStart + this.#now
  }

  after(delayMs: number, fire: () => void): Timer {
    const entry: Entry = { at: this.#now + Math.max(0, delayMs), order: this.#order++, fire }
    this.#entries.push(entry)
    return {
      cancel: () => {
        entry.fire = null
      },
    }
  }

  /** Number of timers that have not fired and were not cancelled. */
  get pending(): number {
    return this.#entries.filter((entry) => entry.fire !== null).length
  }

  /** Moves time forward, firing due timers in order and letting promises run between them. */
  async advance(byMs: number): Promise<void> {
    const end = this.#now + byMs
    for (;;) {
      await settle()
      const next = this.#takeNext(end)
      if (next === null) break
      this.#now = next.at
      next.fire?.()
    }
    this.#now = end
    await settle()
  }

  #takeNext(end: number): Entry | null {
    this.#entries = this.#entries.filter((entry) => entry.fire !== null)
    let best: Entry | null = null
    for (const entry of this.#entries) {
      if (entry.at > end) continue
      if (best === null || entry.at < best.at || (entry.at === best.at && entry.order < best.order))
        best = entry
    }
    if (best !== null) this.#entries = this.#entries.filter((entry) => entry !== best)
    return best
  }
}

/** Lets queued promise callbacks and immediates run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
