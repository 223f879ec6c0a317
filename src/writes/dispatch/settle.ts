import { type ErrorBody, errorBody } from '../../model/errors.ts'
import type { NodeId, ShardId } from '../../model/ids.ts'
import type { CopyMark } from '../../model/operation.ts'
import type { TaskChange } from '../../model/task.ts'
import { publishIndex, type WriteContext } from '../context.ts'
import {
  type Consequence,
  type Copy,
  type IndexRun,
  isWritten,
  type Leg,
  markOf,
  type Operation,
} from '../run.ts'
import { clientError } from './client-words.ts'
import { decideShard } from './decide.ts'
import { leaveCopies, persist, setCopies } from './marks.ts'

/**
 * Settles what can be settled, strictly in seq order per shard (M2). Called after every event that may let it
 * go on; calling it too often is harmless.
 */
export function settle(context: WriteContext, run: IndexRun): void {
  const blocked = new Set<ShardId>()
  for (const operation of [...run.open]) {
    for (const shard of [...operation.pending]) {
      if (!blocked.has(shard) && !settleShard(context, operation, shard)) blocked.add(shard)
    }
    for (const shard of operation.pending) blocked.add(shard)
    if (operation.pending.size === 0 && !operation.finalised && isNumbered(operation)) {
      operation.finalised = true
      void finalise(context, operation)
    }
  }
  dropStranded(run)
  dropFinished(run)
  reviewBehind(context, run)
}

/** Recorded, and its task, if there is to be one, has its number. */
export function isNumbered(operation: Operation): boolean {
  return operation.recorded && (operation.task === null || operation.taskUid !== null)
}

/** True when the shard is settled for this operation. */
function settleShard(context: WriteContext, operation: Operation, shard: ShardId): boolean {
  const { run } = operation
  const verdict = decideShard(operation, shard)
  if (verdict.kind === 'wait') return false
  if (verdict.kind === 'trailing') {
    const late = verdict.copies.filter((copy) => mayLeave(context, operation, copy))
    if (late.length === 0) return false
    for (const copy of late) copy.member = false
    context.observer.copyLeft('trailing')
    void setCopies(context, run, late, 'behind')
    return settleShard(context, operation, shard)
  }
  operation.results.set(shard, verdict.result)
  operation.pending.delete(shard)
  if (verdict.leave.length > 0) void leaveCopies(context, run, verdict.leave, operation.row.seq)
  for (const copy of run.copies[shard] ?? []) checkTrailer(context, operation, copy)
  return true
}

/** A member that is unreachable or too far behind the best one may leave: another member has ended. */
function mayLeave(context: WriteContext, operation: Operation, copy: Copy): boolean {
  if (!context.reachability.readable(copy.node)) return true
  return context.clock.wall() - operation.startedMs > context.config.maxTrailMs
}

/** A copy that is written without being a member must end every operation as it was settled. */
function checkTrailer(context: WriteContext, operation: Operation, copy: Copy): void {
  if (copy.member || copy.state === 'lagging') return
  const result = operation.results.get(copy.shard)
  const leg = operation.legs.find((one) => one.node === copy.node && one.writeSet.includes(copy.shard))
  if (result === undefined || leg?.end == null) return
  if (leg.end.ok !== result.ok) void leaveCopies(context, operation.run, [copy], operation.row.seq)
}

/** Takes in a leg that ended after its shards may have been settled without it. */
export function noteLegEnd(context: WriteContext, leg: Leg): void {
  for (const shard of leg.writeSet) {
    const copy = leg.operation.run.copy(shard, leg.node)
    if (copy !== undefined) checkTrailer(context, leg.operation, copy)
  }
}

/**
 * Requests that may not have arrived, for copies that left since because of another operation: nobody waits
 * for them, and nothing would ever take them out of the lane, which could not be held for a refill then.
 */
function dropStranded(run: IndexRun): void {
  for (const leg of run.open.flatMap((operation) => operation.legs)) {
    if (leg.stage !== 'missed' && leg.stage !== 'ambiguous') continue
    const counts = leg.writeSet.some((shard) => {
      const copy = run.copy(shard, leg.node)
      return copy !== undefined && isWritten(copy) && copy.joining === leg.joining
    })
    if (counts) continue
    leg.stage = 'left'
    run.lane(leg.node).leave(leg)
    giveBody(leg.operation)
  }
}

/** Its body is given back once no leg needs it any more. */
export function giveBody(operation: Operation): void {
  if (operation.legs.every((leg) => DECIDED.has(leg.stage))) operation.behaviour.decided?.()
}

const DECIDED = new Set(['acked', 'ended', 'left'])

