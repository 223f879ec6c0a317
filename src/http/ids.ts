import type { Clock } from '../std/clock.ts'
import { type Random, uuidv7 } from '../std/random.ts'

/** Random bytes are drawn in blocks: one draw per request costs more than all the rest of an id. */
const BLOCK_BYTES = 4_096

/** Makes ids for requests: UUIDs of version 7, so that they sort by time. */
export function requestIds(clock: Clock, random: Random): () => string {
  let block: Uint8Array = new Uint8Array(0)
  let used = 0
  const pooled: Random = {
    next: () => random.next(),
    bytes(length) {
      if (used + length > block.length) {
        block = random.bytes(BLOCK_BYTES)
        used = 0
      }
      used += length
      return block.subarray(used - length, used)
    },
  }
  return () => uuidv7(clock.wall(), pooled)
}
