import { availableParallelism } from 'node:os'
import { appRoutes, type RouteParts } from './app-routes.ts'
import { searchFacts } from './catalogue/settings.ts'
import { CommandFailure } from './cli/context.ts'
import { limits } from './config/limits.ts'
import type { Config } from './config/schema.ts'
import { createKeys, type Keys } from './features/keys/keys.ts'
import { createTasks, startPruner } from './features/tasks/tasks.ts'
import { type RunningServer, startServer } from './http/server.ts'
import { createKernel } from './kernel/route.ts'
import { createSlabPool } from './kernel/slabs.ts'
import type { NodeId } from './model/ids.ts'
import type { Store } from './model/store.ts'
import { createIdentities, type NodeIdentities } from './nodes/identity.ts'
import { createMeilisearchClient } from './nodes/meilisearch.ts'
import { createProbe } from './nodes/probe.ts'
import type { Transport } from './nodes/transport.ts'
import { createUndiciTransport } from './nodes/undici.ts'
import { watchNodes, watchView, writeObserver } from './observe.ts'
import { openStore } from './open-store.ts'
import { createSqliteStore } from './state/sqlite/store.ts'
import { type Clock, systemClock } from './std/clock.ts'
import { type Random, systemRandom } from './std/random.ts'
import { measureEventLoop } from './telemetry/event-loop.ts'
import type { Logger } from './telemetry/log.ts'
import { createMetrics, type Metrics } from './telemetry/metrics.ts'
import { observeRequests } from './telemetry/requests.ts'
import { buildView } from './topology/build-view.ts'
import { createHealthMonitor, type HealthMonitor } from './topology/health-monitor.ts'
import { createRegistry, type Registry } from './topology/registry.ts'
import { createWritePath, type WritePath } from './writes/write-path.ts'

export interface AppOptions {
  readonly config: Config
  readonly logger: Logger
  /** Replaced in tests and in the simulator. */
  readonly clock?: Clock
  readonly random?: Random
  readonly store?: Store
  readonly transport?: Transport
}

/** One process of the proxy, without command line and signals. */
export interface App {
  readonly server: RunningServer
  readonly metrics: Metrics
  readonly keys: Keys
  readonly registry: Registry
  readonly health: HealthMonitor
  readonly writes: WritePath
  /** Drains: no new connections, what is under way ends, then everything is closed. */
  close(): Promise<void>
}

interface Parts extends RouteParts {
  readonly logger: Logger
}

/** Constructs everything, injects capabilities, and serves. The only page that knows all rooms. */
export async function createApp(options: AppOptions): Promise<App> {
  const parts = await assemble(options)
  const { config, clock, metrics, logger, keys, health, writes, registry } = parts
  health.start()
  const recovered = writes.start()
  const tasks = createTasks({ store: parts.store, clock })
  const stopPruner = startPruner({
    store: parts.store,
    clock,
    ttlSeconds: config.taskRegistry.ttlSeconds,
    intervalS: config.taskRegistry.pruneIntervalS,
    onPruned: () => void tasks.resume(),
    onFailure: (error) => logger.warn({ reason: String(error) }, 'finished tasks could not be pruned'),
  })
  void tasks.resume()
  watchView(registry, health, metrics)
  const closeParts = async (): Promise<void> => {
    stopPruner()
    await writes.close()
    health.stop()
    await parts.transport.close()
    await parts.kernel.close()
    await parts.store.close()
  }
  const server = await listen(parts).catch(async () => {
    await closeParts()
    const { bind, port } = config.server
    throw new CommandFailure(
      1,
      `cannot listen on ${bind}:${port}: the port is taken; choose another one (--port N)`,
    )
  })
  recovered.catch((error: unknown) => logger.error({ reason: String(error) }, 'recovery ended early'))
  return {
    ...{ server, metrics, keys, registry, health, writes },
    async close() {
      await server.drain(config.server.drainGraceMs)
      await closeParts()
    },
  }
}

