import type { GroupId, NodeId, Seq, ShardId } from '../../model/ids.ts'
import type { CopyState, IndexView, Reachability, Views } from '../../model/view.ts'

export interface ShardCopyRow {
  readonly id: NodeId
  readonly replica_group: GroupId
  readonly state: CopyState
  readonly lag: Seq | null
  /** May be asked right now. */
  readonly readable: boolean
}

/** Body of `GET /_miroir/shards`. */
export interface ShardsBody {
  readonly indexes: readonly {
    readonly uid: string
    readonly shards: readonly { readonly shard: ShardId; readonly nodes: readonly ShardCopyRow[] }[]
  }[]
}

/** Where every shard lives, of one index or of all; null when there is no such index. */
export function shardsBody(
  deps: { readonly views: Views; readonly health: Reachability },
  uid: string | null,
): ShardsBody | null {
  const { indexes } = deps.views.current()
  const wanted = uid === null ? [...indexes.values()] : [indexes.get(uid)]
  const known = wanted.filter((index) => index !== undefined)
  if (known.length < wanted.length) return null
  return { indexes: known.map((index) => ({ uid: index.uid, shards: shardRows(index, deps.health) })) }
}

function shardRows(index: IndexView, health: Reachability): ShardsBody['indexes'][number]['shards'] {
  return index.copies.map((copies, shard) => ({
    shard,
    nodes: copies.map(({ node, group, state, lag }) => ({
      ...{ id: node, replica_group: group, state, lag },
      readable: health.readable(node),
    })),
  }))
}
