import type { NodeId, ShardId } from '../../model/ids.ts'
import type { IndexView, NodeView, View } from '../../model/view.ts'

/** One node's share of an index's statistics. */
export interface CoverPart {
  readonly node: NodeView
  readonly name: string
  readonly shards: readonly ShardId[]
  /** The node holds just these shards, so what it says of its index is exact. */
  readonly whole: boolean
}

export interface Cover {
  readonly parts: readonly CoverPart[]
  /** Shards without a current copy on a usable node. */
  readonly uncovered: readonly ShardId[]
}

interface Candidate {
  readonly node: NodeView
  readonly name: string
  readonly current: ReadonlySet<ShardId>
  /** Nothing else is on the node: no copy that lags or is being made. */
  readonly pure: boolean
}

/** Attempts at finding nodes that share no shard. */
const STEPS_MAX = 2_000

/**
 * Nodes that hold every shard once between them. A node's statistics speak of all it holds and cannot be
 * filtered, so nodes without common shards are looked for first; otherwise some parts are not `whole`.
 */
export function coverOf(view: View, index: IndexView, usable: (node: NodeId) => boolean): Cover {
  const candidates = candidatesOf(view, index, usable)
  const reachable = new Set(candidates.flatMap((candidate) => [...candidate.current]))
  const shards = Array.from({ length: index.shards }, (_, shard) => shard)
  const wanted = shards.filter((shard) => reachable.has(shard))
  const uncovered = shards.filter((shard) => !reachable.has(shard))
  const exact = exactCover(
    wanted,
    candidates.filter((candidate) => candidate.pure),
  )
  if (exact === null) return { parts: greedyCover(wanted, candidates), uncovered }
  const parts = exact.map(({ node, name, current }) => ({ node, name, shards: [...current], whole: true }))
  return { parts, uncovered }
}

function candidatesOf(view: View, index: IndexView, usable: (node: NodeId) => boolean): readonly Candidate[] {
  const current = new Map<NodeId, Set<ShardId>>()
  for (const [shard, copies] of index.copies.entries()) {
    for (const copy of copies) {
      if (copy.state !== 'current' || !usable(copy.node)) continue
      const shards = current.get(copy.node) ?? new Set()
      current.set(copy.node, shards.add(shard))
    }
  }
  const found = [...current].flatMap(([id, shards]) => {
    const node = view.nodes.get(id)
    const name = index.names.get(id)
    if (node === undefined || name === undefined) return []
    const pure = [...(index.holds.get(id) ?? [])].every((shard) => shards.has(shard))
    return [{ node, name, current: shards, pure }]
  })
  return found.sort((one, other) => other.current.size - one.current.size)
}

function exactCover(
  wanted: readonly ShardId[],
  candidates: readonly Candidate[],
): readonly Candidate[] | null {
  let steps = 0
  const search = (open: ReadonlySet<ShardId>): readonly Candidate[] | null => {
    const [first] = open
    if (first === undefined) return []
    for (const candidate of candidates) {
      if (++steps > STEPS_MAX) return null
      if (!candidate.current.has(first) || ![...candidate.current].every((shard) => open.has(shard))) continue
      const rest = search(new Set([...open].filter((shard) => !candidate.current.has(shard))))
      if (rest !== null) return [candidate, ...rest]
    }
    return null
  }
  return search(new Set(wanted))
}

function greedyCover(wanted: readonly ShardId[], candidates: readonly Candidate[]): readonly CoverPart[] {
  const open = new Set(wanted)
  const parts: CoverPart[] = []
  while (open.size > 0) {
    const gain = ({ current }: Candidate): number => [...current].filter((shard) => open.has(shard)).length
    const best = candidates.reduce<Candidate | null>(
      (found, candidate) => (found === null || gain(candidate) > gain(found) ? candidate : found),
      null,
    )
    if (best === null) return parts
    const shards = [...best.current].filter((shard) => open.has(shard))
    for (const shard of shards) open.delete(shard)
    const whole = best.pure && shards.length === best.current.size
    parts.push({ node: best.node, name: best.name, shards, whole })
  }
  return parts
}
