import { describe, expect, it } from 'vitest'
import { ConcurrencyLimit } from '../../src/http/overload/concurrency-limit.ts'
import { Gate } from '../../src/http/overload/gate.ts'
import { seededRandom } from '../../src/std/random.ts'
import { VirtualClock } from '../../src/std/virtual-clock.ts'

/*
 * Searches arrive at a rate of their own in front of nodes that do so many at once and go on with what
 * nobody waits for any more. What counts is what clients get before they lose patience.
 */

const FIRST = Number(process.env['SIM_FIRST'] ?? 1)
const PARALLEL = 8
const SERVICE_MS = 20
const CAPACITY_PER_S = (PARALLEL / SERVICE_MS) * 1_000
const NODE_TIMEOUT_MS = 5_000
const PATIENCE_MS = 1_000

class Nodes {
  readonly #clock: VirtualClock
  readonly #random: () => number
  readonly #queue: (() => void)[] = []
  #busy = 0
  factor = 1

  constructor(clock: VirtualClock, random: () => number) {
    this.#clock = clock
    this.#random = random
  }

  /** False when the answer came too late for the proxy. */
  ask(): Promise<boolean> {
    const askedMs = this.#clock.now()
    return new Promise((resolve) => {
      const late = this.#clock.after(NODE_TIMEOUT_MS, () => resolve(false))
      this.#queue.push(() => {
        this.#busy += 1
        const tookMs = SERVICE_MS * this.factor * (0.5 + this.#random())
        this.#clock.after(tookMs, () => {
          this.#busy -= 1
          late.cancel()
          resolve(this.#clock.now() - askedMs <= NODE_TIMEOUT_MS)
          this.#next()
        })
      })
      this.#next()
    })
  }

  #next(): void {
    while (this.#busy < PARALLEL && this.#queue.length > 0) this.#queue.shift()?.()
  }
}

interface Phase {
  readonly perS: number
  readonly seconds: number
}

/** Searches answered in time, by the second in which they arrived, and those shed. */
interface Outcome {
  readonly good: number[]
  shed: number
  mostWaiting: number
}

async function load(seed: number, gated: boolean, phases: readonly Phase[], factor = 1): Promise<Outcome> {
  const clock = new VirtualClock()
  const random = seededRandom(seed)
  const nodes = new Nodes(clock, random.next)
  nodes.factor = factor
  const limit = new ConcurrencyLimit({
    ...{ clock, max: 2_000, min: gated ? 16 : 2_000 },
    ...{ targetMs: 500, ceilingMs: NODE_TIMEOUT_MS / 2 },
  })
  const outcome: Outcome = { good: [], shed: 0, mostWaiting: 0 }
  const refusal = (): Error => {
    outcome.shed += 1
    return new Error('come back later')
  }
  const gate = new Gate({ clock, limit, queueMax: 1_000, refusal })
  const arrive = async (): Promise<void> => {
    const atMs = clock.now()
    const answered = await gate.run(() => nodes.ask()).catch(() => false)
    outcome.mostWaiting = Math.max(outcome.mostWaiting, gate.waiting)
    const second = Math.floor(atMs / 1_000)
    if (answered && clock.now() - atMs <= PATIENCE_MS) outcome.good[second] = (outcome.good[second] ?? 0) + 1
  }
  for (const { perS, seconds } of phases) {
    for (let at = 0; at < seconds * 1_000; at += 10) {
      let arrivals = perS / 100
      for (; arrivals >= 1 || random.next() < arrivals; arrivals -= 1) void arrive()
      await clock.advance(10)
    }
  }
  await clock.advance(NODE_TIMEOUT_MS)
  return outcome
}

const mean = ({ good }: Outcome, from: number, to: number): number => {
  let sum = 0
  for (let second = from; second < to; second++) sum += good[second] ?? 0
  return sum / (to - from)
}

const STEP: readonly Phase[] = [
  { perS: 0.9 * CAPACITY_PER_S, seconds: 6 },
  { perS: 2 * CAPACITY_PER_S, seconds: 12 },
  { perS: 0.5 * CAPACITY_PER_S, seconds: 11 },
]

describe.each([FIRST, FIRST + 1])('twice as many searches as nodes can do, seed %i', (seed) => {
  it('four fifths of the best are still answered in time, and all of them ten seconds later', async () => {
    const outcome = await load(seed, true, STEP)
    const best = mean(outcome, 1, 6)
    expect(best).toBeGreaterThan(0.85 * CAPACITY_PER_S)
    expect(mean(outcome, 6, 18)).toBeGreaterThan(0.8 * best)
    expect(mean(outcome, 28, 29)).toBeGreaterThan(0.47 * CAPACITY_PER_S)
    expect(outcome.shed).toBeGreaterThan(0.5 * 12 * CAPACITY_PER_S)
    expect(outcome.mostWaiting).toBeLessThan(300)
  })

  it('without the gate nearly nothing is answered in time', async () => {
    const outcome = await load(seed, false, STEP)
    expect(mean(outcome, 10, 18)).toBeLessThan(0.2 * CAPACITY_PER_S)
  })

  it('nothing is shed below what nodes can do, also where every search takes long', async () => {
    const usual = await load(seed, true, [{ perS: 0.8 * CAPACITY_PER_S, seconds: 8 }])
    expect(usual.shed).toBe(0)
    const heavy = await load(seed, true, [{ perS: (0.7 * CAPACITY_PER_S) / 35, seconds: 15 }], 35)
    expect(heavy.shed).toBe(0)
  })

  it('a burst is worked off, not shed', async () => {
    const burst = [
      { perS: 0.3 * CAPACITY_PER_S, seconds: 2 },
      { perS: 15 * CAPACITY_PER_S, seconds: 0.02 },
      { perS: 0.3 * CAPACITY_PER_S, seconds: 2 },
    ]
    expect((await load(seed, true, burst)).shed).toBe(0)
  })
})
