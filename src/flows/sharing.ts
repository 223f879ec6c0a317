import { limits } from '../config/limits.ts'
import type { Reply } from '../model/call.ts'
import type { IndexView } from '../model/view.ts'
import type { Clock } from '../std/clock.ts'

/** `led`: was asked of nodes and may be shared · `joined`: got a reply that another one asked for. */
export type SharingEvent = 'led' | 'joined'

interface Flight {
  readonly startedMs: number
  readonly reply: Promise<Reply>
  sharers: number
}

/**
 * Searches under way that equal ones may join. They are kept under the very view of their index: whatever
 * may change an answer (the end of a write, settings, a new generation, a copy that leaves) publishes a new
 * view of it before any client can hear of it, and so nobody who heard of a success joins a search that
 * began before. With several processes a view can be late; the window bounds by how much.
 */
export class SharedSearches {
  readonly #clock: Clock
  readonly #observe: (event: SharingEvent) => void
  readonly #flights = new WeakMap<IndexView, Map<string, Flight>>()
  #underWay = 0

  constructor(options: { readonly clock: Clock; readonly observe?: (event: SharingEvent) => void }) {
    this.#clock = options.clock
    this.#observe = options.observe ?? (() => undefined)
  }

  /** The reply of an equal search that began a moment ago, else that of `lead`. */
  join(index: IndexView, key: string, lead: () => Promise<Reply>): { reply: Promise<Reply>; led: boolean } {
    const flights = this.#flightsOf(index)
    const found = flights.get(key)
    if (found !== undefined && this.#isOpen(found)) {
      found.sharers += 1
      this.#observe('joined')
      return { reply: found.reply, led: false }
    }
    const reply = lead()
    if (this.#underWay < limits.sharedSearchesMax) this.#keep(flights, key, reply)
    return { reply, led: true }
  }

  #isOpen(flight: Flight): boolean {
    const ageMs = this.#clock.now() - flight.startedMs
    return ageMs < limits.sharingWindowMs && flight.sharers < limits.sharersMax
  }

  #keep(flights: Map<string, Flight>, key: string, reply: Promise<Reply>): void {
    const flight = { startedMs: this.#clock.now(), reply, sharers: 0 }
    flights.set(key, flight)
    this.#underWay += 1
    this.#observe('led')
    const over = (): void => {
      this.#underWay -= 1
      if (flights.get(key) === flight) flights.delete(key)
    }
    reply.then(over, over)
  }

  #flightsOf(index: IndexView): Map<string, Flight> {
    const known = this.#flights.get(index)
    if (known !== undefined) return known
    const made = new Map<string, Flight>()
    this.#flights.set(index, made)
    return made
  }
}
