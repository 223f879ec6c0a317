import type { NodeChoice } from '../model/choice.ts'
import type { NodeId, ShardId } from '../model/ids.ts'
import type { ReadTarget, ReadTargets } from '../model/plan.ts'
import type { IndexView, NodeView } from '../model/view.ts'
import { type Pick as Choice, cover } from './cover.ts'
import { shardFilter } from './shard-filter.ts'

/** What a read is planned over: one snapshot, one judgement about nodes, one random number. */
export interface ReadScope {
  readonly index: IndexView
  readonly nodes: ReadonlyMap<NodeId, NodeView>
  /** May be asked now. */
  readonly usable: (node: NodeId) => boolean
  /** In [0, 1): draws among equally good choices. */
  readonly draw: number
  /** Compares nodes; absent: they are all alike. */
  readonly choice?: NodeChoice | undefined
}

/** The part of a request that differs from node to node. */
export type Shape = (
  name: string,
  shardFilter: string | null,
  shards: readonly ShardId[],
) => Pick<ReadTarget, 'method' | 'path' | 'body' | 'depth' | 'internal'>

export function allShards(index: IndexView): readonly ShardId[] {
  return Array.from({ length: index.shards }, (_, shard) => shard)
}

/** One target per chosen node for the given shards. */
export function targetsFor(scope: ReadScope, shards: readonly ShardId[], shape: Shape): ReadTargets {
  const { index, nodes, usable, draw, choice } = scope
  const found = cover({ index, nodes, shards, usable, draw, choice })
  return {
    targets: found.picks.map((pick) => targetOf(index, pick, shape)),
    uncovered: found.uncovered,
  }
}

function targetOf(index: IndexView, pick: Choice, shape: Shape): ReadTarget {
  const name = index.names.get(pick.node.id) ?? ''
  const filter = shardFilter(index, pick.node.id, pick.shards)
  return {
    node: pick.node,
    name,
    shards: pick.shards,
    shardFilter: filter,
    ...shape(name, filter, pick.shards),
  }
}

/** True when one node answers for every wanted shard: it may page by itself. */
export function isWhole(found: ReadTargets): boolean {
  return found.targets.length === 1 && found.uncovered.length === 0
}

export function indexPath(name: string, route: string): string {
  return `/indexes/${encodeURIComponent(name)}/${route}`
}
