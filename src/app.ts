import { adminRoutes } from './api/admin/routes.ts'
import { indexRoutes } from './api/indexes.ts'
import { keyRoutes } from './api/keys.ts'
import { documentReadRoutes } from './api/read-documents.ts'
import { searchRoutes } from './api/search.ts'
import { settingsRoutes } from './api/settings.ts'
import { statsRoutes } from './api/stats.ts'
import { systemRoutes } from './api/system.ts'
import { taskRoutes } from './api/tasks.ts'
import { unsupportedRoutes } from './api/unsupported.ts'
import { documentWriteRoutes } from './api/write-documents.ts'
import { searchFacts } from './catalogue/settings.ts'
import { limits } from './config/limits.ts'
import type { Config } from './config/schema.ts'
import { createKeys, type Keys } from './features/keys/keys.ts'
import { createTasks, startPruner } from './features/tasks/tasks.ts'
import type { ReadObserver } from './flows/read-deps.ts'
import { type RunningServer, startServer } from './http/server.ts'
import type { Kernel } from './kernel/kernel.ts'
import { createKernel } from './kernel/route.ts'
import { createSlabPool } from './kernel/slabs.ts'
import type { Route } from './model/call.ts'
import type { PlacementRow, Store, StoreSnapshot } from './model/store.ts'
import { createMeilisearchClient } from './nodes/meilisearch.ts'
import { createProbe } from './nodes/probe.ts'
import type { Transport } from './nodes/transport.ts'
import { createUndiciTransport } from './nodes/undici.ts'
import { createSqliteStore } from './state/sqlite/store.ts'
import { type Clock, systemClock } from './std/clock.ts'
import { deadlineAfter } from './std/deadline.ts'
import { type Random, systemRandom } from './std/random.ts'
import type { Logger } from './telemetry/log.ts'
import { createMetrics, type Metrics } from './telemetry/metrics.ts'
import { observeRequests } from './telemetry/requests.ts'
import { buildView } from './topology/build-view.ts'
import { createHealthMonitor, type HealthEvent, type HealthMonitor } from './topology/health-monitor.ts'
import { placeShards } from './topology/placement.ts'
import { createRegistry, type Registry } from './topology/registry.ts'
import { xxh64 } from './topology/xxh64.ts'
import type { WriteObserver } from './writes/context.ts'
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

interface Parts {
  readonly config: Config
  readonly logger: Logger
  readonly clock: Clock
  readonly random: Random
  readonly store: Store
  readonly snapshot: StoreSnapshot
  readonly metrics: Metrics
  readonly transport: Transport
  readonly kernel: Kernel
  readonly registry: Registry
  readonly health: HealthMonitor
  readonly writes: WritePath
  readonly keys: Keys
}

/** Constructs everything, injects capabilities, and serves. The only page that knows all rooms. */
export async function createApp(options: AppOptions): Promise<App> {
  const parts = await assemble(options)
  const { config, clock, random, metrics, logger, keys, health, writes, registry } = parts
  health.start()
  const recovered = writes.start()
  const stopPruner = startPruner({
    store: parts.store,
    clock,
    ttlSeconds: config.taskRegistry.ttlSeconds,
    intervalS: config.taskRegistry.pruneIntervalS,
  })
  const server = await startServer({
    engine: config.server.engine,
    bind: config.server.bind,
    port: config.server.port,
    maxBodyBytes: config.server.maxBodyBytes,
    requestTimeoutMs: config.server.requestTimeoutMs,
    maxConcurrentRequests: config.server.maxConcurrentRequests,
    routes: routesOf(parts),
    authorize: (caller, access) => keys.authorize((name) => caller.header(name), access),
    slabs: createSlabPool(config.limits.bodyBytesInFlightMax),
    clock,
    random,
    observer: observeRequests(metrics, logger),
    logger,
  })
  recovered.catch((error: unknown) => logger.error({ reason: String(error) }, 'recovery ended early'))
  return {
    ...{ server, metrics, keys, registry, health, writes },
    async close() {
      await server.drain(config.server.drainGraceMs)
      stopPruner()
      await writes.close()
      health.stop()
      await parts.transport.close()
      await parts.kernel.close()
      await parts.store.close()
    },
  }
}

