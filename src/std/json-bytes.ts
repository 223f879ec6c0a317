const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Where a JSON value lies in bytes. */
export interface Slice {
  readonly start: number
  readonly end: number
}

/**
 * Elements of the JSON array that begins at `from`, as byte offsets; null when it does not end. Only
 * brackets and strings are looked at: whoever reads an element finds out whether it is valid.
 */
export function elementSlices(bytes: Uint8Array, from: number): Slice[] | null {
  const slices: Slice[] = []
  let depth = 0
  let start = -1
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (byte === QUOTE) {
      if (start === -1) start = at
      const end = stringEnd(bytes, at)
      if (end === -1) return null
      at = end - 1
    } else if (byte === 0x5b || byte === 0x7b) {
      if (depth === 1 && start === -1) start = at
      depth++
    } else if (byte === 0x5d || byte === 0x7d) {
      depth--
      if (depth > 0) continue
      if (start !== -1) slices.push({ start, end: at })
      return slices
    } else if (depth === 1 && byte === 0x2c) {
      if (start !== -1) slices.push({ start, end: at })
      start = -1
    } else if (depth === 1 && start === -1 && byte > 0x20) start = at
  }
  return null
}

/** Offset after the string that begins at `from`; -1 when it does not end. */
export function stringEnd(bytes: Uint8Array, from: number): number {
  for (let quote = bytes.indexOf(QUOTE, from + 1); quote !== -1; quote = bytes.indexOf(QUOTE, quote + 1)) {
    let backslashes = 0
    while (bytes[quote - 1 - backslashes] === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return quote + 1
  }
  return -1
}
