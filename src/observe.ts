import type { NodeId } from './model/ids.ts'
import type { View } from './model/view.ts'
import type { NodeIdentities } from './nodes/identity.ts'
import type { Logger } from './telemetry/log.ts'
import type { Metrics } from './telemetry/metrics.ts'
import { uncoveredIndexes } from './topology/coverage.ts'
import type { HealthEvent, HealthMonitor } from './topology/health-monitor.ts'
import type { Registry } from './topology/registry.ts'
import type { WriteObserver } from './writes/context.ts'
import type { WritePath } from './writes/write-path.ts'

export interface Watched {
  readonly health: HealthMonitor
  readonly registry: Registry
  readonly writes: WritePath
  readonly identities: NodeIdentities
  readonly metrics: Metrics
  readonly logger: Logger
}

/**
 * Hears what becomes of nodes. A node that lost its volume is emptied in our books first, durably; only then
 * may it be used again. The only copy of something is never written off: the node waits for its volume, its
 * right address, or another copy.
 */
export function watchNodes(parts: Watched): void {
  const { writes, identities, health, logger, registry } = parts
  /** Nodes that wait; true once that was told. */
  const lost = new Map<NodeId, boolean>()
  const rebuild = async (node: NodeId): Promise<void> => {
    const indexes = writes.onlyCopies(node)
    if (indexes.length > 0) {
      const message = 'a node lost the only copies of shards; restore its volume or correct its address'
      if (lost.get(node) === false) logger.error({ node, indexes: indexes.join(',') }, message)
      lost.set(node, true)
      return
    }
    lost.delete(node)
    await writes.nodeForgot(node)
    identities.renew(node)
    health.adopt(node)
  }
  const rebuildAll = (): void => {
    for (const node of lost.keys()) void rebuild(node)
  }
  registry.subscribe(rebuildAll)
  health.subscribe((event) => {
    noteNode(event, parts)
    if (event.kind === 'node-down' && event.cause === 'amnesia') lost.set(event.node, false)
    else lost.delete(event.node)
    rebuildAll()
    writes.nodeChanged()
  })
}

function noteNode(event: HealthEvent, { metrics, logger }: Watched): void {
  metrics.nodeHealthy(event.node, event.kind === 'node-up')
  if (event.kind === 'node-up') logger.info({ node: event.node }, 'node is up')
  else logger.warn({ node: event.node, cause: event.cause, reason: event.error }, 'node is down')
}

export function writeObserver(metrics: Metrics, logger: Logger): WriteObserver {
  return {
    copyLeft: (reason) => metrics.copyLeft(reason),
    refillEnded: (outcome) => metrics.copyRefilled(outcome),
    limitHit: (limit) => metrics.limitHit(limit),
    taskEnded(status, ageMs) {
      metrics.taskCounted(status)
      metrics.taskAge(ageMs)
    },
    note: (level, message, facts) => logger[level](facts as Parameters<Logger['info']>[0], message),
  }
}

/** Keeps the gauges of copies and coverage in step with the view and with the nodes' health. */
export function watchView(registry: Registry, health: HealthMonitor, metrics: Metrics): void {
  const show = (view: View): void => {
    metrics.viewEpoch(view.epoch)
    const counts = { current: 0, behind: 0, lagging: 0 }
    let shards = 0
    const held = new Map<string, number>()
    for (const index of view.indexes.values()) {
      shards += index.shards
      for (const copy of index.copies.flat()) {
        counts[copy.state]++
        held.set(copy.node, (held.get(copy.node) ?? 0) + 1)
      }
    }
    for (const state of ['current', 'behind', 'lagging'] as const) metrics.copies(state, counts[state])
    for (const node of view.nodes.keys()) metrics.shardsOnNode(node, held.get(node) ?? 0)
    const uncovered = uncoveredIndexes(view, health).reduce((sum, index) => sum + index.shards.length, 0)
    metrics.degradedShards(uncovered)
    metrics.shardCoverage(shards === 0 ? 1 : (shards - uncovered) / shards)
  }
  let shown = registry.current()
  show(shown)
  // Documents change the view too; only what the gauges speak of is worth the walk.
  registry.subscribe((view) => {
    if (view.epoch === shown.epoch) return
    shown = view
    show(view)
  })
  health.subscribe(() => show(registry.current()))
}
