import { CODE_SYNTAX, fail } from './control'

/*
 * Scanning JSON text. Every function takes the address of a first byte and answers the address after what it
 * read, or 0 after `fail`. Inputs end with zero bytes, and zero is neither part of a token nor white space.
 */

export const QUOTE: u8 = 0x22
export const COMMA: u8 = 0x2c
export const MINUS: u8 = 0x2d
export const COLON: u8 = 0x3a
export const BACKSLASH: u8 = 0x5c
export const OPEN_BRACKET: u8 = 0x5b
export const CLOSE_BRACKET: u8 = 0x5d
export const OPEN_BRACE: u8 = 0x7b
export const CLOSE_BRACE: u8 = 0x7d
export const UNDERSCORE: u8 = 0x5f

/** `_miroir_` as eight bytes in memory order. */
export const MIROIR: u64 = 0x5f72696f72696d5f

export function skipSpace(at: usize): usize {
  let p = at
  while (true) {
    const byte = load<u8>(p)
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return p
    p++
  }
}

/** First quote, backslash or control byte: 16 bytes a step, one comparison for each of the three. */
export function stringStop(at: usize): usize {
  let p = at
  while (true) {
    const block = v128.load(p)
    const stops = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(block, i8x16.splat(0x22)), i8x16.eq(block, i8x16.splat(0x5c))),
        i8x16.lt_u(block, i8x16.splat(0x20)),
      ),
    )
    if (stops !== 0) return p + ctz(stops)
    p += 16
  }
}

/** Address of the closing quote of the string whose first byte (after the quote) is at `at`. */
export function stringEnd(at: usize): usize {
  const stop = stringStop(at)
  return load<u8>(stop) === QUOTE ? stop : escapedEnd(stop)
}

/** Goes on where a string is interrupted by an escape or by a byte that may not be there. */
export function escapedEnd(at: usize): usize {
  let p = at
  while (true) {
    const stop = load<u8>(p)
    if (stop === QUOTE) return p
    if (stop !== BACKSLASH) return fail(CODE_SYNTAX, p)
    const kind = load<u8>(p, 1)
    if (kind === 0x75) {
      for (let digit: usize = 2; digit < 6; digit++) {
        if (hexValue(load<u8>(p + digit)) > 15) return fail(CODE_SYNTAX, p + digit)
      }
      p += 6
    } else if (isShortEscape(kind)) {
      p += 2
    } else {
      return fail(CODE_SYNTAX, p + 1)
    }
    p = stringStop(p)
  }
}

/** Value of a hexadecimal digit; above 15 for any other byte. */
export function hexValue(byte: u8): u32 {
  const digit = <u32>byte - 0x30
  if (digit < 10) return digit
  const letter = (<u32>byte | 0x20) - 0x61
  return letter < 6 ? letter + 10 : 255
}

function isShortEscape(byte: u8): bool {
  return (
    byte === QUOTE ||
    byte === BACKSLASH ||
    byte === 0x2f ||
    byte === 0x62 ||
    byte === 0x66 ||
    byte === 0x6e ||
    byte === 0x72 ||
    byte === 0x74
  )
}

/** First byte that is no digit: 16 bytes a step, unsigned distance to `0` below 10. */
export function digitsEnd(at: usize): usize {
  let p = at
  while (true) {
    const distance = i8x16.sub(v128.load(p), i8x16.splat(0x30))
    const others = i8x16.bitmask(i8x16.lt_u(distance, i8x16.splat(10))) ^ 0xffff
    if (others !== 0) return p + ctz(others)
    p += 16
  }
}

/** Strict JSON number. */
export function numberEnd(at: usize): usize {
  let p = at
  let byte = load<u8>(p)
  if (byte === MINUS) byte = load<u8>(++p)
  if (byte === 0x30) {
    p++
  } else {
    if (<u32>byte - 0x31 > 8) return fail(CODE_SYNTAX, p)
    p = digitsEnd(p + 1)
  }
  byte = load<u8>(p)
  if (byte === 0x2e) {
    p++
    if (<u32>load<u8>(p) - 0x30 > 9) return fail(CODE_SYNTAX, p)
    p = digitsEnd(p + 1)
    byte = load<u8>(p)
  }
  if ((byte | 0x20) === 0x65) {
    byte = load<u8>(++p)
    if (byte === 0x2b || byte === MINUS) byte = load<u8>(++p)
    if (<u32>byte - 0x30 > 9) return fail(CODE_SYNTAX, p)
    p = digitsEnd(p + 1)
  }
  return p
}

const WORD_TRUE: u32 = 0x65757274
const WORD_NULL: u32 = 0x6c6c756e
const WORD_ALSE: u32 = 0x65736c61

