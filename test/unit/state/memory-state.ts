import type { IndexUid, NodeId, Seq, TaskUid } from '../../../src/model/ids.ts'
import type { CopyMark, OperationRow } from '../../../src/model/operation.ts'
import type {
  IndexRow,
  NameRow,
  NodeRow,
  OperationEnd,
  PlacementRow,
  StoreSeed,
  StoreSnapshot,
} from '../../../src/model/store.ts'
import { StoreConflict, StoreUnavailable } from '../../../src/model/store.ts'
import type { NewTask, TaskChange, TaskRow } from '../../../src/model/task.ts'
import { physicalName } from '../../../src/state/names.ts'
import type { Random } from '../../../src/std/random.ts'
import { uuidv4 } from '../../../src/std/random.ts'

/*
 * What the memory store holds and the steps that change it. Rows are never changed in place, only replaced.
 */

export interface Held {
  readonly row: OperationRow
  readonly settled: boolean
}

export interface State {
  readonly clusterId: string
  readonly createdMs: number
  features: readonly string[]
  readonly defaultKeyUids: StoreSnapshot['defaultKeyUids']
  readonly shards: number
  readonly replicationFactor: number
  nodes: NodeRow[]
  placements: PlacementRow[]
  readonly indexes: Map<IndexUid, IndexRow>
  readonly lastGenerations: Map<IndexUid, number>
  readonly names: Map<string, NameRow>
  readonly copies: Map<string, CopyMark>
  readonly operations: Map<Seq, Held>
  readonly tails: Map<NodeId, number>
  readonly identities: Map<NodeId, string>
  readonly tasks: Map<TaskUid, TaskRow>
  nextSeq: number
  nextTask: number
  epoch: number
}

export const TERMINAL = ['succeeded', 'failed', 'canceled']
const RANKS = ['enqueued', 'processing']

/** A copy whose maps can be changed without touching the original. */
export function copyOf(state: State): State {
  return {
    ...state,
    placements: [...state.placements],
    indexes: new Map(state.indexes),
    lastGenerations: new Map(state.lastGenerations),
    names: new Map(state.names),
    copies: new Map(state.copies),
    operations: new Map(state.operations),
    tails: new Map(state.tails),
    identities: new Map(state.identities),
    tasks: new Map(state.tasks),
  }
}

export function birth(seed: StoreSeed, random: Random, createdMs: number): State {
  return {
    clusterId: Buffer.from(random.bytes(8)).toString('hex'),
    createdMs,
    features: [],
    defaultKeyUids: { search: uuidv4(random), admin: uuidv4(random) },
    shards: seed.shards,
    replicationFactor: seed.replicationFactor,
    nodes: [...seed.nodes],
    placements: [...seed.placements],
    indexes: new Map(),
    lastGenerations: new Map(),
    names: new Map(),
    copies: new Map(),
    operations: new Map(),
    tails: new Map(seed.nodes.map(({ id }) => [id, -1])),
    identities: new Map(),
    tasks: new Map(),
    nextSeq: 1,
    nextTask: 0,
    epoch: 1,
  }
}

export function snapshot(state: State, fresh: boolean): StoreSnapshot {
  const { clusterId, createdMs, epoch, shards, replicationFactor, nodes, tails } = state
  const { identities, defaultKeyUids } = state
  return {
    clusterId,
    fresh,
    createdMs,
    epoch,
    shards,
    replicationFactor,
    nodes,
    placements: state.placements.toSorted((a, b) => a.shards - b.shards || a.shard - b.shard),
    indexes: sortedByKey(state.indexes),
    names: sortedByKey(state.names),
    copies: sortedByKey(state.copies),
    openOperations: bySeq(state, ({ settled }) => !settled),
    tails,
    identities,
    features: [...state.features],
    defaultKeyUids,
  }
}

/** In byte order of the keys, which are written so that it is the order of their parts. */
function sortedByKey<Value>(map: ReadonlyMap<string, Value>): Value[] {
  return [...map].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))).map(([, value]) => value)
}

export function keyOf(uid: IndexUid, generation: number, ...rest: readonly (string | number)[]): string {
  const parts = [generation, ...rest].map((part) =>
    typeof part === 'number' ? String(part).padStart(12, '0') : part,
  )
  return [uid, ...parts].join('\0')
}

export function take(all: State, counter: 'nextSeq' | 'nextTask', count: number, max: number): number {
  if (!Number.isSafeInteger(count) || count < 1) throw new Error('count must be a positive integer')
  const first = all[counter]
  if (first + count - 1 > max) throw new StoreUnavailable('numbers are used up')
  all[counter] = first + count
  return first
}

export function setNodeAddresses(all: State, nodes: readonly NodeRow[]): void {
  for (const { id, address } of nodes) {
    if (!all.nodes.some((node) => node.id === id)) throw new StoreConflict(`node ${id} is not known`)
    all.nodes = all.nodes.map((node) => (node.id === id ? { ...node, address } : node))
  }
  all.epoch++
}

export function addPlacement(all: State, rows: readonly PlacementRow[]): readonly PlacementRow[] {
  return [...new Set(rows.map(({ shards }) => shards))].flatMap((shards) => {
    const ofCount = (row: PlacementRow) => row.shards === shards
    const ascending = (a: PlacementRow, b: PlacementRow) => a.shard - b.shard
    const present = all.placements.filter(ofCount).sort(ascending)
    if (present.length > 0) return present
    const added = rows.filter(ofCount).sort(ascending)
    all.placements.push(...added)
    all.epoch++
    return added
  })
}

