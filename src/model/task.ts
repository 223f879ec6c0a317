import type { ErrorBody } from './errors.ts'
import type { IndexUid, TaskUid } from './ids.ts'
import type { JsonObject } from './view.ts'

export const TASK_STATUSES = ['enqueued', 'processing', 'succeeded', 'failed', 'canceled'] as const
export type TaskStatus = (typeof TASK_STATUSES)[number]

/** Types that are tasks here. */
export const TASK_TYPES = [
  'documentAdditionOrUpdate',
  'documentEdition',
  'documentDeletion',
  'settingsUpdate',
  'indexCreation',
  'indexDeletion',
  'indexUpdate',
  'indexSwap',
  'taskCancelation',
  'taskDeletion',
] as const
export type TaskType = (typeof TASK_TYPES)[number]

/** Types of a node that never occur here: asking for them is right and finds nothing. */
export const FOREIGN_TASK_TYPES = [
  'dumpCreation',
  'snapshotCreation',
  'export',
  'upgradeDatabase',
  'indexCompaction',
  'networkTopologyChange',
  'dsrUpdate',
  'dsrClear',
] as const

/** A task as the store keeps it; times are wall milliseconds. */
export interface TaskRow {
  readonly uid: TaskUid
  readonly indexUid: IndexUid | null
  readonly type: TaskType
  readonly status: TaskStatus
  readonly canceledBy: TaskUid | null
  readonly details: JsonObject | null
  readonly error: ErrorBody | null
  readonly enqueuedMs: number
  readonly startedMs: number | null
  readonly finishedMs: number | null
  readonly customMetadata: string | null
}

export type NewTask = Omit<TaskRow, 'uid'>

/** Fields that a task may change after it was created. */
export interface TaskChange {
  readonly status: TaskStatus
  readonly details?: JsonObject | null
  readonly error?: ErrorBody | null
  readonly startedMs?: number | null
  readonly finishedMs?: number | null
  readonly canceledBy?: TaskUid | null
}

/** Every member absent = no filter. Bounds are exclusive, in wall milliseconds. */
export interface TaskFilter {
  readonly uids?: readonly TaskUid[]
  readonly statuses?: readonly TaskStatus[]
  readonly types?: readonly TaskType[]
  readonly indexUids?: readonly IndexUid[]
  readonly canceledBy?: readonly TaskUid[]
  readonly beforeEnqueuedMs?: number
  readonly afterEnqueuedMs?: number
  readonly beforeStartedMs?: number
  readonly afterStartedMs?: number
  readonly beforeFinishedMs?: number
  readonly afterFinishedMs?: number
}

export interface TaskPage {
  /** Inclusive first uid of the page; absent = newest (oldest with reverse). */
  readonly from?: TaskUid
  readonly limit: number
  /** Ascending uids instead of descending. */
  readonly reverse: boolean
}

export interface TaskList {
  readonly rows: readonly TaskRow[]
  /** Matching tasks regardless of page. */
  readonly total: number
}

/** Body of every 202. */
export interface TaskSummary {
  readonly taskUid: TaskUid
  readonly indexUid: IndexUid | null
  readonly status: 'enqueued'
  readonly type: TaskType
  readonly enqueuedAt: string
  readonly customMetadata?: string
}
