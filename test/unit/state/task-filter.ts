import type { TaskFilter, TaskList, TaskPage, TaskRow } from '../../../src/model/task.ts'

/** The definition of every task filter, one row at a time. */
export function matches(task: TaskRow, filter: TaskFilter): boolean {
  const within = <Value>(wanted: readonly Value[] | undefined, value: Value | null): boolean =>
    wanted === undefined || (value !== null && wanted.includes(value))
  const between = (value: number | null, after: number | undefined, before: number | undefined): boolean =>
    (after === undefined || (value !== null && value > after)) &&
    (before === undefined || (value !== null && value < before))
  return (
    within(filter.uids, task.uid) &&
    within(filter.statuses, task.status) &&
    within(filter.types, task.type) &&
    within(filter.indexUids, task.indexUid) &&
    within(filter.canceledBy, task.canceledBy) &&
    between(task.enqueuedMs, filter.afterEnqueuedMs, filter.beforeEnqueuedMs) &&
    between(task.startedMs, filter.afterStartedMs, filter.beforeStartedMs) &&
    between(task.finishedMs, filter.afterFinishedMs, filter.beforeFinishedMs)
  )
}

export function listTasks(tasks: readonly TaskRow[], filter: TaskFilter, page: TaskPage): TaskList {
  const matching = tasks.filter((task) => matches(task, filter))
  const sorted = matching.toSorted((a, b) => (page.reverse ? a.uid - b.uid : b.uid - a.uid))
  const { from } = page
  const begun = sorted.filter(({ uid }) => from === undefined || (page.reverse ? uid >= from : uid <= from))
  return { rows: begun.slice(0, page.limit), total: matching.length }
}
