import { defaultSettings, deriveAll, searchFacts } from '../../catalogue/settings.ts'
import { errorBody } from '../../model/errors.ts'
import type { IndexUid } from '../../model/ids.ts'
import type { IndexRow } from '../../model/store.ts'
import type { NewTask } from '../../model/task.ts'
import type { WriteReceipt } from '../../model/writes.ts'
import { utf8 } from '../../std/bytes.ts'
import type { Deadline } from '../../std/deadline.ts'
import { timestamp } from '../../std/timestamp.ts'
import type { WriteContext } from '../context.ts'
import { confirmed, submit } from '../dispatch/dispatch.ts'
import { barrier } from '../dispatch/enrol.ts'
import { persistOrRefuse } from '../dispatch/marks.ts'
import { assertQuorum } from '../dispatch/quorum.ts'
import { type Consequence, type Copy, IndexRun, type Operation, type OperationBehaviour } from '../run.ts'
import { sumOnce } from './counts.ts'
import { finishedTask, newTask, receipt } from './receipts.ts'

const creating = new WeakMap<WriteContext, Map<IndexUid, Promise<unknown>>>()

/** The index that takes writes under this uid; waits for a deletion or a change of key under way. */
export async function liveRun(context: WriteContext, uid: IndexUid): Promise<IndexRun | undefined> {
  for (;;) {
    const run = context.runs.get(uid)
    if (run === undefined || (run.dropping === null && run.rekeying === null)) return run
    await (run.dropping ?? run.rekeying)
  }
}

/** The index, created on every node first when it does not exist (a node does so on the first write). */
export async function ensureIndex(
  context: WriteContext,
  uid: IndexUid,
  deadline: Deadline,
): Promise<IndexRun> {
  for (;;) {
    const run = await liveRun(context, uid)
    if (run !== undefined) return run
    const underWay = creations(context).get(uid)
    if (underWay === undefined)
      return (await create(context, { uid, primaryKey: null, task: null, deadline })).run
    await underWay.catch(() => undefined)
  }
}

function creations(context: WriteContext): Map<IndexUid, Promise<unknown>> {
  const known = creating.get(context) ?? new Map<IndexUid, Promise<unknown>>()
  creating.set(context, known)
  return known
}

/** One creation of a uid at a time; others wait for it and look again. */
function create(context: WriteContext, creation: Creation): Promise<Created> {
  const made = createOnNodes(context, creation).finally(() => creations(context).delete(creation.uid))
  creations(context).set(creation.uid, made)
  return made
}

interface Created {
  readonly run: IndexRun
  readonly operation: Operation
}

interface Creation {
  readonly uid: IndexUid
  readonly primaryKey: string | null
  readonly task: NewTask | null
  readonly deadline: Deadline
}

/** Catalogue first, then every node: a physical index appears with its derived settings. */
async function createOnNodes(context: WriteContext, creation: Creation): Promise<Created> {
  const { uid, primaryKey, task } = creation
  const now = timestamp(context.clock.wall())
  const row: Omit<IndexRow, 'generation'> = {
    uid,
    shards: context.config.shards,
    primaryKey,
    createdAt: now,
    updatedAt: now,
    settingsVersion: 1,
    settings: defaultSettings(),
    rawSettings: {},
  }
  const copies = freshCopies(context, row.shards)
  assertQuorum(context, { uid, copies })
  const nodes = [...context.views.current().nodes.keys()]
  const made = await persistOrRefuse(() => context.store.createIndex(row, nodes))
  const run = new IndexRun(made.index, searchFacts(made.index.settings), copies, made.names)
  const submission = await context.sequence.next((seq) => {
    // Known to other writers only now: the creation is the first in every lane.
    context.runs.set(uid, run)
    return submit(context, seq, {
      ...barrier(run, 'create', createBehaviour()),
      payload: { primaryKey },
      task,
    })
  })
  run.creation = submission.operation.ended.promise
  await submission.recorded
  if (task !== null) await confirmed(context, submission.operation, creation.deadline)
  return { run, operation: submission.operation }
}

function freshCopies(context: WriteContext, shards: number): Copy[][] {
  const { nodes } = context.views.current()
  const copies: Copy[][] = []
  for (const placement of context.placements) {
    if (placement.shards !== shards) continue
    copies[placement.shard] = placement.nodes.map((node) => {
      const group = nodes.get(node)?.group ?? 0
      return {
        shard: placement.shard,
        node,
        group,
        state: 'current',
        lag: null,
        member: true,
        joining: false,
      }
    })
  }
  return copies
}

export const unchanged: Consequence = { index: null, settingsApplied: [], retire: false }

export function createBehaviour(): OperationBehaviour {
  const body = utf8(JSON.stringify(deriveAll({})))
  return {
    async request(_leg, name) {
      const path = `/indexes/${name}/settings`
      return { method: 'PATCH', path, body, operation: 'index', write: true, authority: 'master' }
    },
    details: (operation) => ({ primaryKey: operation.run.row.primaryKey }),
    async whenDone(operation) {
      operation.run.visible = true
      const settingsApplied = operation.legs
        .filter((leg) => leg.end?.ok === true)
        .map(({ node }) => ({ node, version: operation.run.row.settingsVersion }))
      return { ...unchanged, settingsApplied }
    },
  }
}

export async function createIndex(
  context: WriteContext,
  uid: IndexUid,
  primaryKey: string | null,
  deadline: Deadline,
): Promise<WriteReceipt> {
  const task = newTask(context, uid, 'indexCreation', { details: { primaryKey } })
  const underWay = creations(context).get(uid)
  if (underWay !== undefined) await underWay.catch(() => undefined)
  if ((await liveRun(context, uid)) !== undefined || creations(context).has(uid)) {
    return finishedTask(context, task, errorBody('index_already_exists', { uid }))
  }
  const { operation } = await create(context, { uid, primaryKey, task, deadline })
  return receipt(operation)
}

export async function deleteIndex(
  context: WriteContext,
  uid: IndexUid,
  deadline: Deadline,
): Promise<WriteReceipt> {
  const task = newTask(context, uid, 'indexDeletion', { details: { deletedDocuments: null } })
  const run = await liveRun(context, uid)
  if (run === undefined) {
    const details = { deletedDocuments: 0 }
    return finishedTask(context, { ...task, details }, errorBody('index_not_found', { uid }))
  }
  assertQuorum(context, run)
  const operation = await dropIndex(context, run, task)
  await confirmed(context, operation, deadline)
  return receipt(operation)
}

/** Ends an index; what comes for its uid waits until it is gone, and then makes a new generation. */
export async function dropIndex(
  context: WriteContext,
  run: IndexRun,
  task: NewTask | null,
): Promise<Operation> {
  const { operation, recorded } = await context.sequence.next((seq) => {
    const made = submit(context, seq, { ...barrier(run, 'drop', dropBehaviour()), task })
    run.dropping = made.operation.ended.promise
    return made
  })
  await recorded.catch((error: unknown) => {
    run.dropping = null
    operation.ended.resolve(false)
    throw error
  })
  return operation
}

export function dropBehaviour(): OperationBehaviour {
  return {
    async request(_leg, name) {
      return { method: 'DELETE', path: `/indexes/${name}`, operation: 'index', write: true }
    },
    details: (operation) => ({ deletedDocuments: sumOnce(operation, 'deletedDocuments') ?? 0 }),
    // Whatever a node says, the generation is over: its name is never used again.
    whenDone: async () => ({ ...unchanged, retire: true }),
  }
}
