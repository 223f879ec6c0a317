import { TransferFailure } from '../failure.ts'

/** One record of a file. */
export interface RawRecord {
  readonly text: string
  /** Line of the file on which it begins, from 1. */
  readonly line: number
}

/** Cuts a stream of bytes into records. Throws `TransferFailure` that names the line. */
export interface Splitter {
  /** CSV: the first row, once it was seen; else null. */
  readonly header: string | null
  /** Records that end within this chunk. */
  push(chunk: Uint8Array): RawRecord[]
  /** The file has ended. */
  end(): RawRecord[]
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes that belong to a record that has not ended, with what comes next. */
export class Rest {
  readonly #recordBytesMax: number
  readonly #file: string
  #parts: Uint8Array[] = []
  #length = 0

  constructor(file: string, recordBytesMax: number) {
    this.#file = file
    this.#recordBytesMax = recordBytesMax
  }

  get length(): number {
    return this.#length
  }

  keep(bytes: Uint8Array, line: number): void {
    if (bytes.length === 0) return
    this.#parts.push(bytes.slice())
    this.#length += bytes.length
    if (this.#length > this.#recordBytesMax)
      throw fileFault(this.#file, line, `this record is longer than ${this.#recordBytesMax} bytes`)
  }

  /** Text of what was kept and of `bytes` behind it; nothing is kept any more. */
  take(bytes: Uint8Array, line: number): string {
    const whole = this.#length === 0 ? bytes : Buffer.concat([...this.#parts, bytes])
    this.#parts = []
    this.#length = 0
    try {
      return strict.decode(whole)
    } catch {
      throw fileFault(this.#file, line, 'this record is not UTF-8')
    }
  }
}

export function fileFault(file: string, line: number, what: string): TransferFailure {
  return new TransferFailure('failed', `${file}: line ${line}: ${what}`)
}
