import { type ServerOptions, startServer } from '../../../src/http/server.ts'
import type { Call, Reply, Route, SlabPool } from '../../../src/model/call.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { systemRandom } from '../../../src/std/random.ts'
import type { FinishedRequest, RequestObserver } from '../../../src/telemetry/requests.ts'

export const ENGINES = ['node', 'uws'] as const
export type EngineName = (typeof ENGINES)[number]

/** A pool with a budget that counts what is out and scribbles over what comes back. */
export class TestSlabs implements SlabPool {
  held = 0
  readonly #budget: number

  constructor(budget = 1 << 30) {
    this.#budget = budget
  }

  take(bytes: number): { memory: Uint8Array; release(): void } | null {
    if (this.held + bytes > this.#budget) return null
    this.held += bytes
    const memory = new Uint8Array(new SharedArrayBuffer(bytes))
    let open = true
    return {
      memory,
      release: () => {
        if (!open) throw new Error('a slab was released twice')
        open = false
        this.held -= bytes
        memory.fill(0x21)
      },
    }
  }
}

export class TestObserver implements RequestObserver {
  inFlight = 0
  readonly requests: FinishedRequest[] = []
  readonly refusals: string[] = []
  readonly limits: string[] = []

  started(): void {
    this.inFlight += 1
  }

  finished(request: FinishedRequest): void {
    this.inFlight -= 1
    this.requests.push(request)
  }

  refused(reason: string): void {
    this.refusals.push(reason)
  }

  limitHit(limit: string): void {
    this.limits.push(limit)
  }
}

export interface Rig {
  readonly port: number
  readonly slabs: TestSlabs
  readonly observer: TestObserver
  readonly server: Awaited<ReturnType<typeof startServer>>
}

export async function startRig(
  engine: EngineName,
  routes: readonly Route[],
  changes: Partial<ServerOptions> = {},
): Promise<Rig> {
  const slabs = new TestSlabs()
  const observer = new TestObserver()
  const server = await startServer({
    engine,
    bind: '127.0.0.1',
    port: 0,
    maxBodyBytes: 1_000_000,
    requestTimeoutMs: 30_000,
    maxConcurrentRequests: 100,
    routes,
    authorize: () => null,
    slabs,
    clock: systemClock,
    random: systemRandom,
    observer,
    ...changes,
  })
  if (server.engine !== engine) throw new Error(`wanted ${engine}, got ${server.engine}`)
  return { port: server.port, slabs, observer, server }
}

export function route(
  method: string,
  template: string,
  handler: (call: Call) => Reply | Promise<Reply>,
  more: Partial<Route> = {},
): Route {
  return { method, template, access: { kind: 'public' }, handler, ...more }
}
