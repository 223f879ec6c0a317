import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHedging, type HedgeEvent, type Hedging } from '../../../src/scatter/hedging.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'

const config = { minTriggerMs: 15, budgetPercent: 5 }

function fill(hedging: Hedging, node: string, tookMs: number, times = 60): void {
  for (let turn = 0; turn < times; turn++) hedging.took(node, 'search', tookMs)
}

const near = (value: number | null, wanted: number) => {
  expect(value).toBeGreaterThan(wanted * 0.9)
  expect(value).toBeLessThan(wanted * 1.1 + 1)
}

test('a process that knows nothing hedges nothing', async () => {
  const clock = new VirtualClock()
  const hedging = createHedging({ clock, config })
  expect(hedging.delayMs('a', 'search')).toBeNull()
  fill(hedging, 'a', 100, 49)
  await clock.advance(200)
  expect(hedging.delayMs('a', 'search')).toBeNull()
  fill(hedging, 'a', 100, 10)
  await clock.advance(200)
  expect(hedging.delayMs('a', 'search')).not.toBeNull()
  expect(hedging.delayMs('a', 'documents')).toBeNull()
})

test('the trigger is 1.2 × the lower of the node’s and the fleet’s p95, at least the minimum', () => {
  const clock = new VirtualClock()
  const hedging = createHedging({ clock, config })
  fill(hedging, 'fast', 2, 60)
  fill(hedging, 'middle', 50, 6_000)
  fill(hedging, 'slow', 900, 100)
  expect(hedging.delayMs('fast', 'search')).toBe(15)
  near(hedging.delayMs('middle', 'search'), 60)
  near(hedging.delayMs('slow', 'search'), 60)
  near(hedging.delayMs('new', 'search'), 60)
})

test('nothing is hedged while the process is busy', () => {
  const clock = new VirtualClock()
  let busy = false
  const hedging = createHedging({ clock, config, busy: () => busy })
  fill(hedging, 'a', 100)
  expect(hedging.delayMs('a', 'search')).not.toBeNull()
  busy = true
  expect(hedging.delayMs('a', 'search')).toBeNull()
})

test('the budget is never exceeded, whatever is asked of it', () => {
  const steps = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 4 })), { maxLength: 500 })
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 100 }), (history, budgetPercent) => {
      const events: HedgeEvent[] = []
      const hedging = createHedging({
        clock: new VirtualClock(),
        config: { minTriggerMs: 15, budgetPercent },
        observe: (event) => events.push(event),
      })
      let parts = 0
      for (const step of history) {
        if (step === 0) {
          hedging.delayMs('a', 'search')
          parts++
        } else hedging.spend(step)
        const sent = events.filter((event) => event === 'sent').length
        expect(sent).toBeLessThanOrEqual((parts * budgetPercent) / 100 + 1e-9)
      }
    }),
  )
})
