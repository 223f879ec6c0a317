import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { canonicalDocument } from './compare/canonical.ts'
import { SetDigest } from './compare/digest.ts'
import { TransferFailure, unlessStopped } from './failure.ts'
import { type ExportedIndex, MANIFEST_FILE, type Manifest } from './files/directory.ts'
import { chosen } from './patterns.ts'
import type { Progress } from './progress.ts'
import type { Place, TransferContext } from './run-import.ts'
import { Server } from './server/server.ts'
import { listIndexes, readIndex, type ServerIndex, serverSource } from './server/server-source.ts'
import { type Abilities, readAbilities } from './server/version.ts'
import { type IndexSource, type Page, readAhead } from './source.ts'

export interface ExportRequest {
  readonly from: Place
  readonly directory: string
  readonly indexes: readonly string[]
  readonly gzip: boolean
  /** Writes over an export that is there. */
  readonly overwrite: boolean
  readonly pageBytes: number
}

interface ExportDeps {
  readonly source: Server
  readonly abilities: Abilities
  readonly progress: Progress
  readonly stop: AbortSignal
}

/**
 * The whole of `miroir export`: writes indexes into a folder; the manifest comes last, so that half an export
 * is never taken for one. Throws `TransferFailure`.
 */
export async function runExport(options: ExportRequest, context: TransferContext): Promise<void> {
  const { progress, stop, clock, say } = context
  const source = new Server(
    { role: 'source', ...options.from },
    { ...context, note: (line) => progress.note(line) },
  )
  const abilities = await readAbilities(source)
  const indexes = await exportIndexes({ source, abilities, progress, stop }, options)
  const { version } = abilities
  const exportedAt = new Date(clock.wall()).toISOString()
  writeManifest(options.directory, {
    format: 'miroir-export/1',
    from: source.place.url,
    version,
    exportedAt,
    indexes,
  })
  for (const { uid, documents, digest } of indexes)
    say(`${uid}: exported: ${documents} documents, digest ${digest}`)
  say(
    `${join(options.directory, MANIFEST_FILE)}: written; read it back with miroir import --from-dir ${options.directory}`,
  )
}

function writeManifest(directory: string, manifest: Manifest): void {
  mkdirSync(directory, { recursive: true })
  const path = join(directory, MANIFEST_FILE)
  writeFileSync(`${path}.new`, `${JSON.stringify(manifest, null, 2)}\n`)
  renameSync(`${path}.new`, path)
}

async function exportIndexes(deps: ExportDeps, options: ExportRequest): Promise<ExportedIndex[]> {
  const { source } = deps
  const { directory } = options
  const listed = await listIndexes(source)
  const uids = chosen(
    listed.map(({ uid }) => uid),
    options.indexes,
    source.place.url,
  )
  const manifestFile = join(directory, MANIFEST_FILE)
  if (existsSync(manifestFile) && !options.overwrite)
    throw new TransferFailure(
      'invalid',
      `${manifestFile}: an export is there already; choose another folder, or pass --overwrite`,
    )
  rmSync(manifestFile, { force: true })
  const indexes: ExportedIndex[] = []
  for (const index of listed.filter(({ uid }) => uids.includes(uid)))
    indexes.push(await exportIndex(deps, options, await readIndex(source, index)))
  return indexes
}

async function exportIndex(
  deps: ExportDeps,
  options: ExportRequest,
  index: ServerIndex,
): Promise<ExportedIndex> {
  const { uid, primaryKey, settings } = index
  const { source: server, abilities, progress } = deps
  const documentsFile = `${uid}/documents.ndjson${options.gzip ? '.gz' : ''}`
  const settingsFile = `${uid}/settings.json`
  mkdirSync(join(options.directory, uid), { recursive: true })
  writeFileSync(join(options.directory, settingsFile), `${settings}\n`)
  const source = serverSource({ server, index, uid, settings, abilities, pageBytes: options.pageBytes })
  const before = await source.fingerprint()
  progress.begin(`${uid}: exporting`)
  const written = await writeDocuments(deps, source, join(options.directory, documentsFile), options.gzip)
  progress.end()
  if (written.documents !== index.documents || (await source.fingerprint()) !== before)
    throw new TransferFailure(
      'differs',
      `${source.name} was changed while it was read: stop writes to it and run again; no manifest was written`,
    )
  return { uid, primaryKey, ...written, documentsFile, settingsFile }
}

async function writeDocuments(
  { progress, stop }: ExportDeps,
  source: IndexSource,
  path: string,
  gzip: boolean,
): Promise<{ documents: number; digest: string }> {
  const file = createWriteStream(path)
  const out: Writable = gzip ? createGzip({ level: 3 }) : file
  if (gzip) out.pipe(file)
  const done = finished(file)
  // Looked at below; a failure in between ends the loop by itself.
  done.catch(() => undefined)
  const digest = new SetDigest()
  let documents = 0
  try {
    for await (const page of readAhead(source.pages(0))) {
      const text = page.records.map((record) => `${oneLine(record)}\n`).join('')
      if (!out.write(text)) await unlessStopped(stop, Promise.race([drained(out), done]))
      addAll(digest, page)
      documents += page.records.length
      progress.advance({ records: page.records.length, bytes: text.length, share: page.share })
    }
  } finally {
    out.end()
    await done
  }
  return { documents, digest: digest.text }
}

function addAll(digest: SetDigest, page: Page): void {
  for (const record of page.records) digest.add(canonicalDocument(record))
}

/** Line ends in JSON are space between tokens: a string holds them escaped. */
function oneLine(record: string): string {
  return record.includes('\n') || record.includes('\r') ? record.replace(/[\n\r]/g, ' ') : record
}

function drained(out: Writable): Promise<void> {
  return new Promise((resolve) => {
    out.once('drain', () => resolve())
  })
}
