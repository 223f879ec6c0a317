/**
 * XXH64 after its specification (github.com/Cyan4973/xxHash, doc/xxhash_spec.md), on bigints: slow, obvious,
 * and only for what runs once, such as placing shards.
 */
const PRIME_1 = 0x9e3779b185ebca87n
const PRIME_2 = 0xc2b2ae3d27d4eb4fn
const PRIME_3 = 0x165667b19e3779f9n
const PRIME_4 = 0x85ebca77c2b2ae63n
const PRIME_5 = 0x27d4eb2f165667c5n

const STRIPE_BYTES = 32

/** Unsigned 64-bit hash. */
export function xxh64(bytes: Uint8Array, seed = 0n): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const stripesEnd = bytes.length - (bytes.length % STRIPE_BYTES)
  let hash = stripesEnd === 0 ? wrap(seed + PRIME_5) : hashStripes(view, stripesEnd, seed)
  hash = wrap(hash + BigInt(bytes.length))
  let at = stripesEnd
  for (; at + 8 <= bytes.length; at += 8)
    hash = wrap(rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * PRIME_1 + PRIME_4)
  if (at + 4 <= bytes.length) {
    hash = wrap(rotate(hash ^ wrap(BigInt(view.getUint32(at, true)) * PRIME_1), 23n) * PRIME_2 + PRIME_3)
    at += 4
  }
  for (; at < bytes.length; at++)
    hash = wrap(rotate(hash ^ wrap(BigInt(view.getUint8(at)) * PRIME_5), 11n) * PRIME_1)
  return avalanche(hash)
}

function hashStripes(view: DataView, end: number, seed: bigint): bigint {
  const lanes = [wrap(seed + PRIME_1 + PRIME_2), wrap(seed + PRIME_2), wrap(seed), wrap(seed - PRIME_1)]
  for (let at = 0; at < end; at += STRIPE_BYTES)
    for (const [lane, value] of lanes.entries())
      lanes[lane] = round(value, view.getBigUint64(at + lane * 8, true))
  const rotations = [1n, 7n, 12n, 18n]
  let hash = wrap(lanes.reduce((sum, value, lane) => sum + rotate(value, rotations[lane] ?? 0n), 0n))
  for (const value of lanes) hash = wrap((hash ^ round(0n, value)) * PRIME_1 + PRIME_4)
  return hash
}

function round(lane: bigint, input: bigint): bigint {
  return wrap(rotate(wrap(lane + input * PRIME_2), 31n) * PRIME_1)
}

function avalanche(hash: bigint): bigint {
  let mixed = wrap((hash ^ (hash >> 33n)) * PRIME_2)
  mixed = wrap((mixed ^ (mixed >> 29n)) * PRIME_3)
  return mixed ^ (mixed >> 32n)
}

function rotate(value: bigint, by: bigint): bigint {
  return wrap(value << by) | (value >> (64n - by))
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value)
}
