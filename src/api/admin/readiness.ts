import type { NodeId } from '../../model/ids.ts'
import type { Reachability, View } from '../../model/view.ts'
import { uncoveredIndexes } from '../../topology/coverage.ts'
import type { NodeHealth } from '../../topology/health.ts'

export interface HealthOfNodes extends Reachability {
  health(node: NodeId): NodeHealth
}

/** Body of `GET /_miroir/ready`. It is public, so it counts and names neither indexes nor nodes. */
export interface Readiness {
  readonly status: 'ready' | 'not ready'
  readonly missing: readonly string[]
}

/**
 * Ready once every index can be searched in full. Without indexes: once every node was asked, so that the
 * first index is not created past nodes that are merely not known yet, and every group has one that answered.
 */
export function readiness(view: View, health: HealthOfNodes): Readiness {
  const missing = view.indexes.size === 0 ? missingNodes(view, health) : missingShards(view, health)
  return { status: missing.length === 0 ? 'ready' : 'not ready', missing }
}

function missingShards(view: View, health: HealthOfNodes): string[] {
  const uncovered = uncoveredIndexes(view, health)
  if (uncovered.length === 0) return []
  const shards = uncovered.reduce((sum, index) => sum + index.shards.length, 0)
  return [`${shards} shards of ${uncovered.length} indexes have no current copy on a readable node`]
}

function missingNodes(view: View, health: HealthOfNodes): string[] {
  const missing: string[] = []
  const nodes = [...view.nodes.values()]
  const unknown = nodes.filter(({ id }) => isUnknown(health.health(id))).length
  if (unknown > 0) missing.push(`${unknown} of ${nodes.length} nodes have not been asked yet`)
  for (const group of view.groups)
    if (!nodes.some((node) => node.group === group && health.readable(node.id)))
      missing.push(`group ${group} has no readable node`)
  if (nodes.length === 0) missing.push('there are no nodes')
  return missing
}

function isUnknown(health: NodeHealth): boolean {
  return health.state === 'joining' && health.error === null
}
