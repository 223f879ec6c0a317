import type { Database, Statement } from 'better-sqlite3'
import type { IndexUid, NodeId, Seq } from '../../model/ids.ts'
import type { CopyMark } from '../../model/operation.ts'
import type { IndexRow, NameRow, NodeRow, PlacementRow } from '../../model/store.ts'
import { StoreConflict } from '../../model/store.ts'
import { physicalName } from '../names.ts'
import { pack, unpack } from './codec.ts'
import type { Counters } from './counters.ts'
import type { SyncStore } from './protocol.ts'

/** Topology, indexes, names and copy states: all that a view is made of. */
export interface CatalogueTable
  extends Pick<
    SyncStore,
    | 'setNodeAddresses'
    | 'setNodeIdentity'
    | 'addPlacement'
    | 'createIndex'
    | 'advanceName'
    | 'setSettingsApplied'
    | 'saveTails'
    | 'setFeatures'
  > {
  placements(): readonly PlacementRow[]
  indexes(): readonly IndexRow[]
  names(): readonly NameRow[]
  copies(): readonly CopyMark[]
  features(): readonly string[]
  has(uid: IndexUid, generation: number): boolean
  replaceIndex(row: IndexRow): void
  applySettings(uid: IndexUid, generation: number, node: NodeId, version: number): void
  mark(marks: readonly CopyMark[]): void
  /** Drops an index and leaves its tombstone. */
  retire(uid: IndexUid, generation: number, seq: Seq): void
}

const NAME_COLUMNS = 'uid, generation, node, fence, name, settings_version AS settingsVersion'
const COPY_COLUMNS = 'uid AS indexUid, generation, shard, node, state, lag'

export function createCatalogue(database: Database, counters: Counters): CatalogueTable {
  const statements = prepare(database)
  const catalogue = new Catalogue(statements, counters)
  return {
    placements: () => statements.placements.all().map(placementOf),
    indexes: () => statements.indexes.all().map((record) => unpack<IndexRow>(record)),
    names: () => statements.names.all(),
    copies: () => statements.copies.all(),
    features: () => statements.features.all(),
    has: (uid, generation) => statements.generation.get(uid) === generation,
    setNodeAddresses: (nodes) => catalogue.setNodeAddresses(nodes),
    setNodeIdentity(node, keyUid) {
      statements.setIdentity.run(node, keyUid)
      statements.saveTail.run(node, -1)
    },
    addPlacement: (rows) => catalogue.addPlacement(rows),
    createIndex: (row, nodes) => catalogue.createIndex(row, nodes),
    advanceName: (uid, generation, node) => catalogue.advanceName(uid, generation, node),
    setSettingsApplied(uid, generation, node, version) {
      catalogue.applySettings(uid, generation, node, version)
      counters.nextEpoch()
    },
    setFeatures(on) {
      statements.removeFeatures.run()
      for (const feature of on) statements.addFeature.run(feature)
    },
    saveTails(tails) {
      for (const [node, task] of tails) statements.saveTail.run(node, task)
    },
    replaceIndex: (row) => catalogue.replaceIndex(row),
    applySettings: (uid, generation, node, version) =>
      catalogue.applySettings(uid, generation, node, version),
    mark: (marks) => catalogue.mark(marks),
    retire: (uid, generation, seq) => catalogue.retire(uid, generation, seq),
  }
}

class Catalogue {
  readonly #statements: Statements
  readonly #counters: Counters

  constructor(statements: Statements, counters: Counters) {
    this.#statements = statements
    this.#counters = counters
  }

