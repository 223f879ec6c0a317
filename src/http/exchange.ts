import { limits } from '../config/limits.ts'
import type { Call, Reply } from '../model/call.ts'
import { fail, MiroirError } from '../model/errors.ts'
import type { Timer } from '../std/clock.ts'
import { deadlineAfter, remainingMs } from '../std/deadline.ts'
import { errorFields } from '../telemetry/log.ts'
import { type Admission, admit, bodyError, type ExchangeContext } from './admission.ts'
import type { BodyFault } from './body/body-kinds.ts'
import { IncomingBody } from './body/incoming.ts'
import { encodeReply, errorReply, internalError, uploadTimeout } from './encode.ts'
import type { RequestHead, Sink, Wire } from './engine.ts'
import { encodingOf, examine, type Framing, fieldOf } from './hygiene.ts'

const UNMATCHED = 'unmatched'
/** What logs and metrics call a request whose client left before the answer. */
const CLIENT_GONE = 499

/**
 * One request from its head to the last byte of its reply. Phases only move forward: the body arrives and is
 * unpacked, the handler runs, the reply is decided (`answered`) or the client is gone. The body's memory is
 * given back when handler and connection are both done with it, because a reply may be made of the body.
 */
export class Exchange implements Sink {
  readonly #context: ExchangeContext
  readonly #head: RequestHead
  readonly #wire: Wire
  readonly #id: string
  readonly #startedAt: number
  #phase: 'body' | 'unpacking' | 'running' | 'answered' | 'gone' = 'body'
  #admission: Admission | null = null
  #call: Call | null = null
  readonly #body: IncomingBody
  /** Why the body cannot be read; whoever reads it hears it. */
  #bodyFault: MiroirError | null = null
  /** Whether bytes of the body may still come, wanted or not. */
  #bodyOpen: boolean
  #timer: Timer | null = null
  #expired = false
  #handlerBusy = false
  #connectionDone = false

  private constructor(context: ExchangeContext, head: RequestHead, wire: Wire, bodyOpen: boolean) {
    this.#context = context
    this.#head = head
    this.#wire = wire
    this.#bodyOpen = bodyOpen
    this.#body = new IncomingBody(context.slabs, context.maxBodyBytes)
    this.#id = context.newId()
    this.#startedAt = context.clock.now()
  }

  /** Takes a request over; null when its bytes are not sound HTTP and its connection is ending. */
  static open(context: ExchangeContext, head: RequestHead, wire: Wire): Exchange | null {
    const framing = examine(head)
    if (typeof framing === 'string') {
      context.observer.refused(framing)
      wire.refuse()
      return null
    }
    const exchange = new Exchange(context, head, wire, framing.kind !== 'none')
    context.traffic.enter()
    context.observer.started()
    try {
      exchange.#begin(framing)
    } catch (error) {
      exchange.#answerError(error)
    }
    return exchange
  }

  awaitsBody(): boolean {
    return this.#phase === 'body'
  }

