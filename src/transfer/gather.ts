import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { TransferFailure } from './failure.ts'
import { readManifest } from './files/directory.ts'
import { type FileFormat, fileSource, formatOf, STANDARD_INPUT } from './files/file-source.ts'
import { chosen } from './patterns.ts'
import { type EmbedderKeys, revealSettings } from './secrets.ts'
import type { Server } from './server/server.ts'
import { listIndexes, readIndex, serverSource } from './server/server-source.ts'
import type { Abilities } from './server/version.ts'
import type { IndexSource } from './source.ts'

/** What to read. Sizes in bytes. */
export interface GatherOptions {
  /** Names and patterns; empty takes every index. */
  readonly indexes: readonly string[]
  /** Another uid on the target, for one index. */
  readonly as: string | null
  readonly embedderKeys: EmbedderKeys
  /** Sends embedders without the keys that are not known. */
  readonly withoutEmbedderKeys: boolean
  readonly pageBytes: number
  readonly recordBytesMax: number
}

export interface FileOptions {
  readonly paths: readonly string[]
  readonly uid: string
  readonly primaryKey: string | null
  readonly format: FileFormat | null
  readonly csvDelimiter: string
  readonly standardInput: () => Readable
}

/** Indexes of a running server. */
export async function fromServer(
  server: Server,
  abilities: Abilities,
  options: GatherOptions,
): Promise<IndexSource[]> {
  const listed = await listIndexes(server)
  const uids = chosen(
    listed.map(({ uid }) => uid),
    options.indexes,
    server.place.url,
  )
  const sources: IndexSource[] = []
  for (const index of listed.filter(({ uid }) => uids.includes(uid))) {
    const read = await readIndex(server, index)
    const { settings, embedders } = revealed(index.uid, read.settings, options)
    if (embedders.length > 0 && !abilities.vectors)
      throw new TransferFailure(
        'invalid',
        `${server.name}: index ${index.uid} has embedders, and Meilisearch ${abilities.version} does not show ` +
          'vectors to everyone; bring the source to 1.13 or later first',
      )
    const uid = nameOnTarget(index.uid, uids, options)
    sources.push(
      serverSource({ server, index: read, uid, settings, abilities, pageBytes: options.pageBytes }),
    )
  }
  return sources
}

/** Indexes of a folder that `miroir export` wrote. */
export function fromDirectory(directory: string, options: GatherOptions): IndexSource[] {
  const manifest = readManifest(directory)
  const uids = chosen(
    manifest.indexes.map(({ uid }) => uid),
    options.indexes,
    directory,
  )
  return manifest.indexes
    .filter(({ uid }) => uids.includes(uid))
    .map((index) => {
      const settings = readFileSync(join(directory, index.settingsFile), 'utf8')
      return fileSource({
        ...{ uid: nameOnTarget(index.uid, uids, options), primaryKey: index.primaryKey },
        settings: revealed(index.uid, settings, options).settings,
        paths: [join(directory, index.documentsFile)],
        ...{ format: 'ndjson', csvDelimiter: ',', comparesVectors: true },
        ...{ pageBytes: options.pageBytes, recordBytesMax: options.recordBytesMax },
        expected: { documents: index.documents, digest: index.digest },
        standardInput: null,
      })
    })
}

/** Documents of files, for one index. */
export function fromFiles(
  files: FileOptions,
  options: Pick<GatherOptions, 'pageBytes' | 'recordBytesMax'>,
): IndexSource {
  const formats = new Set(files.paths.map((path) => files.format ?? formatOf(path)))
  const [format] = formats
  if (format === null || format === undefined) {
    const untold = files.paths.find((path) => formatOf(path) === null) ?? STANDARD_INPUT
    throw new TransferFailure(
      'invalid',
      `--file ${untold}: the name does not tell its format; write --format json, ndjson or csv`,
    )
  }
  if (formats.size > 1)
    throw new TransferFailure('invalid', '--file: files of several formats; import them one after another')
  const { uid, primaryKey, paths, csvDelimiter, standardInput } = files
  return fileSource({
    ...{ uid, primaryKey, paths, format, csvDelimiter, standardInput },
    ...{ settings: null, comparesVectors: false, expected: null },
    ...{ pageBytes: options.pageBytes, recordBytesMax: options.recordBytesMax },
  })
}

function nameOnTarget(uid: string, uids: readonly string[], { as }: GatherOptions): string {
  if (as === null) return uid
  if (uids.length === 1) return as
  throw new TransferFailure(
    'invalid',
    `--as ${as}: ${uids.length} indexes are asked for; choose one with --index`,
  )
}

function revealed(uid: string, settings: string, options: GatherOptions) {
  const { embedderKeys, withoutEmbedderKeys } = options
  const keys = Object.hasOwn(embedderKeys, uid) ? (embedderKeys[uid] ?? {}) : {}
  const found = revealSettings(settings, keys)
  if (found.unknown.length > 0 && !withoutEmbedderKeys) throw masked(uid, found.unknown)
  return found
}

function masked(uid: string, embedders: readonly string[]): TransferFailure {
  const example = JSON.stringify({ [uid]: Object.fromEntries(embedders.map((name) => [name, 'sk-…'])) })
  return new TransferFailure(
    'invalid',
    `index ${uid}: the source shows the key of embedder ${embedders.join(', ')} masked. Write the keys into a file, ` +
      `${example}, and pass it with --embedder-keys; or pass --without-embedder-keys and set them afterwards ` +
      `with PATCH /indexes/${uid}/settings (vectors are copied either way, nothing is embedded again)`,
  )
}
