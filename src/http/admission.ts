import { limits } from '../config/limits.ts'
import type { Access, Call, Reply, Route, SlabPool } from '../model/call.ts'
import { fail, type MiroirError } from '../model/errors.ts'
import type { Clock } from '../std/clock.ts'
import type { Logger } from '../telemetry/log.ts'
import type { RequestLimit, RequestObserver } from '../telemetry/requests.ts'
import type { BodyFault } from './body/body-kinds.ts'
import { isPreflight, preflightReply } from './cors.ts'
import { errorReply, malformedTarget, payloadIncomplete, payloadTooLarge } from './encode.ts'
import type { RequestHead } from './engine.ts'
import { fieldOf } from './hygiene.ts'
import type { Router } from './router.ts'
import { parseTarget, type Target } from './target.ts'
import type { Traffic } from './traffic.ts'

/** The part of a call that is known before its body: enough to check a key. */
export type Caller = Pick<Call, 'header'>

/** What all exchanges of a server share. */
export interface ExchangeContext {
  readonly router: Router
  readonly traffic: Traffic
  readonly maxBodyBytes: number
  readonly requestTimeoutMs: number
  readonly maxConcurrentRequests: number
  readonly slabs: SlabPool
  readonly clock: Clock
  readonly newId: () => string
  readonly observer: RequestObserver
  readonly logger: Logger | undefined
  authorize(caller: Caller, access: Access): MiroirError | null
}

/** What a head alone decides. */
export interface Admission {
  /** Null when the path is unknown, the method wrong or the target unreadable. */
  readonly route: Route | null
  readonly target: Target | null
  readonly params: Readonly<Record<string, string>>
  /** The answer, when no handler and no body are needed. */
  readonly reply: Reply | null
}

const NO_PARAMS = {}
const NOT_FOUND: Reply = { status: 404 }
const METHOD_NOT_ALLOWED: Reply = { status: 405 }

/**
 * Decides from the head, in this order: preflight, unreadable target, unknown path, wrong method (none of
 * them looks at keys), overload, key. Only then is a body awaited: a bad key beats anything wrong with it.
 */
export function admit(context: ExchangeContext, head: RequestHead): Admission {
  if (isPreflight(head.method, head.headers)) return answered(preflightReply(head.headers))
  const target = parseTarget(head.target)
  if (target === null) return answered(errorReply(malformedTarget()))
  const match = context.router.match(head.method, target.segments)
  if (match.kind === 'unknown-path') return answered(NOT_FOUND)
  if (match.kind === 'wrong-method') return answered(METHOD_NOT_ALLOWED)
  const { route, params } = match
  // Probes are let through: a busy process that fails them would be taken out or restarted.
  const error =
    context.traffic.inFlight > context.maxConcurrentRequests && route.quiet !== true
      ? overloaded(context, 'concurrent_requests', 'requests')
      : context.authorize({ header: (name) => fieldOf(head.headers, name) }, route.access)
  return { route, params, target, reply: error === null ? null : errorReply(error) }
}

/** The 503 for a bound that is used up, counted. */
function overloaded(context: ExchangeContext, limit: RequestLimit, resource: string): MiroirError {
  context.observer.limitHit(limit)
  return fail('miroir_overloaded', { resource })
}

/** What a client hears of a body that is too long, or not what its encoding promises; bounds are counted. */
export function bodyError(context: ExchangeContext, fault: BodyFault, takesDocuments: boolean): MiroirError {
  if (fault === 'incomplete') return payloadIncomplete()
  if (fault === 'no-memory') return overloaded(context, 'body_memory', 'memory for request bodies')
  context.observer.limitHit('body_bytes')
  if (fault === 'too-large') return payloadTooLarge(context.maxBodyBytes, takesDocuments)
  const limit = `${limits.unpackedGrowthMax} times its length`
  return fail('miroir_body_grows', { limit, form: 'plain text' })
}

function answered(reply: Reply): Admission {
  return { route: null, params: NO_PARAMS, target: null, reply }
}