/** `true`, `false`, `null`, or a number. */
export function scalarEnd(at: usize): usize {
  const byte = load<u8>(at)
  if (byte < 0x3a) return numberEnd(at)
  const word = load<u32>(at)
  if (word === WORD_TRUE || word === WORD_NULL) return at + 4
  if (byte === 0x66 && load<u32>(at, 1) === WORD_ALSE) return at + 5
  return literalFault(at, byte)
}

/** Fails at the first byte by which the text differs from the literal it begins like. */
function literalFault(at: usize, byte: u8): usize {
  let rest: u32 = 0
  if (byte === 0x74) rest = WORD_TRUE >> 8
  else if (byte === 0x6e) rest = WORD_NULL >> 8
  else if (byte === 0x66) rest = WORD_ALSE
  if (rest === 0) return fail(CODE_SYNTAX, at)
  let p = at + 1
  while (<u32>load<u8>(p) === (rest & 0xff)) {
    rest >>= 8
    p++
  }
  return fail(CODE_SYNTAX, p)
}

/** Any value, with only as much checking as finding its end takes: for what a node has printed. */
export function valueEnd(at: usize): usize {
  const byte = load<u8>(at)
  if (byte === QUOTE) {
    const end = stringEnd(at + 1)
    return end === 0 ? 0 : end + 1
  }
  if ((byte | 0x20) === OPEN_BRACE) return containerEnd(at)
  return scalarEnd(at)
}

/** End of the answer that is scanned: where `nextMark` gives up. */
let scanEnd: usize = 0

export function setScanEnd(end: usize): void {
  scanEnd = end
}

/**
 * First bracket outside strings, or first quote that opens a string beginning with an underscore. 32 bytes a
 * step, one bit each: `{ | }` and, with bit 5 set, `[ \ ]` are three neighbours in ASCII; a place is inside a
 * string when an odd number of quotes precedes it; an escaped byte is jumped over.
 */
export function nextMark(at: usize): usize {
  let p = at
  let inside: u32 = 0
  while (p < scanEnd) {
    const quotes = quoteBits(p) | (quoteBits(p + 16) << 16)
    let stops = bracketBits(p) | (bracketBits(p + 16) << 16)
    stops |= quotes & (underscoreBits(p + 1) | (underscoreBits(p + 17) << 16))
    let next = p + 32
    let nextInside = (inside + popcnt(quotes)) & 1
    while (stops !== 0) {
      const place = ctz(stops)
      const isInside = (inside + popcnt(quotes & (((<u32>1) << place) - 1))) & 1
      const byte = load<u8>(p + place)
      if (isInside === 0) {
        return byte === BACKSLASH || byte === 0x7c ? fail(CODE_SYNTAX, p + place) : p + place
      }
      if (byte === BACKSLASH) {
        next = p + place + 2
        nextInside = 1
        break
      }
      stops &= stops - 1
    }
    p = next
    inside = nextInside
  }
  return fail(CODE_SYNTAX, scanEnd)
}

function quoteBits(at: usize): u32 {
  return i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0x22)))
}

function underscoreBits(at: usize): u32 {
  return i8x16.bitmask(i8x16.eq(v128.load(at), i8x16.splat(0x5f)))
}

function bracketBits(at: usize): u32 {
  const distance = i8x16.sub(v128.or(v128.load(at), i8x16.splat(0x20)), i8x16.splat(0x7b))
  return i8x16.bitmask(i8x16.lt_u(distance, i8x16.splat(3)))
}

/** End of an object or array: counts brackets. */
export function containerEnd(at: usize): usize {
  let p = at
  let depth: i32 = 0
  while (true) {
    p = nextMark(p)
    if (p === 0) return 0
    const byte = load<u8>(p)
    if (byte === QUOTE) {
      p = stringEnd(p + 1)
      if (p === 0) return 0
    } else if ((byte | 0x20) === OPEN_BRACE) {
      depth++
    } else if (--depth === 0) {
      return p + 1
    }
    p++
  }
}

/** True when both texts have the same bytes. Reads up to 15 bytes past either. */
export function sameBytes(left: usize, right: usize, length: usize): bool {
  let done: usize = 0
  while (done + 16 <= length) {
    if (i8x16.bitmask(i8x16.eq(v128.load(left + done), v128.load(right + done))) !== 0xffff) return false
    done += 16
  }
  if (done === length) return true
  const same = i8x16.bitmask(i8x16.eq(v128.load(left + done), v128.load(right + done)))
  const wanted = (1 << (<i32>(length - done))) - 1
  return (same & wanted) === wanted
}
