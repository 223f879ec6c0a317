import type { DevIndex } from '../engine/dev-index.ts'
import type { StoredDocument } from '../engine/documents.ts'
import type { ApiKey } from '../http/keys.ts'
import type { NodeTask } from '../tasks/task.ts'

/** What has to survive a restart. Memory-only nodes use `FORGETFUL`. */
export interface Keeper {
  /** Runs `change` as one durable step. */
  atomically(change: () => void): void
  saveTask(task: NodeTask): void
  dropTasks(uids: readonly number[]): void
  saveIndex(index: DevIndex): void
  dropIndex(key: number): void
  saveDocument(key: number, document: StoredDocument): void
  dropDocument(key: number, docid: number): void
  dropDocuments(key: number): void
  saveKey(key: ApiKey): void
  dropKey(uid: string): void
  /** Keeps whether the runtime flag `network` is on. */
  saveNetwork(on: boolean): void
  close(): void
}

const nothing = (): void => {}

export const FORGETFUL: Keeper = {
  atomically: (change) => change(),
  saveTask: nothing,
  dropTasks: nothing,
  saveIndex: nothing,
  dropIndex: nothing,
  saveDocument: nothing,
  dropDocument: nothing,
  dropDocuments: nothing,
  saveKey: nothing,
  dropKey: nothing,
  saveNetwork: nothing,
  close: nothing,
}
