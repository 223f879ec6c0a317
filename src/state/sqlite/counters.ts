import type { Database } from 'better-sqlite3'
import { assert } from '../../std/assert.ts'

export interface Counters {
  /**
   * Hands out `count` numbers, ascending, never twice; answers the first. Null when they would pass `max`.
   */
  take(name: 'seq' | 'task', count: number, max: number): number | null
  /** True when the number was handed out before. */
  wasTaken(name: 'seq', value: number): boolean
  /** Moves the epoch on; answers the new one. */
  nextEpoch(): number
  epoch(): number
}

export function createCounters(database: Database): Counters {
  const read = database.prepare<[string], number>('SELECT value FROM counters WHERE name = ?').pluck()
  const add = database.prepare('UPDATE counters SET value = value + ? WHERE name = ?')
  const current = (name: string): number => {
    const value = read.get(name)
    assert(value !== undefined, `counter ${name} is missing`)
    return value
  }
  return {
    take(name, count, max) {
      assert(Number.isSafeInteger(count) && count > 0, 'count must be a positive integer')
      const first = current(name)
      if (first + count - 1 > max) return null
      add.run(count, name)
      return first
    },
    wasTaken: (name, value) => value < current(name),
    nextEpoch() {
      add.run(1, 'epoch')
      return current('epoch')
    },
    epoch: () => current('epoch'),
  }
}
