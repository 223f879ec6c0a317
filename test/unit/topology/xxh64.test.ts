import { xxh64 as native } from '@node-rs/xxhash'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/std/bytes.ts'
import { xxh64 } from '../../../src/topology/xxh64.ts'

/** Keys with the 0xFF that Rust appends to a hashed string, and their values. */
const FIXTURES: [string, bigint][] = [
  ['user:12345', 4838344264720400847n],
  ['product:abc', 14984776139073514584n],
  ['order:99999', 4252231143384119044n],
  ['test', 3355539057510317530n],
  ['hello', 2294226520621865126n],
]

describe('xxh64', () => {
  it('gives the known values', () => {
    for (const [key, expected] of FIXTURES) expect(xxh64(Uint8Array.of(...utf8(key), 0xff))).toBe(expected)
    expect(xxh64(new Uint8Array())).toBe(0xef46db3751d8e999n)
  })

  it('equals a native implementation for every length and seed', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.bigInt({ min: 0n, max: 2n ** 63n }),
        (bytes, seed) => {
          expect(xxh64(bytes, seed)).toBe(native(Buffer.from(bytes), seed))
        },
      ),
    )
  })
})
