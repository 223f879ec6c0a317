import { randomFillSync } from 'node:crypto'

/** The only source of randomness. Tests and the simulator pass a seeded one. */
export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** `length` random bytes. */
  bytes(length: number): Uint8Array
}

/** Few bytes are taken from a block: a draw for every id would cost more than all the rest of the id. */
const BLOCK_BYTES = 4_096

export const systemRandom: Random = {
  next: () => Math.random(),
  bytes: drawer(),
}

function drawer(): Random['bytes'] {
  const block = new Uint8Array(BLOCK_BYTES)
  let used = BLOCK_BYTES
  return (length) => {
    if (length > BLOCK_BYTES) return randomFillSync(new Uint8Array(length))
    if (used + length > BLOCK_BYTES) {
      randomFillSync(block)
      used = 0
    }
    used += length
    return block.slice(used - length, used)
  }
}

/** A reproducible generator (mulberry32); not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  return {
    next,
    bytes: (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256)),
  }
}

/** An integer in [0, below). */
export function randomInteger(random: Random, below: number): number {
  return Math.floor(random.next() * below)
}

/** UUID version 7 (RFC 9562): 48 bits of wall milliseconds, then random bits. */
export function uuidv7(wallMs: number, random: Random): string {
  const bytes = random.bytes(16)
  let time = Math.floor(wallMs)
  for (let index = 5; index >= 0; index--) {
    bytes[index] = time % 256
    time = Math.floor(time / 256)
  }
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** UUID version 4 (RFC 9562): random bits only. */
export function uuidv4(random: Random): string {
  const bytes = random.bytes(16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
