import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Lane, type LaneEntry } from '../../../src/writes/dispatch/lane.ts'

const entry = (log: string[], name: string, shards: number[] | null): LaneEntry => ({
  shards,
  bytes: 1,
  start: () => log.push(name),
})

describe('Lane', () => {
  it('overlaps different shards and serialises the same one', () => {
    const log: string[] = []
    const lane = new Lane()
    const first = entry(log, 'a', [1, 2])
    lane.enter(first)
    lane.enter(entry(log, 'b', [2]))
    lane.enter(entry(log, 'c', [3]))
    expect(log).toEqual(['a', 'c'])
    lane.leave(first)
    expect(log).toEqual(['a', 'c', 'b'])
  })

  it('treats a barrier as every shard, in both directions', () => {
    const log: string[] = []
    const lane = new Lane()
    const first = entry(log, 'a', [1])
    const barrier = entry(log, 'all', null)
    lane.enter(first)
    lane.enter(barrier)
    lane.enter(entry(log, 'c', [9]))
    expect(log).toEqual(['a'])
    lane.leave(first)
    expect(log).toEqual(['a', 'all'])
    lane.leave(barrier)
    expect(log).toEqual(['a', 'all', 'c'])
  })

  it('starts nothing while held and resolves the hold when started entries have left', async () => {
    const log: string[] = []
    const lane = new Lane()
    const first = entry(log, 'a', [1])
    lane.enter(first)
    let held = false
    const holding = lane.hold(new Set()).then(() => {
      held = true
    })
    lane.enter(entry(log, 'b', [2]))
    await Promise.resolve()
    expect({ log, held }).toEqual({ log: ['a'], held: false })
    lane.leave(first)
    await holding
    expect(log).toEqual(['a'])
    lane.release()
    expect(log).toEqual(['a', 'b'])
  })

  it('keeps entries of paused shards waiting, and what follows them', () => {
    const log: string[] = []
    const lane = new Lane()
    lane.pause([1])
    lane.enter(entry(log, 'a', [1, 2]))
    lane.enter(entry(log, 'b', [2]))
    lane.enter(entry(log, 'c', [3]))
    expect(log).toEqual(['c'])
    lane.resume([1])
    expect(log).toEqual(['c', 'a'])
  })

  it('never lets two entries on one shard run at once, and starts each shard in order', () => {
    const shards = fc.option(fc.uniqueArray(fc.nat(3), { minLength: 1 }), { nil: null })
    const run = (entries: (number[] | null)[], picks: number[]): void => {
      const lane = new Lane()
      const running: { id: number; entry: LaneEntry }[] = []
      const perShard = new Map<number, number>()
      entries.forEach((set, id) => {
        const made: LaneEntry = {
          shards: set,
          bytes: 0,
          start: () => {
            const own = set ?? [0, 1, 2, 3]
            for (const other of running) {
              const theirs = other.entry.shards ?? [0, 1, 2, 3]
              expect(own.some((shard) => theirs.includes(shard))).toBe(false)
            }
            for (const shard of own) {
              expect(perShard.get(shard) ?? -1).toBeLessThan(id)
              perShard.set(shard, id)
            }
            running.push({ id, entry: made })
          },
        }
        lane.enter(made)
      })
      let turn = 0
      while (running.length > 0) {
        const at = (picks[turn++ % picks.length] ?? 0) % running.length
        const [ended] = running.splice(at, 1)
        if (ended !== undefined) lane.leave(ended.entry)
      }
      expect(lane.waiting).toBe(0)
    }
    fc.assert(fc.property(fc.array(shards, { maxLength: 12 }), fc.array(fc.nat(10), { minLength: 1 }), run))
  })
})
