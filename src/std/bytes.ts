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
