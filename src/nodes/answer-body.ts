const HEADER_CONTENT_TYPE = 'content-type'
const HEADER_CONTENT_LENGTH = 'content-length'
const HEADER_TRANSFER_ENCODING = 'transfer-encoding'
const FIRST_CAPACITY_BYTES = 16_384
const NOTHING = new Uint8Array(0)

interface Framing {
  contentType: string
  /** Declared length in bytes; null when none is declared. */
  length: number | null
  chunked: boolean
  valid: boolean
}

/** Collects an answer's body in one piece and checks its length. */
export class AnswerBody {
  readonly contentType: string
  /** Declared length, or null for a chunked answer. */
  readonly #declared: number | null
  readonly #bytesMax: number
  #bytes: Uint8Array = NOTHING
  #length = 0

  private constructor(contentType: string, declared: number | null, bytesMax: number) {
    this.contentType = contentType
    this.#declared = declared
    this.#bytesMax = bytesMax
  }

  /**
   * Reads the framing from raw header pairs. `length`: an answer that ends only when the connection does
   * could have been cut without anyone noticing, so a length or chunks are required (RFC 9112, section 6.3).
   */
  static begin(
    status: number,
    headers: readonly Buffer[],
    bytesMax: number,
  ): AnswerBody | 'oversize' | 'length' {
    const framing = framingOf(headers)
    if (!framing.valid) return 'length'
    if (status === 204 || status === 304) return new AnswerBody(framing.contentType, 0, bytesMax)
    if (framing.chunked === (framing.length !== null)) return 'length'
    if (framing.length !== null && framing.length > bytesMax) return 'oversize'
    return new AnswerBody(framing.contentType, framing.length, bytesMax)
  }

  /**
   * False when the answer grows beyond its bound or its declared length. `chunk` is kept, not copied, when
   * it is the whole answer: undici never writes to it again.
   */
  add(chunk: Uint8Array): boolean {
    const length = this.#length + chunk.length
    if (length > (this.#declared ?? this.#bytesMax)) return false
    if (length === chunk.length && length === this.#declared) this.#bytes = chunk
    else {
      if (length > this.#bytes.length) this.#grow(length)
      this.#bytes.set(chunk, this.#length)
    }
    this.#length = length
    return true
  }

  /** The complete body, or null when it is shorter than declared. */
  finish(): Uint8Array | null {
    if (this.#declared !== null && this.#length !== this.#declared) return null
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset, this.#length)
  }

  #grow(needed: number): void {
    const wanted = Math.max(needed, FIRST_CAPACITY_BYTES, this.#bytes.length * 2)
    const larger = Buffer.allocUnsafeSlow(this.#declared ?? Math.min(this.#bytesMax, wanted))
    larger.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = larger
  }
}

function framingOf(headers: readonly Buffer[]): Framing {
  const framing: Framing = { contentType: '', length: null, chunked: false, valid: true }
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at]
    const value = headers[at + 1]
    if (name === undefined || value === undefined) break
    // Lengths first: most headers are told apart without decoding their names.
    if (name.length === HEADER_CONTENT_TYPE.length && nameIs(name, HEADER_CONTENT_TYPE))
      framing.contentType = value.toString('latin1')
    else if (name.length === HEADER_CONTENT_LENGTH.length && nameIs(name, HEADER_CONTENT_LENGTH))
      readLength(framing, value.toString('latin1'))
    else if (name.length === HEADER_TRANSFER_ENCODING.length && nameIs(name, HEADER_TRANSFER_ENCODING)) {
      if (framing.chunked || value.toString('latin1').trim().toLowerCase() !== 'chunked')
        framing.valid = false
      framing.chunked = true
    }
  }
  return framing
}

function readLength(framing: Framing, value: string): void {
  const length = Number(value)
  if (framing.length !== null || !/^\d+$/.test(value) || !Number.isSafeInteger(length)) framing.valid = false
  else framing.length = length
}

function nameIs(name: Buffer, wanted: string): boolean {
  return name.toString('latin1').toLowerCase() === wanted
}
