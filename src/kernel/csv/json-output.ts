import { utf8 } from '../../std/bytes.ts'

const FIRST_BYTES = 65_536
/** Longer runs are copied by the engine, shorter ones faster by hand. */
const SHORT_BYTES = 48
/** Bytes that one byte of a string can become. */
const ESCAPED_BYTES_MAX = 6
/** Numbers of so many characters have fewer digits than a double keeps. */
const PLAIN_NUMBER_BYTES_MAX = 16

/** How JSON spells control characters. */
const CONTROLS = Array.from({ length: 0x20 }, (_, code) =>
  utf8(JSON.stringify(String.fromCharCode(code)).slice(1, -1)),
)

const QUOTE = 0x22
const BACKSLASH = 0x5c
const ZERO = 0x30
const DOT = 0x2e
const MINUS = 0x2d

/** JSON under construction, on shared memory that grows up to a bound. */
export class JsonOutput {
  readonly #bytesMax: number
  #memory: Uint8Array
  #length = 0
  /** The bound was reached: what was put since is lost. */
  isFull = false

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
    this.#memory = new Uint8Array(new SharedArrayBuffer(Math.min(FIRST_BYTES, bytesMax)))
  }

  bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#length)
  }

  put(bytes: Uint8Array): void {
    if (this.#hasRoom(bytes.length)) this.#copy(bytes, 0, bytes.length)
  }

  putAscii(text: string): void {
    if (!this.#hasRoom(text.length)) return
    for (let at = 0; at < text.length; at++) this.#memory[this.#length++] = text.charCodeAt(at)
  }

  /** A JSON string; `odd`: some bytes may need an escape. */
  putString(source: Uint8Array, start: number, end: number, odd: boolean): void {
    if (!this.#hasRoom(2 + (odd ? ESCAPED_BYTES_MAX : 1) * (end - start))) return
    this.#memory[this.#length++] = QUOTE
    if (odd) this.#escape(source, start, end)
    else this.#copy(source, start, end)
    this.#memory[this.#length++] = QUOTE
  }

  /** Puts the bytes when they are a number that JSON spells the same way; else answers false. */
  putPlainNumber(source: Uint8Array, start: number, end: number): boolean {
    const kept = plainNumberEnd(source, start, end)
    if (kept === 0) return false
    if (this.#hasRoom(kept - start)) this.#copy(source, start, kept)
    return true
  }

  #copy(source: Uint8Array, start: number, end: number): void {
    const memory = this.#memory
    let to = this.#length
    this.#length += end - start
    if (end - start > SHORT_BYTES) memory.set(source.subarray(start, end), to)
    else for (let at = start; at < end; at++) memory[to++] = source[at] as number
  }

  #escape(source: Uint8Array, start: number, end: number): void {
    const memory = this.#memory
    let to = this.#length
    for (let at = start; at < end; at++) {
      const byte = source[at] as number
      if (byte === QUOTE || byte === BACKSLASH) memory[to++] = BACKSLASH
      if (byte >= 0x20) {
        memory[to++] = byte
        continue
      }
      const escaped = CONTROLS[byte] as Uint8Array
      memory.set(escaped, to)
      to += escaped.length
    }
    this.#length = to
  }

  #hasRoom(bytes: number): boolean {
    const wanted = this.#length + bytes
    if (wanted <= this.#memory.length) return !this.isFull
    if (wanted > this.#bytesMax) this.isFull = true
    if (this.isFull) return false
    const size = Math.min(this.#bytesMax, Math.max(wanted, 2 * this.#memory.length))
    const larger = new Uint8Array(new SharedArrayBuffer(size))
    larger.set(this.bytes())
    this.#memory = larger
    return true
  }
}

/**
 * Where a number that needs no second look ends without the zeros at the end of its fraction; 0 for others:
 * signs, leading zeros, exponents, many digits, small fractions.
 */
function plainNumberEnd(source: Uint8Array, start: number, end: number): number {
  if (end - start > PLAIN_NUMBER_BYTES_MAX) return 0
  const first = source[start] === MINUS ? start + 1 : start
  const whole = digitsEnd(source, first, end)
  const fraction = whole + 1
  const small = fraction >= end || source[fraction] === ZERO
  if (source[first] === ZERO && (whole > first + 1 || small)) return 0
  if (whole === first) return 0
  if (whole === end) return end
  if (source[whole] !== DOT || fraction === end || digitsEnd(source, fraction, end) !== end) return 0
  let kept = end
  while (kept > fraction + 1 && source[kept - 1] === ZERO) kept--
  return kept
}

function digitsEnd(source: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && (source[at] as number) >= ZERO && (source[at] as number) <= ZERO + 9) at++
  return at
}
