/* XXH64 after its public specification, seed 0. */

const PRIME_1: u64 = 0x9e3779b185ebca87
const PRIME_2: u64 = 0xc2b2ae3d27d4eb4f
const PRIME_3: u64 = 0x165667b19e3779f9
const PRIME_4: u64 = 0x85ebca77c2b2ae63
const PRIME_5: u64 = 0x27d4eb2f165667c5

export function xxh64(at: usize, length: usize): u64 {
  const end = at + length
  let p = at
  let hash: u64 = PRIME_5
  if (length >= 32) {
    let lane1: u64 = PRIME_1 + PRIME_2
    let lane2: u64 = PRIME_2
    let lane3: u64 = 0
    let lane4: u64 = 0 - PRIME_1
    const last = end - 32
    do {
      lane1 = round(lane1, load<u64>(p))
      lane2 = round(lane2, load<u64>(p, 8))
      lane3 = round(lane3, load<u64>(p, 16))
      lane4 = round(lane4, load<u64>(p, 24))
      p += 32
    } while (p <= last)
    hash = rotl(lane1, 1) + rotl(lane2, 7) + rotl(lane3, 12) + rotl(lane4, 18)
    hash = join(join(join(join(hash, lane1), lane2), lane3), lane4)
  }
  hash += <u64>length
  return avalanche(tail(hash, p, end))
}

function round(lane: u64, word: u64): u64 {
  return rotl(lane + word * PRIME_2, 31) * PRIME_1
}

function join(hash: u64, lane: u64): u64 {
  return (hash ^ round(0, lane)) * PRIME_1 + PRIME_4
}

/** The last 31 bytes or fewer. */
function tail(start: u64, at: usize, end: usize): u64 {
  let hash = start
  let p = at
  while (p + 8 <= end) {
    hash = rotl(hash ^ round(0, load<u64>(p)), 27) * PRIME_1 + PRIME_4
    p += 8
  }
  if (p + 4 <= end) {
    hash = rotl(hash ^ (<u64>load<u32>(p) * PRIME_1), 23) * PRIME_2 + PRIME_3
    p += 4
  }
  while (p < end) {
    hash = rotl(hash ^ (<u64>load<u8>(p) * PRIME_5), 11) * PRIME_1
    p++
  }
  return hash
}

function avalanche(hash: u64): u64 {
  let mixed = hash
  mixed = (mixed ^ (mixed >> 33)) * PRIME_2
  mixed = (mixed ^ (mixed >> 29)) * PRIME_3
  return mixed ^ (mixed >> 32)
}

/**
 * Shard of a key: the hash of its bytes and a final 0xff. The byte after the key is overwritten for the
 * moment of hashing, which spares a copy; windows are private to the instance.
 */
export function shardOfKey(at: usize, length: usize, shards: u32): u32 {
  const after = load<u8>(at + length)
  store<u8>(at + length, 0xff)
  const hash = xxh64(at, length + 1)
  store<u8>(at + length, after)
  return <u32>(hash % <u64>shards)
}
