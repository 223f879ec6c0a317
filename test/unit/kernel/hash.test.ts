import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createInlineKernel } from '../../../src/kernel/inline.ts'
import { kernelModule } from '../../../src/kernel/module.ts'
import { hashOracle, shardOracle } from './hash-oracle.ts'

const kernel = createInlineKernel(await kernelModule())

it('hashes every length as xxhash-wasm does', () => {
  const bytes = Uint8Array.from({ length: 1200 }, (_, index) => (index * 131 + (index >> 3)) & 255)
  for (let length = 0; length <= 1100; length++) {
    const input = bytes.subarray(length % 17, (length % 17) + length)
    expect(kernel.hash(input)).toBe(hashOracle(input))
  }
})

it('hashes a long input', () => {
  const bytes = Uint8Array.from({ length: 1_000_003 }, (_, index) => (index * 2654435761) >>> 24)
  expect(kernel.hash(bytes)).toBe(hashOracle(bytes))
})

it('gives any key its shard', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 4096 }), (key, shards) => {
      expect(kernel.shardOf(key, shards)).toBe(shardOracle(key, shards))
    }),
  )
})
