import { join } from 'node:path'
import type { Transport } from '../nodes/transport.ts'
import type { Clock } from '../std/clock.ts'
import { TransferFailure } from './failure.ts'
import { type FileOptions, fromDirectory, fromFiles, fromServer, type GatherOptions } from './gather.ts'
import { type ImportDeps, type ImportedIndex, type ImportOptions, importIndexes } from './import.ts'
import { fileJobStore, type JobStore, jobName } from './job.ts'
import type { Progress } from './progress.ts'
import { copyKeys } from './server/keys.ts'
import { Server } from './server/server.ts'
import { findIndex } from './server/target.ts'
import { readAbilities } from './server/version.ts'
import type { IndexSource } from './source.ts'

export interface Place {
  readonly url: string
  readonly key: string | null
}

export type Origin =
  | { readonly kind: 'server'; readonly place: Place }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'files'; readonly files: FileOptions }

export interface ImportRequest extends GatherOptions, ImportOptions {
  readonly from: Origin
  readonly to: Place
  /** Copies API keys too; from a server only. */
  readonly keys: boolean
  /** Looks at both sides and writes nothing. */
  readonly dryRun: boolean
  /** Folder that keeps how far it is. */
  readonly state: string
}

export interface TransferContext {
  readonly transport: Transport
  readonly clock: Clock
  /** Aborted when the user ends the program. */
  readonly stop: AbortSignal
  readonly progress: Progress
  /** Results, for standard output. */
  readonly say: (line: string) => void
}

/** The whole of `miroir import`. Throws `TransferFailure` when not everything is there and the same. */
export async function runImport(request: ImportRequest, context: TransferContext): Promise<void> {
  const { progress, say } = context
  const deps = { ...context, note: (line: string) => progress.note(line) }
  const target = new Server({ role: 'target', ...request.to }, deps)
  const { vectors } = await readAbilities(target)
  const source =
    request.from.kind === 'server' ? new Server({ role: 'source', ...request.from.place }, deps) : null
  const sources = await gather(request, source)
  if (request.dryRun) return preview(request, { sources, target, say })
  const jobs = jobsOf(request)
  const imported = await importIndexes(
    { target, jobs, progress, vectors } satisfies ImportDeps,
    names(request),
    sources,
    request,
  )
  for (const index of imported) say(lineOf(index))
  if (source !== null && request.keys) await tellKeys(source, target, say)
  const problems = imported.flatMap(({ uid, problems }) => problems.map((problem) => `${uid}: ${problem}`))
  if (problems.length > 0)
    throw new TransferFailure('differs', ['not the same on both sides:', ...problems].join('\n  '))
}

async function gather(request: ImportRequest, source: Server | null): Promise<IndexSource[]> {
  const { from } = request
  if (source !== null) return fromServer(source, await readAbilities(source), request)
  if (from.kind === 'directory') return fromDirectory(from.path, request)
  return from.kind === 'files' ? [fromFiles(from.files, request)] : []
}

function jobsOf(request: ImportRequest): JobStore {
  const { from, to } = names(request)
  return fileJobStore(join(request.state, `${jobName(from, to)}.json`))
}

function names({ from, to }: ImportRequest): { readonly from: string; readonly to: string } {
  if (from.kind === 'server') return { from: from.place.url, to: to.url }
  if (from.kind === 'directory') return { from: from.path, to: to.url }
  return { from: `${from.files.paths.join(' ')} as ${from.files.uid}`, to: to.url }
}

async function preview(
  request: ImportRequest,
  parts: {
    readonly sources: readonly IndexSource[]
    readonly target: Server
    readonly say: (line: string) => void
  },
): Promise<void> {
  parts.say('Dry run: nothing is written.')
  for (const source of parts.sources) {
    const found = await findIndex(parts.target, source.uid)
    const count = source.documents === null ? 'documents not counted' : `${source.documents} documents`
    const held = found?.documents ?? 0
    const there = found === null ? 'would be created' : `is there with ${held} documents`
    const key = source.primaryKey === null ? 'no primary key told' : `primary key ${source.primaryKey}`
    const refused = held > 0 && !request.intoExisting ? '; would be refused without --into-existing' : ''
    parts.say(
      `${source.uid}: ${source.name}, ${count}, ${key}; on ${parts.target.place.url} it ${there}${refused}`,
    )
  }
}

function lineOf({ uid, records, bytes, verdict, wasComplete, problems }: ImportedIndex): string {
  const amount = `${records} documents, ${(bytes / 1_000_000).toFixed(1)} MB`
  if (wasComplete) return `${uid}: complete since an earlier run: ${amount}`
  if (problems.length > 0) return `${uid}: NOT the same on both sides: ${amount}`
  if (verdict === null)
    return `${uid}: complete: ${amount}; every record was taken (CSV and standard input are counted, not compared)`
  const same = `${uid}: complete: ${amount}; read back and the same, digest ${verdict.sourceDigest}`
  if (verdict.rounded === 0) return same
  return `${same} (but for the last digit of floats in ${verdict.rounded} documents, which nodes round as they read)`
}

async function tellKeys(source: Server, target: Server, say: (line: string) => void): Promise<void> {
  const { created, known, problems } = await copyKeys(source, target)
  if (created + known > 0)
    say(
      `API keys: ${created} created, ${known} were there already; ` +
        'their texts are the same only where the target has the same master key',
    )
  for (const problem of problems) say(`API keys: not copied: ${problem}`)
}
