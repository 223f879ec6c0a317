import { copyDocuments } from './copy.ts'
import { TransferFailure } from './failure.ts'
import { type IndexProgress, type Job, type JobStore, NOT_BEGUN } from './job.ts'
import type { Progress } from './progress.ts'
import type { Server } from './server/server.ts'
import { deleteIndex, findIndex, prepareIndex } from './server/target.ts'
import type { IndexSource } from './source.ts'
import { type Verdict, verifyDocuments } from './verify.ts'

export interface ImportOptions {
  /** Writes into indexes that hold documents; their settings stay. */
  readonly intoExisting: boolean
  /** Forgets earlier runs, and deletes the unfinished indexes they made. */
  readonly restart: boolean
  readonly batchBytes: number
}

export interface ImportDeps {
  readonly target: Server
  readonly jobs: JobStore
  readonly progress: Progress
  /** The target shows vectors. */
  readonly vectors: boolean
}

export interface ImportedIndex {
  readonly uid: string
  readonly records: number
  readonly bytes: number
  /** Null: complete since an earlier run, or a source that can only be counted. */
  readonly verdict: Verdict | null
  readonly wasComplete: boolean
  /** What is not the same on both sides; empty when all is well. */
  readonly problems: readonly string[]
}

/**
 * Copies indexes one after another. Every step is durable before the next begins, so that a run that ends
 * anywhere is continued by the next: *waiting* → *creating* → *copying* → *copied* → *complete*.
 */
export async function importIndexes(
  deps: ImportDeps,
  names: { readonly from: string; readonly to: string },
  sources: readonly IndexSource[],
  options: ImportOptions,
): Promise<ImportedIndex[]> {
  if (options.restart) await forget(deps)
  const ledger = new Ledger(deps.jobs, names)
  for (const source of sources) await admit(deps, ledger, source, options)
  const imported: ImportedIndex[] = []
  for (const source of sources) imported.push(await importIndex(deps, ledger, source, options))
  return imported
}

async function importIndex(
  deps: ImportDeps,
  ledger: Ledger,
  source: IndexSource,
  options: ImportOptions,
): Promise<ImportedIndex> {
  const { uid } = source
  if (ledger.of(uid).phase === 'complete') {
    const { records, bytes } = ledger.of(uid)
    return { uid, records, bytes, verdict: null, wasComplete: true, problems: [] }
  }
  await begin(deps, ledger, source)
  if (ledger.of(uid).phase === 'copying') {
    const copyDeps = { target: deps.target, progress: deps.progress, batchBytes: options.batchBytes }
    const copied = await copyDocuments(copyDeps, source, ledger.of(uid), (now) => ledger.put(uid, now))
    ledger.put(uid, { ...copied, phase: 'copied' })
  }
  const copied = ledger.of(uid)
  const verdict = source.canCompare ? await verifyDocuments(deps, source) : null
  const problems = await problemsOf(source, copied, verdict, deps)
  if (problems.length === 0) ledger.put(uid, { ...copied, phase: 'complete' })
  return { uid, records: copied.records, bytes: copied.bytes, verdict, wasComplete: false, problems }
}

/** Refuses what cannot be, before anything is written anywhere. */
async function admit(
  deps: ImportDeps,
  ledger: Ledger,
  source: IndexSource,
  options: ImportOptions,
): Promise<void> {
  const { uid } = source
  if (ledger.of(uid).phase !== 'waiting') return
  const found = await findIndex(deps.target, uid)
  const held = found?.documents ?? 0
  if (held > 0 && !options.intoExisting)
    throw new TransferFailure(
      'invalid',
      `${deps.target.name}: index ${uid} holds ${held} documents already, and no earlier run of this import is known; ` +
        'delete it, import under another name with --as, or add to it with --into-existing',
    )
  ledger.put(uid, { ...NOT_BEGUN, into: held > 0 ? 'existing' : 'new' })
}

