import type { GroupId, IndexUid, NodeId, Seq, ShardId, TaskUid } from './ids.ts'
import type { CopyMark, OperationRow } from './operation.ts'
import type { NewTask, TaskChange, TaskFilter, TaskList, TaskPage, TaskRow } from './task.ts'
import type { JsonObject } from './view.ts'

/*
 * The port to durable shared state: named atomic operations, not a key-value map. Each call is one
 * transaction. A call that resolves has been committed and synced (SQLite: FULL; calls of one turn share one
 * commit); a call that rejects with `StoreUnavailable` changed nothing.
 */

/** The store cannot accept writes (locked, read-only, full, gone). Reads of the running process go on. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

/** Another state was found than the caller expected; nothing was changed. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict'
}

export interface NodeRow {
  readonly id: NodeId
  readonly address: string
  readonly group: GroupId
}

/** Where the shards of every index with `shards` shards live. */
export interface PlacementRow {
  readonly shards: number
  readonly shard: ShardId
  readonly nodes: readonly NodeId[]
}

export interface IndexRow {
  readonly uid: IndexUid
  readonly generation: number
  readonly shards: number
  readonly primaryKey: string | null
  readonly createdAt: string
  readonly updatedAt: string
  readonly settingsVersion: number
  /** Settings as shown to clients. */
  readonly settings: JsonObject
  /** What the client ever set, merged, with secrets: the seed for a node that needs them again. */
  readonly rawSettings: JsonObject
}

/** Physical index of a generation on one node. */
export interface NameRow {
  readonly uid: IndexUid
  readonly generation: number
  readonly node: NodeId
  /** Counts fences on that node; never reused. */
  readonly fence: number
  readonly name: string
  /** Settings version the node has surely applied; 0 = the index may not even exist there. */
  readonly settingsVersion: number
}

export interface StoreSeed {
  readonly nodes: readonly NodeRow[]
  readonly shards: number
  readonly replicationFactor: number
  readonly placements: readonly PlacementRow[]
}

export interface StoreSnapshot {
  /** Random, made at the first start; every operation on a node carries it. */
  readonly clusterId: string
  /** True when this call created the store. */
  readonly fresh: boolean
  readonly epoch: number
  readonly shards: number
  readonly replicationFactor: number
  readonly nodes: readonly NodeRow[]
  readonly placements: readonly PlacementRow[]
  readonly indexes: readonly IndexRow[]
  readonly names: readonly NameRow[]
  /** Copies that are not current. */
  readonly copies: readonly CopyMark[]
  /** Operations that are not settled, ascending. */
  readonly openOperations: readonly OperationRow[]
  /** Per node: every node task up to this uid was accounted for; -1 = none. */
  readonly tails: ReadonlyMap<NodeId, number>
  /** Per node: uid of the API key that its present incarnation was given; nodes without one are missing. */
  readonly identities: ReadonlyMap<NodeId, string>
  /** Wall milliseconds of the first start. */
  readonly createdMs: number
  /** Experimental features that clients switched on, sorted. */
  readonly features: readonly string[]
  /** Uids (UUIDv4) of the default API keys, made at the first start. */
  readonly defaultKeyUids: { readonly search: string; readonly admin: string }
}

export interface OperationEnd {
  readonly seq: Seq
  /** Change of the operation's task; null when the operation has none. */
  readonly task: { readonly uid: TaskUid; readonly change: TaskChange } | null
  readonly marks: readonly CopyMark[]
  /** New row of the index (primary key, settings, updatedAt); null = unchanged. */
  readonly index: IndexRow | null
  /** Per node settings versions that are now applied. */
  readonly settingsApplied: readonly { readonly node: NodeId; readonly version: number }[]
  /** Drop the index from the catalogue, leaving a tombstone. */
  readonly retire: boolean
}

export interface Store {
  /** Opens or creates the store; the seed is used on creation only. */
  open(seed: StoreSeed): Promise<StoreSnapshot>
  close(): Promise<void>

  // --- sequence and topology ---
  /** Reserves `count` operation numbers for ever; answers the first. */
  takeSeqs(count: number): Promise<Seq>
  /** Takes over changed addresses of known nodes. */
  setNodeAddresses(nodes: readonly NodeRow[]): Promise<void>
  /**
   * The node's present incarnation is the one that has the key of this uid; of its task log nothing is
   * accounted for.
   */
  setNodeIdentity(node: NodeId, keyUid: string): Promise<void>
  /** Records a placement for a shard count that had none; keeps the existing one otherwise. */
  addPlacement(rows: readonly PlacementRow[]): Promise<readonly PlacementRow[]>

  /** Replaces the experimental features that are on. */
  setFeatures(on: readonly string[]): Promise<void>

  // --- catalogue ---
  /**
   * Creates an index with the next generation of its uid and a name row (fence 0) per node of `nodes`.
   * Rejects with `StoreConflict` when the uid exists.
   */
  createIndex(
    row: Omit<IndexRow, 'generation'>,
    nodes: readonly NodeId[],
  ): Promise<{ index: IndexRow; names: readonly NameRow[] }>
  /** Moves the physical name on one node to the next fence number; settingsVersion is kept. */
  advanceName(uid: IndexUid, generation: number, node: NodeId): Promise<NameRow>
  /** Sets the settings version a node is known to have applied. */
  setSettingsApplied(uid: IndexUid, generation: number, node: NodeId, version: number): Promise<void>

  // --- operations ---
  /**
   * Records an operation and, when given, its task, before any byte leaves. Answers the task's uid, or null
   * without one.
   */
  recordOperation(operation: Omit<OperationRow, 'taskUid'>, task: NewTask | null): Promise<TaskUid | null>
  /** Gives a recorded operation its task (settings: only after one node accepted them). */
  openTask(seq: Seq, task: NewTask): Promise<TaskUid>
  /** Removes an operation that was refused before it took effect anywhere. */
  voidOperation(seq: Seq): Promise<void>
  /** Durable copy states; answers the new epoch. */
  markCopies(marks: readonly CopyMark[]): Promise<number>
  /** Settles an operation with everything that follows from it; answers the new epoch. */
  endOperation(end: OperationEnd): Promise<number>
  /** Settled operations of an index after `after`, ascending, for catching up. */
  settledAfter(uid: IndexUid, generation: number, after: Seq): Promise<readonly OperationRow[]>
  /** Forgets settled operations that every assigned copy has applied. */
  forgetOperations(uid: IndexUid, generation: number, upTo: Seq): Promise<void>
  /** Remembers up to which uid each node's task log was accounted for. */
  saveTails(tails: ReadonlyMap<NodeId, number>): Promise<void>

  // --- tasks ---
  /** A task without an operation: failed or finished before dispatch. */
  addTask(task: NewTask): Promise<TaskUid>
  changeTask(uid: TaskUid, change: TaskChange): Promise<void>
  getTask(uid: TaskUid): Promise<TaskRow | null>
  listTasks(filter: TaskFilter, page: TaskPage): Promise<TaskList>
  /**
   * Deletes at most `limit` finished tasks that ended before `beforeMs`; answers how many. Open ones stay.
   */
  pruneTasks(beforeMs: number, limit: number): Promise<number>
  /**
   * Deletes at most `limit` finished tasks below `below` that match; answers how many. Operations are never
   * touched.
   */
  deleteTasks(filter: TaskFilter, below: TaskUid, limit: number): Promise<number>
  /** Rows by status, for metrics. */
  countTasks(): Promise<Readonly<Record<string, number>>>
}
