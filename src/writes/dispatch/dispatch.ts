import { type ErrorBody, errorBody, fail, MiroirError } from '../../model/errors.ts'
import type { NodeId } from '../../model/ids.ts'
import type { Outcome } from '../../nodes/transport.ts'
import { sleep } from '../../std/clock.ts'
import type { Deadline } from '../../std/deadline.ts'
import { nodeView, tailOf, type WriteContext } from '../context.ts'
import { type IndexRun, isWritten, type Leg, type Operation } from '../run.ts'
import { clientError } from './client-words.ts'
import { decideDispatch } from './decide.ts'
import { enrol, type NewOperation } from './enrol.ts'
import { fenceNode } from './fence.ts'
import { leaveCopies, persist, setCopies } from './marks.ts'
import { metadataOf } from './metadata.ts'
import { classifyWrite, sendWrite, type WriteOutcome } from './node-calls.ts'
import { forgetNode, giveBody, isNumbered, noteLegEnd, settle } from './settle.ts'

const RESEND_MS = 200
const ACKNOWLEDGE_TIMES = 3
const ACKNOWLEDGE_WEIGHT = 0.1
/** Left of a client's time to tell it that it was not enough. */
const ANSWER_MARGIN_MS = 50

/**
 * Gives an operation its place in every lane, records it, and lets it start. The place is taken before the
 * record is durable and in seq order, so that lanes and store agree; nothing is sent before the record is.
 */
export function submit(context: WriteContext, seq: number, request: NewOperation): Submission {
  const operation = enrol(context, seq, request, (leg) => void exchange(context, leg))
  return { operation, recorded: record(context, operation) }
}

/** Takes the next number for an operation that must not meet a joining copy or an open settings change. */
export async function submitQuiet(
  context: WriteContext,
  run: IndexRun,
  deadline: Deadline,
  plan: () => NewOperation,
): Promise<Submission> {
  for (;;) {
    await untilQuiet(context, run, deadline)
    const made = await context.sequence.next((seq) => (run.isQuiet ? submit(context, seq, plan()) : null))
    if (made !== null) return made
  }
}

/** Nothing is recorded yet, so a client that would wait too long is told to come back. */
export async function untilQuiet(context: WriteContext, run: IndexRun, deadline: Deadline): Promise<void> {
  const leftMs = Math.max(0, deadline.at - context.clock.now() - ANSWER_MARGIN_MS)
  const quiet = await run.quiet(sleep(context.clock, leftMs))
  if (!quiet) throw fail('miroir_overloaded', { resource: `changes of index ${run.row.uid}` })
}

export interface Submission {
  readonly operation: Operation
  /** Rejects when the store refused; the operation never was then. */
  readonly recorded: Promise<void>
}

async function record(context: WriteContext, operation: Operation): Promise<void> {
  const task = operation.canary === null ? operation.task : null
  try {
    operation.taskUid = await context.store.recordOperation(operation.row, task)
  } catch (error) {
    withdraw(context, operation)
    if ((error as Error).name !== 'StoreUnavailable') throw error
    throw fail('miroir_store_unavailable', { reason: (error as Error).message })
  }
  operation.recorded = true
  operation.startedMs = context.clock.wall()
  // Where every node is slow, slowness is no reason to leave reads (H10).
  const graceMs = Math.max(context.config.graceMs, ACKNOWLEDGE_TIMES * context.acknowledgeMs)
  context.clock.after(graceMs, () => {
    operation.graceOver = true
    review(context, operation)
  })
  const started = operation.legs.filter((leg) => leg.stage === 'sent')
  for (const leg of started) void exchange(context, leg)
  review(context, operation)
}

/** The operation never was. */
function withdraw(context: WriteContext, operation: Operation): void {
  const { run } = operation
  // Its timers still look at it: nothing may follow from that.
  operation.recorded = false
  const at = run.open.indexOf(operation)
  if (at >= 0) run.open.splice(at, 1)
  for (const leg of operation.legs) endPlace(run, leg, 'left')
  settle(context, run)
}

function endPlace(run: IndexRun, leg: Leg, stage: Leg['stage']): void {
  leg.stage = stage
  run.lane(leg.node).leave(leg)
}

