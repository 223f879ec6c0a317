import { describe, expect, it } from 'vitest'
import { createSlabPool } from '../../../src/kernel/slabs.ts'

const MEBIBYTE = 1_048_576

describe('slabs', () => {
  it('are shared, long enough and at most a quarter too long', () => {
    const pool = createSlabPool(1024 * MEBIBYTE)
    for (const bytes of [
      0,
      1,
      16_384,
      16_385,
      20_480,
      20_481,
      100_000,
      MEBIBYTE,
      MEBIBYTE + 1,
      104_857_600,
    ]) {
      const slab = pool.take(bytes)
      expect(slab?.memory.buffer).toBeInstanceOf(SharedArrayBuffer)
      expect(slab?.memory.length).toBeGreaterThanOrEqual(bytes)
      expect(slab?.memory.length).toBeLessThanOrEqual(Math.max(16_384, bytes * 1.25))
      slab?.release()
    }
  })

  it('end with the budget and come back', () => {
    const pool = createSlabPool(2 * MEBIBYTE)
    const first = pool.take(MEBIBYTE)
    const second = pool.take(MEBIBYTE)
    expect(pool.take(1)).toBeNull()
    first?.release()
    expect(pool.take(2 * MEBIBYTE)).toBeNull()
    expect(pool.take(MEBIBYTE)?.memory.buffer).toBe(first?.memory.buffer)
    second?.release()
    expect(pool.take(4 * MEBIBYTE)).toBeNull()
  })

  it('of another size make room for what is asked', () => {
    const pool = createSlabPool(2 * MEBIBYTE)
    pool.take(2 * MEBIBYTE)?.release()
    expect(pool.take(MEBIBYTE)).not.toBeNull()
    expect(pool.take(MEBIBYTE)).not.toBeNull()
    expect(pool.take(1)).toBeNull()
  })

  it('are released once', () => {
    const slab = createSlabPool(MEBIBYTE).take(1)
    slab?.release()
    expect(() => slab?.release()).toThrow('released once')
  })
})
