import type { Database } from 'better-sqlite3'
import type { TaskUid } from '../../model/ids.ts'
import { StoreConflict, StoreUnavailable } from '../../model/store.ts'
import type { NewTask, TaskChange, TaskFilter, TaskRow, TaskStatus, TaskType } from '../../model/task.ts'
import { pack, unpack } from './codec.ts'
import type { Counters } from './counters.ts'
import type { SyncStore } from './protocol.ts'
import type { TaskQuery } from './task-query.ts'
import { createTaskQuery, QUERY_BOUNDS } from './task-query.ts'

/** The largest uid that clients can read: unsigned 32 bits. */
const TASK_UID_MAX = 2 ** 32 - 1

export interface TaskTable
  extends Pick<
    SyncStore,
    'addTask' | 'changeTask' | 'getTask' | 'listTasks' | 'pruneTasks' | 'deleteTasks' | 'countTasks'
  > {
  /** Removes a task that has not ended; its uid is not used again. */
  removeOpen(uid: TaskUid): void
}

interface Stored {
  readonly uid: number
  readonly cell: number
  readonly index_uid: string
  readonly type: TaskType
  readonly status: TaskStatus
  readonly enqueued_ms: number
  readonly started_ms: number | null
  readonly finished_ms: number | null
  readonly canceled_by: number | null
  readonly record: Uint8Array
}

export function createTasks(database: Database, counters: Counters, bounds = QUERY_BOUNDS): TaskTable {
  const query = createTaskQuery(database, bounds)
  const tasks = new Tasks(database, counters, query)
  return {
    addTask: (task) => tasks.add(task),
    changeTask: (uid, change) => tasks.change(uid, change),
    getTask: (uid) => tasks.get(uid),
    listTasks(filter, page) {
      const { uids, total } = query.page(filter, page)
      return { rows: uids.flatMap((uid) => tasks.get(uid) ?? []), total }
    },
    pruneTasks: (beforeMs, limit) => tasks.remove(query.endedBefore(beforeMs, limit)),
    deleteTasks: (filter: TaskFilter, below, limit) =>
      tasks.remove(query.finishedBelow(filter, below, limit)),
    countTasks: () => query.counts(),
    removeOpen(uid) {
      const task = tasks.get(uid)
      if (task !== null && rankOf(task.status) < ENDED) tasks.remove([uid])
    },
  }
}

class Tasks {
  readonly #statements: ReturnType<typeof prepare>
  readonly #counters: Counters
  readonly #query: TaskQuery

  constructor(database: Database, counters: Counters, query: TaskQuery) {
    this.#statements = prepare(database)
    this.#counters = counters
    this.#query = query
  }

  add(task: NewTask): TaskUid {
    const uid = this.#counters.take('task', 1, TASK_UID_MAX)
    if (uid === null) throw new StoreUnavailable('task uids are used up')
    const { details, error, customMetadata } = task
    this.#statements.add.run(
      uid,
      this.#cellOf(task),
      task.enqueuedMs,
      task.startedMs,
      task.finishedMs,
      task.canceledBy,
      pack({ details, error, customMetadata }),
    )
    return uid
  }

  get(uid: TaskUid): TaskRow | null {
    const stored = this.#statements.get.get(uid)
    return stored === undefined ? null : rowOf(stored)
  }

  /** Statuses only move forward, and what has ended stays as it is. */
  change(uid: TaskUid, change: TaskChange): void {
    const stored = this.#statements.get.get(uid)
    if (stored === undefined) throw new StoreConflict(`task ${uid} does not exist`)
    const present = rankOf(stored.status)
    if (present === ENDED || rankOf(change.status) < present)
      throw new StoreConflict(`task ${uid} is ${stored.status} and cannot become ${change.status}`)
    const task: TaskRow = { ...rowOf(stored), ...change }
    const { details, error, customMetadata } = task
    let cell = stored.cell
    if (change.status !== stored.status) {
      this.#statements.leave.run(1, cell)
      cell = this.#cellOf(task)
    }
    this.#statements.set.run(
      cell,
      task.startedMs,
      task.finishedMs,
      task.canceledBy,
      pack({ details, error, customMetadata }),
      uid,
    )
  }

  /** Removes the rows; answers how many. */
  remove(uids: readonly TaskUid[]): number {
    const left = new Map<number, number>()
    for (const uid of uids) {
      const cell = this.#statements.remove.get(uid)
      if (cell !== undefined) left.set(cell, (left.get(cell) ?? 0) + 1)
    }
    for (const [cell, count] of left) this.#statements.leave.run(count, cell)
    this.#query.dropEmptyCells()
    return uids.length
  }

  /** Counts the task into its cell, which is made when it is the first. */
  #cellOf(task: NewTask): number {
    const cell = this.#statements.enter.get(task.indexUid ?? '', task.type, task.status)
    if (cell === undefined) throw new Error('no cell was returned')
    return cell
  }
}

const ENDED = 2

function rankOf(status: TaskStatus): number {
  return status === 'enqueued' ? 0 : status === 'processing' ? 1 : ENDED
}

function rowOf(stored: Stored): TaskRow {
  const record = unpack<Pick<TaskRow, 'details' | 'error' | 'customMetadata'>>(stored.record)
  return {
    uid: stored.uid,
    indexUid: stored.index_uid === '' ? null : stored.index_uid,
    type: stored.type,
    status: stored.status,
    canceledBy: stored.canceled_by,
    details: record.details,
    error: record.error,
    enqueuedMs: stored.enqueued_ms,
    startedMs: stored.started_ms,
    finishedMs: stored.finished_ms,
    customMetadata: record.customMetadata,
  }
}

function prepare(database: Database) {
  return {
    enter: database
      .prepare<[string, string, string], number>(
        'INSERT INTO task_cells (index_uid, type, status, count) VALUES (?, ?, ?, 1) ' +
          'ON CONFLICT DO UPDATE SET count = count + 1 RETURNING id',
      )
      .pluck(),
    leave: database.prepare('UPDATE task_cells SET count = count - ? WHERE id = ?'),
    add: database.prepare('INSERT INTO tasks VALUES (?, ?, ?, ?, ?, ?, ?)'),
    set: database.prepare(
      'UPDATE tasks SET cell = ?, started_ms = ?, finished_ms = ?, canceled_by = ?, record = ? WHERE uid = ?',
    ),
    get: database.prepare<[number], Stored>(
      'SELECT tasks.*, index_uid, type, status FROM tasks JOIN task_cells ON id = cell WHERE tasks.uid = ?',
    ),
    remove: database.prepare<[number], number>('DELETE FROM tasks WHERE uid = ? RETURNING cell').pluck(),
  }
}