/** Sends one leg and takes in what came of it. The write set is decided now, when it starts (H11). */
async function exchange(context: WriteContext, leg: Leg): Promise<void> {
  const { run, canary } = leg.operation
  if (canary !== null && canary !== leg && !(await leg.operation.go.promise)) return
  leg.writeSet = leg.writeSet.filter((shard) => {
    const copy = run.copy(shard, leg.node)
    return copy !== undefined && isWritten(copy) && copy.joining === leg.joining
  })
  if (leg.writeSet.length === 0) {
    endPlace(run, leg, 'left')
    return review(context, leg.operation)
  }
  leg.attempts++
  leg.metadata = metadataOf(context, leg)
  leg.floor = tailOf(context, leg.node).acknowledged
  if (!context.reachability.readable(leg.node)) {
    return takeOutcome(context, leg, { kind: 'missed', reason: 'the node is down' })
  }
  try {
    const request = await leg.operation.behaviour.request(leg, run.name(leg.node).name)
    const sentMs = context.clock.now()
    const outcome = await sendWrite(context, nodeView(context, leg.node), request)
    if (outcome.kind === 'acked') {
      context.acknowledgeMs += ACKNOWLEDGE_WEIGHT * (context.clock.now() - sentMs - context.acknowledgeMs)
    }
    takeOutcome(context, leg, outcome)
  } catch (error) {
    context.observer.note('error', 'a write request could not be built', { reason: String(error) })
    takeOutcome(context, leg, { kind: 'missed', reason: 'request not built' })
  }
}

/** Moves a leg on by what its request came to. */
function takeOutcome(context: WriteContext, leg: Leg, outcome: WriteOutcome): void {
  const { run, canary } = leg.operation
  if (leg.stage !== 'sent' && leg.stage !== 'ambiguous') return
  if (canary === leg) {
    const alone = leg.operation.taskUid === null
    if (outcome.kind === 'refused' && alone) return void withdrawRefused(context, leg.operation, outcome)
    void openTask(context, leg.operation)
  }
  leg.parked = false
  if (outcome.kind === 'acked' && outcome.uid <= leg.floor) {
    // Task numbers only grow: this node has lost its volume, and nothing it says may be read (M6).
    tailOf(context, leg.node).acknowledged = -1
    endPlace(run, leg, 'left')
    void forgetNode(context, leg.node, `task ${outcome.uid} follows task ${leg.floor}`)
  } else if (outcome.kind === 'acked') {
    leg.uid = outcome.uid
    leg.stage = 'acked'
    // Before the next one starts: what it may be looked for in begins behind this task.
    watch(context, leg, outcome.uid)
    endPlace(run, leg, 'acked')
  } else if (outcome.kind === 'refused') {
    leg.end = { ok: false, error: outcome.error, details: null }
    endPlace(run, leg, 'ended')
  } else if (outcome.kind === 'missed') {
    leg.stage = 'missed'
    leg.reason = outcome.reason
    run.lane(leg.node).nudge()
  } else {
    leg.stage = 'ambiguous'
    leg.reason = outcome.reason
    run.lane(leg.node).nudge()
    if (outcome.late !== undefined) {
      leg.parked = true
      void outcome.late.then((late: Outcome) => takeOutcome(context, leg, classifyWrite(late)))
    }
  }
  review(context, leg.operation)
}

/** One node refused the request before it took effect anywhere: its words are the client's. */
async function withdrawRefused(
  context: WriteContext,
  operation: Operation,
  refusal: { readonly status: number; readonly error: ErrorBody },
): Promise<void> {
  operation.go.resolve(false)
  withdraw(context, operation)
  operation.confirmed.reject(new MiroirError(refusal.status, clientError(operation, refusal.error)))
  await persist(context, () => context.store.voidOperation(operation.row.seq))
}

/** The canary did not refuse: the operation gets its task and goes to the others. */
async function openTask(context: WriteContext, operation: Operation): Promise<void> {
  const { task, row } = operation
  operation.canary = null
  if (task !== null && operation.taskUid === null) {
    operation.taskUid = await persist(context, () => context.store.openTask(row.seq, task))
  }
  operation.go.resolve(true)
  review(context, operation)
}