function listen(parts: Parts): Promise<RunningServer> {
  const { config, clock, random, metrics, logger, keys } = parts
  return startServer({
    engine: config.server.engine,
    bind: config.server.bind,
    port: config.server.port,
    maxBodyBytes: config.server.maxBodyBytes,
    requestTimeoutMs: config.server.requestTimeoutMs,
    maxConcurrentRequests: config.server.maxConcurrentRequests,
    routes: appRoutes(parts),
    authorize: (caller, access) => keys.authorize((name) => caller.header(name), access),
    slabs: createSlabPool(config.limits.bodyBytesInFlightMax),
    clock,
    random,
    observer: observeRequests(metrics, logger),
    logger,
  })
}

/** The transport, health and writes tell each other what they see: made one by one, they meet here. */
interface Later {
  health: HealthMonitor | null
  writes: WritePath | null
}

async function assemble(options: AppOptions): Promise<Parts> {
  const { config, logger } = options
  const { clock = systemClock, random = systemRandom } = options
  const metrics = createMetrics({ process: true, eventLoop: measureEventLoop() })
  const store = options.store ?? createSqliteStore({ path: config.taskStore.path })
  const snapshot = await openStore(store, config, logger)
  const registry = createRegistry(buildView(snapshot, searchFacts))
  const { inlineMaxBytes } = config.kernel
  const workers = config.kernel.workers || Math.max(1, availableParallelism() - 1)
  const kernel = await createKernel({ inlineMaxBytes, workers, queueMax: config.limits.kernelQueueMax })
  const later: Later = { health: null, writes: null }
  const masterKey = config.nodeMasterKey
  const identities = createIdentities({ masterKey, known: snapshot.identities, store, random })
  const transport = options.transport ?? openTransport({ config, clock, metrics, identities }, later)
  const client = createMeilisearchClient(transport)
  const acknowledgedTask = (node: NodeId): number => later.writes?.acknowledged(node) ?? -1
  const health = createHealthMonitor({
    clock,
    random,
    config: config.health,
    nodes: () => registry.current().nodes.values(),
    probe: createProbe({
      ...{ client, clock, identities, acknowledgedTask },
      timeoutMs: config.health.timeoutMs,
    }),
    acknowledgedTask,
  })
  later.health = health
  const writes = createWritePath(
    {
      ...{ store, transport, kernel, clock, views: registry, reachability: health },
      config: writeConfig(config, snapshot.shards),
      observer: writeObserver(metrics, logger),
    },
    snapshot,
  )
  later.writes = writes
  watchNodes({ health, registry, identities, writes, metrics, logger })
  const keys = createKeys({
    masterKey: config.masterKey,
    adminKey: config.admin.apiKey,
    defaultKeyUids: snapshot.defaultKeyUids,
    createdMs: snapshot.createdMs,
  })
  const foundation = { config, logger, clock, random, store, snapshot, metrics, transport }
  return { ...foundation, kernel, registry, health, writes, keys }
}

function openTransport(
  parts: Pick<Parts, 'config' | 'clock' | 'metrics'> & { readonly identities: NodeIdentities },
  later: Later,
): Transport {
  const { config, clock, metrics, identities } = parts
  return createUndiciTransport({
    keyOf: (node, authority) => identities.keyOf(node, authority),
    clock,
    connectionsMax: config.limits.nodeConnectionsMax,
    answerBytesMax: config.limits.nodeAnswerBytesMax,
    onExchange(event) {
      metrics.nodeExchange(event.node, event.operation, event.seconds * 1000)
      if (event.error !== null && event.error !== 'cancelled') metrics.nodeError(event.node, event.error)
      later.health?.observe(event)
    },
  })
}

function writeConfig(config: Config, shards: number): Parameters<typeof createWritePath>[0]['config'] {
  return {
    shards,
    minAcks: config.writes.minAcks,
    maxTrailMs: config.writes.maxTrailMs,
    nodeTimeoutMs: config.writes.nodeTimeoutMs,
    graceMs: limits.writeGraceMs,
    missingPrimaryKey: config.compat.missingPrimaryKey,
    maxBodyBytes: config.server.maxBodyBytes,
    laneBytesMax: config.limits.laneBytesMax,
    laneOperationsMax: config.limits.laneOperationsMax,
    retainedIdsMax: config.limits.retainedIdsMax,
  }
}
