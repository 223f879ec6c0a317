import { collectDefaultMetrics, Registry } from 'prom-client'
import type { TaskStatus } from '../model/task.ts'
import type { CopyState } from '../model/view.ts'
import type { EventLoopProbe } from './event-loop.ts'
import { declareFamilies, type Families } from './families.ts'

/** Counts what happens. Every function is cheap and never throws; times are milliseconds. */
export interface Metrics {
  requestStarted(): void
  requestFinished(request: {
    readonly method: string
    readonly template: string
    readonly status: number
    readonly durationMs: number
  }): void
  requestRefused(reason: string): void
  /** `limit` names the bound: a key of the limits or a word of the HTTP server. */
  limitHit(limit: string): void
  nodeHealthy(nodeId: string, healthy: boolean): void
  nodeExchange(nodeId: string, operation: string, durationMs: number): void
  nodeError(nodeId: string, errorType: string): void
  /** Drops every series of a node that was removed. */
  forgetNode(nodeId: string): void
  /** Share of shards that some readable copy covers, 0 to 1. */
  shardCoverage(share: number): void
  degradedShards(count: number): void
  shardsOnNode(nodeId: string, count: number): void
  copies(state: CopyState, count: number): void
  viewEpoch(epoch: number): void
  copyRefilled(outcome: string): void
  copyLeft(reason: string): void
  /** A task was accepted (`enqueued`) or ended. */
  taskCounted(status: TaskStatus): void
  taskAge(durationMs: number): void
  taskRegistrySize(count: number): void
  scatterFanOut(nodes: number): void
  scatterPartial(): void
  scatterRetry(): void
  scatterDeeper(targets: number): void
  /** Reads under way, waiting for room, and allowed at once. */
  searches(counts: { readonly running: number; readonly waiting: number; readonly allowed: number }): void
  /** Called before each rendering, to set gauges. */
  beforeRender(look: () => void): void
  /** A search asked nodes and may be joined (`led`), or joined another one. */
  sharedSearch(event: 'led' | 'joined'): void
  /** A query's vector was needed; `hit`: it was remembered. */
  queryVector(hit: boolean): void
  /** A hedge's request was sent, a hedge ended, or one was not sent for want of budget. */
  hedge(event: 'sent' | 'won' | 'lost' | 'no-budget'): void
  breakerOpened(nodeId: string): void
  /** A filter names primary keys; `share` of the shards are asked, 0 to 1. */
  queryPlanNarrowable(share: number): void
  /** A plan was shown, with warnings of these types. */
  planExplained(warnings: readonly string[], executed: boolean): void
  /** The text a Prometheus server reads. */
  render(): Promise<{ readonly contentType: string; readonly body: string }>
}

/** Methods that get a label of their own; a client may send any word. */
const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])
const OTHER_METHOD = 'other'

export interface MetricsOptions {
  /** Also memory, CPU, event-loop delay and garbage collection of this process. */
  readonly process: boolean
  /** Absent: the event loop's delay is not shown. */
  readonly eventLoop?: EventLoopProbe
}

