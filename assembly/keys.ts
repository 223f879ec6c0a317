import { CODE_UNREADABLE, fail } from './control'
import { MINUS, QUOTE, stringStop } from './json'
import { codePointAt, codePointEnd, writeUnescaped } from './text'

/*
 * Sort keys. One entry per ranking rule (two for `attribute`), 32 bytes, smaller first:
 *   word 0: order of the rule (8 bits) | class (8) | the value's first 48 bits
 *   word 1, word 2: the value's next 128 bits
 *   word 3, texts only: address (32) | length (31) | has escapes (1); texts with equal words are compared in
 *   full
 * Words are compared as unsigned numbers. Where larger is better the value's bits are complemented.
 */
export const ENTRY_BYTES: usize = 32

// Classes, in the order in which a node puts them within one rule, for both directions.
const CLASS_NUMBER: u32 = 0x20
const CLASS_DISTANCE: u32 = 0x21
export const CLASS_TEXT: u32 = 0x30
export const CLASS_TEXT_DOWN: u32 = 0x31
const CLASS_SEQ: u32 = 0x38
const CLASS_NULL: u32 = 0x40
const CLASS_SKIPPED: u32 = 0xff

const MASK_48: u64 = 0xffffffffffff
const SEQ_LENGTH: usize = 18
const PREFIX_BYTES: usize = 22

const POWERS: usize = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000,
  1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000,
  1000000000000000000, 10000000000000000000,
])

export function entryClass(entry: usize): u32 {
  return load<u8>(entry, 6)
}

export function isSeqEntry(entry: usize): bool {
  return entryClass(entry) === CLASS_SEQ
}

export function isDistanceEntry(entry: usize): bool {
  return entryClass(entry) === CLASS_DISTANCE
}

function writeWords(entry: usize, head: u64, second: u64, third: u64): void {
  store<u64>(entry, head)
  store<u64>(entry, second, 8)
  store<u64>(entry, third, 16)
  store<u64>(entry, 0, 24)
}

function headOf(order: u32, kind: u32): u64 {
  return ((<u64>order) << 56) | ((<u64>kind) << 48)
}

// The number last read by `readNumber`: sign and exponent in 48 bits, and 19 digits; exact, and ordered as
// unsigned.
let numberHead: u64 = 0
let numberDigits: u64 = 0
let numberExponent: i32 = 0

/** Reads a decimal as it is printed; answers whether one is there. Its value is 0.DIGITS × 10^exponent. */
function readNumber(at: usize): bool {
  let p = at
  const negative = load<u8>(p) === MINUS
  if (negative) p++
  let digits: u64 = 0
  let count: usize = 0
  let exponent: i32 = 0
  let digit = <u32>load<u8>(p) - 0x30
  if (digit > 9) return false
  for (; digit < 10; digit = <u32>load<u8>(++p) - 0x30) {
    if (count === 0 && digit === 0) continue
    if (count < 19) {
      digits = digits * 10 + digit
      count++
    }
    exponent++
  }
  if (load<u8>(p) === 0x2e) {
    digit = <u32>load<u8>(++p) - 0x30
    for (; digit < 10; digit = <u32>load<u8>(++p) - 0x30) {
      if (count === 0 && digit === 0) {
        exponent--
      } else if (count < 19) {
        digits = digits * 10 + digit
        count++
      }
    }
  }
  if ((load<u8>(p) | 0x20) === 0x65) exponent += readExponent(p + 1)
  numberExponent = exponent
  if (count === 0) {
    numberHead = (<u64>1) << 46
    numberDigits = 0
    return true
  }
  digits *= load<u64>(POWERS + ((19 - count) << 3))
  const biased = <u64>max<i32>(0, min<i32>(0x7fff, exponent + 0x4000))
  numberHead = negative ? (0x7fff - biased) << 30 : ((<u64>2) << 46) | (biased << 30)
  numberDigits = negative ? ~digits : digits
  return true
}

function readExponent(at: usize): i32 {
  let p = at
  const negative = load<u8>(p) === MINUS
  if (negative || load<u8>(p) === 0x2b) p++
  let value: i32 = 0
  for (let digit = <u32>load<u8>(p) - 0x30; digit < 10; digit = <u32>load<u8>(++p) - 0x30) {
    if (value < 10000) value = value * 10 + <i32>digit
  }
  return negative ? -value : value
}

/** A small whole number such as an order; -1 when there is none. */
export function readOrder(at: usize): i32 {
  let p = at
  let value: i32 = 0
  let digit = <u32>load<u8>(p) - 0x30
  if (at === 0 || digit > 9) return -1
  for (; digit < 10; digit = <u32>load<u8>(++p) - 0x30) {
    value = value * 10 + <i32>digit
    if (value > 254) return -1
  }
  return value
}

/** Entry of a number at `at`; answers the address after the entry, or 0. */
export function writeNumber(entry: usize, order: u32, at: usize, descending: bool): usize {
  if (at === 0 || !readNumber(at)) return fail(CODE_UNREADABLE, at)
  const flip: u64 = descending ? ~(<u64>0) : 0
  writeWords(entry, headOf(order, CLASS_NUMBER) | (numberHead ^ (flip & MASK_48)), numberDigits ^ flip, 0)
  return entry + ENTRY_BYTES
}