async function assemble(options: AppOptions): Promise<Parts> {
  const { config, logger } = options
  const clock = options.clock ?? systemClock
  const random = options.random ?? systemRandom
  const metrics = createMetrics()
  const store = options.store ?? createSqliteStore({ path: config.taskStore.path })
  const snapshot = await openStore(store, config, logger)
  const registry = createRegistry(buildView(snapshot, searchFacts))
  const passive: { health: HealthMonitor | null } = { health: null }
  const transport =
    options.transport ??
    createUndiciTransport({
      nodeKey: config.nodeMasterKey,
      clock,
      connectionsMax: config.limits.nodeConnectionsMax,
      onExchange(event) {
        metrics.nodeExchange(event.node, event.operation, event.seconds * 1000)
        if (event.error !== null) metrics.nodeError(event.node, event.error)
        passive.health?.observe(event)
      },
    })
  const kernel = await createKernel({
    inlineMaxBytes: config.kernel.inlineMaxBytes,
    workers: config.kernel.workers,
  })
  const client = createMeilisearchClient(transport)
  const late: { writes: WritePath | null } = { writes: null }
  const health = createHealthMonitor({
    clock,
    random,
    config: config.health,
    nodes: () => registry.current().nodes.values(),
    probe: createProbe({ client, clock, timeoutMs: config.health.timeoutMs }),
    acknowledgedTask: (node) => late.writes?.acknowledged(node) ?? -1,
  })
  passive.health = health
  const writes = createWritePath(
    {
      ...{ store, transport, kernel, clock, views: registry, reachability: health },
      config: writeConfig(config),
      observer: writeObserver(metrics, logger),
    },
    snapshot,
  )
  late.writes = writes
  health.subscribe((event) => nodeEvent(event, { health, writes, metrics, logger }))
  const keys = createKeys({
    masterKey: config.masterKey,
    adminKey: config.admin.apiKey,
    defaultKeyUids: snapshot.defaultKeyUids,
    createdMs: clock.wall(),
  })
  return {
    config,
    logger,
    clock,
    random,
    store,
    snapshot,
    metrics,
    transport,
    kernel,
    registry,
    health,
    writes,
    keys,
  }
}

function writeConfig(config: Config): Parameters<typeof createWritePath>[0]['config'] {
  return {
    shards: config.shards,
    minAcks: config.writes.minAcks,
    maxTrailMs: config.writes.maxTrailMs,
    nodeTimeoutMs: config.writes.nodeTimeoutMs,
    graceMs: limits.writeGraceMs,
    missingPrimaryKey: config.compat.missingPrimaryKey,
    maxBodyBytes: config.server.maxBodyBytes,
  }
}

/** A node that lost its volume is emptied in our books first; only then may it be read again. */
function nodeEvent(event: HealthEvent, parts: Pick<Parts, 'health' | 'writes' | 'metrics' | 'logger'>): void {
  const { health, writes, metrics, logger } = parts
  metrics.nodeHealthy(event.node, event.kind === 'node-up')
  if (event.kind === 'node-up') logger.info({ node: event.node }, 'node is up')
  else logger.warn({ node: event.node, cause: event.cause, reason: event.error }, 'node is down')
  if (event.kind === 'node-down' && event.cause === 'amnesia') {
    writes.nodeForgot(event.node)
    health.adopt(event.node)
  }
  writes.nodeChanged()
}

