import { BACKSLASH, hexValue } from './json'

/* Texts of JSON strings after unescaping. The strings were found to be well-formed before. */

/** Most bytes that one character may write beyond the limit given to `writeUnescaped`. */
export const OVERHANG_BYTES: usize = 3

/** Writes the text from `at` to `end` until `limit` bytes are reached; answers how many were written. */
export function writeUnescaped(out: usize, at: usize, end: usize, limit: usize): usize {
  let to = out
  let p = at
  while (p < end && to < out + limit) {
    if (load<u8>(p) !== BACKSLASH) {
      store<u8>(to++, load<u8>(p++))
      continue
    }
    to = writeUtf8(to, codePointAt(p))
    p = pointEnd
  }
  return to - out
}

function writeUtf8(out: usize, point: u32): usize {
  if (point < 0x80) {
    store<u8>(out, <u8>point)
    return out + 1
  }
  if (point < 0x800) {
    store<u8>(out, <u8>(0xc0 | (point >> 6)))
    store<u8>(out + 1, <u8>(0x80 | (point & 0x3f)))
    return out + 2
  }
  if (point < 0x10000) {
    store<u8>(out, <u8>(0xe0 | (point >> 12)))
    store<u8>(out + 1, <u8>(0x80 | ((point >> 6) & 0x3f)))
    store<u8>(out + 2, <u8>(0x80 | (point & 0x3f)))
    return out + 3
  }
  store<u8>(out, <u8>(0xf0 | (point >> 18)))
  store<u8>(out + 1, <u8>(0x80 | ((point >> 12) & 0x3f)))
  store<u8>(out + 2, <u8>(0x80 | ((point >> 6) & 0x3f)))
  store<u8>(out + 3, <u8>(0x80 | (point & 0x3f)))
  return out + 4
}

/** Where the character last read by `codePointAt` ends. */
let pointEnd: usize = 0

export function codePointEnd(): usize {
  return pointEnd
}

/** The character at `at`, raw or escaped. Code points order as UTF-8 bytes do. */
export function codePointAt(at: usize): u32 {
  const byte = <u32>load<u8>(at)
  if (byte === 0x5c) return escapedPointAt(at)
  if (byte < 0x80) {
    pointEnd = at + 1
    return byte
  }
  const second = <u32>load<u8>(at, 1) & 0x3f
  if (byte < 0xe0) {
    pointEnd = at + 2
    return ((byte & 0x1f) << 6) | second
  }
  const third = <u32>load<u8>(at, 2) & 0x3f
  if (byte < 0xf0) {
    pointEnd = at + 3
    return ((byte & 0x0f) << 12) | (second << 6) | third
  }
  pointEnd = at + 4
  return ((byte & 0x07) << 18) | (second << 12) | (third << 6) | (<u32>load<u8>(at, 3) & 0x3f)
}

function escapedPointAt(at: usize): u32 {
  const kind = <u32>load<u8>(at, 1)
  pointEnd = at + 2
  if (kind === 0x75) {
    const unit = hexUnit(at + 2)
    pointEnd = at + 6
    if (unit >> 10 === 0x36 && load<u16>(at, 6) === 0x755c) {
      const low = hexUnit(at + 8)
      if (low >> 10 === 0x37) {
        pointEnd = at + 12
        return 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff)
      }
    }
    return unit
  }
  if (kind === 0x62) return 0x08
  if (kind === 0x66) return 0x0c
  if (kind === 0x6e) return 0x0a
  if (kind === 0x72) return 0x0d
  if (kind === 0x74) return 0x09
  return kind
}

function hexUnit(at: usize): u32 {
  let unit: u32 = 0
  for (let digit: usize = 0; digit < 4; digit++) unit = (unit << 4) | hexValue(load<u8>(at + digit))
  return unit
}
