const QUOTE = 0x22
const LF = 0x0a
const CR = 0x0d

/** Classes of bytes outside quotes. */
const STOP = 1
const ODD = 2

/**
 * Walks over the fields of a CSV text as a node's reader does: quotes only count at the start of a field,
 * where they hold delimiters, line ends and doubled quotes; what follows the closing quote belongs to the
 * field; a quote that is never closed reaches to the end; empty lines are skipped.
 */
export class CsvFields {
  readonly #body: Uint8Array
  readonly #delimiter: number
  readonly #classes: Uint8Array
  #unquoted = new Uint8Array(1_024)
  #at: number
  #isFirst = true
  /** Value of the last field: bytes `start` to `end` of `source`, valid until the next one is read. */
  source: Uint8Array
  start = 0
  end = 0
  /** Whether the value may need escapes in JSON. */
  odd = false
  /** Where the present record's reading began: at the start, or behind the line end of the last one. */
  recordAt = 0

  constructor(body: Uint8Array, delimiter: number) {
    this.#body = body
    this.#delimiter = delimiter
    this.#classes = new Uint8Array(256)
    this.#classes.fill(ODD, 0, 0x20)
    this.#classes[QUOTE] = ODD
    this.#classes[0x5c] = ODD
    for (const stop of [delimiter, LF, CR]) this.#classes[stop] = STOP
    this.source = body
    const marked = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf
    this.#at = marked ? 3 : 0
  }

  /** Moves to the next record; false at the end. */
  nextRecord(): boolean {
    const body = this.#body
    let at = this.#at
    this.recordAt = this.#isFirst ? 0 : at
    this.#isFirst = false
    while (body[at] === LF || body[at] === CR) at++
    this.#at = at
    return at < body.length
  }

  /** Reads one field; answers whether the record has another one. */
  field(): boolean {
    const body = this.#body
    const classes = this.#classes
    const start = this.#at
    if (body[start] === QUOTE) return this.#quotedField()
    let at = start
    let odd = false
    for (; at < body.length; at++) {
      const kind = classes[body[at] as number]
      if (kind === 0) continue
      if (kind === STOP) break
      odd = true
    }
    this.source = body
    this.start = start
    this.end = at
    this.odd = odd
    return this.#leave(at)
  }

  /** `at` is the byte that ends the field, or the end of the text. */
  #leave(at: number): boolean {
    this.#at = Math.min(at + 1, this.#body.length)
    return this.#body[at] === this.#delimiter
  }

  #quotedField(): boolean {
    const body = this.#body
    let at = this.#at + 1
    let length = 0
    let state: 'inside' | 'after-quote' | 'outside' = 'inside'
    for (; at < body.length; at++) {
      const byte = body[at] as number
      if (state === 'inside' && byte === QUOTE) {
        state = 'after-quote'
        continue
      }
      if (state === 'after-quote') state = byte === QUOTE ? 'inside' : 'outside'
      if (state === 'outside' && this.#classes[byte] === STOP) break
      if (length === this.#unquoted.length) this.#grow()
      this.#unquoted[length++] = byte
    }
    this.source = this.#unquoted
    this.start = 0
    this.end = length
    this.odd = true
    return this.#leave(at)
  }

  #grow(): void {
    const larger = new Uint8Array(2 * this.#unquoted.length)
    larger.set(this.#unquoted)
    this.#unquoted = larger
  }
}
