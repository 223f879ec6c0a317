import { type RawRecord, Rest, type Splitter } from './splitter.ts'

const NEWLINE = 0x0a

/** One document a line; blank lines say nothing. */
export class NdjsonSplitter implements Splitter {
  readonly header = null
  readonly #rest: Rest
  #line = 1

  constructor(file: string, recordBytesMax: number) {
    this.#rest = new Rest(file, recordBytesMax)
  }

  push(chunk: Uint8Array): RawRecord[] {
    const records: RawRecord[] = []
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#add(records, chunk.subarray(start, end))
      this.#line++
      start = end + 1
    }
    this.#rest.keep(chunk.subarray(start), this.#line)
    return records
  }

  end(): RawRecord[] {
    const records: RawRecord[] = []
    this.#add(records, new Uint8Array(0))
    return records
  }

  #add(records: RawRecord[], bytes: Uint8Array): void {
    const text = this.#rest.take(bytes, this.#line).trim()
    if (text !== '') records.push({ text, line: this.#line })
  }
}
