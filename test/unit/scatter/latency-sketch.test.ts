import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LatencySketch } from '../../../src/scatter/latency-sketch.ts'

const HALF_LIFE_MS = 1_000

interface Sample {
  readonly tookMs: number
  readonly at: number
}

/** The slow twin: every sample kept, weighed and sorted. */
function weightedQuantile(samples: readonly Sample[], share: number, now: number): number {
  const weighed = samples
    .map(({ tookMs, at }) => ({ tookMs, weight: 2 ** ((at - now) / HALF_LIFE_MS) }))
    .sort((one, other) => one.tookMs - other.tookMs)
  let left = share * weighed.reduce((sum, { weight }) => sum + weight, 0)
  for (const { tookMs, weight } of weighed) {
    left -= weight
    if (left <= 1e-9) return tookMs
  }
  return weighed.at(-1)?.tookMs ?? 0
}

const histories = fc.array(
  fc.record({ tookMs: fc.double({ min: 0.1, max: 60_000, noNaN: true }), gapMs: fc.nat(400) }),
  { minLength: 1, maxLength: 200 },
)

test('quantiles are those of weighed samples, to a tenth', () => {
  fc.assert(
    fc.property(histories, fc.constantFrom(0.5, 0.9, 0.95, 0.99), (history, share) => {
      const sketch = new LatencySketch(HALF_LIFE_MS)
      const samples: Sample[] = []
      let now = 0
      for (const { tookMs, gapMs } of history) {
        now += gapMs
        sketch.add(tookMs, now)
        samples.push({ tookMs, at: now })
      }
      const found = sketch.quantile(share)
      // At a step between two samples rounding may choose either.
      const least = weightedQuantile(samples, share - 1e-6, now)
      const most = weightedQuantile(samples, share + 1e-6, now)
      expect(found).toBeGreaterThan(least / 1.1)
      expect(found).toBeLessThan(most * 1.1)
    }),
  )
})

test('samples fade, and long runs stay exact', () => {
  const sketch = new LatencySketch(HALF_LIFE_MS)
  expect([sketch.quantile(0.95), sketch.count(0)]).toEqual([0, 0])
  for (let at = 0; at < 100_000; at += 10) sketch.add(at < 90_000 ? 100 : 1, at)
  expect(sketch.quantile(0.95)).toBeLessThan(1.1)
  const count = sketch.count(100_000)
  expect(count).toBeGreaterThan(140)
  expect(count).toBeLessThan(150)
  expect(sketch.count(101_000)).toBeCloseTo(count / 2)
})
