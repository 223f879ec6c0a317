import type { NodeId, ShardId } from '../model/ids.ts'
import type { IndexView } from '../model/view.ts'

/** Octal digits in ascending byte order, all of them separators for the tokenizer. */
const DIGITS = '!%()*:;?'
const SHARD_DIGITS = 4

/** `_miroir_shard` as documents carry it: four octal digits of separator characters. */
export function shardText(shard: ShardId): string {
  let text = ''
  for (let rest = shard, place = 0; place < SHARD_DIGITS; place++, rest = Math.floor(rest / 8))
    text = DIGITS.charAt(rest % 8) + text
  return text
}

/**
 * Expression that limits a node to `asked`; null when it physically holds nothing else. What a node holds
 * may be more than its readable copies: half-copied and not yet purged shards count.
 */
export function shardFilter(index: IndexView, node: NodeId, asked: readonly ShardId[]): string | null {
  const held = index.holds.get(node)
  // What is unknown may be anything: then the wanted shards are named.
  if (held === undefined) return membership(asked)
  // A node holds whatever it is asked for, so equal numbers mean the same shards.
  if (held.size === asked.length) return null
  const wanted = new Set(asked)
  const others = [...held].filter((shard) => !wanted.has(shard)).sort((one, other) => one - other)
  return others.length < asked.length ? `NOT ${membership(others)}` : membership(asked)
}

function membership(shards: readonly ShardId[]): string {
  return `_miroir_shard IN [${shards.map((shard) => `"${shardText(shard)}"`).join(', ')}]`
}
