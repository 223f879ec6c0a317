import { limits } from '../config/limits.ts'
import type { NodeId } from '../model/ids.ts'
import type { NodeView } from '../model/view.ts'
import type { Clock } from '../std/clock.ts'
import type { Deadline } from '../std/deadline.ts'
import { NodeConnections } from './connections.ts'
import { Exchange, type ExchangeEnd } from './exchange.ts'
import type { ExchangeError } from './failures.ts'
import type { NodeIdentities } from './identity.ts'
import type { NodeRequest, Outcome, Transport } from './transport.ts'

/** One finished call of `send`; a parked write is reported once, at its deadline. */
export interface ExchangeEvent {
  readonly node: NodeId
  readonly operation: string
  readonly seconds: number
  /** Null when an answer came, whatever its status, unless it said that the key is unknown. */
  readonly error: ExchangeError | null
}

export interface UndiciTransportOptions {
  /** Key that a request carries as Bearer; null for none, undefined when the node must not be asked. */
  readonly keyOf: NodeIdentities['keyOf']
  readonly clock: Clock
  /** Connections to one node; `limits.nodeConnectionsMax` unless configured otherwise. */
  readonly connectionsMax: number
  /** Longest answer, in bytes; `limits.nodeAnswerBytesMax` unless configured otherwise. */
  readonly answerBytesMax?: number
  readonly onExchange?: (event: ExchangeEvent) => void
}

/** The transport of record: HTTP/1.1 over kept-alive connections, one exchange on each at a time. */
export function createUndiciTransport(options: UndiciTransportOptions): Transport {
  return new UndiciTransport(options)
}

class UndiciTransport implements Transport {
  readonly #options: UndiciTransportOptions
  readonly #nodes = new Map<NodeId, NodeConnections>()
  /** Closings of connections to addresses that nodes no longer have. */
  readonly #retired = new Set<Promise<void>>()
  #closed = false

  constructor(options: UndiciTransportOptions) {
    this.#options = options
  }

  async send(node: NodeView, request: NodeRequest, deadline: Deadline): Promise<Outcome> {
    const { clock, onExchange } = this.#options
    const startMs = clock.now()
    const { outcome, error } = await this.#exchange(node, request, deadline)
    onExchange?.({
      node: node.id,
      operation: request.operation,
      seconds: (clock.now() - startMs) / 1000,
      error: error ?? keyError(outcome),
    })
    return outcome
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...[...this.#nodes.values()].map((node) => node.close()), ...this.#retired])
  }

  #exchange(node: NodeView, request: NodeRequest, deadline: Deadline): Promise<ExchangeEnd> {
    const { clock } = this.#options
    if (this.#closed) return Promise.resolve(unsent('closed', 'the transport was closed'))
    if (!request.write && request.cancel?.cancelled === true)
      return Promise.resolve(unsent('cancelled', 'it was cancelled before it was sent'))
    if (deadline.at <= clock.now())
      return Promise.resolve(unsent('queued', 'the deadline had passed before it was sent'))
    const key = this.#options.keyOf(node.id, request.authority ?? 'node')
    if (key === undefined) return Promise.resolve(unsent('queued', 'the node has no key yet'))
    const connections = this.#connectionsOf(node)
    return new Promise((deliver) => {
      const exchange = new Exchange({
        clock,
        connections,
        request,
        deadline,
        headers: headersOf(request, key),
        answerBytesMax: request.answerBytesMax ?? this.#options.answerBytesMax ?? limits.nodeAnswerBytesMax,
        deliver,
      })
      connections.enter(exchange)
    })
  }

  #connectionsOf(node: NodeView): NodeConnections {
    const known = this.#nodes.get(node.id)
    if (known?.address === node.address) return known
    if (known !== undefined) {
      const closing: Promise<void> = known.close().finally(() => this.#retired.delete(closing))
      this.#retired.add(closing)
    }
    const made = new NodeConnections(node.address, this.#options.connectionsMax)
    this.#nodes.set(node.id, made)
    return made
  }
}

/**
 * Never `Accept-Encoding`: a compressed answer costs 40 ms on a kept-alive connection (Nagle, delayed ACK).
 */
function headersOf(request: NodeRequest, key: string | null): string[] {
  const headers: string[] = []
  let authorized = key === null
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    const lower = name.toLowerCase()
    if (lower === 'accept-encoding') continue
    if (lower === 'authorization') authorized = true
    headers.push(name, value)
  }
  if (!authorized) headers.push('authorization', `Bearer ${key}`)
  if (request.body !== undefined) headers.push('content-type', request.contentType ?? 'application/json')
  return headers
}

function keyError(outcome: Outcome): ExchangeError | null {
  return outcome.kind === 'answer' && (outcome.status === 401 || outcome.status === 403)
    ? 'unknown-key'
    : null
}

function unsent(error: ExchangeError, reason: string): ExchangeEnd {
  return { outcome: { kind: 'never-sent', reason }, error }
}
