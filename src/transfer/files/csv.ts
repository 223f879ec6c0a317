import { fileFault, type RawRecord, Rest, type Splitter } from './splitter.ts'

const QUOTE = 0x22
const NEWLINE = 0x0a

/** Rows of CSV; a quoted field may hold line ends. The target reads the fields. */
export class CsvSplitter implements Splitter {
  readonly #file: string
  readonly #rest: Rest
  #header: string | null = null
  #quoted = false
  #line = 1
  #rowLine = 1

  constructor(file: string, recordBytesMax: number) {
    this.#file = file
    this.#rest = new Rest(file, recordBytesMax)
  }

  get header(): string | null {
    return this.#header
  }

  push(chunk: Uint8Array): RawRecord[] {
    const rows: RawRecord[] = []
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]
      // A doubled quote inside of a field closes and opens it again, which comes to the same.
      if (byte === QUOTE) this.#quoted = !this.#quoted
      else if (byte === NEWLINE) {
        this.#line++
        if (this.#quoted) continue
        this.#add(rows, chunk.subarray(start, at))
        start = at + 1
        this.#rowLine = this.#line
      }
    }
    this.#rest.keep(chunk.subarray(start), this.#rowLine)
    return rows
  }

  end(): RawRecord[] {
    if (this.#quoted)
      throw fileFault(this.#file, this.#rowLine, 'the quote that is opened in this row is never closed')
    const rows: RawRecord[] = []
    this.#add(rows, new Uint8Array(0))
    return rows
  }

  #add(rows: RawRecord[], bytes: Uint8Array): void {
    const text = this.#rest.take(bytes, this.#rowLine).replace(/\r$/, '')
    if (text === '') return
    if (this.#header === null) this.#header = text.replace(/^\ufeff/, '')
    else rows.push({ text, line: this.#rowLine })
  }
}
