import type { Seq, ShardId } from './ids.ts'

/*
 * Values of the two fields that every stored document carries. They consist of characters that the tokeniser
 * treats as separators: filterable and sortable, never searchable. Ascending byte order equals ascending
 * number.
 */
const OCTAL = '!%()*:;?'

/** Filter value of a shard: 4 octal digits. */
export function shardText(shard: ShardId): string {
  return digits(BigInt(shard), 4)
}

/** Sort value of place `place` in operation `seq`: 18 octal digits of seq × 2^21 + place. */
export function seqText(seq: Seq, place: number): string {
  return digits(BigInt(seq) * 2_097_152n + BigInt(place), 18)
}

function digits(value: bigint, count: number): string {
  let left = value
  let shown = ''
  for (let at = 0; at < count; at++) {
    shown = `${OCTAL[Number(left & 7n)]}${shown}`
    left >>= 3n
  }
  return shown
}

/**
 * How our fields begin, and a name of the same length that no document has: a node without them sees it
 * alike.
 */
export const OWN_PREFIX = '_miroir_s'
export const FOREIGN_PREFIX = '_miroiR_s'
