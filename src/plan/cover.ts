import type { NodeId, ShardId } from '../model/ids.ts'
import type { IndexView, NodeView } from '../model/view.ts'

export interface CoverRequest {
  readonly index: IndexView
  readonly nodes: ReadonlyMap<NodeId, NodeView>
  /** Shards wanted, ascending, each once. */
  readonly shards: readonly ShardId[]
  readonly usable: (node: NodeId) => boolean
  /** In [0, 1): rotates among equally good choices. */
  readonly draw: number
}

export interface Pick {
  readonly node: NodeView
  /** Shards the node answers for, ascending. */
  readonly shards: readonly ShardId[]
}

export interface Cover {
  /** Ordered by lowest shard. */
  readonly picks: readonly Pick[]
  readonly uncovered: readonly ShardId[]
}

interface Candidate {
  readonly node: NodeView
  readonly shards: readonly ShardId[]
}

/**
 * Chooses one readable copy for every wanted shard so that few nodes are asked: a greedy set cover over each
 * group by itself, since copies of one group overlap least, and over all groups together where no group has
 * everything.
 */
export function cover(request: CoverRequest): Cover {
  const candidates = candidatesOf(request)
  const groups = [...new Set(candidates.map((candidate) => candidate.node.group))]
  const tries = groups.map((group) =>
    greedy(
      request,
      candidates.filter((candidate) => candidate.node.group === group),
    ),
  )
  const complete = tries.filter((attempt) => attempt.uncovered.length === 0)
  if (complete.length === 0) return greedy(request, candidates)
  const fewest = Math.min(...complete.map((attempt) => attempt.picks.length))
  const best = complete.filter((attempt) => attempt.picks.length === fewest)
  return best[Math.floor(request.draw * best.length)] ?? { picks: [], uncovered: request.shards }
}

/** Shards a node may be read for. Kept per view: a view never changes. */
const readableShards = new WeakMap<IndexView, ReadonlyMap<NodeId, readonly ShardId[]>>()

function currentShards(index: IndexView): ReadonlyMap<NodeId, readonly ShardId[]> {
  const known = readableShards.get(index)
  if (known !== undefined) return known
  const found = new Map<NodeId, ShardId[]>()
  index.copies.forEach((copies, shard) => {
    for (const copy of copies) {
      if (copy.state !== 'current') continue
      const shards = found.get(copy.node)
      if (shards === undefined) found.set(copy.node, [shard])
      else shards.push(shard)
    }
  })
  readableShards.set(index, found)
  return found
}

function candidatesOf(request: CoverRequest): Candidate[] {
  const candidates: Candidate[] = []
  for (const [id, shards] of currentShards(request.index)) {
    const node = request.nodes.get(id)
    if (node === undefined || !request.index.names.has(id) || !request.usable(id)) continue
    candidates.push({ node, shards })
  }
  return candidates
}

function greedy(request: CoverRequest, candidates: readonly Candidate[]): Cover {
  const missing = new Set(request.shards)
  const picks: Pick[] = []
  let left = [...candidates]
  let draw = request.draw
  while (missing.size > 0) {
    const offers = left
      .map(({ node, shards }) => ({ node, shards: shards.filter((shard) => missing.has(shard)) }))
      .filter((offer) => offer.shards.length > 0)
    const most = Math.max(0, ...offers.map((offer) => offer.shards.length))
    const equals = preferUnfiltered(
      request.index,
      offers.filter((offer) => offer.shards.length === most),
    )
    const turn = draw * equals.length
    const pick = equals[Math.floor(turn)]
    if (pick === undefined) break
    draw = turn - Math.floor(turn)
    picks.push(pick)
    for (const shard of pick.shards) missing.delete(shard)
    left = offers.filter((offer) => offer.node.id !== pick.node.id)
  }
  picks.sort((one, other) => (one.shards[0] ?? 0) - (other.shards[0] ?? 0))
  return { picks, uncovered: request.shards.filter((shard) => missing.has(shard)) }
}

/** Among equally large offers those win that need no shard filter. */
function preferUnfiltered(index: IndexView, offers: readonly Pick[]): readonly Pick[] {
  const plain = offers.filter((offer) => index.holds.get(offer.node.id)?.size === offer.shards.length)
  return plain.length > 0 ? plain : offers
}
