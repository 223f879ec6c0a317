import { limits } from './config/limits.ts'
import type { Config } from './config/schema.ts'
import { QueryVectors } from './flows/near/query-vectors.ts'
import type { ReadDeps, ReadObserver } from './flows/read-deps.ts'
import { SharedSearches } from './flows/sharing.ts'
import { ConcurrencyLimit } from './http/overload/concurrency-limit.ts'
import { Gate } from './http/overload/gate.ts'
import type { Kernel } from './kernel/kernel.ts'
import type { Route } from './model/call.ts'
import { fail } from './model/errors.ts'
import type { Transport } from './nodes/transport.ts'
import { createHedging } from './scatter/hedging.ts'
import { createNodeScores } from './scatter/node-scores.ts'
import type { Clock } from './std/clock.ts'
import type { Random } from './std/random.ts'
import type { Metrics } from './telemetry/metrics.ts'
import type { HealthMonitor } from './topology/health-monitor.ts'
import type { Registry } from './topology/registry.ts'

export interface ReadParts {
  readonly config: Config
  readonly clock: Clock
  readonly random: Random
  readonly metrics: Metrics
  readonly transport: Transport
  readonly kernel: Kernel
  readonly registry: Registry
  readonly health: HealthMonitor
}

export interface ReadPath {
  readonly read: ReadDeps
  /** Reads come in through the gate; other routes are left as they are. */
  readonly gated: (route: Route) => Route
}

/** What reads share: how nodes do, hedges, searches under way, and the gate they all come in through. */
export function createReadPath(parts: ReadParts): ReadPath {
  const { registry: views, health, transport, kernel, clock, random, config, metrics } = parts
  const { nodeTimeoutMs, unavailableShardPolicy, hedge } = config.scatter
  const { enabled, minTriggerMs, budgetPercent } = hedge
  const gate = createGate(parts)
  const scores = createNodeScores({ clock, faultMs: nodeTimeoutMs, opened: metrics.breakerOpened })
  health.subscribe((event) => {
    if (event.kind === 'node-up') scores.recovered(event.node)
  })
  const hedging = createHedging({
    clock,
    config: { minTriggerMs, budgetPercent },
    busy: () => gate.busy,
    observe: metrics.hedge,
  })
  const shared = new SharedSearches({ clock, observe: metrics.sharedSearch })
  const read: ReadDeps = {
    ...{ views, reachability: health, transport, kernel, clock, random, scores },
    ...(enabled ? { hedging } : {}),
    ...(config.search.coalesce ? { shared } : {}),
    admit: (work) => gate.run(work),
    config: {
      ...{ nodeTimeoutMs, unavailableShardPolicy },
      hybridMode: config.search.hybridMode,
      narrowKeysMax: enabledKeys(config),
    },
    queryVectors: new QueryVectors(limits.queryVectorsMax, metrics.queryVector),
    observe: readObserver(metrics),
  }
  return { read, gated: (route) => gatedRoute(gate, route) }
}

/** Nodes work on so many searches at once, however slow these are. */
const SEARCHES_PER_NODE = 4
const SEARCHES_MIN = 16

function createGate({ clock, config, metrics, registry }: ReadParts): Gate {
  const limit = new ConcurrencyLimit({
    clock,
    min: Math.max(SEARCHES_MIN, SEARCHES_PER_NODE * registry.current().nodes.size),
    max: config.server.maxConcurrentRequests,
    targetMs: config.search.latencyTargetMs,
    ceilingMs: config.scatter.nodeTimeoutMs / 2,
  })
  const refusal = (): Error => {
    metrics.limitHit('search_queue')
    return fail('miroir_overloaded', { resource: 'searches' })
  }
  const gate = new Gate({ clock, limit, queueMax: limits.searchQueueMax, refusal })
  metrics.beforeRender(() => {
    metrics.searches({ running: gate.running, waiting: gate.waiting, allowed: limit.current })
  })
  return gate
}

const READ_ACTIONS = ['search', 'documents.get']
/** Goes through the gate by itself: searches that join another one need no room. */
const SEARCH = '/indexes/{uid}/search'

function gatedRoute(gate: Gate, route: Route): Route {
  const { access, template, handler } = route
  if (access.kind !== 'action' || !READ_ACTIONS.includes(access.action) || template === SEARCH) return route
  return { ...route, handler: (call) => gate.run(async () => handler(call)) }
}

function enabledKeys({ queryPlanner }: Config): number {
  return queryPlanner.enabled ? queryPlanner.maxPkLiteralsNarrowable : 0
}

function readObserver(metrics: Metrics): ReadObserver {
  return {
    planned: (_operation, targets) => metrics.scatterFanOut(targets),
    askedAgain: (_operation, targets) => metrics.scatterDeeper(targets),
    uncovered: () => metrics.scatterPartial(),
    narrowed: (share) => metrics.queryPlanNarrowable(share),
    explained: (warnings, executed) => metrics.planExplained(warnings, executed),
    exchange: (_node, result) => {
      if (result !== 'ok' && result !== 'refused') metrics.scatterRetry()
    },
  }
}
