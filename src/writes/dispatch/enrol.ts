import { limits } from '../../config/limits.ts'
import type { NodeId, ShardId } from '../../model/ids.ts'
import type { OperationKind } from '../../model/operation.ts'
import type { NewTask } from '../../model/task.ts'
import type { WriteContext } from '../context.ts'
import { deferred } from '../deferred.ts'
import { type IndexRun, isWritten, type Leg, type Operation, type OperationBehaviour } from '../run.ts'

export interface NewOperation {
  readonly run: IndexRun
  readonly kind: OperationKind
  /** Shards it touches; every shard of the index for barriers. */
  readonly shards: readonly ShardId[]
  readonly barrier: boolean
  readonly ids: readonly string[] | null
  readonly payload: unknown
  readonly task: NewTask | null
  readonly behaviour: OperationBehaviour
  /** Ask one node first and take its 4xx as the client's. */
  readonly canary: boolean
  /** Bytes that wait for a node's shards, for the lane's bound. */
  readonly bytes: number
}

/**
 * Requests that cost nothing to keep: they are offered until the node is back, for nodes must not differ in
 * them.
 */
export const REBUILT: ReadonlySet<OperationKind> = new Set(['settings', 'create', 'primary-key', 'drop'])

/** An operation on every shard of its index, with nothing more said about it yet. */
export function barrier(run: IndexRun, kind: OperationKind, behaviour: OperationBehaviour): NewOperation {
  const nothing = { ids: null, payload: null, task: null, bytes: 0 } as const
  return { ...nothing, run, kind, behaviour, shards: [], barrier: true, canary: false }
}

/** Builds the operation and enters its legs into the lanes, synchronously. */
export function enrol(
  context: WriteContext,
  seq: number,
  request: NewOperation,
  begin: (leg: Leg) => void,
): Operation {
  const { run } = request
  const shards = request.barrier ? run.copies.map((_, shard) => shard) : request.shards
  const operation: Operation = {
    row: {
      seq,
      indexUid: run.row.uid,
      generation: run.row.generation,
      kind: request.kind,
      shards: request.barrier ? null : request.shards,
      ids: request.ids,
      taskUid: null,
      payload: request.payload,
    },
    run,
    shards,
    task: request.task,
    canary: null,
    go: deferred(),
    taskUid: null,
    behaviour: request.behaviour,
    legs: [],
    pending: new Set(shards),
    results: new Map(),
    startedMs: 0,
    resendUntil: REBUILT.has(request.kind) ? Infinity : context.clock.now() + limits.writeResendMs,
    finalised: false,
    closed: false,
    recorded: false,
    graceOver: false,
    confirmed: deferred(),
    ended: deferred(),
  }
  run.lastSeq = Math.max(run.lastSeq, seq)
  run.open.push(operation)
  for (const node of run.nodes) addLegs(operation, node, request, begin)
  if (request.canary) {
    operation.canary =
      operation.legs.find((leg) => !leg.joining && context.reachability.readable(leg.node)) ?? null
  }
  for (const leg of operation.legs) run.lane(leg.node).enter(leg)
  return operation
}

function addLegs(operation: Operation, node: NodeId, request: NewOperation, begin: (leg: Leg) => void): void {
  for (const joining of [false, true]) {
    const writeSet = operation.shards.filter((shard) => {
      const copy = operation.run.copy(shard, node)
      return copy !== undefined && isWritten(copy) && copy.joining === joining
    })
    if (writeSet.length === 0) continue
    const leg: Leg = {
      operation,
      node,
      part: joining ? 1 : 0,
      joining,
      writeSet,
      shards: request.barrier && !joining ? null : writeSet,
      bytes: request.bytes,
      stage: 'waiting',
      uid: null,
      end: null,
      metadata: null,
      reason: '',
      attempts: 0,
      floor: Number.POSITIVE_INFINITY,
      parked: false,
      start: () => {
        leg.stage = 'sent'
        if (operation.recorded) begin(leg)
      },
    }
    operation.legs.push(leg)
  }
}
