import type { Dispatcher } from 'undici'
import type { Clock, Timer } from '../std/clock.ts'
import type { Deadline } from '../std/deadline.ts'
import { AnswerBody } from './answer-body.ts'
import type { Connection, NodeConnections } from './connections.ts'
import { broken, codeOf, type ExchangeError, type Failure, isStale, REASONS, unopened } from './failures.ts'
import type { NodeRequest, Outcome } from './transport.ts'

export interface ExchangeEnd {
  readonly outcome: Outcome
  readonly error: ExchangeError | null
}

interface Setup {
  readonly clock: Clock
  readonly connections: NodeConnections
  readonly request: NodeRequest
  readonly deadline: Deadline
  readonly headers: string[]
  readonly answerBytesMax: number
  readonly deliver: (end: ExchangeEnd) => void
}

/**
 * Where an exchange stands:
 *
 *   waiting ──► opening ──► written ──► done
 *      │           │           │
 *      ▼           ▼           ▼ (write, deadline)
 *     done     cancelled     parked ──► done
 *
 * undici calls `onConnect` in the same turn in which it writes the first byte, and a throw there stops it. So
 * a request is surely unwritten in `waiting`, `opening` and `cancelled`, and may have taken effect in every
 * other state (M1).
 */
type State = 'waiting' | 'opening' | 'cancelled' | 'written' | 'parked' | 'done'

