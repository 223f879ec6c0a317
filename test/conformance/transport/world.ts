import type { Socket } from 'node:net'
import { afterEach, beforeEach } from 'vitest'
import type { NodeView } from '../../../src/model/view.ts'
import type { NodeRequest, Outcome, Transport } from '../../../src/nodes/transport.ts'
import { deadlineAfter } from '../../../src/std/deadline.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import { answer, ScriptedServer } from './scripted-server.ts'

/** One finished exchange, as far as every transport must report it. */
export interface ReportedExchange {
  readonly node: string
  readonly operation: string
  readonly error: string | null
}

export interface TransportSetup {
  readonly keyOf: () => string
  readonly clock: VirtualClock
  readonly connectionsMax: number
  readonly onExchange: (event: ReportedExchange) => void
}

export const BUDGET_MS = 1_000
const CONNECTIONS_MAX = 4

export const search: NodeRequest = {
  method: 'POST',
  path: '/indexes/films__g1_0/search',
  body: Buffer.from('{"q":"x"}'),
  operation: 'search',
  write: false,
}
export const write: NodeRequest = {
  ...search,
  path: '/indexes/films__g1_0/documents',
  operation: 'write',
  write: true,
}

/** A transport, a scripted node and a clock that stands still; new for every test. */
export class World {
  clock = new VirtualClock()
  readonly events: ReportedExchange[] = []
  readonly #make: (setup: TransportSetup) => Transport
  #server: ScriptedServer | null = null
  #transport: Transport | null = null

  constructor(make: (setup: TransportSetup) => Transport) {
    this.#make = make
    beforeEach(() => this.#begin())
    afterEach(() => this.#end())
  }

  get server(): ScriptedServer {
    if (this.#server === null) throw new Error('the world has not begun')
    return this.#server
  }

  get transport(): Transport {
    if (this.#transport === null) throw new Error('the world has not begun')
    return this.#transport
  }

  send(request: NodeRequest, node: NodeView = this.server.node()): Promise<Outcome> {
    return this.transport.send(node, request, deadlineAfter(this.clock, BUDGET_MS))
  }

  /** Replaces every answer by raw bytes, then optionally ends the connection. */
  reply(bytes: string | Buffer, then?: (socket: Socket) => void): void {
    this.server.script = (socket) => socket.write(bytes, () => then?.(socket))
  }

  async #begin(): Promise<void> {
    this.clock = new VirtualClock()
    this.events.length = 0
    this.#server = await ScriptedServer.listen((socket) => socket.write(answer('{}')))
    this.#transport = this.#make({
      ...{ keyOf: () => 'k3y', clock: this.clock, connectionsMax: CONNECTIONS_MAX },
      onExchange: (event) => this.events.push(event),
    })
  }

  async #end(): Promise<void> {
    const closing = this.transport.close()
    await this.clock.advance(BUDGET_MS)
    await this.server.close()
    await closing
  }
}

export function textOf(outcome: Outcome): string {
  if (outcome.kind !== 'answer') throw new Error(`expected an answer, got ${JSON.stringify(outcome)}`)
  return Buffer.from(outcome.body).toString()
}

export function lateOf(outcome: Outcome): Promise<Outcome> {
  if (outcome.kind !== 'ambiguous' || outcome.late === undefined) throw new Error('not parked')
  return outcome.late
}
