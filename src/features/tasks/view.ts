import type { ErrorBody } from '../../model/errors.ts'
import type { IndexUid, TaskUid } from '../../model/ids.ts'
import type { NewTask, TaskRow, TaskStatus, TaskSummary, TaskType } from '../../model/task.ts'
import type { JsonObject } from '../../model/view.ts'
import { duration, timestamp } from '../../std/timestamp.ts'

/** A task as clients read it; members in a node's order. */
export interface TaskView {
  readonly uid: TaskUid
  /** Every task is a batch of its own, from its start. */
  readonly batchUid: TaskUid | null
  readonly indexUid: IndexUid | null
  readonly status: TaskStatus
  readonly type: TaskType
  readonly canceledBy: TaskUid | null
  /** Absent when the type has none. */
  readonly details?: JsonObject
  readonly error: ErrorBody | null
  /** ISO 8601. */
  readonly duration: string | null
  /** RFC 3339, as the next two. */
  readonly enqueuedAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly customMetadata?: string
}

/** The batch of one started task. */
export interface BatchView {
  readonly uid: TaskUid
  readonly progress: { readonly steps: readonly []; readonly percentage: number } | null
  readonly details: JsonObject
  readonly stats: {
    readonly totalNbTasks: 1
    readonly status: Readonly<Record<string, number>>
    readonly types: Readonly<Record<string, number>>
    readonly indexUids: Readonly<Record<string, number>>
  }
  readonly duration: string | null
  readonly startedAt: string | null
  readonly finishedAt: string | null
  readonly batchStrategy: string
}

export function taskView(row: TaskRow): TaskView {
  return {
    uid: row.uid,
    batchUid: row.startedMs === null ? null : row.uid,
    indexUid: row.indexUid,
    status: row.status,
    type: row.type,
    canceledBy: row.canceledBy,
    ...(row.details === null ? {} : { details: row.details }),
    error: row.error,
    duration: durationOf(row),
    enqueuedAt: timestamp(row.enqueuedMs),
    startedAt: timeOf(row.startedMs),
    finishedAt: timeOf(row.finishedMs),
    ...(row.customMetadata === null ? {} : { customMetadata: row.customMetadata }),
  }
}

/** Body of the answer that announces a task. */
export function taskSummary(uid: TaskUid, task: NewTask): TaskSummary {
  return {
    taskUid: uid,
    indexUid: task.indexUid,
    status: 'enqueued',
    type: task.type,
    enqueuedAt: timestamp(task.enqueuedMs),
    ...(task.customMetadata === null ? {} : { customMetadata: task.customMetadata }),
  }
}

export function batchView(row: TaskRow): BatchView {
  return {
    uid: row.uid,
    progress: row.finishedMs === null ? { steps: [], percentage: 0 } : null,
    details: row.details ?? {},
    stats: {
      totalNbTasks: 1,
      status: { [row.status]: 1 },
      types: { [row.type]: 1 },
      // A map, so that an index called `__proto__` is counted like any other.
      indexUids: Object.fromEntries(row.indexUid === null ? [] : [[row.indexUid, 1]]),
    },
    duration: durationOf(row),
    startedAt: timeOf(row.startedMs),
    finishedAt: timeOf(row.finishedMs),
    batchStrategy: 'each task is its own batch',
  }
}

function durationOf({ startedMs, finishedMs }: TaskRow): string | null {
  if (startedMs === null || finishedMs === null || finishedMs < startedMs) return null
  return duration(finishedMs - startedMs)
}

function timeOf(wallMs: number | null): string | null {
  return wallMs === null ? null : timestamp(wallMs)
}
