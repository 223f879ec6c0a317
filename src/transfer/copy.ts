import { canonicalDocument } from './compare/canonical.ts'
import { SetDigest } from './compare/digest.ts'
import { TransferFailure } from './failure.ts'
import type { IndexProgress } from './job.ts'
import type { Progress } from './progress.ts'
import { type Batch, Sender } from './sender.ts'
import type { Server } from './server/server.ts'
import { type IndexSource, type Page, readAhead } from './source.ts'

export interface CopyDeps {
  readonly target: Server
  readonly progress: Progress
  readonly batchBytes: number
}

/**
 * Sends every record from where an earlier run ended. `save` is told after each batch that the target has
 * applied. Sending a batch twice changes nothing, so that a crash in between is no harm.
 */
export async function copyDocuments(
  deps: CopyDeps,
  source: IndexSource,
  from: IndexProgress,
  save: (progress: IndexProgress) => void,
): Promise<IndexProgress> {
  const { target, progress, batchBytes } = deps
  const { uid, primaryKey, form } = source
  let now = from
  const confirmed = ({ page, end, digest }: Batch, bytes: number): void => {
    const records = page.first + end
    progress.advance({ records: records - now.records, bytes, share: page.share })
    if (digest === '') return
    now = { ...now, records, bytes: now.bytes + bytes, digest }
    save(now)
  }
  const sender = new Sender({ target, uid, primaryKey, form, batchBytes, confirmed })
  const digest = new SetDigest(from.digest)
  progress.begin(`${uid}: copying`)
  try {
    for await (const page of readAhead(source.pages(from.records))) {
      for (const [start, end] of cuts(page.records, batchBytes)) {
        if (form.kind === 'json') addAll(digest, { page, start, end }, source)
        await sender.send({ page, start, end, digest: digest.text })
      }
    }
  } catch (error) {
    await keepWhatSucceeded(sender, error)
    throw error
  }
  await sender.drain()
  progress.end()
  return now
}

/** When the source ends it, what is under way to the target still counts. */
async function keepWhatSucceeded(sender: Sender, error: unknown): Promise<void> {
  if (!(error instanceof TransferFailure) || error.kind === 'interrupted') return
  try {
    await sender.drain()
  } catch (second) {
    if (!(second instanceof TransferFailure)) throw second
  }
}

function addAll(
  digest: SetDigest,
  { page, start, end }: { readonly page: Page; readonly start: number; readonly end: number },
  source: IndexSource,
): void {
  for (let at = start; at < end; at++) digest.add(canonicalRecord(page, at, source))
}

/** The canonical text of a record of a JSON source. */
export function canonicalRecord(page: Page, at: number, source: IndexSource): string {
  try {
    return canonicalDocument(page.records[at] ?? '', source.comparesVectors ? undefined : '_vectors')
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new TransferFailure('failed', `${page.place(at)}: is no JSON object (${error.message})`)
  }
}

/** Cuts records into batches of at most `bytes` characters, at least one record each. */
function* cuts(records: readonly string[], bytes: number): Iterable<readonly [number, number]> {
  let start = 0
  let length = 0
  for (const [at, record] of records.entries()) {
    if (length + record.length > bytes && at > start) {
      yield [start, at]
      start = at
      length = 0
    }
    length += record.length + 1
  }
  if (start < records.length) yield [start, records.length]
}
