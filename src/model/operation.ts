import type { IndexUid, NodeId, Seq, ShardId, TaskUid } from './ids.ts'

/**
 * Kinds of writes. *Content* operations (filter deletion, clear, edit) decide on the nodes which documents
 * they touch;
 * *index* operations change the index itself. Both are barriers: they go to every shard.
 */
export type OperationKind =
  | 'replace'
  | 'update'
  | 'delete-ids'
  | 'delete-filter'
  | 'clear'
  | 'edit'
  | 'settings'
  | 'create'
  | 'primary-key'
  | 'drop'

/** What outlives the task row: enough to settle, recover and catch up (M5). */
export interface OperationRow {
  readonly seq: Seq
  readonly indexUid: IndexUid
  readonly generation: number
  readonly kind: OperationKind
  /** Null = every shard of the index. */
  readonly shards: readonly ShardId[] | null
  /** Ids of deletions by id, at most `limits.retainedIdsMax`; null = unknown, compare key sets instead. */
  readonly ids: readonly string[] | null
  readonly taskUid: TaskUid | null
  /** Kind-specific payload needed after a restart, e.g. the settings change; never documents. */
  readonly payload: unknown
}

/** One copy-state change; durable before anything depends on it. */
export interface CopyMark {
  readonly indexUid: IndexUid
  readonly generation: number
  readonly shard: ShardId
  readonly node: NodeId
  /** `current` removes the exception row. */
  readonly state: 'current' | 'behind' | 'lagging'
  readonly lag: Seq | null
}
