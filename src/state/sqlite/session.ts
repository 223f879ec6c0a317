import type { Database } from 'better-sqlite3'
import type { StoreSnapshot } from '../../model/store.ts'
import { Batches } from './batch.ts'
import { createCatalogue } from './catalogue.ts'
import { giveBirth, readSnapshot } from './cluster.ts'
import { createCounters } from './counters.ts'
import { openDatabase } from './open.ts'
import { createOperations } from './operations.ts'
import type { OpenRequest, SyncStore } from './protocol.ts'
import { QUERY_BOUNDS } from './task-query.ts'
import { createTasks } from './tasks.ts'

/** An opened store on the thread it lives on. */
export interface Session {
  readonly snapshot: StoreSnapshot
  readonly batches: Batches
  close(): void
}

/** Throws `StoreUnavailable`, or SQLite's error, and leaves nothing open then. */
export function openSession(request: OpenRequest): Session {
  return startSession(openDatabase(request), request)
}

/** Serves a database whose schema is up to date. */
export function startSession(
  database: Database,
  { seed, birth }: Pick<OpenRequest, 'seed' | 'birth'>,
  bounds = QUERY_BOUNDS,
): Session {
  try {
    const counters = createCounters(database)
    const catalogue = createCatalogue(database, counters)
    const tasks = createTasks(database, counters, bounds)
    const operations = createOperations(database, { counters, catalogue, tasks })
    const start = database.transaction(() => {
      const fresh = giveBirth(database, seed, birth)
      return readSnapshot(database, { counters, catalogue, operations }, fresh)
    })
    const methods: SyncStore = { ...callable(catalogue), ...operations, ...tasks }
    return {
      snapshot: start.immediate(),
      batches: new Batches(database, methods),
      close: () => database.close(),
    }
  } catch (error) {
    database.close()
    throw error
  }
}

/** The port's part of the catalogue; its other methods are for the neighbouring tables. */
function callable(catalogue: ReturnType<typeof createCatalogue>) {
  const { setNodeAddresses, setNodeIdentity, addPlacement, createIndex, advanceName } = catalogue
  const { setSettingsApplied, saveTails, setFeatures } = catalogue
  const topology = { setNodeAddresses, setNodeIdentity, addPlacement }
  return { ...topology, createIndex, advanceName, setSettingsApplied, saveTails, setFeatures }
}
