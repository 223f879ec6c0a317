import { fileFault, type RawRecord, Rest, type Splitter } from './splitter.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const NEWLINE = 0x0a
const COMMA = 0x2c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d

/** Where the splitter stands: before anything, between documents, inside of one, or behind everything. */
type Place = 'start' | 'before' | 'document' | 'after' | 'end'

/** A list of documents, or one document. Only their ends are looked for; the target reads them. */
export class JsonSplitter implements Splitter {
  readonly header = null
  readonly #file: string
  readonly #rest: Rest
  #place: Place = 'start'
  #isList = false
  #depth = 0
  #inString = false
  #escaped = false
  #line = 1
  #recordLine = 1

  constructor(file: string, recordBytesMax: number) {
    this.#file = file
    this.#rest = new Rest(file, recordBytesMax)
  }

  push(chunk: Uint8Array): RawRecord[] {
    const records: RawRecord[] = []
    let at = 0
    while (at < chunk.length)
      at = this.#place === 'document' ? this.#inside(chunk, at, records) : this.#outside(chunk, at)
    return records
  }

  end(): RawRecord[] {
    if (this.#place === 'document' || (this.#isList && this.#place !== 'end'))
      throw fileFault(this.#file, this.#line, 'the file ends in the middle of the list; is it cut off?')
    return []
  }

  /** One byte between documents. */
  #outside(chunk: Uint8Array, at: number): number {
    const byte = chunk[at] ?? 0
    if (byte === NEWLINE) this.#line++
    if (byte === 0x20 || byte === NEWLINE || byte === 0x0d || byte === 0x09) return at + 1
    if (byte === OPEN_OBJECT && (this.#place === 'start' || this.#place === 'before')) {
      this.#place = 'document'
      this.#recordLine = this.#line
      return at
    }
    if (byte === OPEN_LIST && this.#place === 'start') {
      this.#isList = true
      this.#place = 'before'
    } else if (byte === COMMA && this.#place === 'after') this.#place = 'before'
    else if (byte === CLOSE_LIST && this.#isList && (this.#place === 'after' || this.#place === 'before'))
      this.#place = 'end'
    else throw fileFault(this.#file, this.#line, this.#expectation(byte))
    return at + 1
  }

  /** Bytes of a document, up to its end or the chunk's. */
  #inside(chunk: Uint8Array, from: number, records: RawRecord[]): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false
        else if (byte === BACKSLASH) this.#escaped = true
        else if (byte === QUOTE) this.#inString = false
      } else if (byte === QUOTE) this.#inString = true
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.#depth++
      else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        this.#depth--
        if (this.#depth === 0) {
          const text = this.#rest.take(chunk.subarray(from, at + 1), this.#recordLine)
          records.push({ text, line: this.#recordLine })
          this.#place = this.#isList ? 'after' : 'end'
          return at + 1
        }
      } else if (byte === NEWLINE) this.#line++
    }
    this.#rest.keep(chunk.subarray(from), this.#recordLine)
    return chunk.length
  }

  #expectation(byte: number): string {
    const found = byte >= 0x21 && byte < 0x7f ? `\`${String.fromCharCode(byte)}\`` : `byte ${byte}`
    const expected: Readonly<Record<Place, string>> = {
      start: 'a list of documents or a document was expected',
      before: 'a document `{…}` was expected',
      document: '',
      after: '`,` or `]` was expected',
      end: 'nothing more was expected; one document a line is --format ndjson',
    }
    return `found ${found} where ${expected[this.#place]}`
  }
}
