import { utf8 } from '../std/bytes.ts'
import { documentsFault } from '../std/json-syntax.ts'
import { TransferFailure } from './failure.ts'
import type { Server } from './server/server.ts'
import { endOf, postDocuments } from './server/target.ts'
import type { Page, RecordForm } from './source.ts'

/** Batches sent whose tasks have not ended. */
const WINDOW_BATCHES = 16
/** Bytes in these batches, counted in batches of full size. */
const WINDOW_SIZES = 4

/** Some records of one page, to be sent as one body. */
export interface Batch {
  readonly page: Page
  /** Places in the page: from the first, to behind the last. */
  readonly start: number
  readonly end: number
  /** Digest of all records of the source up to the end of this batch. */
  readonly digest: string
}

export interface SenderOptions {
  readonly target: Server
  readonly uid: string
  readonly primaryKey: string | null
  readonly form: RecordForm
  readonly batchBytes: number
  /** Called in the order of the records, after the task of each batch has succeeded. */
  readonly confirmed: (batch: Batch, bytes: number) => void
}

interface Sent {
  readonly batch: Batch
  readonly taskUid: number
  readonly bytes: number
}

/**
 * Sends batches in order and keeps a bounded number of them in the target's queue. A batch whose task fails
 * ends the transfer with the task's error.
 */
export class Sender {
  readonly #options: SenderOptions
  readonly #path: string
  readonly #sent: Sent[] = []
  #sentBytes = 0

  constructor(options: SenderOptions) {
    const { uid, primaryKey, form } = options
    const parameters = new URLSearchParams()
    if (primaryKey !== null) parameters.set('primaryKey', primaryKey)
    if (form.kind === 'csv' && form.delimiter !== ',') parameters.set('csvDelimiter', form.delimiter)
    const query = parameters.size === 0 ? '' : `?${parameters}`
    this.#options = options
    this.#path = `/indexes/${uid}/documents${query}`
  }

  async send(batch: Batch): Promise<void> {
    const { target, form, batchBytes } = this.#options
    const bytes = utf8(bodyText(batch, form))
    const windowBytes = batchBytes * WINDOW_SIZES
    while (
      this.#sent.length >= WINDOW_BATCHES ||
      (this.#sent.length > 0 && this.#sentBytes + bytes.length > windowBytes)
    )
      await this.#settleOldest()
    const contentType = form.kind === 'csv' ? 'text/csv' : 'application/json'
    const answer = await postDocuments(target, this.#path, { bytes, contentType })
    if (typeof answer === 'number') {
      this.#sent.push({ batch, taskUid: answer, bytes: bytes.length })
      this.#sentBytes += bytes.length
    } else if (answer.status === 413) await this.#sendHalves(batch, answer.message)
    else {
      // What was taken before counts, also when this one is refused.
      await this.drain()
      throw this.#refused(batch, answer)
    }
  }

  /** Waits for every batch that was sent. */
  async drain(): Promise<void> {
    while (this.#sent.length > 0) await this.#settleOldest()
  }

  async #settleOldest(): Promise<void> {
    const { target, uid, confirmed } = this.#options
    const sent = this.#sent.shift()
    if (sent === undefined) return
    const end = await endOf(target, sent.taskUid)
    const count = sent.batch.end - sent.batch.start
    // Batches behind this one do not count, whatever became of them: what is confirmed has no gaps.
    if (!end.ok || (end.received !== null && end.received !== count)) this.#sent.length = 0
    if (!end.ok) {
      const { message, code } = end
      throw new TransferFailure(
        'failed',
        `${target.name}: task ${sent.taskUid} of index ${uid} failed: ` +
          `${message}${code === '' ? '' : ` (${code})`}; it held ${range(sent.batch)}. Everything before is kept: mend the cause and run the same command again`,
      )
    }
    if (end.received !== null && end.received !== count)
      throw new TransferFailure(
        'failed',
        `${target.name}: task ${sent.taskUid} of index ${uid} found ${end.received} documents in ${range(sent.batch)}`,
      )
    this.#sentBytes -= sent.bytes
    confirmed(sent.batch, sent.bytes)
  }

  async #sendHalves(batch: Batch, message: string): Promise<void> {
    const { page, start, end, digest } = batch
    if (end - start < 2)
      throw new TransferFailure(
        'failed',
        `${this.#options.target.name}: ${page.place(start)} is longer than the target takes (413: ${message}); ` +
          'raise its limit (`server.max_body_bytes`, --http-payload-size-limit of nodes) and run the same command again',
      )
    const middle = start + Math.floor((end - start) / 2)
    await this.send({ page, start, end: middle, digest: '' })
    await this.send({ page, start: middle, end, digest })
  }

  #refused(batch: Batch, answer: { readonly status: number; readonly message: string }): TransferFailure {
    const { target, form, uid } = this.#options
    const fault = form.kind === 'json' ? firstFault(batch) : null
    const where = fault ?? range(batch)
    return new TransferFailure(
      'failed',
      `${target.name}: documents for ${uid} were refused with ${answer.status}: ${answer.message}; look at ${where}`,
    )
  }
}

function bodyText({ page, start, end }: Batch, form: RecordForm): string {
  const records = page.records.slice(start, end)
  if (form.kind === 'json') return `[${records.join(',')}]`
  return `${page.header ?? ''}\n${records.join('\n')}\n`
}

function range({ page, start, end }: Batch): string {
  return end - start === 1 ? page.place(start) : `${page.place(start)} to ${page.place(end - 1)}`
}

/** The first record that is no JSON, and why. */
function firstFault({ page, start, end }: Batch): string | null {
  for (let at = start; at < end; at++) {
    const fault = documentsFault(utf8(page.records[at] ?? ''), 'json')
    if (fault !== null) return `${page.place(at)}: ${fault}`
  }
  return null
}
