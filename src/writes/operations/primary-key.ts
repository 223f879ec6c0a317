import { errorBody, fail } from '../../model/errors.ts'
import type { IndexUid } from '../../model/ids.ts'
import type { NewTask } from '../../model/task.ts'
import type { WriteReceipt } from '../../model/writes.ts'
import { utf8 } from '../../std/bytes.ts'
import { sleep } from '../../std/clock.ts'
import { type Deadline, deadlineAfter } from '../../std/deadline.ts'
import { timestamp } from '../../std/timestamp.ts'
import { nodeView, type WriteContext } from '../context.ts'
import { deferred } from '../deferred.ts'
import { confirmed, submit } from '../dispatch/dispatch.ts'
import { barrier } from '../dispatch/enrol.ts'
import type { IndexRun, Operation, OperationBehaviour } from '../run.ts'
import { liveRun, unchanged } from './index-operations.ts'
import { finishedTask, newTask, receipt } from './receipts.ts'

const POLL_MS = 5

/** Another primary key is being set, or was: the write is read again under the one that counts now. */
export class KeyMoved extends Error {
  override readonly name = 'KeyMoved'
}

/** The key of documents that are about to take their place; in the same turn. Throws `KeyMoved`. */
export function claimKey(run: IndexRun, key: string): void {
  run.primaryKey ??= key
  if (run.rekeying !== null || run.primaryKey !== key) throw new KeyMoved('the primary key is another one')
}

/** The catalogue is the truth of primary keys; each node learns the key as well, so that it can say it. */
export async function setPrimaryKey(
  context: WriteContext,
  uid: IndexUid,
  primaryKey: string | null,
  deadline: Deadline,
): Promise<WriteReceipt> {
  const task = newTask(context, uid, 'indexUpdate', { details: primaryKey === null ? {} : { primaryKey } })
  const run = await liveRun(context, uid)
  if (run === undefined) return finishedTask(context, task, errorBody('index_not_found', { uid }))
  if (run.rekeying !== null) return setPrimaryKey(context, uid, primaryKey, deadline)
  const present = run.primaryKey
  if (present !== null && primaryKey !== null && present !== primaryKey)
    return replaceKey(context, run, { task, primaryKey, present, deadline })
  return dispatchKey(context, run, { task, primaryKey, deadline })
}

interface Replacement {
  readonly task: NewTask
  readonly primaryKey: string
  readonly present: string
  readonly deadline: Deadline
}

/**
 * A key that is there already may be replaced while no document is. Each node would judge by its own shards,
 * so all are counted first, while writes of the index wait.
 */
async function replaceKey(context: WriteContext, run: IndexRun, change: Replacement): Promise<WriteReceipt> {
  const { task, present, deadline } = change
  const over = deferred<void>()
  run.rekeying = over.promise
  try {
    if (!(await isEmpty(context, run, deadline))) {
      const error = errorBody('index_primary_key_already_exists', { uid: run.uid, primaryKey: present })
      return await finishedTask(context, task, error)
    }
    return await dispatchKey(context, run, change)
  } finally {
    run.rekeying = null
    over.resolve()
  }
}

/** Waits until everything sent before is settled, then looks at a copy of every shard. Throws 503s. */
async function isEmpty(context: WriteContext, run: IndexRun, deadline: Deadline): Promise<boolean> {
  const shards = new Set(run.copies.keys())
  while (!run.settledUpTo(run.lastSeq, shards)) {
    if (context.clock.now() + POLL_MS >= deadline.at)
      throw fail('miroir_overloaded', { resource: `changes of index ${run.uid}` })
    await sleep(context.clock, POLL_MS)
  }
  const counted = new Set<number>()
  for (const node of run.nodes) {
    const members = run.copiesOn(node).filter((copy) => copy.member && !counted.has(copy.shard))
    if (members.length === 0 || !context.reachability.readable(node)) continue
    const patience = deadlineAfter(context.clock, context.config.nodeTimeoutMs)
    const stats = await context.client.getStats(nodeView(context, node), patience)
    const index = stats.ok ? stats.value.indexes[run.name(node).name] : undefined
    if (index === undefined) continue
    if (index.numberOfDocuments > 0) return false
    for (const { shard } of members) counted.add(shard)
  }
  const missing = [...shards].filter((shard) => !counted.has(shard))
  if (missing.length > 0) throw fail('miroir_no_quorum', { shards: missing.join(','), uid: run.uid })
  return true
}

interface NewKey {
  readonly task: NewTask
  readonly primaryKey: string | null
  readonly deadline: Deadline
}

async function dispatchKey(context: WriteContext, run: IndexRun, change: NewKey): Promise<WriteReceipt> {
  const before = run.primaryKey
  run.primaryKey = change.primaryKey ?? before
  const { operation, recorded } = await context.sequence.next((seq) =>
    submit(context, seq, {
      ...barrier(run, 'primary-key', keyBehaviour(context)),
      payload: { primaryKey: change.primaryKey },
      task: change.task,
    }),
  )
  await recorded.catch((error: unknown) => {
    run.primaryKey = before
    throw error
  })
  await confirmed(context, operation, change.deadline)
  return receipt(operation)
}

/** What was asked for; without a key, the one that is there, so that every node can say it. */
function keyOf({ row, run }: Operation): string | null {
  return (row.payload as Pick<NewKey, 'primaryKey'>).primaryKey ?? run.primaryKey
}

export function keyBehaviour(context: WriteContext): OperationBehaviour {
  return {
    async request({ operation }, name) {
      const key = keyOf(operation)
      const body = utf8(JSON.stringify(key === null ? {} : { primaryKey: key }))
      return { method: 'PATCH', path: `/indexes/${name}`, body, operation: 'index', write: true }
    },
    details({ row }) {
      const { primaryKey } = row.payload as Pick<NewKey, 'primaryKey'>
      return primaryKey === null ? {} : { primaryKey }
    },
    async whenDone(operation, ok) {
      if (!ok) return unchanged
      const updatedAt = timestamp(context.clock.wall())
      return { ...unchanged, index: { ...operation.run.row, primaryKey: keyOf(operation), updatedAt } }
    },
  }
}
