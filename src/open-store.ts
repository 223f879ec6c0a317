import type { Config } from './config/schema.ts'
import type { PlacementRow, Store, StoreSnapshot } from './model/store.ts'
import type { Logger } from './telemetry/log.ts'
import { placeShards } from './topology/placement.ts'
import { xxh64 } from './topology/xxh64.ts'

/** Opens the store; after the first start it is the truth, and the file may only move or rename addresses. */
export async function openStore(store: Store, config: Config, logger: Logger): Promise<StoreSnapshot> {
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