/**
 * Brings an index to the phase *copying*; an index of an earlier run whose source has changed begins again.
 */
async function begin(deps: ImportDeps, ledger: Ledger, source: IndexSource): Promise<void> {
  const { uid } = source
  const before = ledger.of(uid)
  const fingerprint = await source.fingerprint()
  if (before.phase === 'waiting' || before.phase === 'creating') {
    ledger.put(uid, { ...before, phase: 'creating', fingerprint })
    const settings = before.into === 'existing' ? null : source.settings
    await prepareIndex(deps.target, { uid, primaryKey: source.primaryKey, settings })
    ledger.put(uid, { ...before, phase: 'copying', fingerprint })
  } else if (before.fingerprint !== fingerprint) {
    deps.progress.note(`${uid}: ${source.name} has changed since the last run; it is read from its beginning`)
    ledger.put(uid, { ...NOT_BEGUN, into: before.into, phase: 'copying', fingerprint })
  } else if (before.records > 0) deps.progress.note(`${uid}: going on behind document ${before.records}`)
}

async function problemsOf(
  source: IndexSource,
  copied: IndexProgress,
  verdict: Verdict | null,
  { target }: ImportDeps,
): Promise<string[]> {
  const found: string[] = []
  const { expected } = source
  if (expected !== null && (expected.documents !== copied.records || expected.digest !== copied.digest))
    found.push(`${source.name} is not what its manifest says: the export is damaged, make it again`)
  const changed = (await source.fingerprint()) !== copied.fingerprint
  const readTwice =
    verdict !== null && (verdict.sourceDigest !== copied.digest || verdict.records !== copied.records)
  if (changed || readTwice)
    found.push(
      `${source.name} was changed while it was copied: stop writes to it and run again with --restart`,
    )
  if (verdict === null) return found
  if (verdict.differentCount > 0) {
    const some = verdict.different.slice(0, 5).map((id) => JSON.stringify(id))
    const more = verdict.differentCount > some.length ? ', …' : ''
    found.push(
      `${verdict.differentCount} documents are missing or different on ${target.name}: ${some.join(', ')}${more}`,
    )
  }
  // Records of a file may replace one another, so that there may be fewer documents than records.
  const { targetDocuments, records } = verdict
  const wrongCount = source.documents === null ? targetDocuments > records : targetDocuments !== records
  if (copied.into === 'new' && wrongCount)
    found.push(`${target.name} has ${targetDocuments} documents, the source ${records}`)
  return found
}

/** Begins anew: what an unfinished run created is deleted, what is complete stays. */
async function forget({ jobs, target, progress }: ImportDeps): Promise<void> {
  const job = jobs.load()
  for (const [uid, { phase, into }] of Object.entries(job?.indexes ?? {})) {
    if (into !== 'new' || phase === 'waiting' || phase === 'complete') continue
    progress.note(`${uid}: deleting what an earlier run left on ${target.place.url}`)
    await deleteIndex(target, uid)
  }
  jobs.clear()
}

/** The job's state in memory and on disk; both change together. */
class Ledger {
  readonly #store: JobStore
  #job: Job

  constructor(store: JobStore, names: { readonly from: string; readonly to: string }) {
    const job = store.load() ?? { version: 1, ...names, indexes: {} }
    // Long names are cut in the name of the file, so that two jobs may meet there.
    if (job.from !== names.from || job.to !== names.to)
      throw new TransferFailure(
        'invalid',
        `the state that was found is of an import from ${job.from} to ${job.to}; write another folder behind --state`,
      )
    this.#store = store
    this.#job = job
  }

  of(uid: string): IndexProgress {
    return Object.hasOwn(this.#job.indexes, uid) ? (this.#job.indexes[uid] ?? NOT_BEGUN) : NOT_BEGUN
  }

  put(uid: string, progress: IndexProgress): void {
    this.#job = { ...this.#job, indexes: { ...this.#job.indexes, [uid]: progress } }
    this.#store.save(this.#job)
  }
}
