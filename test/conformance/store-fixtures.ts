import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OperationRow } from '../../src/model/operation.ts'
import type { IndexRow, OperationEnd, Store, StoreSeed, StoreSnapshot } from '../../src/model/store.ts'
import type { NewTask } from '../../src/model/task.ts'

export const seed: StoreSeed = {
  nodes: [
    { id: 'a', address: 'http://a:7700', group: 0 },
    { id: 'b', address: 'http://b:7700', group: 1 },
  ],
  shards: 2,
  replicationFactor: 1,
  placements: [
    { shards: 2, shard: 0, nodes: ['a', 'b'] },
    { shards: 2, shard: 1, nodes: ['a', 'b'] },
  ],
}

export function indexRow(uid: string): Omit<IndexRow, 'generation'> {
  return {
    uid,
    shards: 2,
    primaryKey: null,
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
    settingsVersion: 0,
    settings: { rankingRules: ['words'], synonyms: {} },
    rawSettings: {},
  }
}

export function newTask(changes: Partial<NewTask> = {}): NewTask {
  return {
    indexUid: 'films',
    type: 'documentAdditionOrUpdate',
    status: 'enqueued',
    canceledBy: null,
    details: { receivedDocuments: 1, indexedDocuments: null },
    error: null,
    enqueuedMs: 1_000,
    startedMs: null,
    finishedMs: null,
    customMetadata: null,
    ...changes,
  }
}

export function operation(seq: number, changes: Partial<OperationRow> = {}): Omit<OperationRow, 'taskUid'> {
  const { taskUid: _, ...rest } = { taskUid: null, ...changes }
  return {
    seq,
    indexUid: 'films',
    generation: 1,
    kind: 'replace',
    shards: [0],
    ids: null,
    payload: null,
    ...rest,
  }
}

export function operationEnd(seq: number, changes: Partial<OperationEnd> = {}): OperationEnd {
  return { seq, task: null, marks: [], index: null, settingsApplied: [], retire: false, ...changes }
}

/** An index `films` of generation 1 and `count` recorded operations without tasks; answers their numbers. */
export async function withOperations(store: Store, count: number): Promise<number[]> {
  await store.createIndex(indexRow('films'), ['a', 'b'])
  const first = await store.takeSeqs(count)
  const seqs = Array.from({ length: count }, (_, place) => first + place)
  await Promise.all(seqs.map((seq) => store.recordOperation(operation(seq), null)))
  return seqs
}

/** What a suite works on: the store of the present test, and a restart of it. */
export interface OpenedStore {
  readonly store: Store
  readonly reopen: () => Promise<StoreSnapshot>
}

/** A directory that is gone after the test. */
export function scratch(onEnd: (remove: () => void) => void): string {
  const directory = mkdtempSync(join(tmpdir(), `miroir-store-${randomUUID().slice(0, 8)}-`))
  onEnd(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
