import { isUtf8 } from 'node:buffer'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Decodes UTF-8, also from memory shared between threads (which TextDecoder accepts only as a copy). */
export function text(bytes: Uint8Array): string {
  return decoder.decode(bytes.buffer instanceof SharedArrayBuffer ? bytes.slice() : bytes)
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

const UTF8_STEP_BYTES = 65_536

/**
 * Offset of the first byte that makes bytes no UTF-8: large steps while they are valid, then characters.
 */
export function firstBadByte(body: Uint8Array): number {
  let good = 0
  for (;;) {
    let end = Math.min(good + UTF8_STEP_BYTES, body.length)
    // a step that ends inside a character is taken shorter
    for (let back = 0; back < 3 && end > good && isContinuation(body[end]); back++) end--
    if (end <= good || !isUtf8(body.subarray(good, end))) break
    good = end
  }
  for (;;) {
    const length = characterBytes(body[good])
    if (length === 0 || !isUtf8(body.subarray(good, good + length))) return good
    good += length
  }
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}

/** Length of a character by its first byte; 0 when none begins so, or at the end. */
function characterBytes(lead: number | undefined): number {
  if (lead === undefined) return 0
  if (lead < 0x80) return 1
  if (lead >= 0xf0) return 4
  if (lead >= 0xe0) return 3
  return lead >= 0xc0 ? 2 : 0
}
