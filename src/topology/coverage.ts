import type { IndexUid, NodeId, ShardId } from '../model/ids.ts'
import type { IndexView, Reachability, View } from '../model/view.ts'

export interface Uncovered {
  readonly uid: IndexUid
  /** Shards without a current copy on a readable node, ascending. */
  readonly shards: readonly ShardId[]
}

/** Indexes that cannot be searched in full right now. */
export function uncoveredIndexes(view: View, reachability: Reachability): readonly Uncovered[] {
  const readable = readableNodes(view, reachability)
  const found: Uncovered[] = []
  for (const index of view.indexes.values()) {
    const shards = uncoveredShards(index, readable)
    if (shards.length > 0) found.push({ uid: index.uid, shards })
  }
  return found
}

function uncoveredShards(index: IndexView, readable: ReadonlySet<NodeId>): ShardId[] {
  return index.copies.flatMap((copies, shard) =>
    copies.some((copy) => copy.state === 'current' && readable.has(copy.node)) ? [] : [shard],
  )
}

function readableNodes(view: View, reachability: Reachability): ReadonlySet<NodeId> {
  return new Set([...view.nodes.keys()].filter((node) => reachability.readable(node)))
}
