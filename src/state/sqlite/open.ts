import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Database } from 'better-sqlite3'
import Sqlite from 'better-sqlite3'
import { StoreUnavailable } from '../../model/store.ts'
import { checkSchema, migrate } from './migrations.ts'

/** `f_type` of file systems whose locks and syncs cannot be relied upon (linux/magic.h). */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'nfs'],
  [0xff534d42, 'cifs'],
  [0xfe534d42, 'smb2'],
  [0x517b, 'smb'],
  [0x65735546, 'fuse'],
  [0x5346414f, 'afs'],
  [0x00c36400, 'ceph'],
  [0x73757245, 'coda'],
  [0x0bd00bd0, 'lustre'],
  [0x01161970, 'gfs2'],
  [0x7461636f, 'ocfs2'],
])

const PAGE_BYTES = 4096
const WAL_BYTES_KEPT = 64 * 1024 * 1024

export interface OpenOptions {
  readonly path: string
  readonly busyTimeoutMs: number
  readonly bytesMax: number | null
}

/**
 * Opens or creates the file and brings its schema up to date. Throws `StoreUnavailable` with what to do about
 * it.
 */
export function openDatabase(options: OpenOptions): Database {
  const path = resolve(options.path)
  try {
    makeDirectory(dirname(path))
    refuseNetwork(dirname(path))
    const created = !existsSync(path)
    const database = openFile(path, options)
    // A new file's directory entry must be as durable as what is promised to be in it.
    if (created) syncDirectory(dirname(path))
    return database
  } catch (error) {
    throw refusal(path, error)
  }
}

function openFile(path: string, options: OpenOptions): Database {
  const database = new Sqlite(path, { timeout: options.busyTimeoutMs })
  try {
    // Held until closing, so there is never a second writer and no file of shared memory.
    database.pragma('locking_mode = EXCLUSIVE')
    const found = checkSchema(database)
    configure(database, options)
    check(database)
    migrate(database, found)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

export function refuseNetwork(directory: string, typeOf = fileSystemType): void {
  const name = NETWORK_FILE_SYSTEMS.get(typeOf(directory))
  if (name === undefined) return
  throw new StoreUnavailable(
    `${directory} is on a network file system (${name}), where locks and syncs cannot be trusted; ` +
      'put the store on a local disk',
  )
}

function fileSystemType(directory: string): number {
  // The numbers are Linux's; elsewhere they mean something else.
  return process.platform === 'linux' ? statfsSync(directory).type >>> 0 : 0
}

function configure(database: Database, options: OpenOptions): void {
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma(`journal_size_limit = ${WAL_BYTES_KEPT}`)
  if (options.bytesMax !== null)
    database.pragma(`max_page_count = ${Math.ceil(options.bytesMax / PAGE_BYTES)}`)
  // Takes the lock now, not at the first write.
  database.exec('BEGIN IMMEDIATE; COMMIT')
}

function check(database: Database): void {
  const found = database.pragma('quick_check(1)', { simple: true })
  if (found === 'ok') return
  throw new StoreUnavailable(
    `the store ${database.name} is damaged (${String(found)}); restore it from a backup`,
  )
}

function makeDirectory(directory: string): void {
  const first = mkdirSync(directory, { recursive: true })
  if (first === undefined) return
  for (let each = directory; each.length >= first.length; each = dirname(each)) syncDirectory(dirname(each))
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function refusal(path: string, error: unknown): unknown {
  if (error instanceof StoreUnavailable || !(error instanceof Error && 'code' in error)) return error
  if (String(error.code).startsWith('SQLITE_BUSY'))
    return new StoreUnavailable(
      `the store ${path} is in use by another process; one process owns it at a time`,
    )
  return new StoreUnavailable(`the store ${path} cannot be opened: ${error.message} (${String(error.code)})`)
}
