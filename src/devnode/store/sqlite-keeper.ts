import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { DevIndex } from '../engine/dev-index.ts'
import { printDocument, type StoredDocument } from '../engine/documents.ts'
import type { Engine } from '../engine/engine.ts'
import type { ApiKey } from '../http/keys.ts'
import { documentMembers } from '../json/canonical.ts'
import type { Settings } from '../settings/settings.ts'
import type { NodeTask } from '../tasks/task.ts'
import type { Keeper } from './keeper.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS tasks (uid INTEGER PRIMARY KEY, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS indexes (key INTEGER PRIMARY KEY, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS documents (
    index_key INTEGER NOT NULL, docid INTEGER NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (index_key, docid)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS keys (uid TEXT PRIMARY KEY, created INTEGER NOT NULL, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
`

interface IndexRow {
  readonly key: number
  readonly uid: string
  readonly primaryKey: string | null
  readonly createdMs: number
  readonly updatedMs: number
  readonly settings: Settings
  readonly fields: readonly string[]
}

/**
 * Keeps a node in one SQLite file. It survives the end of the process, not a power failure within the last
 * moment.
 */
export class SqliteKeeper implements Keeper {
  readonly #database: Database.Database
  readonly #statements = new Map<string, Database.Statement>()

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true })
    this.#database = new Database(join(directory, 'node.sqlite'))
    this.#database.pragma('journal_mode = WAL')
    this.#database.pragma('synchronous = NORMAL')
    this.#database.exec(SCHEMA)
  }

  #run(sql: string, ...values: readonly (string | number)[]): void {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    statement.run(...values)
  }

  atomically(change: () => void): void {
    this.#database.transaction(change)()
  }

  saveTask(task: NodeTask): void {
    this.#run('INSERT OR REPLACE INTO tasks (uid, body) VALUES (?, ?)', task.uid, JSON.stringify(task))
    this.#run(
      "INSERT OR REPLACE INTO facts (name, value) SELECT 'last_task', max(?, ifnull((SELECT value FROM facts WHERE name = 'last_task'), 0))",
      task.uid,
    )
  }

  dropTasks(uids: readonly number[]): void {
    for (const uid of uids) this.#run('DELETE FROM tasks WHERE uid = ?', uid)
  }

  saveIndex(index: DevIndex): void {
    const row: IndexRow = {
      key: index.key,
      uid: index.uid,
      primaryKey: index.primaryKey,
      createdMs: index.createdMs,
      updatedMs: index.updatedMs,
      settings: index.settings,
      fields: index.table.fieldNames(),
    }
    this.#run('INSERT OR REPLACE INTO indexes (key, body) VALUES (?, ?)', index.key, JSON.stringify(row))
  }

  dropIndex(key: number): void {
    this.dropDocuments(key)
    this.#run('DELETE FROM indexes WHERE key = ?', key)
  }

  saveDocument(key: number, document: StoredDocument): void {
    this.#run(
      'INSERT OR REPLACE INTO documents (index_key, docid, id, body) VALUES (?, ?, ?, ?)',
      key,
      document.docid,
      document.externalId,
      printDocument(document),
    )
  }

  dropDocument(key: number, docid: number): void {
    this.#run('DELETE FROM documents WHERE index_key = ? AND docid = ?', key, docid)
  }

  dropDocuments(key: number): void {
    this.#run('DELETE FROM documents WHERE index_key = ?', key)
  }

  saveKey(key: ApiKey): void {
    const body = JSON.stringify(key)
    this.#run(
      'INSERT OR REPLACE INTO keys (uid, created, body) VALUES (?, ?, ?)',
      key.uid,
      key.createdMs,
      body,
    )
  }

  dropKey(uid: string): void {
    this.#run('DELETE FROM keys WHERE uid = ?', uid)
  }

  saveNetwork(on: boolean): void {
    this.#run("INSERT OR REPLACE INTO facts (name, value) VALUES ('network', ?)", on ? 1 : 0)
  }

  close(): void {
    this.#database.close()
  }

  /** Fills an engine with what was kept; returns the tasks that were not done. */
  load(engine: Engine): NodeTask[] {
    for (const { body } of this.#rows('SELECT body FROM keys ORDER BY created, rowid')) {
      const key: ApiKey = JSON.parse(String(body))
      engine.keys.set(key.uid, key)
    }
    for (const { body } of this.#rows('SELECT body FROM indexes ORDER BY key')) {
      engine.adopt(this.#loadIndex(JSON.parse(String(body))))
    }
    const waiting: NodeTask[] = []
    for (const { body } of this.#rows('SELECT body FROM tasks ORDER BY uid')) {
      const task: NodeTask = JSON.parse(String(body))
      engine.tasks.add(task)
      engine.lastUpdateMs = task.finishedMs ?? engine.lastUpdateMs
      if (task.status === 'enqueued') waiting.push(task)
    }
    for (const { value } of this.#rows("SELECT value FROM facts WHERE name = 'last_task'")) {
      engine.tasks.lastUid = Number(value)
    }
    for (const { value } of this.#rows("SELECT value FROM facts WHERE name = 'network'")) {
      engine.network = value === 1
    }
    return waiting
  }

  #rows(sql: string, ...values: readonly number[]): IterableIterator<Record<string, unknown>> {
    return this.#database.prepare<unknown[], Record<string, unknown>>(sql).iterate(...values)
  }

  #loadIndex(row: IndexRow): DevIndex {
    const index = new DevIndex(row.key, row.uid, row.createdMs)
    index.primaryKey = row.primaryKey
    index.updatedMs = row.updatedMs
    index.settings = row.settings
    for (const name of row.fields) index.table.learnField(name)
    const sql = 'SELECT docid, id, body FROM documents WHERE index_key = ? ORDER BY docid'
    for (const { docid, id, body } of this.#rows(sql, row.key)) {
      index.table.restore(Number(docid), String(id), documentMembers(String(body)))
    }
    index.table.restored()
    return index
  }
}
