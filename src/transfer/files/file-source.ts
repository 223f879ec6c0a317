import { createReadStream, ReadStream, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { TransferFailure } from '../failure.ts'
import type { IndexSource, Page, RecordForm } from '../source.ts'
import { CsvSplitter } from './csv.ts'
import { JsonSplitter } from './json.ts'
import { NdjsonSplitter } from './ndjson.ts'
import type { RawRecord, Splitter } from './splitter.ts'

export type FileFormat = 'json' | 'ndjson' | 'csv'

const CHUNK_BYTES = 262_144

/** The name that stands for standard input. */
export const STANDARD_INPUT = '-'

export interface FileSourceOptions {
  readonly uid: string
  readonly primaryKey: string | null
  readonly settings: string | null
  readonly paths: readonly string[]
  readonly format: FileFormat
  readonly csvDelimiter: string
  readonly pageBytes: number
  readonly recordBytesMax: number
  readonly comparesVectors: boolean
  readonly expected: IndexSource['expected']
  /** Null: no file is `-`. */
  readonly standardInput: (() => Readable) | null
}

/** `films.ndjson.gz` → ndjson; null when the name does not tell. */
export function formatOf(path: string): FileFormat | null {
  const [, extension] = /\.(json|ndjson|jsonl|csv)(?:\.gz)?$/i.exec(path) ?? []
  if (extension === undefined) return null
  return extension.toLowerCase() === 'jsonl' ? 'ndjson' : (extension.toLowerCase() as FileFormat)
}

/** Documents of one or more files, one after another. */
export function fileSource(options: FileSourceOptions): IndexSource {
  const { uid, primaryKey, settings, paths, format, csvDelimiter, comparesVectors, expected } = options
  const form: RecordForm = format === 'csv' ? { kind: 'csv', delimiter: csvDelimiter } : { kind: 'json' }
  return {
    ...{ uid, primaryKey, settings, form, comparesVectors, expected },
    name: paths.map((path) => basename(path)).join(', '),
    canCompare: format !== 'csv' && !paths.includes(STANDARD_INPUT),
    documents: expected?.documents ?? null,
    fingerprint: async () => paths.map(fingerprintOf).join(' '),
    pages: (from) => pages(options, from),
  }
}

function fingerprintOf(path: string): string {
  if (path === STANDARD_INPUT) return path
  const { size, mtimeMs } = statOf(path)
  return `${basename(path)}:${size}:${mtimeMs}`
}

function statOf(path: string): { readonly size: number; readonly mtimeMs: number } {
  try {
    return statSync(path)
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new TransferFailure('invalid', `${path}: cannot be read (${why})`)
  }
}

/** Records up to `from` are cut out and thrown away, which is fast next to what the target does with them. */
async function* pages(options: FileSourceOptions, from: number): AsyncIterable<Page> {
  const total = options.paths.every((path) => path !== STANDARD_INPUT)
    ? options.paths.reduce((sum, path) => sum + statOf(path).size, 0)
    : null
  let record = 0
  let bytesBefore = 0
  for (const path of options.paths) {
    const reader = new FileReader(path, options)
    for await (const batch of reader.batches()) {
      const skipped = Math.max(0, Math.min(batch.length, from - record))
      record += batch.length
      const kept = batch.slice(skipped)
      if (kept.length === 0) continue
      yield {
        records: kept.map(({ text }) => text),
        first: record - kept.length,
        header: reader.header,
        place: (at) => `${basename(path)}: line ${kept[at]?.line ?? '?'}`,
        share: total === null || total === 0 ? null : Math.min(1, (bytesBefore + reader.bytesRead) / total),
      }
    }
    bytesBefore += reader.bytesRead
  }
}

/** Reads one file in pieces of about a page. */
class FileReader {
  readonly #path: string
  readonly #options: FileSourceOptions
  readonly #splitter: Splitter
  #stream: Readable | null = null

  constructor(path: string, options: FileSourceOptions) {
    this.#path = path
    this.#options = options
    this.#splitter = splitterOf(options.format, basename(path), options.recordBytesMax)
  }

  /** Bytes of the file as it lies on the disk. */
  get bytesRead(): number {
    return this.#stream instanceof ReadStream ? this.#stream.bytesRead : 0
  }

  get header(): string | null {
    return this.#splitter.header
  }

  async *batches(): AsyncIterable<RawRecord[]> {
    let gathered: RawRecord[] = []
    let length = 0
    for await (const chunk of this.#chunks()) {
      const records = this.#splitter.push(chunk)
      for (const record of records) {
        length += record.text.length
        gathered.push(record)
      }
      if (length < this.#options.pageBytes) continue
      yield gathered
      gathered = []
      length = 0
    }
    gathered.push(...this.#splitter.end())
    if (gathered.length > 0) yield gathered
  }

  async *#chunks(): AsyncIterable<Uint8Array> {
    try {
      const { standardInput } = this.#options
      const raw: Readable =
        this.#path === STANDARD_INPUT && standardInput !== null
          ? standardInput()
          : createReadStream(this.#path, { highWaterMark: CHUNK_BYTES })
      this.#stream = raw
      if (!/\.gz$/i.test(this.#path)) return yield* raw
      const unpacked = createGunzip()
      raw.once('error', (error) => unpacked.destroy(error))
      yield* raw.pipe(unpacked)
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error)) throw error
      throw new TransferFailure(
        'failed',
        `${this.#path}: cannot be read (${String(error.code)}: ${error.message})`,
      )
    }
  }
}

function splitterOf(format: FileFormat, file: string, recordBytesMax: number): Splitter {
  if (format === 'ndjson') return new NdjsonSplitter(file, recordBytesMax)
  return format === 'json' ? new JsonSplitter(file, recordBytesMax) : new CsvSplitter(file, recordBytesMax)
}