/** A registry of its own, so that several instances can live in one process. */
export function createMetrics(options: MetricsOptions = { process: true }): Metrics {
  const registry = new Registry()
  const families = declareFamilies(registry)
  const looks: (() => void)[] = []
  const { eventLoop } = options
  if (eventLoop !== undefined) looks.push(() => showEventLoop(families, eventLoop))
  if (options.process) collectDefaultMetrics({ register: registry })
  return {
    ...requestMetrics(families),
    ...nodeMetrics(families),
    ...shardMetrics(families),
    ...taskMetrics(families),
    scatterFanOut: (nodes) => families.scatterFanOut.observe(nodes),
    scatterPartial: () => families.scatterPartial.inc(),
    scatterRetry: () => families.scatterRetries.inc(),
    scatterDeeper: (targets) => families.scatterDeeper.inc(targets),
    beforeRender: (look) => looks.push(look),
    searches({ running, waiting, allowed }) {
      families.searches.set({ state: 'running' }, running)
      families.searches.set({ state: 'waiting' }, waiting)
      families.searchesAllowed.set(allowed)
    },
    sharedSearch(event) {
      if (event === 'led') families.searchesLed.inc()
      else families.searchesJoined.inc()
    },
    queryVector: (hit) => families.queryVectors.inc({ outcome: hit ? 'hit' : 'miss' }),
    hedge(event) {
      if (event === 'sent') families.hedgeRequests.inc()
      else if (event === 'no-budget') families.hedgesWithoutBudget.inc()
      else families.hedges.inc({ outcome: event })
    },
    planExplained(warnings, executed) {
      families.explainRequests.inc()
      if (executed) families.explainExecutes.inc()
      for (const warning of warnings) families.explainWarnings.inc({ warning_type: warning })
    },
    queryPlanNarrowable(share) {
      families.queryPlanNarrowable.inc({ narrowed: String(share < 1) })
      families.queryPlanNarrowingRatio.set(share)
    },
    render: async () => {
      for (const look of looks) look()
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}

function showEventLoop(families: Families, probe: EventLoopProbe): void {
  const { p50S, p99S, maxS } = probe()
  families.eventLoopDelay.set({ quantile: '0.5' }, p50S)
  families.eventLoopDelay.set({ quantile: '0.99' }, p99S)
  families.eventLoopDelay.set({ quantile: '1' }, maxS)
}

type RequestMetrics = 'requestStarted' | 'requestFinished' | 'requestRefused' | 'limitHit'

function requestMetrics(families: Families): Pick<Metrics, RequestMetrics> {
  const series = new Map<string, { observe(durationMs: number): void }>()
  const seriesOf = (method: string, template: string, status: number) => {
    const known = METHODS.has(method) ? method : OTHER_METHOD
    const key = `${known} ${status} ${template}`
    const found = series.get(key)
    if (found !== undefined) return found
    // Bound once: looking labels up costs more than counting.
    const duration = families.requestDuration.labels(known, template, String(status))
    const count = families.requests.labels(known, template, String(status))
    const made = {
      observe(durationMs: number): void {
        duration.observe(durationMs / 1000)
        count.inc()
      },
    }
    series.set(key, made)
    return made
  }
  return {
    requestStarted: () => families.requestsInFlight.inc(),
    requestFinished({ method, template, status, durationMs }) {
      families.requestsInFlight.dec()
      seriesOf(method, template, status).observe(durationMs)
    },
    requestRefused: (reason) => families.requestsRefused.inc({ reason }),
    limitHit: (limit) => families.limitHits.inc({ limit }),
  }
}

type NodeMetrics =
  | 'breakerOpened'
  | 'nodeHealthy'
  | 'nodeExchange'
  | 'nodeError'
  | 'forgetNode'
  | 'shardsOnNode'

function nodeMetrics(families: Families): Pick<Metrics, NodeMetrics> {
  const operations = new Map<string, Set<string>>()
  const errors = new Map<string, Set<string>>()
  return {
    nodeHealthy: (nodeId, healthy) => families.nodeHealthy.set({ node_id: nodeId }, healthy ? 1 : 0),
    nodeExchange(nodeId, operation, durationMs) {
      remember(operations, nodeId, operation)
      families.nodeRequestDuration.observe({ node_id: nodeId, operation }, durationMs / 1000)
    },
    nodeError(nodeId, errorType) {
      remember(errors, nodeId, errorType)
      families.nodeErrors.inc({ node_id: nodeId, error_type: errorType })
    },
    shardsOnNode: (nodeId, count) => families.shardDistribution.set({ node_id: nodeId }, count),
    breakerOpened: (nodeId) => families.breakerOpened.inc({ node_id: nodeId }),
    forgetNode(nodeId) {
      families.breakerOpened.remove({ node_id: nodeId })
      families.nodeHealthy.remove({ node_id: nodeId })
      families.shardDistribution.remove({ node_id: nodeId })
      for (const operation of operations.get(nodeId) ?? []) {
        families.nodeRequestDuration.remove({ node_id: nodeId, operation })
      }
      for (const errorType of errors.get(nodeId) ?? []) {
        families.nodeErrors.remove({ node_id: nodeId, error_type: errorType })
      }
      operations.delete(nodeId)
      errors.delete(nodeId)
    },
  }
}

function remember(words: Map<string, Set<string>>, nodeId: string, word: string): void {
  const known = words.get(nodeId)
  if (known === undefined) words.set(nodeId, new Set([word]))
  else known.add(word)
}

type ShardMetrics = 'shardCoverage' | 'degradedShards' | 'copies' | 'viewEpoch' | 'copyRefilled' | 'copyLeft'

function shardMetrics(families: Families): Pick<Metrics, ShardMetrics> {
  return {
    shardCoverage: (share) => families.shardCoverage.set(share),
    degradedShards: (count) => families.degradedShards.set(count),
    copies: (state, count) => families.copies.set({ state }, count),
    viewEpoch: (epoch) => families.viewEpoch.set(epoch),
    copyRefilled: (outcome) => families.copyRefills.inc({ outcome }),
    copyLeft: (reason) => families.copiesLeft.inc({ reason }),
  }
}

type TaskMetrics = 'taskCounted' | 'taskAge' | 'taskRegistrySize'

function taskMetrics(families: Families): Pick<Metrics, TaskMetrics> {
  return {
    taskCounted: (status) => families.tasks.inc({ status }),
    taskAge: (durationMs) => families.taskProcessingAge.observe(durationMs / 1000),
    taskRegistrySize: (count) => families.taskRegistrySize.set(count),
  }
}
