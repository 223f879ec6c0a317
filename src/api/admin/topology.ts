import type { NodeId, Seq, ShardId } from '../../model/ids.ts'
import type { PlacementRow } from '../../model/store.ts'
import type { CopyState, IndexView, NodeView, Views } from '../../model/view.ts'
import type { Clock } from '../../std/clock.ts'
import { uncoveredIndexes } from '../../topology/coverage.ts'
import type { HealthOfNodes } from './readiness.ts'

export interface TopologyDeps {
  readonly views: Views
  readonly health: HealthOfNodes
  readonly clock: Clock
  /** Shards of indexes that are created without a number of their own. */
  readonly shards: number
  readonly replicationFactor: number
  /** Placement for `shards`; rows of other shard counts are skipped. */
  readonly placements: readonly PlacementRow[]
}

export interface TopologyNode {
  readonly id: NodeId
  readonly address: string
  readonly status: string
  readonly replica_group: number
  /** Shards of an index with the default number of shards that are placed here. */
  readonly shard_count: number
  /** Milliseconds since its last good answer; null = never. */
  readonly last_seen_ms: number | null
  readonly version: string | null
  readonly error?: string
}

export interface TopologyCopy {
  readonly shard: ShardId
  readonly node: NodeId
  readonly state: CopyState
  readonly lag: Seq | null
}

export interface TopologyIndex {
  readonly uid: string
  readonly shards: number
  readonly copies: Record<CopyState, number>
  /** Copies that are not current. */
  readonly degraded: readonly TopologyCopy[]
}

/** Body of `GET /_miroir/topology`. */
export interface TopologyBody {
  readonly shards: number
  readonly replication_factor: number
  readonly epoch: number
  /** Every shard of every index has a current copy on a readable node. */
  readonly fully_covered: boolean
  readonly degraded_node_count: number
  readonly rebalance_in_progress: false
  readonly lagging_copies: number
  readonly nodes: readonly TopologyNode[]
  readonly indexes: readonly TopologyIndex[]
  /** Copies left out of `degraded` lists because there are too many; absent when none is. */
  readonly degraded_omitted?: number
}

/** Entries in all `degraded` lists of one answer: after an outage there may be a million. */
const DEGRADED_LISTED_MAX = 10_000

export function topologyBody(deps: TopologyDeps): TopologyBody {
  const view = deps.views.current()
  const counts = shardCounts(deps)
  const nodes = [...view.nodes.values()].map((node) => describeNode(deps, node, counts.get(node.id) ?? 0))
  let room = DEGRADED_LISTED_MAX
  let omitted = 0
  const indexes = [...view.indexes.values()].map((index) => {
    const described = describeIndex(index, room)
    room -= described.index.degraded.length
    omitted += described.omitted
    return described.index
  })
  return {
    shards: deps.shards,
    replication_factor: deps.replicationFactor,
    epoch: view.epoch,
    fully_covered: uncoveredIndexes(view, deps.health).length === 0,
    degraded_node_count: nodes.filter(({ status }) => status !== 'active' && status !== 'draining').length,
    rebalance_in_progress: false,
    lagging_copies: indexes.reduce((sum, index) => sum + index.copies.lagging, 0),
    nodes,
    indexes,
    ...(omitted > 0 ? { degraded_omitted: omitted } : {}),
  }
}

function describeNode(deps: TopologyDeps, node: NodeView, shardCount: number): TopologyNode {
  const health = deps.health.health(node.id)
  return {
    id: node.id,
    address: node.address,
    status: health.state,
    replica_group: node.group,
    shard_count: shardCount,
    last_seen_ms:
      health.lastSeenMs === null ? null : Math.max(0, Math.round(deps.clock.wall() - health.lastSeenMs)),
    version: health.version,
    ...(health.error === null ? {} : { error: health.error }),
  }
}

function describeIndex(index: IndexView, room: number): { index: TopologyIndex; omitted: number } {
  const copies = { current: 0, behind: 0, lagging: 0 }
  const degraded: TopologyCopy[] = []
  for (const [shard, list] of index.copies.entries())
    for (const { node, state, lag } of list) {
      copies[state]++
      if (state !== 'current' && degraded.length < room) degraded.push({ shard, node, state, lag })
    }
  const omitted = copies.behind + copies.lagging - degraded.length
  return { index: { uid: index.uid, shards: index.shards, copies, degraded }, omitted }
}

function shardCounts(deps: TopologyDeps): ReadonlyMap<NodeId, number> {
  const counts = new Map<NodeId, number>()
  for (const row of deps.placements)
    if (row.shards === deps.shards)
      for (const node of row.nodes) counts.set(node, (counts.get(node) ?? 0) + 1)
  return counts
}