  setNodeAddresses(nodes: readonly NodeRow[]): void {
    for (const { id, address } of nodes) {
      if (this.#statements.setAddress.run(address, id).changes === 0)
        throw new StoreConflict(`node \`${id}\` is not known`)
    }
    this.#counters.nextEpoch()
  }

  addPlacement(rows: readonly PlacementRow[]): readonly PlacementRow[] {
    const counts = [...new Set(rows.map(({ shards }) => shards))]
    return counts.flatMap((shards) => {
      const found = this.#statements.placementsOf.all(shards)
      if (found.length > 0) return found.map(placementOf)
      const added = rows.filter((row) => row.shards === shards).sort((a, b) => a.shard - b.shard)
      for (const row of added) this.#statements.addPlacement.run(shards, row.shard, pack(row.nodes))
      this.#counters.nextEpoch()
      return added
    })
  }

  createIndex(
    row: Omit<IndexRow, 'generation'>,
    nodes: readonly NodeId[],
  ): { index: IndexRow; names: readonly NameRow[] } {
    const { uid } = row
    if (this.#statements.generation.get(uid) !== undefined) throw new StoreConflict(`index \`${uid}\` exists`)
    const generation = (this.#statements.lastGeneration.get(uid) ?? 0) + 1
    const index: IndexRow = { ...row, generation }
    this.#statements.addIndex.run(uid, generation, pack(index))
    const names = nodes.map((node): NameRow => {
      const name = physicalName(uid, generation, 0)
      this.#statements.addName.run(uid, generation, node, name)
      return { uid, generation, node, fence: 0, name, settingsVersion: 0 }
    })
    this.#counters.nextEpoch()
    return { index, names }
  }

  advanceName(uid: IndexUid, generation: number, node: NodeId): NameRow {
    const found = this.#statements.name.get(uid, generation, node)
    if (found === undefined) throw missingName(uid, generation, node)
    const fence = found.fence + 1
    const name = physicalName(uid, generation, fence)
    this.#statements.setName.run(fence, name, uid, generation, node)
    this.#counters.nextEpoch()
    return { ...found, fence, name }
  }

  applySettings(uid: IndexUid, generation: number, node: NodeId, version: number): void {
    const { changes } = this.#statements.setVersion.run(version, uid, generation, node)
    if (changes === 0) throw missingName(uid, generation, node)
  }

  replaceIndex(row: IndexRow): void {
    const { changes } = this.#statements.setIndex.run(pack(row), row.uid, row.generation)
    if (changes === 0) throw new StoreConflict(`index \`${row.uid}\` has no generation ${row.generation}`)
  }

  mark(marks: readonly CopyMark[]): void {
    for (const { indexUid, generation, shard, node, state, lag } of marks) {
      // A retired generation has no copies; what is still on nodes is the sweeper's business.
      if (this.#statements.generation.get(indexUid) !== generation) continue
      if (state === 'current') this.#statements.removeCopy.run(indexUid, generation, shard, node)
      else this.#statements.setCopy.run(indexUid, generation, shard, node, state, lag)
    }
  }

  retire(uid: IndexUid, generation: number, seq: Seq): void {
    if (this.#statements.removeIndex.run(uid, generation).changes === 0)
      throw new StoreConflict(`index \`${uid}\` has no generation ${generation}`)
    const names = this.#statements.namesOf.all(uid, generation)
    this.#statements.addTombstone.run(uid, generation, seq, pack(names))
    this.#statements.removeNames.run(uid, generation)
    this.#statements.removeCopies.run(uid, generation)
  }
}

function missingName(uid: IndexUid, generation: number, node: NodeId): StoreConflict {
  return new StoreConflict(`index \`${uid}\` has no generation ${generation} on node \`${node}\``)
}

interface PlacementRecord {
  readonly shards: number
  readonly shard: number
  readonly nodes: Uint8Array
}

function placementOf(row: PlacementRecord): PlacementRow {
  return { shards: row.shards, shard: row.shard, nodes: unpack(row.nodes) }
}

type Statements = ReturnType<typeof prepare>

function prepare(database: Database) {
  const run = (sql: string): Statement => database.prepare(sql)
  const rows = <Row>(sql: string): Statement<unknown[], Row> => database.prepare<unknown[], Row>(sql)
  const values = <Value>(sql: string): Statement<unknown[], Value> => rows<Value>(sql).pluck()
  return {
    setAddress: run('UPDATE nodes SET address = ? WHERE id = ?'),
    placements: rows<PlacementRecord>('SELECT * FROM placements ORDER BY shards, shard'),
    placementsOf: rows<PlacementRecord>('SELECT * FROM placements WHERE shards = ? ORDER BY shard'),
    features: values<string>('SELECT name FROM features ORDER BY name'),
    removeFeatures: run('DELETE FROM features'),
    addFeature: run('INSERT INTO features VALUES (?)'),
    addPlacement: run('INSERT INTO placements VALUES (?, ?, ?)'),
    indexes: values<Uint8Array>('SELECT record FROM indexes ORDER BY uid'),
    generation: values<number>('SELECT generation FROM indexes WHERE uid = ?'),
    lastGeneration: values<number | null>('SELECT max(generation) FROM tombstones WHERE uid = ?'),
    addIndex: run('INSERT INTO indexes VALUES (?, ?, ?)'),
    setIndex: run('UPDATE indexes SET record = ? WHERE uid = ? AND generation = ?'),
    removeIndex: run('DELETE FROM indexes WHERE uid = ? AND generation = ?'),
    addTombstone: run('INSERT INTO tombstones VALUES (?, ?, ?, ?)'),
    names: rows<NameRow>(`SELECT ${NAME_COLUMNS} FROM names ORDER BY uid, generation, node`),
    namesOf: rows<NameRow>(
      `SELECT ${NAME_COLUMNS} FROM names WHERE uid = ? AND generation = ? ORDER BY node`,
    ),
    name: rows<NameRow>(`SELECT ${NAME_COLUMNS} FROM names WHERE uid = ? AND generation = ? AND node = ?`),
    addName: run('INSERT INTO names VALUES (?, ?, ?, 0, ?, 0)'),
    setName: run('UPDATE names SET fence = ?, name = ? WHERE uid = ? AND generation = ? AND node = ?'),
    setVersion: run('UPDATE names SET settings_version = ? WHERE uid = ? AND generation = ? AND node = ?'),
    removeNames: run('DELETE FROM names WHERE uid = ? AND generation = ?'),
    copies: rows<CopyMark>(`SELECT ${COPY_COLUMNS} FROM copies ORDER BY uid, generation, shard, node`),
    setCopy: run('INSERT OR REPLACE INTO copies VALUES (?, ?, ?, ?, ?, ?)'),
    removeCopy: run('DELETE FROM copies WHERE uid = ? AND generation = ? AND shard = ? AND node = ?'),
    removeCopies: run('DELETE FROM copies WHERE uid = ? AND generation = ?'),
    setIdentity: run('INSERT OR REPLACE INTO identities VALUES (?, ?)'),
    saveTail: run('INSERT OR REPLACE INTO tails VALUES (?, ?)'),
  }
}
