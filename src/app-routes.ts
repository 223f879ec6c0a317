import { adminRoutes } from './api/admin/routes.ts'
import { documentEditRoutes } from './api/edits/edit-documents.ts'
import { experimentalRoutes } from './api/edits/experimental.ts'
import { indexRoutes } from './api/indexes.ts'
import { keyRoutes } from './api/keys.ts'
import { explainRoutes } from './api/queries/explain.ts'
import { facetSearchRoutes } from './api/queries/facet-search.ts'
import { multiSearchRoutes } from './api/queries/multi-search.ts'
import { documentReadRoutes } from './api/read-documents.ts'
import { searchRoutes } from './api/search.ts'
import { settingsRoutes } from './api/settings.ts'
import { statsRoutes } from './api/stats.ts'
import { systemRoutes } from './api/system.ts'
import { taskRoutes } from './api/tasks.ts'
import { unsupportedRoutes } from './api/unsupported.ts'
import { documentWriteRoutes } from './api/write-documents.ts'
import type { Config } from './config/schema.ts'
import { createFeatures } from './features/experimental/experimental.ts'
import type { Keys } from './features/keys/keys.ts'
import { createTasks } from './features/tasks/tasks.ts'
import type { Kernel } from './kernel/kernel.ts'
import type { Call, Route } from './model/call.ts'
import type { Store, StoreSnapshot } from './model/store.ts'
import { createMeilisearchClient } from './nodes/meilisearch.ts'
import type { Transport } from './nodes/transport.ts'
import { createReadPath } from './read-path.ts'
import type { Clock } from './std/clock.ts'
import { deadlineAfter } from './std/deadline.ts'
import type { Random } from './std/random.ts'
import type { Metrics } from './telemetry/metrics.ts'
import { noteFacts } from './telemetry/requests.ts'
import type { HealthMonitor } from './topology/health-monitor.ts'
import type { Registry } from './topology/registry.ts'
import type { WritePath } from './writes/write-path.ts'

/** The parts of the process that answer requests. */
export interface RouteParts {
  readonly config: Config
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

/** All routes, each family with the capabilities it needs. */
export function appRoutes(parts: RouteParts): Route[] {
  const { registry: views, health, transport, clock, config, metrics, writes, store } = parts
  const client = createMeilisearchClient(transport)
  const { shards, replicationFactor, placements } = parts.snapshot
  const { nodeTimeoutMs } = config.scatter
  const { read, gated } = createReadPath(parts)
  const features = createFeatures(store, parts.snapshot.features)
  const routes = [
    ...systemRoutes({
      ...{ views, health, clock },
      async askVersion(node) {
        const answer = await client.getVersion(node, deadlineAfter(clock, nodeTimeoutMs))
        return answer.ok ? answer.value : null
      },
    }),
    ...searchRoutes(read),
    ...facetSearchRoutes(read),
    ...multiSearchRoutes(read),
    ...explainRoutes({ read, isOperator: (call) => isOperator(parts.keys, call) }),
    ...documentReadRoutes(read),
    ...documentWriteRoutes({ writes }),
    ...documentEditRoutes({ writes, features }),
    ...experimentalRoutes({ features }),
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
  return routes.map((route) => withFacts(gated(route)))
}

/** Who may manage the cluster may see what nodes are asked. */
function isOperator(keys: Keys, call: Call): boolean {
  return keys.authorize((name) => call.header(name), { kind: 'admin' }) === null
}

/**
 * Tells the request's log line what its route and its answer say: which index, how many nodes and
 * hits, and whether something was missing.
 */
function withFacts(route: Route): Route {
  return {
    ...route,
    async handler(call) {
      const index = call.params['uid']
      if (index !== undefined) noteFacts(call, { index })
      const reply = await route.handler(call)
      const degraded = reply.headers?.some(([name]) => name === 'X-Miroir-Degraded') ?? false
      if (degraded) noteFacts(call, { degraded })
      if (reply.facts !== undefined) noteFacts(call, reply.facts)
      return reply
    },
  }
}
