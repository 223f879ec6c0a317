import type { GroupId, NodeId, ShardId } from '../model/ids.ts'
import type { NodeRow, PlacementRow } from '../model/store.ts'
import { assert } from '../std/assert.ts'
import { utf8 } from '../std/bytes.ts'
import { balance } from './balance.ts'

/** Unsigned 64-bit hash of bytes; XXH64 with seed 0, so that every pod of every release places alike. */
export type PlacementHash = (bytes: Uint8Array) => bigint

export interface PlacementRequest {
  readonly nodes: readonly Pick<NodeRow, 'id' | 'group'>[]
  readonly shards: number
  /** Copies of each shard in every group. */
  readonly replicationFactor: number
  readonly hash: PlacementHash
  /** Where the shards are now: holders are kept as far as the balance allows. */
  readonly existing?: readonly PlacementRow[]
}

/** What receives shards: one node, or the nodes of a mirrored set, which hold the same ones. */
interface Unit {
  /** Ascending. */
  readonly nodes: readonly NodeId[]
}

/**
 * Places the shards of an index: in each group every shard on `replicationFactor` nodes, by rendezvous
 * hashing with bounded load. Loads within a group differ by at most one shard. Where the group size is a
 * multiple of the factor, copies are mirrored sets, so that a query that asks one node of a set needs no
 * shard filter.
 *
 * Answers one row per shard, its nodes ordered by group, then by descending score. Throws when a group is too
 * small.
 */
export function placeShards(request: PlacementRequest): PlacementRow[] {
  const { shards } = request
  const rows: NodeId[][] = Array.from({ length: shards }, () => [])
  for (const group of groupsOf(request.nodes)) {
    const placed = placeGroup(request, group)
    for (const [shard, nodes] of placed.entries()) rows[shard]?.push(...nodes)
  }
  return rows.map((nodes, shard) => ({ shards, shard, nodes }))
}

/**
 * `XXH64(u32le(shard) ‖ utf8(node id) ‖ 0xFF)`: the trailing byte is how Rust hashes a string, which keeps
 * placements comparable with those of other implementations.
 */
export function scoreOf(hash: PlacementHash, shard: ShardId, node: NodeId): bigint {
  const name = utf8(node)
  const bytes = new Uint8Array(4 + name.length + 1)
  new DataView(bytes.buffer).setUint32(0, shard, true)
  bytes.set(name, 4)
  bytes[bytes.length - 1] = 0xff
  return hash(bytes)
}

function placeGroup(request: PlacementRequest, group: GroupId): NodeId[][] {
  const { shards, replicationFactor, hash } = request
  const nodes = request.nodes.filter((node) => node.group === group).map((node) => node.id)
  nodes.sort(byText)
  assert(new Set(nodes).size === nodes.length, `group ${group} names a node twice`)
  assert(
    replicationFactor >= 1 && replicationFactor <= nodes.length,
    `group ${group} has ${nodes.length} nodes, too few for replication factor ${replicationFactor}`,
  )
  const mirrored = nodes.length % replicationFactor === 0
  const units = mirrored ? setsOf(nodes, replicationFactor) : nodes.map((node) => ({ nodes: [node] }))
  const copies = mirrored ? 1 : replicationFactor
  const scores = new Map(
    nodes.map((node) => [node, Array.from({ length: shards + 1 }, (_, shard) => scoreOf(hash, shard, node))]),
  )
  const score = (shard: ShardId, node: NodeId | undefined): bigint =>
    (node === undefined ? undefined : scores.get(node)?.[shard]) ?? 0n
  const held = balance({
    ...{ units: units.length, shards, copies },
    // A set is known by its first node.
    score: (shard, unit) => score(shard, units[unit]?.nodes[0]),
    kept: keptUnits(request.existing ?? [], units, copies),
  })
  return held.map((list, shard) =>
    list
      .flatMap((unit) => units[unit]?.nodes ?? [])
      .sort((left, right) => byScore(score(shard, left), score(shard, right)) || byText(left, right)),
  )
}

function setsOf(nodes: readonly NodeId[], size: number): Unit[] {
  return Array.from({ length: nodes.length / size }, (_, at) => ({
    nodes: nodes.slice(at * size, (at + 1) * size),
  }))
}

/** Per shard the units that hold most of it now, best first, at most `copies`. */
function keptUnits(existing: readonly PlacementRow[], units: readonly Unit[], copies: number): number[][] {
  const kept: number[][] = []
  for (const row of existing) {
    const shared = units.map((unit) => unit.nodes.filter((node) => row.nodes.includes(node)).length)
    kept[row.shard] = shared
      .flatMap((count, unit) => (count > 0 ? [unit] : []))
      .sort((left, right) => (shared[right] ?? 0) - (shared[left] ?? 0) || left - right)
      .slice(0, copies)
  }
  return kept
}

function groupsOf(nodes: PlacementRequest['nodes']): GroupId[] {
  return [...new Set(nodes.map((node) => node.group))].sort((left, right) => left - right)
}

function byText(left: string, right: string): number {
  return left < right ? -1 : Number(left > right)
}

/** Higher scores first. */
function byScore(left: bigint, right: bigint): number {
  return left > right ? -1 : Number(left < right)
}
