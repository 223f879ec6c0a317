import type { Call, ReplyFacts } from '../model/call.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'

/** What a handler knows about its request; becomes fields of the request's log line. */
export interface RequestFacts extends Partial<ReplyFacts> {
  readonly index?: string
  readonly degraded?: boolean
}

/** A request whose answer is decided. */
export interface FinishedRequest {
  readonly id: string
  readonly method: string
  /** Template of the route; `unmatched` when there was none. */
  readonly template: string
  /** 499 when the client went away before the answer. */
  readonly status: number
  /** From the end of the head to the decision, in milliseconds. */
  readonly durationMs: number
  /** Probes: logged at debug level. */
  readonly quiet: boolean
  /** Null when no handler ran. */
  readonly call: Call | null
}

export type RequestLimit =
  | 'concurrent_requests'
  | 'body_memory'
  | 'body_bytes'
  | 'upload_time'
  | 'deadline'
  | 'slow_reader'

/** Hears of every request the HTTP server sees. */
export interface RequestObserver {
  started(): void
  finished(request: FinishedRequest): void
  /** Bytes that are not sound HTTP were refused; `reason` is one of a few fixed words. */
  refused(reason: string): void
  limitHit(limit: RequestLimit): void
}

const facts = new WeakMap<Call, RequestFacts>()

/** Adds facts to a request; later facts win over earlier ones of the same name. */
export function noteFacts(call: Call, added: RequestFacts): void {
  facts.set(call, { ...facts.get(call), ...added })
}

/** The observer of the program: metrics and at most one line per request. */
export function observeRequests(metrics: Metrics, logger: Logger): RequestObserver {
  return {
    started: () => metrics.requestStarted(),
    finished(request) {
      metrics.requestFinished(request)
      logRequest(logger, request)
    },
    refused: (reason) => metrics.requestRefused(reason),
    limitHit: (limit) => metrics.limitHit(limit),
  }
}

function logRequest(logger: Logger, request: FinishedRequest): void {
  const level = request.quiet ? 'debug' : request.status >= 500 ? 'warn' : 'info'
  if (!logger.enabled(level)) return
  const known = request.call === null ? undefined : facts.get(request.call)
  logger[level](
    {
      request_id: request.id,
      method: request.method,
      path_template: request.template,
      status: request.status,
      duration_ms: Math.round(request.durationMs * 1000) / 1000,
      index: known?.index,
      node_count: known?.nodeCount,
      estimated_hits: known?.estimatedHits,
      degraded: known?.degraded,
    },
    'request',
  )
}