/** Opens the store; after the first start it is the truth, and the file may only move or rename addresses. */
async function openStore(store: Store, config: Config, logger: Logger): Promise<StoreSnapshot> {
  const nodes = config.nodes.map(({ id, address, replicaGroup: group }) => ({ id, address, group }))
  const placements = placementFor(config.shards, nodes, config.replicationFactor)
  const { shards, replicationFactor } = config
  const snapshot = await store.open({ nodes, shards, replicationFactor, placements })
  if (snapshot.fresh) return snapshot
  const known = new Map(snapshot.nodes.map((node) => [node.id, node]))
  const listed = new Set(nodes.map((node) => node.id))
  for (const node of nodes) {
    if (!known.has(node.id))
      logger.warn({ node: node.id }, 'this node is in the file but not in the store: ignored')
  }
  for (const node of snapshot.nodes) {
    if (!listed.has(node.id))
      logger.warn({ node: node.id }, 'this node is in the store but not in the file: kept')
  }
  if (snapshot.shards !== shards || snapshot.replicationFactor !== replicationFactor) {
    const stored = { shards: snapshot.shards, replication_factor: snapshot.replicationFactor }
    logger.warn(stored, 'shards and replication_factor of the store are used; those of the file are ignored')
  }
  const moved = nodes.filter((node) => known.has(node.id) && known.get(node.id)?.address !== node.address)
  if (moved.length > 0) await store.setNodeAddresses(moved)
  const addresses = new Map(moved.map((node) => [node.id, node.address]))
  const current = snapshot.nodes.map((node) => ({ ...node, address: addresses.get(node.id) ?? node.address }))
  return { ...snapshot, nodes: current }
}

function placementFor(
  shards: number,
  nodes: StoreSnapshot['nodes'],
  replicationFactor: number,
): readonly PlacementRow[] {
  return placeShards({ nodes, shards, replicationFactor, hash: (bytes) => xxh64(bytes) })
}

function routesOf(parts: Parts): Route[] {
  const { registry: views, health, transport, kernel, clock, random, config, metrics, writes, store } = parts
  const client = createMeilisearchClient(transport)
  const { shards, replicationFactor, placements } = parts.snapshot
  const { nodeTimeoutMs, unavailableShardPolicy } = config.scatter
  const read = {
    ...{ views, reachability: health, transport, kernel, clock, random },
    config: { nodeTimeoutMs, unavailableShardPolicy },
    observe: readObserver(metrics),
  }
  return [
    ...systemRoutes({
      ...{ views, health, clock },
      async askVersion(node) {
        const answer = await client.getVersion(node, deadlineAfter(clock, nodeTimeoutMs))
        return answer.ok ? answer.value : null
      },
    }),
    ...searchRoutes(read),
    ...documentReadRoutes(read),
    ...documentWriteRoutes({ writes }),
    ...indexRoutes({ views, writes }),
    ...settingsRoutes({ views, writes }),
    ...statsRoutes({ views, reachability: health, transport, clock, nodeTimeoutMs }),
    ...taskRoutes({ tasks: createTasks({ store, clock }) }),
    ...keyRoutes({ keys: parts.keys }),
    ...adminRoutes({
      ...{ views, health, clock, shards, replicationFactor, placements },
      renderMetrics: async () => (await metrics.render()).body,
    }),
    ...unsupportedRoutes(),
  ]
}

function readObserver(metrics: Metrics): ReadObserver {
  return {
    planned: (_operation, targets) => metrics.scatterFanOut(targets),
    uncovered: () => metrics.scatterPartial(),
    exchange: (_node, result) => {
      if (result !== 'ok' && result !== 'refused') metrics.scatterRetry()
    },
  }
}

function writeObserver(metrics: Metrics, logger: Logger): WriteObserver {
  return {
    copyLeft: (reason) => metrics.copyLeft(reason),
    refillEnded: (outcome) => metrics.copyRefilled(outcome),
    limitHit: (limit) => metrics.limitHit(limit),
    note: (level, message, facts) => logger[level](facts as Parameters<Logger['info']>[0], message),
  }
}