  data(chunk: Uint8Array): void {
    if (this.#phase === 'body') this.#refuse(this.#body.append(chunk))
  }

  end(): void {
    if (!this.#bodyOpen) return
    this.#bodyOpen = false
    if (this.#phase === 'body') this.#bodyArrived()
    else if (this.#phase === 'answered') this.#setTimer(null)
  }

  gone(): void {
    if (this.#phase === 'gone') return
    if (this.#phase !== 'answered') this.#record(CLIENT_GONE)
    this.#phase = 'gone'
    this.#setTimer(null)
    this.#connectionOver()
  }

  #begin(framing: Framing): void {
    const admission = admit(this.#context, this.#head)
    this.#admission = admission
    if (admission.reply !== null) {
      this.#answer(admission.reply)
      return
    }
    this.#watch(this.#context.requestTimeoutMs)
    if (framing.kind === 'none') this.#bodyArrived()
    else this.#refuse(this.#body.open(framing))
  }

  #refuse(fault: BodyFault | null): void {
    if (fault !== null) this.#answer(errorReply(this.#unreadable(fault)))
  }

  #unreadable(fault: BodyFault): MiroirError {
    return bodyError(this.#context, fault, this.#admission?.route?.takesDocuments === true)
  }

  #bodyArrived(): void {
    const encoding = encodingOf(this.#head)
    if (encoding === null) {
      this.#run()
      return
    }
    this.#phase = 'unpacking'
    this.#handlerBusy = true
    void this.#body.unpack(encoding).then((fault) => this.#bodyUnpacked(fault))
  }

  #bodyUnpacked(fault: BodyFault | null): void {
    this.#handlerBusy = false
    if (this.#phase !== 'unpacking') {
      this.#releaseWhenIdle()
      return
    }
    if (fault !== null) this.#bodyFault = this.#unreadable(fault)
    this.#run()
  }

  #run(): void {
    const route = this.#admission?.route
    if (route === undefined || route === null) return
    this.#phase = 'running'
    this.#handlerBusy = true
    const call = this.#makeCall()
    this.#call = call
    const done = (reply: Reply): void => this.#handlerDone(reply)
    const failed = (error: unknown): void => this.#handlerFailed(error)
    try {
      const outcome = route.handler(call)
      if (outcome instanceof Promise) outcome.then(done, failed)
      else done(outcome)
    } catch (error) {
      failed(error)
    }
  }

  #makeCall(): Call {
    const { headers, method } = this.#head
    const bytes = this.#body.bytes()
    const fault = this.#bodyFault
    return {
      id: this.#id,
      method,
      path: this.#admission?.target?.path ?? '',
      template: this.#admission?.route?.template ?? UNMATCHED,
      params: this.#admission?.params ?? {},
      query: this.#admission?.target?.query ?? '',
      header: (name) => fieldOf(headers, name),
      get body() {
        if (fault !== null) throw fault
        return bytes
      },
      deadline: deadlineAfter(this.#context.clock, this.#context.requestTimeoutMs),
      aborted: () => this.#phase === 'gone' || this.#expired,
    }
  }

  #handlerDone(reply: Reply): void {
    this.#handlerBusy = false
    if (this.#phase === 'running') this.#answer(reply)
    else this.#releaseWhenIdle()
  }

  #handlerFailed(error: unknown): void {
    this.#handlerBusy = false
    if (this.#phase === 'running') {
      this.#answerError(error)
      return
    }
    if (!(error instanceof MiroirError)) this.#logError(error)
    this.#releaseWhenIdle()
  }

  #answerError(error: unknown): void {
    const known = error instanceof MiroirError
    if (!known) this.#logError(error)
    this.#answer(errorReply(known ? error : internalError(this.#id)))
  }

  #logError(error: unknown): void {
    const template = this.#admission?.route?.template ?? UNMATCHED
    const fields = { request_id: this.#id, method: this.#head.method, path_template: template }
    this.#context.logger?.error({ ...fields, ...errorFields(error) }, 'unexpected error in a request')
  }

  #answer(reply: Reply): void {
    const request = { head: this.#head, id: this.#id, close: this.#context.traffic.draining }
    let encoded: ReturnType<typeof encodeReply>
    try {
      encoded = encodeReply(reply, request)
    } catch (error) {
      this.#logError(error)
      encoded = encodeReply(errorReply(internalError(this.#id)), request)
    }
    this.#phase = 'answered'
    this.#record(encoded.status)
    this.#setTimer(null)
    if (this.#bodyOpen) {
      this.#setTimer(this.#context.clock.after(limits.discardedBodyMs, () => this.#wire.drop()))
    }
    this.#wire.send(encoded, () => this.#connectionOver())
  }

  #record(status: number): void {
    const route = this.#admission?.route ?? null
    this.#context.observer.finished({
      id: this.#id,
      method: this.#head.method,
      template: route?.template ?? UNMATCHED,
      status,
      durationMs: this.#context.clock.now() - this.#startedAt,
      quiet: route?.quiet === true,
      call: this.#call,
    })
  }

  #watch(delayMs: number): void {
    this.#setTimer(this.#context.clock.after(delayMs, () => this.#timeUp()))
  }

  #setTimer(timer: Timer | null): void {
    this.#timer?.cancel()
    this.#timer = timer
  }

  #timeUp(): void {
    if (this.#phase === 'body') this.#uploadTimeUp()
    else if (this.#phase === 'unpacking') this.#watch(this.#context.requestTimeoutMs)
    else if (this.#phase === 'running' && this.#call !== null) this.#handlerTimeUp(this.#call)
  }

  #uploadTimeUp(): void {
    const { observer, requestTimeoutMs } = this.#context
    const seconds = requestTimeoutMs / 1000
    if (this.#body.keepsPace(seconds)) {
      this.#watch(requestTimeoutMs)
      return
    }
    observer.limitHit('upload_time')
    this.#answer(errorReply(uploadTimeout(seconds)))
  }

  /** The timer was set at the head; the handler's own time began at the end of the body. */
  #handlerTimeUp(call: Call): void {
    const { clock, observer, requestTimeoutMs } = this.#context
    const leftMs = remainingMs(clock, call.deadline)
    if (leftMs > 0) {
      this.#watch(leftMs)
      return
    }
    this.#expired = true
    observer.limitHit('deadline')
    this.#answer(errorReply(fail('miroir_deadline', { seconds: requestTimeoutMs / 1000 })))
  }

  /** The reply was handed over, or there is nobody to hand it to. */
  #connectionOver(): void {
    if (this.#connectionDone) return
    this.#connectionDone = true
    this.#releaseWhenIdle()
  }

  #releaseWhenIdle(): void {
    if (this.#handlerBusy || !this.#connectionDone) return
    this.#body.release()
    this.#context.traffic.leave()
  }
}
