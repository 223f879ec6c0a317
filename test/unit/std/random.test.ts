import { describe, expect, it } from 'vitest'
import { seededRandom, systemRandom, uuidv7 } from '../../../src/std/random.ts'

describe('systemRandom', () => {
  it('never gives the same bytes twice', () => {
    const draws = Array.from({ length: 2_000 }, () => Buffer.from(systemRandom.bytes(16)).toString('hex'))
    expect(new Set(draws).size).toBe(draws.length)
  })

  it.each([0, 1, 4_095, 4_096, 4_097, 100_000])('gives %i bytes', (length) => {
    expect(systemRandom.bytes(length)).toHaveLength(length)
  })

  it('hands out memory of its own', () => {
    const mine = systemRandom.bytes(16)
    const before = Uint8Array.from(mine)
    systemRandom.bytes(16).fill(0)
    expect(mine).toEqual(before)
  })
})

describe('uuidv7', () => {
  it.each([0, 1, 1_700_000_000_123, 2 ** 48 - 1])('begins with the %i milliseconds', (wallMs) => {
    const id = uuidv7(wallMs + 0.9, seededRandom(1))
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(wallMs)
  })
})
