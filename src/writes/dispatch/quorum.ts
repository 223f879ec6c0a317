import { fail } from '../../model/errors.ts'
import type { IndexUid, ShardId } from '../../model/ids.ts'
import type { WriteContext } from '../context.ts'
import type { Copy } from '../run.ts'

/** 503 unless every shard has a current copy on a node that answers; nothing is sent then. */
export function assertQuorum(
  context: WriteContext,
  index: { readonly uid: IndexUid; readonly copies: readonly (readonly Copy[])[] },
  shards: readonly ShardId[] = index.copies.map((_, shard) => shard),
): void {
  const needed = Math.max(1, context.config.minAcks)
  const missing = shards.filter((shard) => {
    const ready = (index.copies[shard] ?? []).filter(
      (copy) => copy.state !== 'lagging' && context.reachability.readable(copy.node),
    )
    return ready.length < needed
  })
  if (missing.length > 0) throw fail('miroir_no_quorum', { shards: missing.join(','), uid: index.uid })
}
