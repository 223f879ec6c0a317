import type { Deadline } from '../std/deadline.ts'
import type { HeaderList } from './call.ts'
import type { DocumentFormat } from './documents.ts'
import type { IndexUid } from './ids.ts'
import type { TaskSummary } from './task.ts'

/** Answer to an accepted write: 202 with the summary, and `X-Miroir-Degraded` when not every copy took it. */
export interface WriteReceipt {
  readonly task: TaskSummary
  readonly headers: HeaderList
}

/** A settings request as the client made it; the body is not parsed yet. */
export interface SettingsChange {
  /** Sub-route such as `ranking-rules`; null = all settings. */
  readonly route: string | null
  readonly method: 'PATCH' | 'PUT' | 'DELETE'
  readonly body: Uint8Array
}

export interface DocumentWrite {
  readonly uid: IndexUid
  readonly mode: 'replace' | 'update'
  readonly format: DocumentFormat | 'csv'
  /** Between the fields of CSV: one ASCII character. */
  readonly delimiter: string
  /** Stays valid until the returned promise settles. */
  readonly body: Uint8Array
  /** `?primaryKey=` of the client. */
  readonly primaryKey: string | null
  readonly customMetadata: string | null
  readonly skipCreation: boolean
}

export type Deletion =
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  /** The client's filter, an expression or nested arrays, as JSON text. */
  | { readonly kind: 'filter'; readonly filter: unknown }
  | { readonly kind: 'all' }

/** An edit of documents by a function in the nodes' script language. */
export interface DocumentEdit {
  readonly function: string
  /** An expression or nested arrays; null = every document. */
  readonly filter: unknown
  /** The client's JSON, as it came; null = none. */
  readonly context: string | null
}

/**
 * The door of the write path. Every method records before it dispatches, and rejects with `MiroirError` only
 * for what the client must hear synchronously; what a node reports in its task is reported in ours.
 */
export interface Writes {
  addDocuments(write: DocumentWrite, deadline: Deadline): Promise<WriteReceipt>
  deleteDocuments(
    uid: IndexUid,
    deletion: Deletion,
    customMetadata: string | null,
    deadline: Deadline,
  ): Promise<WriteReceipt>
  editDocuments(
    uid: IndexUid,
    edit: DocumentEdit,
    customMetadata: string | null,
    deadline: Deadline,
  ): Promise<WriteReceipt>
  createIndex(uid: IndexUid, primaryKey: string | null, deadline: Deadline): Promise<WriteReceipt>
  setPrimaryKey(uid: IndexUid, primaryKey: string | null, deadline: Deadline): Promise<WriteReceipt>
  deleteIndex(uid: IndexUid, deadline: Deadline): Promise<WriteReceipt>
  /** PATCH and PUT create a missing index, DELETE does not. */
  changeSettings(uid: IndexUid, change: SettingsChange, deadline: Deadline): Promise<WriteReceipt>
}
