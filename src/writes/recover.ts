import { deriveAll } from '../catalogue/settings.ts'
import type { NodeId } from '../model/ids.ts'
import type { OperationRow } from '../model/operation.ts'
import type { JsonObject } from '../model/view.ts'
import { sleep } from '../std/clock.ts'
import type { WriteContext } from './context.ts'
import { deferred } from './deferred.ts'
import { clear, review } from './dispatch/dispatch.ts'
import { REBUILT } from './dispatch/enrol.ts'
import { metadataOf } from './dispatch/metadata.ts'
import { settle } from './dispatch/settle.ts'
import { sumOnce } from './operations/counts.ts'
import { editedDetails } from './operations/edit-documents.ts'
import { createBehaviour, dropBehaviour } from './operations/index-operations.ts'
import { keyBehaviour } from './operations/primary-key.ts'
import { settingsBehaviour } from './operations/settings-operation.ts'
import {
  ANY_PART,
  type IndexRun,
  isWritten,
  type Leg,
  type Operation,
  type OperationBehaviour,
} from './run.ts'

const WAIT_FOR_NODES_MS = 10_000
const WAIT_STEP_MS = 50

/**
 * Takes up the operations that a previous process left open. Nobody knows which requests left it or are still
 * on their way, so every copy they may have reached is fenced; then they are settled like any other.
 */
export async function recover(context: WriteContext, rows: readonly OperationRow[]): Promise<void> {
  const operations = rows.flatMap((row) => {
    const run = context.runs.get(row.indexUid)
    return run === undefined || run.row.generation !== row.generation ? [] : [revive(context, run, row)]
  })
  if (operations.length === 0) return
  context.observer.note('info', 'operations of the previous run are being settled', {
    count: operations.length,
  })
  const runs = new Set(operations.map((operation) => operation.run))
  await Promise.all([...runs].map((run) => fenceAll(context, run)))
  for (const operation of operations) {
    operation.recorded = true
    operation.graceOver = true
    review(context, operation)
  }
  for (const run of runs) settle(context, run)
}

async function fenceAll(context: WriteContext, run: IndexRun): Promise<void> {
  const nodes = new Set(run.open.flatMap((operation) => operation.legs.map((leg) => leg.node)))
  await Promise.all(
    [...nodes].map(async (node) => {
      if (await becomesReadable(context, node)) await clear(context, run, node)
    }),
  )
}

/** A node that stays away is decided later: its copies leave where another one holds the operation. */
async function becomesReadable(context: WriteContext, node: NodeId): Promise<boolean> {
  const until = context.clock.now() + WAIT_FOR_NODES_MS
  while (!context.reachability.readable(node)) {
    if (context.clock.now() >= until || context.closing) return false
    await sleep(context.clock, WAIT_STEP_MS)
  }
  return true
}

function revive(context: WriteContext, run: IndexRun, row: OperationRow): Operation {
  const shards = row.shards ?? run.copies.map((_, shard) => shard)
  const operation: Operation = {
    row,
    run,
    shards,
    task: null,
    canary: null,
    go: deferred(),
    taskUid: row.taskUid,
    behaviour: behaviourOf(context, row),
    legs: [],
    pending: new Set(shards),
    results: new Map(),
    startedMs: context.clock.wall(),
    resendUntil: REBUILT.has(row.kind) ? Infinity : context.clock.now(),
    finalised: false,
    closed: false,
    recorded: false,
    graceOver: false,
    confirmed: deferred(),
    ended: deferred(),
  }
  run.lastSeq = Math.max(run.lastSeq, row.seq)
  const key = (row.payload as { primaryKey?: string } | null)?.primaryKey
  if (row.kind === 'primary-key') run.primaryKey = key ?? run.primaryKey
  else if (key !== undefined) run.primaryKey ??= key
  if (row.kind === 'drop') run.dropping = operation.ended.promise
  if (row.kind === 'settings') {
    run.settingsOpen++
    void operation.ended.promise.then(() => {
      run.settingsOpen--
      run.tellQuiet()
    })
  }
  run.open.push(operation)
  for (const node of run.nodes) reviveLegs(context, operation, node)
  return operation
}

function reviveLegs(context: WriteContext, operation: Operation, node: NodeId): void {
  const { run, row } = operation
  const writeSet = operation.shards.filter((shard) => {
    const copy = run.copy(shard, node)
    return copy !== undefined && isWritten(copy)
  })
  if (writeSet.length === 0) return
  const leg: Leg = {
    ...{
      operation,
      node,
      part: ANY_PART,
      joining: false,
      writeSet,
      bytes: 0,
      uid: null,
      end: null,
      parked: false,
    },
    shards: row.shards === null ? null : writeSet,
    stage: 'ambiguous',
    metadata: null,
    reason: 'left by the previous run',
    attempts: 1,
    floor: context.tails.get(node)?.acknowledged ?? -1,
    start: () => undefined,
  }
  leg.metadata = metadataOf(context, leg)
  operation.legs.push(leg)
  run.lane(node).enter(leg)
}

interface Payload {
  readonly primaryKey?: string
  readonly documents?: number
  readonly raw?: JsonObject
  readonly details?: JsonObject
}

/** What can still be known of it: bodies of documents are gone, everything else can be said again. */
function behaviourOf(context: WriteContext, row: OperationRow): OperationBehaviour {
  const payload = (row.payload ?? {}) as Payload
  if (row.kind === 'create') return createBehaviour()
  if (row.kind === 'drop') return dropBehaviour()
  if (row.kind === 'primary-key') return keyBehaviour(context)
  if (row.kind === 'settings') {
    const raw = payload.raw ?? {}
    return settingsBehaviour(context, {
      method: 'PATCH',
      suffix: '',
      body: JSON.stringify(deriveAll(raw)),
      raw,
    })
  }
  return {
    request: () => Promise.reject(new Error('the body did not outlive the previous process')),
    details(operation, ok) {
      if (row.kind === 'edit') return editedDetails(operation, ok, payload.details ?? {})
      const received = payload.documents
      if (received === undefined) {
        return {
          ...payload.details,
          deletedDocuments: ok ? (sumOnce(operation, 'deletedDocuments') ?? 0) : 0,
        }
      }
      const indexed = ok ? (sumOnce(operation, 'indexedDocuments') ?? received) : 0
      return { receivedDocuments: received, indexedDocuments: indexed }
    },
    async whenDone(operation, ok) {
      const fresh = ok && operation.run.row.primaryKey === null && payload.primaryKey !== undefined
      const index = fresh ? { ...operation.run.row, primaryKey: payload.primaryKey ?? null } : null
      return { index, settingsApplied: [], retire: false }
    },
  }
}
