import type { Database } from 'better-sqlite3'
import { StoreUnavailable } from '../../model/store.ts'
import { sql as start } from './migrations/0001.ts'
import { sql as identities } from './migrations/0002.ts'
import { sql as features } from './migrations/0003.ts'

/**
 * In order; the schema version is the number of those that were applied. Never edit one that was released.
 */
const MIGRATIONS: readonly string[] = [start, identities, features]

/**
 * The schema version found; 0 = an empty file. Refuses a newer one, and a file of another program, untouched.
 */
export function checkSchema(database: Database): number {
  const found = schemaVersion(database)
  if (found <= MIGRATIONS.length) return found
  throw new StoreUnavailable(
    `schema_version_ahead: the store ${database.name} has schema ${found}, this program knows ` +
      `${MIGRATIONS.length}; start the version that wrote it, or a newer one`,
  )
}

/** Brings the schema up to date from version `found`, each step in a transaction of its own. */
export function migrate(database: Database, found: number): void {
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < found) continue
    database.transaction(() => {
      database.exec(sql)
      if (index === 0) database.exec('CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT')
      database.exec('DELETE FROM schema_version')
      database.prepare('INSERT INTO schema_version VALUES (?)').run(index + 1)
    })()
  }
}

function schemaVersion(database: Database): number {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all()
  if (tables.length === 0) return 0
  if (!tables.includes('schema_version'))
    throw new StoreUnavailable(`${database.name} is a database of another program`)
  return Number(database.prepare('SELECT version FROM schema_version').pluck().get() ?? 0)
}
