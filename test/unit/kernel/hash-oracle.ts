import xxhash from 'xxhash-wasm'

const { h64Raw } = await xxhash()

export function hashOracle(bytes: Uint8Array): bigint {
  return h64Raw(bytes, 0n)
}

/** Shard of a key: XXH64 of its UTF-8 and a final 0xff, modulo the number of shards. */
export function shardOracle(key: string, shards: number): number {
  return Number(hashOracle(Buffer.concat([Buffer.from(key), Buffer.of(0xff)])) % BigInt(shards))
}
