import type { ErrorBody } from '../../model/errors.ts'
import type { TaskStatus, TaskType } from '../../model/task.ts'
import { isoDate } from '../http/text.ts'
import type { SettingsPatch } from '../settings/settings.ts'

/** What a task is to do; everything needed to do it again after a restart. */
export type Work =
  | {
      readonly kind: 'documents'
      readonly merge: boolean
      /** Raw text of each document. */
      readonly documents: readonly string[]
      readonly primaryKey: string | null
      readonly skipCreation: boolean
      readonly mayCreateIndex: boolean
    }
  | { readonly kind: 'deleteIds'; readonly ids: readonly string[] }
  | { readonly kind: 'deleteFilter'; readonly filter: unknown }
  | { readonly kind: 'clear' }
  | {
      readonly kind: 'settings'
      readonly patch: SettingsPatch
      readonly mayCreateIndex: boolean
    }
  | { readonly kind: 'createIndex'; readonly primaryKey: string | null }
  | { readonly kind: 'updateIndex'; readonly primaryKey: string | null; readonly newUid: string | null }
  | { readonly kind: 'deleteIndex' }
  | { readonly kind: 'swap'; readonly swaps: readonly Swap[] }
  | { readonly kind: 'cancel'; readonly uids: readonly number[] }
  | { readonly kind: 'deleteTasks'; readonly uids: readonly number[] }

export interface Swap {
  readonly indexes: readonly [string, string]
  readonly rename: boolean
}

export type Details = { readonly [name: string]: unknown }

/** A task of this node; times are wall milliseconds. */
export interface NodeTask {
  readonly uid: number
  indexUid: string | null
  readonly type: TaskType
  status: TaskStatus
  canceledBy: number | null
  details: Details
  error: ErrorBody | null
  readonly enqueuedMs: number
  startedMs: number | null
  finishedMs: number | null
  readonly customMetadata: string | null
  /** Null once the task is done. */
  work: Work | null
}

const date = (wallMs: number | null): string | null => (wallMs === null ? null : isoDate(wallMs))

function duration(task: NodeTask): string | null {
  if (task.startedMs === null || task.finishedMs === null) return null
  return `PT${((task.finishedMs - task.startedMs) / 1000).toFixed(6)}S`
}

export function taskSummary(task: NodeTask): object {
  return {
    taskUid: task.uid,
    indexUid: task.indexUid,
    status: 'enqueued',
    type: task.type,
    enqueuedAt: date(task.enqueuedMs),
    ...(task.customMetadata === null ? {} : { customMetadata: task.customMetadata }),
  }
}

export function taskView(task: NodeTask): object {
  return {
    uid: task.uid,
    batchUid: task.startedMs === null ? null : task.uid,
    indexUid: task.indexUid,
    status: task.status,
    type: task.type,
    canceledBy: task.canceledBy,
    details: task.details,
    error: task.error,
    duration: duration(task),
    enqueuedAt: date(task.enqueuedMs),
    startedAt: date(task.startedMs),
    finishedAt: date(task.finishedMs),
    ...(task.customMetadata === null ? {} : { customMetadata: task.customMetadata }),
  }
}

/** One batch per task is what this node makes. */
export function batchView(task: NodeTask): object {
  return {
    uid: task.uid,
    progress: null,
    details: task.details,
    stats: {
      totalNbTasks: 1,
      status: { [task.status]: 1 },
      types: { [task.type]: 1 },
      indexUids: task.indexUid === null ? {} : { [task.indexUid]: 1 },
    },
    duration: duration(task),
    startedAt: date(task.startedMs),
    finishedAt: date(task.finishedMs),
    batchStrategy: 'the embedded node makes one batch for each task',
  }
}
