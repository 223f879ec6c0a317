import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConcurrencyLimit } from '../../../src/http/overload/concurrency-limit.ts'
import { Gate } from '../../../src/http/overload/gate.ts'
import { sleep } from '../../../src/std/clock.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'

function gateOf(max: number, queueMax = 100) {
  const clock = new VirtualClock()
  const limit = new ConcurrencyLimit({ clock, min: 1, max, targetMs: 500, ceilingMs: 2_500 })
  const refusal = (): Error => new Error('full')
  return { clock, limit, gate: new Gate({ clock, limit, queueMax, refusal }) }
}

test('so many run, the next ones wait in order, and what waits too long is refused', async () => {
  const { clock, gate } = gateOf(2)
  const order: string[] = []
  const ask = (name: string, tookMs: number): Promise<void> =>
    gate.run(async () => {
      order.push(name)
      await sleep(clock, tookMs)
    })
  const asked = [ask('a', 50), ask('b', 400), ask('c', 400), ask('d', 10), ask('e', 10)]
  const settled = Promise.allSettled(asked)
  await clock.advance(0)
  expect([order, gate.running, gate.waiting]).toEqual([['a', 'b'], 2, 3])
  await clock.advance(50)
  expect(order).toEqual(['a', 'b', 'c'])
  await clock.advance(1_000)
  expect((await settled).map(({ status }) => status)).toEqual([
    ...['fulfilled', 'fulfilled', 'fulfilled'],
    ...['rejected', 'rejected'],
  ])
  expect([gate.running, gate.waiting, clock.pending]).toEqual([0, 0, 0])
})

test('a full queue refuses at once', async () => {
  const { clock, gate } = gateOf(1, 1)
  const work = (): Promise<void> => sleep(clock, 10)
  const first = gate.run(work)
  const second = gate.run(work)
  await expect(gate.run(work)).rejects.toThrow('full')
  await clock.advance(50)
  await Promise.all([first, second])
})

test('in a queue that stands the newest goes first', async () => {
  const { clock, gate } = gateOf(1)
  const started: number[] = []
  for (let at = 0; at < 60; at++) {
    void gate
      .run(async () => {
        started.push(at)
        await sleep(clock, 15)
      })
      .catch(() => undefined)
    await clock.advance(5)
  }
  await clock.advance(500)
  const late = started.filter((at) => at > 40)
  expect(late.length).toBeGreaterThan(3)
  // Whoever starts late came at most a moment before.
  expect(started.length).toBeLessThan(30)
})

test('work that fails gives its place back, and its error is the caller’s', async () => {
  const { gate } = gateOf(1)
  await expect(gate.run(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine')
  expect(await gate.run(() => Promise.resolve(7))).toBe(7)
})

test('a slow start is not taken for usual once answers come faster', async () => {
  const clock = new VirtualClock()
  const limit = new ConcurrencyLimit({ clock, min: 10, max: 200, targetMs: 500, ceilingMs: 2_500 })
  const window = async (wanted: number, tookMs: number): Promise<number> => {
    limit.wanted(wanted)
    limit.ended(tookMs)
    await clock.advance(100)
    limit.ended(tookMs)
    return limit.current
  }
  await window(100, 2_000)
  expect(await window(100, 3_000)).toBe(80)
  // Behind a limit that is used up: faster than ever.
  await window(500, 100)
  const before = limit.current
  expect(await window(500, 800)).toBeLessThan(before)
})

test('no more than the limit runs, and everyone is heard of, for any arrivals', async () => {
  const arrivals = fc.array(fc.record({ gapMs: fc.nat(20), tookMs: fc.integer({ min: 1, max: 200 }) }), {
    maxLength: 80,
  })
  await fc.assert(
    fc.asyncProperty(arrivals, fc.integer({ min: 1, max: 6 }), async (list, max) => {
      const { clock, gate } = gateOf(max, 20)
      let running = 0
      let heard = 0
      for (const { gapMs, tookMs } of list) {
        const work = async (): Promise<void> => {
          running += 1
          expect(running).toBeLessThanOrEqual(max)
          await sleep(clock, tookMs)
          running -= 1
        }
        gate.run(work).then(
          () => heard++,
          () => heard++,
        )
        expect(gate.waiting).toBeLessThanOrEqual(20)
        await clock.advance(gapMs)
      }
      await clock.advance(5_000)
      expect([heard, gate.running, gate.waiting, clock.pending]).toEqual([list.length, 0, 0, 0])
    }),
    { numRuns: 60 },
  )
})