/** A rank among few, 0 = best. */
export function writeRank(entry: usize, order: u32, rank: u32): usize {
  writeWords(entry, headOf(order, CLASS_NUMBER) | <u64>rank, 0, 0)
  return entry + ENTRY_BYTES
}

export function writeNull(entry: usize, order: u32): usize {
  writeWords(entry, headOf(order, CLASS_NULL), 0, 0)
  return entry + ENTRY_BYTES
}

export function writeSkipped(entry: usize, order: u32): usize {
  writeWords(entry, headOf(order, CLASS_SKIPPED), 0, 0)
  return entry + ENTRY_BYTES
}

/** A distance in metres, kept in whole nanometres so that one metre can be compared with. */
export function writeDistance(entry: usize, order: u32, at: usize, descending: bool): usize {
  if (at === 0 || !readNumber(at) || load<u8>(at) === MINUS) return fail(CODE_UNREADABLE, at)
  // 0.DIGITS × 10^exponent metres, DIGITS having 19 places
  const shift = 10 - numberExponent
  let nanometres: u64 = 0
  if (shift < 0) nanometres = 0x7fffffffffffffff
  else if (shift < 20) nanometres = numberDigits / load<u64>(POWERS + ((<usize>shift) << 3))
  if (descending) nanometres = ~nanometres
  writeWords(entry, headOf(order, CLASS_DISTANCE), nanometres, 0)
  return entry + ENTRY_BYTES
}

/** `_miroir_seq`: 18 bytes that order as they stand. `at` is the opening quote. */
export function writeSeq(entry: usize, order: u32, at: usize): usize {
  const text = at + 1
  if (
    load<u8>(at) !== QUOTE ||
    stringStop(text) !== text + SEQ_LENGTH ||
    load<u8>(text + SEQ_LENGTH) !== QUOTE
  ) {
    return fail(CODE_UNREADABLE, at)
  }
  const first = bswap(load<u64>(text))
  const third = ((<u64>bswap(load<u16>(text, 14))) << 16) | <u64>bswap(load<u16>(text, 16))
  writeWords(entry, headOf(order, CLASS_SEQ) | (first >> 16), bswap(load<u64>(text, 6)), third)
  return entry + ENTRY_BYTES
}

/**
 * First bytes of a text after unescaping, zero-padded; a little room behind for a character that overhangs.
 */
const PREFIX: usize = memory.data(48, 16)

/** A text from after its opening quote to its closing one. */
export function writeText(entry: usize, order: u32, at: usize, end: usize, descending: bool): usize {
  const length = end - at
  v128.store(PREFIX, i8x16.splat(0))
  v128.store(PREFIX + 16, i8x16.splat(0))
  const hasEscapes = stringStop(at) !== end
  if (hasEscapes) unescapePrefix(at, end)
  else
    for (let index: usize = 0; index < length && index < PREFIX_BYTES; index++)
      store<u8>(PREFIX + index, load<u8>(at + index))
  const flip: u64 = descending ? ~(<u64>0) : 0
  const kind = descending ? CLASS_TEXT_DOWN : CLASS_TEXT
  writeWords(
    entry,
    headOf(order, kind) | ((bswap(load<u64>(PREFIX)) >> 16) ^ (flip & MASK_48)),
    bswap(load<u64>(PREFIX, 6)) ^ flip,
    bswap(load<u64>(PREFIX, 14)) ^ flip,
  )
  store<u64>(entry, ((<u64>at) << 32) | ((<u64>length) << 1) | (hasEscapes ? 1 : 0), 24)
  return entry + ENTRY_BYTES
}

function unescapePrefix(at: usize, end: usize): void {
  writeUnescaped(PREFIX, at, end, PREFIX_BYTES)
  // what overhangs is not part of the prefix
  for (let rest: usize = PREFIX_BYTES; rest < 32; rest++) store<u8>(PREFIX + rest, 0)
}

/** Order of two texts given by their word 3, byte by byte of their unescaped UTF-8. */
export function compareTexts(left: u64, right: u64): i32 {
  let p = <usize>(left >> 32)
  let q = <usize>(right >> 32)
  const pEnd = p + <usize>(<u32>left >> 1)
  const qEnd = q + <usize>(<u32>right >> 1)
  const raw = ((left | right) & 1) === 0
  while (p < pEnd && q < qEnd) {
    if (raw) {
      const difference = <i32>load<u8>(p++) - <i32>load<u8>(q++)
      if (difference !== 0) return difference
      continue
    }
    const leftPoint = codePointAt(p)
    p = codePointEnd()
    const rightPoint = codePointAt(q)
    q = codePointEnd()
    if (leftPoint !== rightPoint) return leftPoint < rightPoint ? -1 : 1
  }
  return (p < pEnd ? 1 : 0) - (q < qEnd ? 1 : 0)
}