/** One request and its answer, also the handler that undici reports to. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly write: boolean
  #state: State = 'waiting'
  #connection: Connection | null = null
  #abort: ((error?: Error) => void) | null = null
  #body: AnswerBody | null = null
  #answerBegan = false
  #retried = false
  /** Some attempt was written, perhaps not the present one. */
  #wrote = false
  #status = 0
  /** Set when we break the exchange ourselves: what to report instead of undici's error. */
  #verdict: Failure | null = null
  #resolveLate: ((outcome: Outcome) => void) | null = null
  readonly #timer: Timer
  readonly #setup: Setup

  constructor(setup: Setup) {
    this.#setup = setup
    this.write = setup.request.write
    const delayMs = setup.deadline.at - setup.clock.now()
    this.#timer = setup.clock.after(delayMs, () => this.#expire())
    if (!this.write) setup.request.cancel?.listen(() => this.#cancel())
  }

  /** Takes the connection that was assigned to it and hands the request to undici. */
  begin(connection: Connection): void {
    this.#state = 'opening'
    this.#connection = connection
    this.#dispatch(connection)
  }

  #overdue(): boolean {
    return this.#setup.deadline.at <= this.#setup.clock.now()
  }

  /** Ends an exchange that was never given a connection. */
  refuse(error: ExchangeError, reason: string): void {
    this.#finish({ kind: 'never-sent', reason }, error)
  }

  /** True while a write waits for an answer past its deadline. */
  get parked(): boolean {
    return this.#state === 'parked'
  }

  /** Breaks a parked write off because the transport closes. */
  unpark(): void {
    if (this.#state === 'parked') this.#break('closed', 'the transport was closed')
  }

  #dispatch(connection: Connection): void {
    const { request, headers } = this.#setup
    connection.client.dispatch(
      { method: request.method, path: request.path, headers, body: request.body ?? null },
      this,
    )
  }

  // --- what undici reports ---

  onConnect(abort: (error?: Error) => void): void {
    // The timer may be late: a request whose time is up must not start.
    if (this.#state === 'opening' && this.#overdue()) this.#expire()
    // Thrown, not aborted: an abort would cost the idle connection, a throw only drops the request.
    if (this.#state !== 'opening') throw new Error('cancelled')
    this.#abort = abort
    this.#state = 'written'
    this.#wrote = true
  }

  onResponseStarted(): void {
    this.#answerBegan = true
  }

  onHeaders(status: number, headers: Buffer[]): boolean {
    if (status < 200) return true
    this.#status = status
    const body = AnswerBody.begin(status, headers, this.#setup.answerBytesMax)
    if (typeof body === 'string') this.#break(body === 'oversize' ? 'oversize' : 'malformed', REASONS[body])
    else this.#body = body
    return true
  }

  onData(chunk: Buffer): boolean {
    if (this.#body?.add(chunk) === false) this.#break('oversize', REASONS.oversize)
    return true
  }

  onComplete(): void {
    const body = this.#body?.finish() ?? null
    const contentType = this.#body?.contentType ?? ''
    // An answer that came before the request was written in full: the rest must not be read from the caller's
    // memory.
    if (body === null || this.#connection?.unflushed() === true) this.#connection?.cut()
    queueMicrotask(() => {
      this.#leave(body !== null)
      if (body === null) this.#finish({ kind: 'ambiguous', reason: REASONS.length }, 'malformed')
      else this.#finish({ kind: 'answer', status: this.#status, contentType, body }, null)
    })
  }

  onError(error: Error): void {
    // Not in this turn: undici is still walking its queue, and what follows may dispatch on the same client.
    queueMicrotask(() => this.#failed(codeOf(error)))
  }

  #failed(code: string): void {
    const state = this.#state
    if (state === 'done') return
    const unwritten = state === 'opening' || state === 'cancelled'
    const repeatable = unwritten || (!this.write && !this.#answerBegan && this.#verdict === null)
    if (state !== 'cancelled' && repeatable && isStale(code) && this.#retry()) return
    this.#leave(false)
    if (state === 'cancelled') {
      this.#state = 'done'
    } else if (unwritten) {
      const { error, reason } = unopened(code)
      this.#finish(this.#unsent(reason), error)
    } else {
      const { error, reason } = this.#verdict ?? broken(code)
      this.#finish({ kind: 'ambiguous', reason }, error)
    }
  }

  // --- ends ---

  /**
   * Sends once more, on a new connection, what failed because a kept-alive connection had gone stale:
   * requests that were surely not written, and reads of which not one answer byte was seen.
   */
  #retry(): boolean {
    const connection = this.#connection
    if (this.#retried || connection === null || !connection.reused()) return false
    if (this.#setup.connections.closed) return false
    this.#retried = true
    this.#state = 'opening'
    this.#abort = null
    this.#body = null
    this.#answerBegan = false
    connection.forget()
    this.#dispatch(connection)
    return true
  }

  #expire(): void {
    if (this.#state === 'waiting') {
      this.#setup.connections.leaveQueue(this)
      this.refuse('queued', 'no connection was free before the deadline')
    } else if (this.#state === 'opening') {
      this.#state = 'cancelled'
      this.#report(this.#unsent('no connection was open before the deadline'), 'refused')
    } else if (this.#state === 'written') {
      if (this.write && this.#mayPark()) this.#park()
      else this.#break('deadline', 'no answer before the deadline')
    }
  }

  #cancel(): void {
    const reason = 'it was no longer of use'
    if (this.#state === 'waiting') {
      this.#setup.connections.leaveQueue(this)
      this.refuse('cancelled', reason)
    } else if (this.#state === 'opening') {
      this.#state = 'cancelled'
      this.#report(this.#unsent(reason), 'cancelled')
    } else if (this.#state === 'written') {
      this.#break('cancelled', reason)
    }
  }

  /** A write whose bytes are not all with the kernel cannot be parked: its body is the caller's again. */
  #mayPark(): boolean {
    return this.#connection?.unflushed() === false && !this.#setup.connections.closed
  }

  #park(): void {
    this.#state = 'parked'
    const late = new Promise<Outcome>((resolve) => {
      this.#resolveLate = resolve
    })
    this.#report({ kind: 'ambiguous', reason: 'no answer before the deadline', late }, 'deadline')
  }

  #break(error: ExchangeError, reason: string): void {
    this.#verdict ??= { error, reason }
    this.#abort?.(new Error(reason))
  }

  /** What to say of an attempt that was not written. */
  #unsent(reason: string): Outcome {
    return { kind: this.#wrote ? 'ambiguous' : 'never-sent', reason }
  }

  #leave(complete: boolean): void {
    const connection = this.#connection
    this.#connection = null
    this.#abort = null
    if (connection !== null) this.#setup.connections.release(connection, this, complete)
  }

  #finish(outcome: Outcome, error: ExchangeError | null): void {
    const late = this.#resolveLate
    this.#state = 'done'
    this.#body = null
    if (late === null) this.#report(outcome, error)
    else late(outcome)
  }

  #report(outcome: Outcome, error: ExchangeError | null): void {
    this.#timer.cancel()
    this.#setup.deliver({ outcome, error })
  }
}
