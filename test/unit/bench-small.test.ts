import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/* Every bench runs with small inputs, so that none rots. Times mean nothing here; what was computed does. */

interface Row {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly hash?: string
}

interface Bench {
  run(size: 'small' | 'full'): Promise<readonly Row[]>
}

const FOLDER = new URL('../../bench/', import.meta.url)
const RUN_MS_MAX = 120_000
const names = readdirSync(FOLDER).filter((name) => name.endsWith('.bench.ts'))

const computed = (rows: readonly Row[]) => rows.map(({ name, unit, hash }) => ({ name, unit, hash }))

describe('benches in small', () => {
  it('exist', () => expect(names).not.toEqual([]))

  it.each(names)(
    '%s says the same twice',
    async (name) => {
      const bench = (await import(new URL(name, FOLDER).href)) as Bench
      const first = await bench.run('small')
      const second = await bench.run('small')
      expect(first).not.toEqual([])
      expect(first.every(({ value }) => Number.isFinite(value))).toBe(true)
      expect(new Set(first.map((row) => row.name)).size).toBe(first.length)
      expect(computed(second)).toEqual(computed(first))
    },
    RUN_MS_MAX,
  )
})
