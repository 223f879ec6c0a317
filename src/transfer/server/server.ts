import type { NodeView } from '../../model/view.ts'
import type { Outcome, Transport } from '../../nodes/transport.ts'
import { text } from '../../std/bytes.ts'
import { Cancel } from '../../std/cancel.ts'
import { type Clock, sleep } from '../../std/clock.ts'
import { deadlineAfter } from '../../std/deadline.ts'
import { isObject, parsedJson } from '../../std/json-values.ts'
import { TransferFailure, unlessStopped } from '../failure.ts'

const ASK_MS = 120_000
/** How long a server may not answer until the transfer ends. */
const PATIENCE_MS = 60_000
const BACKOFF_MIN_MS = 250
const BACKOFF_MAX_MS = 10_000
const WAITABLE = [408, 429, 500, 502, 503, 504]

export type Role = 'source' | 'target'

export interface ServerPlace {
  readonly role: Role
  /** Origin, perhaps with a path in front of Meilisearch's; no slash at the end. */
  readonly url: string
  readonly key: string | null
}

export interface ServerDeps {
  readonly transport: Transport
  readonly clock: Clock
  /** Aborted when the user ends the program. */
  readonly stop: AbortSignal
  /** Told when a server must be waited for. */
  readonly note: (line: string) => void
}

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Attempts count from 0: a page that could not be read may be asked for in a smaller form. */
  readonly path: string | ((attempt: number) => string)
  readonly body?: Uint8Array
  readonly contentType?: string
  /** What a key must allow, for the error text. */
  readonly action: string
  /** Statuses other than 2xx that the caller understands. */
  readonly accept?: readonly number[]
}

export interface ServerAnswer {
  readonly status: number
  readonly body: Uint8Array
}

/** One Meilisearch, or miroir, to read from or to write to. Throws `TransferFailure`. */
export class Server {
  readonly place: ServerPlace
  readonly #deps: ServerDeps
  readonly #node: NodeView
  readonly #prefix: string

  constructor(place: ServerPlace, deps: ServerDeps) {
    const url = new URL(place.url)
    this.place = place
    this.#deps = deps
    this.#node = { id: place.role, address: url.origin, group: 0 }
    this.#prefix = url.pathname.replace(/\/+$/, '')
  }

  get name(): string {
    return `${this.place.role} ${this.place.url}`
  }

  /** Asks until there is an answer; what nobody can mend by waiting ends at once. */
  async ask(ask: Ask): Promise<ServerAnswer> {
    const { clock, note } = this.#deps
    const givesUpAt = clock.now() + PATIENCE_MS
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#send(ask, attempt)
      const trouble = troubleOf(outcome)
      if (outcome.kind === 'answer' && trouble === null) return this.#judged(ask, outcome)
      if (clock.now() >= givesUpAt) throw this.#silent(trouble ?? '')
      if (attempt === 0) note(`${this.name}: ${trouble}; trying again for ${PATIENCE_MS / 1000} s`)
      await this.pause(Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** attempt))
    }
  }

  async json(
    ask: Ask,
  ): Promise<{ readonly status: number; readonly value: Readonly<Record<string, unknown>> }> {
    const { status, body } = await this.ask(ask)
    const value = parsedJson(text(body))
    if (isObject(value)) return { status, value }
    throw new TransferFailure(
      'failed',
      `${this.name}: ${shown(ask)} was answered ${status} with no JSON object`,
    )
  }

  pause(durationMs: number): Promise<void> {
    return unlessStopped(this.#deps.stop, sleep(this.#deps.clock, durationMs))
  }

  async #send(ask: Ask, attempt: number): Promise<Outcome> {
    const { transport, clock, stop } = this.#deps
    const { key } = this.place
    const path = typeof ask.path === 'string' ? ask.path : ask.path(attempt)
    const cancel = new Cancel()
    const request = {
      ...{ method: ask.method, path: this.#prefix + path, operation: 'transfer', write: false, cancel },
      headers: key === null ? {} : { authorization: `Bearer ${key}` },
      ...(ask.body === undefined ? {} : { body: ask.body }),
      ...(ask.contentType === undefined ? {} : { contentType: ask.contentType }),
    }
    try {
      return await unlessStopped(stop, transport.send(this.#node, request, deadlineAfter(clock, ASK_MS)))
    } finally {
      // What the user ended needs no answer; nothing happens where there was one.
      cancel.cancel()
    }
  }

  #judged(ask: Ask, { status, body }: ServerAnswer): ServerAnswer {
    if ((status >= 200 && status < 300) || ask.accept?.includes(status) === true) return { status, body }
    if (status === 401 || status === 403) throw this.#keyRefused(ask, status, body)
    throw new TransferFailure(
      'failed',
      `${this.name}: ${shown(ask)} was answered ${status}: ${messageOf(body)}`,
    )
  }

  #keyRefused(ask: Ask, status: number, body: Uint8Array): TransferFailure {
    const option = this.place.role === 'source' ? '--key (or MIROIR_FROM_KEY)' : '--to-key (or MIROIR_TO_KEY)'
    const given = this.place.key === null ? 'no key was given' : 'the key was refused'
    const need = `write a key that allows \`${ask.action}\` behind ${option}`
    return new TransferFailure(
      'key-refused',
      `${this.name}: ${given} for ${shown(ask)} (${status}: ${messageOf(body)}); ${need}`,
    )
  }

  #silent(trouble: string): TransferFailure {
    return new TransferFailure(
      'failed',
      `${this.name}: ${trouble}, for more than ${PATIENCE_MS / 1000} s; ` +
        'what was copied is kept: bring the server back and run the same command again',
    )
  }
}

/** Why an outcome may be better after a while; null when it is an answer to work with. */
function troubleOf(outcome: Outcome): string | null {
  if (outcome.kind !== 'answer') return outcome.reason
  if (!WAITABLE.includes(outcome.status)) return null
  return `answered ${outcome.status}: ${messageOf(outcome.body)}`
}

function shown({ method, path }: Ask): string {
  return `${method} ${typeof path === 'string' ? path : path(0)}`
}

/** The server's own words, cut to a length that fits a line. */
export function messageOf(body: Uint8Array): string {
  const value = parsedJson(text(body.subarray(0, 4_096)))
  const message = isObject(value) ? value['message'] : undefined
  return typeof message === 'string' ? message : JSON.stringify(text(body.subarray(0, 200)))
}
