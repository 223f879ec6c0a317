import { expect, test } from 'vitest'
import { startPruner } from '../../../src/features/tasks/tasks.ts'
import { StoreUnavailable } from '../../../src/model/store.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'

test('removes old tasks at every interval, a bounded number in small steps', async () => {
  const clock = new VirtualClock()
  const calls: (readonly [beforeMs: number, limit: number])[] = []
  const pruned: number[] = []
  let old = 12_500
  const store = {
    async pruneTasks(beforeMs: number, limit: number) {
      calls.push([beforeMs, limit])
      const removed = Math.min(old, limit)
      old -= removed
      return removed
    },
  }
  const options = { ttlSeconds: 3_600, intervalS: 300, onPruned: (tasks: number) => pruned.push(tasks) }
  const stop = startPruner({ store, clock, ...options })
  await clock.advance(299_999)
  expect(calls).toEqual([])
  await clock.advance(1)
  expect(calls).toEqual(Array.from({ length: 10 }, () => [clock.wall() - 3_600_000, 1_000]))
  await clock.advance(600_000)
  expect(pruned).toEqual([10_000, 2_500, 0])
  stop()
  await clock.advance(3_600_000)
  expect(pruned).toHaveLength(3)
  expect(clock.pending).toBe(0)
})

test('a pass that fails is reported, and the next one comes', async () => {
  const clock = new VirtualClock()
  const failures: unknown[] = []
  let passes = 0
  const store = {
    async pruneTasks() {
      if (passes++ === 0) throw new StoreUnavailable('full')
      return 0
    },
  }
  const onFailure = (error: unknown) => failures.push(error)
  const stop = startPruner({ store, clock, ttlSeconds: 60, intervalS: 10, onFailure })
  await clock.advance(25_000)
  expect([passes, failures.length]).toEqual([2, 1])
  stop()
})
