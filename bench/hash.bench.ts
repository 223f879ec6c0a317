import xxhash from 'xxhash-wasm'
import { createInlineKernel } from '../src/kernel/inline.ts'
import { kernelModule } from '../src/kernel/module.ts'
import { type BenchRow, digest, fastestMs, row, type Size } from './parts/kernel-samples.ts'

const KEYS = 10_000

/** XXH64 of long inputs, and shards of keys as texts, beside a package for it. */
export async function run(size: Size): Promise<readonly BenchRow[]> {
  const kernel = createInlineKernel(await kernelModule())
  const { h64Raw, h64 } = await xxhash()
  const bytes = Uint8Array.from({ length: 1_048_576 }, (_, index) => (index * 2654435761) >>> 24)
  if (kernel.hash(bytes) !== h64Raw(bytes, 0n)) throw new Error('the hashes differ')
  const ownMs = await fastestMs(size, () => kernel.hash(bytes))
  const packageMs = await fastestMs(size, () => h64Raw(bytes, 0n))

  const keys = Array.from({ length: KEYS }, (_, index) => `product-${index * 7919}`)
  const shards = Uint16Array.from(keys, (key) => kernel.shardOf(key, 64))
  const shardMs = await fastestMs(size, () => keys.reduce((sum, key) => sum + kernel.shardOf(key, 64), 0))
  const textMs = await fastestMs(size, () => keys.reduce((sum, key) => sum + Number(h64(key) % 64n), 0))
  const hash = digest(kernel.hash(bytes).toString(16))
  const shardHash = digest(new Uint8Array(shards.buffer))
  return [
    row('hash 1 MiB', bytes.length / ownMs / 1e6, ['>=', 3, 'GB/s'], hash),
    row('hash 1 MiB, times xxhash-wasm', packageMs / ownMs, ['>=', 0.7, '×'], hash),
    row('shard of a key', (shardMs * 1e6) / KEYS, ['<=', 400, 'ns'], shardHash),
    row('shard of a key, times xxhash-wasm', textMs / shardMs, ['>=', 0.5, '×'], shardHash),
  ]
}
