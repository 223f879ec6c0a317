import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPhysicalName, physicalName, validIndexUid } from '../../../src/catalogue/names.ts'

const UID_CHARACTERS = [...'abzAZ09_-gh']
const uid = fc.string({ unit: fc.constantFrom(...UID_CHARACTERS), minLength: 1, maxLength: 400 })
const count = fc.oneof(fc.nat(20), fc.maxSafeNat())

describe('physical names', () => {
  it('says index, generation and fence', () => {
    expect(physicalName('films', 3, 12)).toBe('films__g3_12')
  })

  it('fits a node, whatever the uid and the numbers', () => {
    fc.assert(
      fc.property(uid, count, count, (name, generation, fence) => {
        const physical = physicalName(name, generation, fence)
        expect(validIndexUid(physical)).toBe(true)
        expect(isPhysicalName(physical)).toBe(true)
      }),
    )
  })

  it('gives no two indexes one name', () => {
    const plain = fc.tuple(uid, fc.nat(3), fc.nat(3))
    // A uid that looks like another's physical name.
    const nested = plain.map(([name, generation, fence]) => physicalName(name, generation, fence))
    const any = fc.tuple(fc.oneof(uid, nested), fc.nat(3), fc.nat(3))
    fc.assert(
      fc.property(any, any, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other))
        expect(physicalName(...one)).not.toBe(physicalName(...other))
      }),
      { numRuns: 2_000 },
    )
  })

  it('tells uids that look like names apart', () => {
    expect(physicalName('a', 1, 0)).toBe('a__g1_0')
    expect(physicalName('a__g1_0', 1, 0)).toBe('a__g1_0__g1_0')
    const long = physicalName('x'.repeat(400), 1, 0)
    expect(long).toMatch(/^[0-9a-f]{64}__h1_0$/)
    // A client may call its index like that; its name ends in `__g`.
    expect(physicalName(long.slice(0, 64), 1, 0)).not.toBe(long)
    expect(physicalName(long, 1, 0)).toBe(`${long}__g1_0`)
  })

  it('knows what is no name', () => {
    for (const text of [
      'films',
      'films__g1',
      'films__g01_0',
      'films__g1_00',
      '__g1_0',
      'films__g1_0x',
      'a b__g1_0',
    ])
      expect(isPhysicalName(text)).toBe(false)
  })

  it('takes the uids a node takes', () => {
    for (const name of ['a', '0', '-', '_', 'x'.repeat(400)]) expect(validIndexUid(name)).toBe(true)
    for (const name of ['', 'a b', 'é', 'a.b', 'x'.repeat(401), 'a\n'])
      expect(validIndexUid(name)).toBe(false)
  })
})
