import type { Database } from 'better-sqlite3'
import type { NodeRow, StoreSeed, StoreSnapshot } from '../../model/store.ts'
import type { CatalogueTable } from './catalogue.ts'
import { pack } from './codec.ts'
import type { Counters } from './counters.ts'
import type { OperationTable } from './operations.ts'
import type { Birth } from './protocol.ts'

interface ClusterRow {
  readonly cluster_id: string
  readonly created_ms: number
  readonly shards: number
  readonly replication_factor: number
  readonly search_key_uid: string
  readonly admin_key_uid: string
}

/** Fills a store that was never opened before; answers true when it did. */
export function giveBirth(database: Database, seed: StoreSeed, birth: Birth): boolean {
  if (database.prepare('SELECT 1 FROM cluster').get() !== undefined) return false
  database
    .prepare('INSERT INTO cluster VALUES (1, ?, ?, ?, ?, ?, ?)')
    .run(
      birth.clusterId,
      birth.createdMs,
      seed.shards,
      seed.replicationFactor,
      birth.searchKeyUid,
      birth.adminKeyUid,
    )
  const counter = database.prepare('INSERT INTO counters VALUES (?, ?)')
  // Operation 0 stands for "nothing" wherever a copy's progress is kept.
  counter.run('seq', 1)
  counter.run('task', 0)
  counter.run('epoch', 1)
  const node = database.prepare('INSERT INTO nodes (id, address, replica_group) VALUES (?, ?, ?)')
  for (const each of seed.nodes) node.run(each.id, each.address, each.group)
  const placement = database.prepare('INSERT INTO placements VALUES (?, ?, ?)')
  for (const each of seed.placements) placement.run(each.shards, each.shard, pack(each.nodes))
  return true
}

interface Tables {
  readonly counters: Counters
  readonly catalogue: CatalogueTable
  readonly operations: OperationTable
}

export function readSnapshot(database: Database, tables: Tables, fresh: boolean): StoreSnapshot {
  const cluster = database.prepare<[], ClusterRow>('SELECT * FROM cluster').get()
  if (cluster === undefined) throw new Error('the store has no cluster row')
  const nodes = database
    .prepare<[], NodeRow>('SELECT id, address, replica_group AS "group" FROM nodes ORDER BY position')
    .all()
  const identities = database
    .prepare<[], [string, string]>('SELECT node, key_uid FROM identities')
    .raw()
    .all()
  const tails = database.prepare<[], [string, number]>('SELECT node, task FROM tails').raw().all()
  return {
    clusterId: cluster.cluster_id,
    fresh,
    epoch: tables.counters.epoch(),
    shards: cluster.shards,
    replicationFactor: cluster.replication_factor,
    nodes,
    placements: tables.catalogue.placements(),
    indexes: tables.catalogue.indexes(),
    names: tables.catalogue.names(),
    copies: tables.catalogue.copies(),
    openOperations: tables.operations.open(),
    // Nodes without a row have -1: nothing was accounted for yet.
    tails: new Map([...nodes.map(({ id }) => [id, -1] as const), ...tails]),
    identities: new Map(identities),
    createdMs: cluster.created_ms,
    features: tables.catalogue.features(),
    defaultKeyUids: { search: cluster.search_key_uid, admin: cluster.admin_key_uid },
  }
}
