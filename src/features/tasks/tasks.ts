import { limits } from '../../config/limits.ts'
import { fail } from '../../model/errors.ts'
import type { TaskUid } from '../../model/ids.ts'
import type { Store } from '../../model/store.ts'
import { StoreUnavailable } from '../../model/store.ts'
import type { NewTask, TaskFilter, TaskRow, TaskSummary, TaskType } from '../../model/task.ts'
import type { Clock } from '../../std/clock.ts'
import { createDeletions } from './deletions.ts'
import type { TaskQuery } from './query.ts'
import { parseListing, parseSelection, parseUid, startedOnly } from './query.ts'
import type { BatchView, TaskView } from './view.ts'
import { batchView, taskSummary, taskView } from './view.ts'

export { startPruner } from './pruner.ts'

const OPEN = ['enqueued', 'processing'] as const

export interface TaskPageView<View> {
  readonly results: readonly View[]
  /** Matching tasks regardless of the page. */
  readonly total: number
  readonly limit: number
  readonly from: TaskUid | null
  readonly next: TaskUid | null
}

/** What clients may ask about tasks. Queries are raw text without `?`; errors are `MiroirError`. */
export interface Tasks {
  list(query: string): Promise<TaskPageView<TaskView>>
  /** `uid` as it stands in the path. */
  get(uid: string): Promise<TaskView>
  batches(query: string): Promise<TaskPageView<BatchView>>
  batch(uid: string): Promise<BatchView>
  /** Refused when a task that has not ended would be canceled: that is not supported yet. */
  cancel(query: string): Promise<TaskSummary>
  /** Deletes finished tasks in the background; operations are not touched (M5). */
  remove(query: string): Promise<TaskSummary>
  /** Goes on with deletions that a restart, or a store that could not write, interrupted. */
  resume(): Promise<void>
}

export interface TasksDeps {
  readonly store: Pick<Store, 'addTask' | 'changeTask' | 'getTask' | 'listTasks' | 'deleteTasks'>
  readonly clock: Clock
}

export function createTasks({ store, clock }: TasksDeps): Tasks {
  const deletions = createDeletions({ store, clock })
  return {
    ...createReading(store),
    async cancel(query) {
      const filter = parseSelection(query, 'cancel')
      const open = OPEN.filter((each) => filter.statuses?.includes(each) ?? true)
      if ((await matched(store, { ...filter, statuses: open })) > 0)
        throw fail('miroir_unsupported', { feature: 'Canceling tasks that have not ended' })
      const matchedTasks = await matched(store, filter)
      const details = { matchedTasks, canceledTasks: 0, originalFilter: `?${query}` }
      const now = clock.wall()
      const task = newTask('taskCancelation', details, now)
      const ended = { ...task, status: 'succeeded', startedMs: now, finishedMs: now } as const
      return taskSummary(await available(() => store.addTask(ended)), task)
    },
    async remove(query) {
      const matchedTasks = await matched(store, parseSelection(query, 'delete'))
      const details = { matchedTasks, deletedTasks: null, originalFilter: `?${query}` }
      const task = newTask('taskDeletion', details, clock.wall())
      const uid = await available(() => store.addTask(task))
      void deletions.run({ ...task, uid })
      return taskSummary(uid, task)
    },
    resume: () => deletions.resume(),
  }
}

function createReading(store: TasksDeps['store']): Pick<Tasks, 'list' | 'get' | 'batches' | 'batch'> {
  const page = async <View>(query: TaskQuery, view: (row: TaskRow) => View): Promise<TaskPageView<View>> => {
    const { filter, page } = query
    const size = Math.min(page.limit, limits.taskPageRowsMax)
    // One more tells where the next page begins.
    const { rows, total } = await available(() => store.listTasks(filter, { ...page, limit: size + 1 }))
    const shown = rows.slice(0, size)
    const results = shown.map(view)
    return { results, total, limit: page.limit, from: shown[0]?.uid ?? null, next: rows[size]?.uid ?? null }
  }
  return {
    list: async (query) => page(parseListing(query), taskView),
    async batches(query) {
      const { filter, page: part } = parseListing(query)
      return page({ filter: startedOnly(filter), page: part }, batchView)
    },
    async get(text) {
      const uid = uidOf(text, 'Task', 'invalid_task_uids')
      const found = await available(() => store.getTask(uid))
      if (found === null) throw fail('task_not_found', { uid })
      return taskView(found)
    },
    async batch(text) {
      const uid = uidOf(text, 'Batch', 'invalid_batch_uids')
      const found = await available(() => store.getTask(uid))
      if (found === null || found.startedMs === null) throw fail('batch_not_found', { uid })
      return batchView(found)
    },
  }
}

async function matched(store: TasksDeps['store'], filter: TaskFilter): Promise<number> {
  const { total } = await available(() => store.listTasks(filter, { limit: 0, reverse: false }))
  return total
}

function newTask(type: TaskType, details: NewTask['details'], enqueuedMs: number): NewTask {
  return {
    indexUid: null,
    type,
    status: 'enqueued',
    canceledBy: null,
    details,
    error: null,
    enqueuedMs,
    startedMs: null,
    finishedMs: null,
    customMetadata: null,
  }
}

function uidOf(
  text: string,
  noun: 'Task' | 'Batch',
  code: 'invalid_task_uids' | 'invalid_batch_uids',
): TaskUid {
  const uid = parseUid(text)
  if (uid !== null) return uid
  throw fail(code, {
    message: `${noun} uid \`${text}\` is invalid. It should only contain numeric characters.`,
  })
}

async function available<Value>(step: () => Promise<Value>): Promise<Value> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof StoreUnavailable) throw fail('miroir_store_unavailable', { reason: error.message })
    throw error
  }
}