export function createIndex(all: State, row: Omit<IndexRow, 'generation'>, nodes: readonly NodeId[]) {
  if (all.indexes.has(row.uid)) throw new StoreConflict(`index ${row.uid} exists`)
  const generation = (all.lastGenerations.get(row.uid) ?? 0) + 1
  const index: IndexRow = { ...row, generation }
  all.indexes.set(row.uid, index)
  all.lastGenerations.set(row.uid, generation)
  const name = physicalName(row.uid, generation, 0)
  const names = nodes.map((node) => ({ uid: row.uid, generation, node, fence: 0, name, settingsVersion: 0 }))
  for (const each of names) all.names.set(keyOf(row.uid, generation, each.node), each)
  all.epoch++
  return { index, names }
}

export function nameOf(all: State, uid: IndexUid, generation: number, node: NodeId): NameRow {
  const found = all.names.get(keyOf(uid, generation, node))
  if (found === undefined) throw new StoreConflict(`no name of ${uid} ${generation} on ${node}`)
  return found
}

export function applySettings(
  all: State,
  of: Pick<NameRow, 'uid' | 'generation' | 'node'>,
  version: number,
): void {
  const found = nameOf(all, of.uid, of.generation, of.node)
  all.names.set(keyOf(of.uid, of.generation, of.node), { ...found, settingsVersion: version })
}

export function mark(all: State, marks: readonly CopyMark[]): void {
  for (const each of marks) {
    if (all.indexes.get(each.indexUid)?.generation !== each.generation) continue
    const key = keyOf(each.indexUid, each.generation, each.shard, each.node)
    if (each.state === 'current') all.copies.delete(key)
    else all.copies.set(key, each)
  }
}

export function recordOperation(all: State, operation: Omit<OperationRow, 'taskUid'>, task: NewTask | null) {
  const { seq, indexUid, generation } = operation
  if (seq >= all.nextSeq) throw new StoreConflict(`operation number ${seq} was never handed out`)
  if (all.operations.has(seq)) throw new StoreConflict(`operation ${seq} is recorded already`)
  if (all.indexes.get(indexUid)?.generation !== generation)
    throw new StoreConflict(`index ${indexUid} has no generation ${generation}`)
  const taskUid = task === null ? null : addTask(all, task)
  all.operations.set(seq, { row: { ...operation, taskUid }, settled: false })
  return taskUid
}

export function openOperation(all: State, seq: Seq): Held {
  const held = all.operations.get(seq)
  if (held === undefined || held.settled) throw new StoreConflict(`operation ${seq} is not open`)
  return held
}

export function endOperation(all: State, end: OperationEnd): number {
  const { row } = openOperation(all, end.seq)
  const { indexUid: uid, generation } = row
  if (end.task !== null) {
    if (end.task.uid !== row.taskUid) throw new StoreConflict(`operation ${end.seq} has another task`)
    changeTask(all, end.task.uid, end.task.change)
  }
  mark(all, end.marks)
  if (end.index !== null) {
    if (all.indexes.get(end.index.uid)?.generation !== end.index.generation)
      throw new StoreConflict(`index ${end.index.uid} has no generation ${end.index.generation}`)
    all.indexes.set(end.index.uid, end.index)
  }
  for (const { node, version } of end.settingsApplied) applySettings(all, { uid, generation, node }, version)
  all.operations.set(end.seq, { row, settled: true })
  if (end.retire) retire(all, uid, generation)
  return ++all.epoch
}

function retire(all: State, uid: IndexUid, generation: number): void {
  if (all.indexes.get(uid)?.generation !== generation)
    throw new StoreConflict(`index ${uid} has no generation ${generation}`)
  all.indexes.delete(uid)
  for (const [key, name] of [...all.names]) if (name.uid === uid) all.names.delete(key)
  for (const [key, copy] of [...all.copies]) if (copy.indexUid === uid) all.copies.delete(key)
  for (const { row, settled } of [...all.operations.values()])
    if (settled && isOf(row, uid, generation)) all.operations.delete(row.seq)
}

export function bySeq(all: State, wanted: (held: Held) => boolean): OperationRow[] {
  const rows = [...all.operations.values()].filter(wanted).map(({ row }) => row)
  return rows.sort((a, b) => a.seq - b.seq)
}

export function isOf(row: OperationRow, uid: IndexUid, generation: number): boolean {
  return row.indexUid === uid && row.generation === generation
}

export function addTask(all: State, task: NewTask): TaskUid {
  const uid = take(all, 'nextTask', 1, 2 ** 32 - 1)
  all.tasks.set(uid, { ...task, uid })
  return uid
}

export function changeTask(all: State, uid: TaskUid, change: TaskChange): void {
  const task = all.tasks.get(uid)
  if (task === undefined) throw new StoreConflict(`task ${uid} does not exist`)
  const backwards = RANKS.indexOf(change.status) < RANKS.indexOf(task.status) && RANKS.includes(change.status)
  if (TERMINAL.includes(task.status) || backwards) throw new StoreConflict(`task ${uid} is ${task.status}`)
  all.tasks.set(uid, { ...task, ...change })
}
