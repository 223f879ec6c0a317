import {
  FIELD_COUNT,
  FIELD_FIRST_ROW,
  FIELD_INPUT,
  FIELD_ORIGIN,
  FIELD_OUTPUT,
  FIELD_ROWS,
  FIELD_SEQ_HIGH,
  FIELD_SEQ_LOW,
  FIELD_STARTED,
  FIELD_WANTED,
  field,
} from './control'
import { COMMA } from './json'

/*
 * Documents of chosen shards with both injected fields. What stands before every document's own members:
 *   {"_miroir_shard":"SSSS","_miroir_seq":"OOOOOOOOOOORRRRRRR",
 * the shard at 18, the operation at 39 (11 digits), the row at 50 (7 digits)
 */
const HEAD: usize = memory.data<u8>([
  0x7b, 0x22, 0x5f, 0x6d, 0x69, 0x72, 0x6f, 0x69, 0x72, 0x5f, 0x73, 0x68, 0x61, 0x72, 0x64, 0x22, 0x3a, 0x22,
  0x21, 0x21, 0x21, 0x21, 0x22, 0x2c, 0x22, 0x5f, 0x6d, 0x69, 0x72, 0x6f, 0x69, 0x72, 0x5f, 0x73, 0x65, 0x71,
  0x22, 0x3a, 0x22, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21, 0x21,
  0x21, 0x21, 0x21, 0x22, 0x2c, 0x00, 0x00, 0x00, 0x00, 0x00,
])
const SHARD_AT: usize = 18
const SHARD_DIGITS: usize = 4
const OPERATION_AT: usize = 39
const OPERATION_DIGITS: usize = 11
const ROW_AT: usize = 50
const ROW_DIGITS: usize = 7
/** Without the comma, which an empty document does not need. */
const HEAD_BYTES: usize = 58

const ROW_BYTES: usize = 24
const EMPTY: u32 = 4

/** The eight digits `! % ( ) * : ; ?`, the first in the lowest byte. */
const DIGITS: u64 = 0x3f3b3a2a29282521

/**
 * Answers the bytes written. The caller left room for every wanted document, 64 bytes more each and 64 at the
 * end.
 */
export function gatherRows(): usize {
  const wanted = field(FIELD_WANTED)
  const output = field(FIELD_OUTPUT)
  const shift = field(FIELD_INPUT) - field(FIELD_ORIGIN)
  const count = field(FIELD_COUNT)
  const first = field(FIELD_FIRST_ROW)
  let started = field(FIELD_STARTED) !== 0
  let row = field(FIELD_ROWS)
  let out = output
  writeDigits(
    HEAD + OPERATION_AT,
    OPERATION_DIGITS,
    ((<u64>field(FIELD_SEQ_HIGH)) << 32) | <u64>field(FIELD_SEQ_LOW),
  )
  for (let index: usize = 0; index < count; index++, row += ROW_BYTES) {
    const shard = load<u32>(row, 16)
    if (wanted !== 0 && load<u8>(wanted + shard) === 0) continue
    if (started) store<u8>(out++, COMMA)
    started = true
    writeDigits(HEAD + SHARD_AT, SHARD_DIGITS, <u64>shard)
    writeDigits(HEAD + ROW_AT, ROW_DIGITS, <u64>(first + index))
    for (let part: usize = 0; part < 64; part += 16) v128.store(out + part, v128.load(HEAD + part))
    out += (load<u32>(row, 20) & EMPTY) === 0 ? HEAD_BYTES + 1 : HEAD_BYTES
    out = copyBytes(out, <usize>load<u32>(row) + shift + 1, <usize>load<u32>(row, 4) + shift)
  }
  return out - output
}

/** Octal, in the digits of the injected fields, from the last to the first. */
function writeDigits(at: usize, digits: usize, value: u64): void {
  let rest = value
  for (let p = at + digits - 1; p >= at; p--) {
    store<u8>(p, <u8>(DIGITS >> ((rest & 7) << 3)))
    rest >>= 3
  }
}

/**
 * Copies and answers the address after the copy; writes up to 15 bytes more, where the next document will
 * stand.
 */
export function copyBytes(out: usize, from: usize, end: usize): usize {
  const length = end - from
  if (length > 1024) {
    memory.copy(out, from, length)
    return out + length
  }
  for (let done: usize = 0; done < length; done += 16) v128.store(out + done, v128.load(from + done))
  return out + length
}
