import { limits } from '../../config/limits.ts'
import type { TaskUid } from '../../model/ids.ts'
import type { Store } from '../../model/store.ts'
import type { TaskRow } from '../../model/task.ts'
import type { Clock } from '../../std/clock.ts'
import { parseSelection } from './query.ts'

export interface Deletions {
  /**
   * Deletes what the details of a task of type `taskDeletion` name. Never rejects: what is left is for
   * `resume`.
   */
  run(task: TaskRow): Promise<void>
  /** Runs every deletion that has not ended. */
  resume(): Promise<void>
}

export interface DeletionsDeps {
  readonly store: Pick<Store, 'changeTask' | 'listTasks' | 'deleteTasks'>
  readonly clock: Clock
}

/** Deletions of tasks by clients. The task itself is the record of the job: its filter is in its details. */
export function createDeletions({ store, clock }: DeletionsDeps): Deletions {
  const running = new Set<TaskUid>()

  const work = async ({ uid, ...task }: TaskRow): Promise<void> => {
    const details = task.details ?? {}
    const filter = parseSelection(String(details['originalFilter']).slice(1), 'delete')
    const startedMs = task.startedMs ?? Math.max(task.enqueuedMs, clock.wall())
    await store.changeTask(uid, { status: 'processing', startedMs })
    let deletedTasks = Number(details['deletedTasks'] ?? 0)
    let last: number
    do {
      // In small steps, so that writes never wait long; only older tasks, so that the set is fixed.
      last = await store.deleteTasks(filter, uid, limits.prunedTasksPerCommit)
      deletedTasks += last
      if (last > 0)
        await store.changeTask(uid, { status: 'processing', details: { ...details, deletedTasks } })
    } while (last > 0)
    const finishedMs = Math.max(startedMs, clock.wall())
    await store.changeTask(uid, { status: 'succeeded', details: { ...details, deletedTasks }, finishedMs })
  }

  const run = async (task: TaskRow): Promise<void> => {
    const { uid } = task
    if (running.has(uid)) return
    running.add(uid)
    try {
      await work(task)
    } catch {
      // The store cannot write now; the task stays open and is taken up again.
    } finally {
      running.delete(uid)
    }
  }

  return {
    run,
    async resume() {
      const open = { types: ['taskDeletion'], statuses: ['enqueued', 'processing'] } as const
      const { rows } = await store.listTasks(open, { limit: limits.taskPageRowsMax, reverse: true })
      for (const task of rows) await run(task)
    },
  }
}