function dropFinished(run: IndexRun): void {
  for (let at = run.open.length - 1; at >= 0; at--) {
    const operation = run.open[at]
    if (operation === undefined || !operation.closed) continue
    if (operation.legs.every((leg) => leg.stage === 'ended' || leg.stage === 'left')) run.open.splice(at, 1)
  }
}

/** Copies that were only late become current again: nothing settled is missing on them (M3). */
function reviewBehind(context: WriteContext, run: IndexRun): void {
  const ready = run.copies.flatMap((copies) =>
    copies.filter(
      (copy) =>
        copy.state === 'behind' &&
        !copy.joining &&
        context.reachability.readable(copy.node) &&
        !run.open.some((operation) => holdsUp(operation, copy)),
    ),
  )
  if (ready.length === 0) return
  for (const copy of ready) copy.member = true
  void setCopies(context, run, ready, 'current')
}

/** Does this operation keep the copy out of reads? */
function holdsUp(operation: Operation, copy: Copy): boolean {
  return operation.legs.some((leg) => {
    if (leg.node !== copy.node || !leg.writeSet.includes(copy.shard)) return false
    if (leg.stage === 'ended' || leg.stage === 'left') return false
    const settled = operation.results.has(copy.shard)
    return settled || leg.stage !== 'acked'
  })
}

/**
 * Everything on the node is no longer what we wrote: out of reads and writes, to be rebuilt from nothing
 * (M8). Resolves once that is durable.
 */
export async function forgetNode(context: WriteContext, node: NodeId, reason: string): Promise<void> {
  context.observer.note('error', 'a node lost data, its copies are rebuilt', { node, reason })
  const durable: Promise<unknown>[] = []
  for (const run of context.runs.values()) {
    const copies = run.copiesOn(node).filter((copy) => !(copy.state === 'lagging' && copy.lag === 0))
    durable.push(leaveCopies(context, run, copies, 1))
    for (const operation of run.open) {
      for (const leg of operation.legs) if (leg.node === node && leg.stage === 'acked') leg.stage = 'left'
    }
    settle(context, run)
  }
  await Promise.all(durable)
}

const NO_CONSEQUENCE: Consequence = { index: null, settingsApplied: [], retire: false }

/** Makes the outcome durable, then visible: task, copies, catalogue, in one step. */
async function finalise(context: WriteContext, operation: Operation): Promise<void> {
  const { run, row, behaviour } = operation
  const failed = [...operation.results].filter(([, result]) => !result.ok)
  let error = errorFor(operation, failed.length)
  const consequence = (await behaviour.whenDone?.(operation, error === null)) ?? NO_CONSEQUENCE
  error = consequence.error ?? error
  if (error !== null) error = clientError(operation, error)
  const epoch = await persist(context, () =>
    context.store.endOperation({
      seq: row.seq,
      task:
        operation.taskUid === null
          ? null
          : { uid: operation.taskUid, change: taskChange(context, operation, error) },
      marks: lateMarks(run),
      index: consequence.index,
      settingsApplied: consequence.settingsApplied,
      retire: consequence.retire,
    }),
  )
  if (consequence.retire) context.runs.delete(run.row.uid)
  if (consequence.index !== null) run.row = consequence.index
  publishIndex(context, run, epoch)
  operation.closed = true
  if (operation.task !== null) {
    const ageMs = context.clock.wall() - operation.task.enqueuedMs
    context.observer.taskEnded(error === null ? 'succeeded' : 'failed', ageMs)
  }
  operation.ended.resolve(error === null)
  operation.confirmed.resolve()
  settle(context, run)
}

/** States must not be weaker in the store than here when a success is published. */
function lateMarks(run: IndexRun): CopyMark[] {
  if (run.marksPending === 0) return []
  return run.copies.flatMap((copies) =>
    copies
      .filter((copy) => copy.state === 'lagging' || copy.state === 'behind')
      .map((copy) => markOf(run, copy)),
  )
}

function errorFor(operation: Operation, failedShards: number): ErrorBody | null {
  if (failedShards === 0) return null
  const failures = [...operation.results].filter(([, result]) => !result.ok)
  const first =
    failures[0]?.[1].error ?? errorBody('internal', { message: 'every copy failed without an error' })
  if (failedShards === operation.results.size) return first
  const shards = failures.map(([shard]) => shard).join(',')
  return errorBody('miroir_partial', { shards, message: first.message })
}

function taskChange(context: WriteContext, operation: Operation, error: ErrorBody | null): TaskChange {
  return {
    status: error === null ? 'succeeded' : 'failed',
    details: operation.behaviour.details(operation, error === null),
    error,
    startedMs: operation.startedMs,
    finishedMs: Math.max(operation.startedMs, context.clock.wall()),
  }
}
