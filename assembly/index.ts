import { FIELD_INPUT, FIELD_INPUT_END, FIELD_OUTPUT, FIELD_SHARDS, field } from './control'
import { shardOfKey, xxh64 } from './hash'

/*
 * The kernels' doors. Numbers go through the control block (control.ts); codes below 0 are faults of the
 * data.
 */
export { scanAnswer } from './answer'
export { controlAddress } from './control'
export { gatherRows } from './gather'
export { mergeLists } from './order'
export { measureHits, spliceHits } from './splice'
export { splitWindow } from './split'

/** First address that no static data of the module uses. */
export function freeAddress(): usize {
  return __heap_base
}

/** Shard of the key text at the input window; one byte after it is written for a moment. */
export function shardOfInput(): u32 {
  const input = field(FIELD_INPUT)
  return shardOfKey(input, field(FIELD_INPUT_END) - input, <u32>field(FIELD_SHARDS))
}

/** XXH64 of the input window, as a little-endian u64 at the output. */
export function hashInput(): void {
  const input = field(FIELD_INPUT)
  store<u64>(field(FIELD_OUTPUT), xxh64(input, field(FIELD_INPUT_END) - input))
}
