import type { HeaderList } from '../../model/call.ts'
import type { ErrorBody } from '../../model/errors.ts'
import type { IndexUid, ShardId } from '../../model/ids.ts'
import type { NewTask, TaskType } from '../../model/task.ts'
import type { JsonObject } from '../../model/view.ts'
import type { WriteReceipt } from '../../model/writes.ts'
import { timestamp } from '../../std/timestamp.ts'
import type { WriteContext } from '../context.ts'
import { persistOrRefuse } from '../dispatch/marks.ts'
import type { IndexRun, Operation } from '../run.ts'

/** A task as it is born. */
export function newTask(
  context: WriteContext,
  indexUid: IndexUid,
  type: TaskType,
  extra: { readonly details: JsonObject | null; readonly customMetadata?: string | null },
): NewTask {
  return {
    indexUid,
    type,
    status: 'enqueued',
    canceledBy: null,
    details: extra.details,
    error: null,
    enqueuedMs: context.clock.wall(),
    startedMs: null,
    finishedMs: null,
    customMetadata: extra.customMetadata ?? null,
  }
}

/**
 * Records a task that is over before anything was sent: refused by a rule that nodes would apply too, or
 * empty.
 */
export async function finishedTask(
  context: WriteContext,
  task: NewTask,
  error: ErrorBody | null,
): Promise<WriteReceipt> {
  const now = Math.max(context.clock.wall(), task.enqueuedMs)
  const status = error === null ? 'succeeded' : 'failed'
  const ended: NewTask = { ...task, status, error, startedMs: now, finishedMs: now }
  const uid = await persistOrRefuse(() => context.store.addTask(ended))
  context.observer.taskEnded(status, now - task.enqueuedMs)
  return { task: summary(uid, task), headers: [] }
}

export function receipt(operation: Operation): WriteReceipt {
  const { task, taskUid, run, shards } = operation
  if (task === null || taskUid === null) throw new Error('an operation without a task has no receipt')
  return { task: summary(taskUid, task), headers: degradedHeader(run, shards) }
}

function summary(uid: number, task: NewTask): WriteReceipt['task'] {
  const base = {
    taskUid: uid,
    indexUid: task.indexUid,
    status: 'enqueued' as const,
    type: task.type,
    enqueuedAt: timestamp(task.enqueuedMs),
  }
  return task.customMetadata === null ? base : { ...base, customMetadata: task.customMetadata }
}

/**
 * `X-Miroir-Degraded` when some assigned copy does not hold the write: which groups lack a shard, and which
 * shards.
 */
function degradedHeader(run: IndexRun, shards: readonly ShardId[]): HeaderList {
  const short = new Set<ShardId>()
  const groups = new Set<number>()
  for (const shard of shards) {
    const copies = run.copies[shard] ?? []
    const lacking = copies.filter((copy) => copy.state !== 'current')
    if (lacking.length === 0) continue
    short.add(shard)
    for (const { group } of lacking) {
      if (!copies.some((copy) => copy.group === group && copy.state === 'current')) groups.add(group)
    }
  }
  if (short.size === 0) return []
  const list = (numbers: ReadonlySet<number>): string =>
    [...numbers].sort((one, other) => one - other).join(',')
  const parts = [...(groups.size > 0 ? [`groups=${list(groups)}`] : []), `shards=${list(short)}`]
  return [['X-Miroir-Degraded', parts.join('; ')]]
}