function watch(context: WriteContext, leg: Leg, uid: number): void {
  const { run } = leg.operation
  tailOf(context, leg.node).watch(uid, leg.metadata, (event) => {
    if (leg.stage !== 'acked') return
    if (event.kind === 'vanished') {
      leg.stage = 'left'
      void forgetNode(context, leg.node, 'its task log is not the one we wrote to')
    } else {
      const { status, error, details } = event.task
      leg.end = { ok: status === 'succeeded', error, details: details ?? null }
      leg.stage = 'ended'
      noteLegEnd(context, leg)
    }
    review(context, leg.operation)
    settle(context, run)
  })
}

/** Draws the consequences of everything known about an operation; idempotent. */
export function review(context: WriteContext, operation: Operation): void {
  const { run } = operation
  if (!operation.recorded) return
  if (operation.canary?.stage === 'left') void openTask(context, operation)
  const decision = decideDispatch(operation)
  let durable: Promise<unknown> = Promise.resolve()
  if (decision.leave.length > 0) {
    durable = leaveCopies(context, run, decision.leave, operation.row.seq)
    narrowLegs(run, operation)
  }
  for (const leg of decision.resend) resend(context, leg)
  for (const node of decision.fence) void clear(context, run, node)
  confirm(context, operation, decision, durable)
  giveBody(operation)
  settle(context, run)
}

/** Makes what is ambiguous on a node definitive and goes on from there. */
export async function clear(context: WriteContext, run: IndexRun, node: NodeId): Promise<void> {
  const verdicts = await fenceNode(context, run, node)
  for (const [leg, verdict] of verdicts) takeOutcome(context, leg, verdict)
}

/** Legs whose copies all left hold up nobody any more. */
function narrowLegs(run: IndexRun, operation: Operation): void {
  for (const leg of operation.legs) {
    if (leg.joining || leg.stage === 'left' || leg.stage === 'ended' || leg.stage === 'acked') continue
    leg.writeSet = leg.writeSet.filter((shard) => {
      const copy = run.copy(shard, leg.node)
      return copy !== undefined && isWritten(copy)
    })
    if (leg.writeSet.length === 0) endPlace(run, leg, 'left')
  }
}

function resend(context: WriteContext, leg: Leg): void {
  const { operation } = leg
  leg.stage = 'sent'
  if (context.clock.now() >= operation.resendUntil) {
    const message = `no copy could be reached (${leg.reason})`
    leg.end = { ok: false, error: errorBody('internal', { message }), details: null }
    endPlace(operation.run, leg, 'ended')
    return
  }
  context.clock.after(RESEND_MS, () => void exchange(context, leg))
}

type Decision = ReturnType<typeof decideDispatch>

/** Tells the waiting client once enough copies hold it and the others are durably out of reads (M3). */
function confirm(
  context: WriteContext,
  operation: Operation,
  decision: Decision,
  durable: Promise<unknown>,
): void {
  const needed = Math.max(1, context.config.minAcks)
  if (decision.holders < needed || !isNumbered(operation)) return
  if (decision.unanswered.length > 0) {
    if (!operation.graceOver) return
    const behind = setCopies(context, operation.run, decision.unanswered, 'behind')
    void Promise.all([durable, behind]).then(() => operation.confirmed.resolve())
    return
  }
  void durable.then(() => operation.confirmed.resolve())
}

/** Waits until the client may be told 202; 503 with the task's number when that does not come in time. */
export async function confirmed(
  context: WriteContext,
  operation: Operation,
  deadline: Deadline,
): Promise<void> {
  const leftMs = Math.max(0, deadline.at - context.clock.now() - ANSWER_MARGIN_MS)
  const timeout = new Promise<'late'>((resolve) => {
    context.clock.after(leftMs, () => resolve('late'))
  })
  const outcome = await Promise.race([operation.confirmed.promise, operation.ended.promise, timeout])
  if (outcome !== 'late') return
  if (!isNumbered(operation)) await openTask(context, operation)
  const { holders } = decideDispatch(operation)
  throw fail('miroir_write_unconfirmed', {
    task: operation.taskUid ?? -1,
    acks: Number.isFinite(holders) ? holders : 0,
    needed: Math.max(1, context.config.minAcks),
  })
}
