import type { CopyFault } from '../model/answers.ts'
import type { NodeId } from '../model/ids.ts'
import type { ReadTarget } from '../model/plan.ts'
import { PROXY_SEARCH } from '../nodes/meilisearch.ts'
import type { NodeRequest, Transport } from '../nodes/transport.ts'
import { utf8 } from '../std/bytes.ts'
import type { Cancel } from '../std/cancel.ts'
import type { Clock } from '../std/clock.ts'
import { type Deadline, tighten } from '../std/deadline.ts'
import type { Hedging } from './hedging.ts'
import type { NodeScores } from './node-scores.ts'
import { type Verdict, verdictOf } from './outcome.ts'

export interface ScatterDeps {
  readonly transport: Transport
  readonly clock: Clock
  /** Budget of one exchange; the request's own deadline may end it sooner. */
  readonly nodeTimeoutMs: number
  /** Hears how nodes do, for the choice of copies. */
  readonly scores?: NodeScores | undefined
  /** Absent: no part of a read is ever asked twice. */
  readonly hedging?: Hedging | undefined
  /** Called once per exchange, with milliseconds; not for one that was broken off as useless. */
  readonly observe?: (node: NodeId, result: 'ok' | 'refused' | CopyFault, tookMs: number) => void
}

/** What of a scatter travels with each of its exchanges. */
export interface Ask {
  readonly deadline: Deadline
  /** For metrics, such as `search`. */
  readonly operation: string
  readonly headers?: Readonly<Record<string, string>>
  readonly cancel?: Cancel
}

/** One exchange with one node, within its own budget and the request's. */
export async function exchange(deps: ScatterDeps, target: ReadTarget, ask: Ask): Promise<Verdict> {
  const { clock, scores, hedging } = deps
  const node = target.node.id
  const startedMs = clock.now()
  const deadline = tighten(clock, ask.deadline, deps.nodeTimeoutMs)
  scores?.began(node)
  const outcome = await deps.transport.send(target.node, requestOf(target, ask), deadline)
  const verdict = verdictOf(outcome)
  const tookMs = clock.now() - startedMs
  if (ask.cancel?.cancelled === true) {
    scores?.ended(node, { kind: 'cancelled', tookMs })
    return verdict
  }
  if (verdict.kind === 'usable') {
    hedging?.took(node, ask.operation, tookMs)
    scores?.ended(node, { kind: 'answer', tookMs, serviceMs: serviceMs(verdict.body) })
  } else if (verdict.kind === 'refused') {
    scores?.ended(node, { kind: 'refusal' })
  } else {
    // The request may have come with little time left, which is nobody's fault.
    const blame = verdict.fault !== 'late' || deadline !== ask.deadline || clock.now() < deadline.at
    scores?.ended(node, { kind: 'fault', tookMs, blame })
  }
  const result = verdict.kind === 'usable' ? 'ok' : verdict.kind === 'refused' ? 'refused' : verdict.fault
  deps.observe?.(node, result, tookMs)
  return verdict
}

function requestOf(target: ReadTarget, { operation, headers, cancel }: Ask): NodeRequest {
  return {
    method: target.method,
    path: target.path,
    operation,
    write: false,
    ...(target.body === null ? {} : { body: bytesOf(target.body) }),
    ...(target.internal === true
      ? { headers: { ...headers, ...PROXY_SEARCH } }
      : headers === undefined
        ? {}
        : { headers }),
    ...(cancel === undefined ? {} : { cancel }),
  }
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? utf8(body) : body
}

/** Where a search answer says how long the node worked: behind its hits, usually near the end. */
const TAIL_BYTES = 2_048
const PROCESSING = '"processingTimeMs":'

/**
 * Milliseconds the node says it worked; null where it does not say. Only an estimate hangs on it, so a
 * look-alike does no harm.
 */
function serviceMs(body: Uint8Array): number | null {
  const tail = Buffer.from(body.buffer, body.byteOffset, body.length).subarray(-TAIL_BYTES)
  const at = tail.lastIndexOf(PROCESSING)
  if (at < 0) return null
  const value = Number.parseInt(
    tail.toString('latin1', at + PROCESSING.length, at + PROCESSING.length + 9),
    10,
  )
  return Number.isFinite(value) ? value : null
}
