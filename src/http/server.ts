import { limits } from '../config/limits.ts'
import type { Access, Route, SlabPool } from '../model/call.ts'
import type { MiroirError } from '../model/errors.ts'
import type { Clock } from '../std/clock.ts'
import { type Random, uuidv7 } from '../std/random.ts'
import type { Logger } from '../telemetry/log.ts'
import type { RequestObserver } from '../telemetry/requests.ts'
import type { Caller, ExchangeContext } from './admission.ts'
import type { Engine, Listener } from './engine.ts'
import { Exchange } from './exchange.ts'
import { nodeEngine } from './node-engine.ts'
import { UnsentReplies } from './overload/unsent-replies.ts'
import { Router } from './router.ts'
import { Traffic } from './traffic.ts'
import { uwsEngine } from './uws-engine.ts'
import { type Loaded, loadUws } from './uws-module.ts'

export interface ServerOptions {
  /** `uws` and `auto` both fall back to `node` where the native build is missing; `uws` warns about it. */
  readonly engine: 'uws' | 'node' | 'auto'
  readonly bind: string
  /** 0 takes any free port. */
  readonly port: number
  readonly maxBodyBytes: number
  /** For a handler, from the end of the body; a body may take longer while it keeps a pace. */
  readonly requestTimeoutMs: number
  readonly maxConcurrentRequests: number
  /** Bytes of replies that may wait for slow readers; `limits.unsentBytesMax` by default. */
  readonly unsentBytesMax?: number
  readonly routes: readonly Route[]
  /** Called with the head alone, before a body is awaited; null lets the request in. */
  authorize(caller: Caller, access: Access): MiroirError | null
  readonly slabs: SlabPool
  readonly clock: Clock
  readonly random: Random
  readonly observer: RequestObserver
  readonly logger?: Logger
}

export interface RunningServer {
  readonly engine: 'uws' | 'node'
  readonly port: number
  /**
   * Takes no new connections, lets what is under way finish for `graceMs`, then ends every connection.
   * Replies sent meanwhile end their connection.
   */
  drain(graceMs: number): Promise<void>
}

/** Starts to serve `routes`. Rejects when the address cannot be taken. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const traffic = new Traffic()
  const context: ExchangeContext = {
    router: new Router(options.routes),
    traffic,
    maxBodyBytes: options.maxBodyBytes,
    requestTimeoutMs: options.requestTimeoutMs,
    maxConcurrentRequests: options.maxConcurrentRequests,
    slabs: options.slabs,
    clock: options.clock,
    // Of version 7, so that they sort by time.
    newId: () => uuidv7(options.clock.wall(), options.random),
    observer: options.observer,
    logger: options.logger,
    authorize: (caller, access) => options.authorize(caller, access),
  }
  const engine = makeEngine(options, {
    open: (head, wire) => Exchange.open(context, head, wire),
    refused: (reason) => options.observer.refused(reason),
    unsent: new UnsentReplies({
      clock: options.clock,
      bytesMax: options.unsentBytesMax ?? limits.unsentBytesMax,
      dropped: () => options.observer.limitHit('slow_reader'),
    }),
  })
  const port = await engine.listen(options.bind, options.port)
  return {
    engine: engine.name,
    port,
    drain: (graceMs) => drain({ engine, traffic, clock: options.clock, graceMs }),
  }
}

function makeEngine(options: ServerOptions, listener: Listener): Engine {
  const { logger } = options
  const choice = chooseEngine(options.engine)
  if (choice.kind === 'uws') return uwsEngine(choice.module, listener)
  if (choice.warning !== null)
    logger?.warn({ engine: 'node', reason: choice.warning }, 'uWebSockets.js is not used')
  return nodeEngine(listener)
}

export type EngineChoice =
  | { readonly kind: 'uws'; readonly module: Extract<Loaded, { kind: 'native' }>['module'] }
  | { readonly kind: 'node'; readonly warning: string | null }

/** Which engine serves, given what is asked for and what can be loaded. */
export function chooseEngine(wanted: ServerOptions['engine'], load: () => Loaded = loadUws): EngineChoice {
  if (wanted === 'node') return { kind: 'node', warning: null }
  const loaded = load()
  if (loaded.kind === 'native') return { kind: 'uws', module: loaded.module }
  return { kind: 'node', warning: loaded.reason }
}

interface Draining {
  readonly engine: Engine
  readonly traffic: Traffic
  readonly clock: Clock
  readonly graceMs: number
}

async function drain({ engine, traffic, clock, graceMs }: Draining): Promise<void> {
  engine.stopAccepting()
  const idle = traffic.drain()
  await new Promise<void>((resolve) => {
    const timer = clock.after(graceMs, resolve)
    void idle.then(() => {
      timer.cancel()
      resolve()
    })
  })
  engine.closeAll()
}
