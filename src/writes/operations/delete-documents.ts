import { errorBody } from '../../model/errors.ts'
import type { IndexUid, ShardId } from '../../model/ids.ts'
import type { JsonObject } from '../../model/view.ts'
import type { Deletion, WriteReceipt } from '../../model/writes.ts'
import type { NodeRequest } from '../../nodes/transport.ts'
import { utf8 } from '../../std/bytes.ts'
import type { Deadline } from '../../std/deadline.ts'
import type { WriteContext } from '../context.ts'
import { assertRoom } from '../dispatch/admission.ts'
import { confirmed, submit, submitQuiet } from '../dispatch/dispatch.ts'
import type { NewOperation } from '../dispatch/enrol.ts'
import { assertQuorum } from '../dispatch/quorum.ts'
import type { IndexRun, Leg, OperationBehaviour } from '../run.ts'
import { sumOnce } from './counts.ts'
import { liveRun } from './index-operations.ts'
import { coversNode, metadataQuery, shardFilter } from './leg-request.ts'
import { finishedTask, newTask, receipt } from './receipts.ts'

/** Deletions: by ids to the owning shards; by filter and of everything to all, as barriers. */
export async function deleteDocuments(
  context: WriteContext,
  target: { readonly uid: IndexUid; readonly customMetadata: string | null },
  deletion: Deletion,
  deadline: Deadline,
): Promise<WriteReceipt> {
  const { uid, customMetadata } = target
  const task = newTask(context, uid, 'documentDeletion', {
    details: detailsOf(deletion, null),
    customMetadata,
  })
  const run = await liveRun(context, uid)
  if (run === undefined) {
    return finishedTask(
      context,
      { ...task, details: detailsOf(deletion, 0) },
      errorBody('index_not_found', { uid }),
    )
  }
  const nothing = deletion.kind === 'ids' && deletion.ids.length === 0
  if (nothing) return finishedTask(context, { ...task, details: detailsOf(deletion, 0) }, null)
  assertRoom(context, run, 0)
  const plan = (): NewOperation => {
    const operation = planDeletion(context, run, deletion)
    assertQuorum(context, run, operation.barrier ? undefined : operation.shards)
    return { ...operation, task }
  }
  const submission =
    deletion.kind === 'ids'
      ? await context.sequence.next((seq) => submit(context, seq, plan()))
      : await submitQuiet(context, run, deadline, plan)
  await submission.recorded
  await confirmed(context, submission.operation, deadline)
  return receipt(submission.operation)
}

function detailsOf(deletion: Deletion, deletedDocuments: number | null): JsonObject {
  if (deletion.kind === 'all') return { deletedDocuments }
  if (deletion.kind === 'ids')
    return { providedIds: deletion.ids.length, deletedDocuments, originalFilter: null }
  return { providedIds: 0, deletedDocuments, originalFilter: JSON.stringify(deletion.filter) }
}

function planDeletion(context: WriteContext, run: IndexRun, deletion: Deletion): Omit<NewOperation, 'task'> {
  const payload = { details: detailsOf(deletion, null) }
  const base = { run, canary: false, payload, ids: null, bytes: 0, shards: [], barrier: true } as const
  if (deletion.kind === 'all') return { ...base, kind: 'clear', behaviour: behaviour(deletion, clearRequest) }
  if (deletion.kind === 'filter') {
    const request = (leg: Leg, name: string): NodeRequest => filterRequest(leg, name, deletion.filter)
    return { ...base, kind: 'delete-filter', canary: true, behaviour: behaviour(deletion, request) }
  }
  const byShard = new Map<ShardId, string[]>()
  for (const id of deletion.ids) {
    const shard = context.kernel.shardOf(id, run.row.shards)
    byShard.set(shard, [...(byShard.get(shard) ?? []), id])
  }
  const kept = deletion.ids.length <= context.config.retainedIdsMax ? deletion.ids : null
  return {
    ...base,
    kind: 'delete-ids',
    barrier: false,
    shards: [...byShard.keys()],
    ids: kept,
    behaviour: behaviour(deletion, (leg, name) => idsRequest(leg, name, byShard)),
  }
}

function behaviour(deletion: Deletion, request: (leg: Leg, name: string) => NodeRequest): OperationBehaviour {
  return {
    request: async (leg, name) => request(leg, name),
    details: (operation, ok) => detailsOf(deletion, ok ? (sumOnce(operation, 'deletedDocuments') ?? 0) : 0),
  }
}

function idsRequest(leg: Leg, name: string, byShard: ReadonlyMap<ShardId, readonly string[]>): NodeRequest {
  const ids = leg.writeSet.flatMap((shard) => byShard.get(shard) ?? [])
  return post(leg, `/indexes/${name}/documents/delete-batch`, ids)
}

/**
 * The client's filter, limited to the copies that are written: a lagging one must really get nothing (H11).
 */
function filterRequest(leg: Leg, name: string, filter: unknown): NodeRequest {
  const limited = coversNode(leg)
    ? filter
    : [...(Array.isArray(filter) ? filter : [filter]), shardFilter(leg)]
  return post(leg, `/indexes/${name}/documents/delete`, { filter: limited })
}

function clearRequest(leg: Leg, name: string): NodeRequest {
  if (!coversNode(leg)) return post(leg, `/indexes/${name}/documents/delete`, { filter: shardFilter(leg) })
  const path = `/indexes/${name}/documents${metadataQuery(leg)}`
  return { method: 'DELETE', path, operation: 'write', write: true }
}

function post(leg: Leg, path: string, body: unknown): NodeRequest {
  const sent = utf8(JSON.stringify(body))
  return { method: 'POST', path: `${path}${metadataQuery(leg)}`, body: sent, operation: 'write', write: true }
}
