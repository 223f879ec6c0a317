import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterExchange, type Breaker, breakerState, CLOSED } from '../../../src/scatter/breaker.ts'
import { createNodeScores, type ExchangeEnd } from '../../../src/scatter/node-scores.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'

const FAULT_MS = 1_000
const HALF_LIFE_MS = 5_000

const scoresAt = (clock: VirtualClock) => createNodeScores({ clock, faultMs: FAULT_MS })
const answer = (tookMs: number, serviceMs: number | null = null): ExchangeEnd => ({
  kind: 'answer',
  tookMs,
  serviceMs,
})
const fault: ExchangeEnd = { kind: 'fault', tookMs: 1, blame: true }

async function feed(
  scores: ReturnType<typeof scoresAt>,
  clock: VirtualClock,
  { node, end, times, everyMs }: { node: string; end: ExchangeEnd; times: number; everyMs: number },
): Promise<void> {
  for (let turn = 0; turn < times; turn++) {
    scores.began(node)
    scores.ended(node, end)
    await clock.advance(everyMs)
  }
}

test('an idle node costs what its answers took, a queue costs more than its share', () => {
  const scores = scoresAt(new VirtualClock())
  expect(scores.cost('a')).toBe(0)
  scores.began('a')
  scores.ended('a', answer(20, 9.5))
  expect(scores.cost('a')).toBeCloseTo(20)
  scores.began('a')
  expect(scores.cost('a')).toBeCloseTo(20 - 10 + 8 * 10)
  scores.began('a')
  expect(scores.cost('a')).toBeCloseTo(20 - 10 + 27 * 10)
})

test('a node that fails fast never looks fast', async () => {
  const clock = new VirtualClock()
  const scores = scoresAt(clock)
  await feed(scores, clock, { node: 'sound', end: answer(20), times: 20, everyMs: 10 })
  await feed(scores, clock, { node: 'broken', end: fault, times: 1, everyMs: 0 })
  expect(scores.cost('broken')).toBeGreaterThan(5 * scores.cost('sound'))
})

test('the average follows a change within two half-lives, in either direction', async () => {
  for (const [from, to] of [
    [10, 210],
    [210, 10],
  ] as const) {
    const clock = new VirtualClock()
    const scores = scoresAt(clock)
    await feed(scores, clock, { node: 'a', end: answer(from), times: 100, everyMs: 10 })
    await feed(scores, clock, { node: 'a', end: answer(to), times: 100, everyMs: (2 * HALF_LIFE_MS) / 100 })
    expect(Math.abs(scores.cost('a') - to)).toBeLessThan(Math.abs(from - to) / 4)
  }
})

test('what is known of a node fades towards the fleet while it is not asked', async () => {
  const clock = new VirtualClock()
  const scores = scoresAt(clock)
  await feed(scores, clock, { node: 'slow', end: answer(300), times: 20, everyMs: 10 })
  await feed(scores, clock, { node: 'fast', end: answer(10), times: 1000, everyMs: 30 })
  expect(scores.cost('slow')).toBeLessThan(20)
})

test('an exchange that was broken off counts only when it says more than was known', () => {
  const scores = scoresAt(new VirtualClock())
  scores.began('a')
  scores.ended('a', answer(20))
  scores.began('a')
  scores.ended('a', { kind: 'cancelled', tookMs: 5 })
  expect(scores.cost('a')).toBe(20)
  scores.began('a')
  scores.ended('a', { kind: 'cancelled', tookMs: 500 })
  expect(scores.cost('a')).toBeGreaterThan(20)
  expect(scores.outstanding('a')).toBe(0)
})

test('the breaker opens on faults in a row, lets one exchange through, and closes on an answer', async () => {
  const clock = new VirtualClock()
  const opened: string[] = []
  const scores = createNodeScores({ clock, faultMs: FAULT_MS, opened: (node) => opened.push(node) })
  await feed(scores, clock, { node: 'a', end: fault, times: 4, everyMs: 1 })
  await feed(scores, clock, { node: 'a', end: { kind: 'refusal' }, times: 1, everyMs: 1 })
  await feed(scores, clock, { node: 'a', end: fault, times: 4, everyMs: 1 })
  expect(scores.avoid('a')).toBe(false)
  await feed(scores, clock, { node: 'a', end: fault, times: 1, everyMs: 0 })
  expect([scores.avoid('a'), opened]).toEqual([true, ['a']])
  await clock.advance(1_000)
  expect(scores.avoid('a')).toBe(false)
  scores.began('a')
  expect(scores.avoid('a')).toBe(true)
  scores.ended('a', fault)
  expect([scores.avoid('a'), opened.length]).toEqual([true, 2])
  await clock.advance(2_000)
  scores.began('a')
  scores.ended('a', answer(5))
  expect(scores.avoid('a')).toBe(false)
})

test('a node that the health monitor calls well is asked again at once', async () => {
  const clock = new VirtualClock()
  const scores = scoresAt(clock)
  await feed(scores, clock, { node: 'a', end: fault, times: 5, everyMs: 1 })
  expect(scores.avoid('a')).toBe(true)
  scores.recovered('a')
  expect(scores.avoid('a')).toBe(false)
})

test('the end of a request’s own time is nobody’s fault', async () => {
  const clock = new VirtualClock()
  const scores = scoresAt(clock)
  const cut: ExchangeEnd = { kind: 'fault', tookMs: 3, blame: false }
  await feed(scores, clock, { node: 'a', end: cut, times: 50, everyMs: 1 })
  expect(scores.avoid('a')).toBe(false)
  expect(scores.cost('a')).toBeLessThan(10)
})

test('the breaker against its rules, for any history', () => {
  const steps = fc.array(fc.record({ good: fc.boolean(), waitMs: fc.nat(5_000) }), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (history) => {
      let breaker: Breaker = CLOSED
      let now = 0
      let inARow = 0
      for (const { good, waitMs } of history) {
        now += waitMs
        const before = breakerState(breaker, now)
        const openUntil = breaker.openUntil
        breaker = afterExchange(breaker, good, now)
        inARow = good ? 0 : inARow + 1
        const after = breakerState(breaker, now)
        if (good) expect(after).toBe('closed')
        else if (before === 'half-open') expect(after).toBe('open')
        else if (before === 'open') expect(breaker.openUntil).toBe(openUntil)
        else expect(after).toBe(inARow >= 5 ? 'open' : 'closed')
        expect(breaker.openUntil - now).toBeLessThanOrEqual(30_000)
      }
    }),
  )
})
