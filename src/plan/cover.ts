import type { NodeChoice } from '../model/choice.ts'
import type { NodeId, ShardId } from '../model/ids.ts'
import type { IndexView, NodeView } from '../model/view.ts'

export interface CoverRequest {
  readonly index: IndexView
  readonly nodes: ReadonlyMap<NodeId, NodeView>
  /** Shards wanted, ascending, each once. */
  readonly shards: readonly ShardId[]
  readonly usable: (node: NodeId) => boolean
  /** In [0, 1): draws among equally good choices. */
  readonly draw: number
  /** Compares nodes; absent: they are all alike. */
  readonly choice?: NodeChoice | undefined
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
 * everything. Among equally small covers, and among nodes that offer equally much, the better of two drawn
 * ones wins: the best of all would be everybody's choice at once. Nodes to avoid serve only what is left.
 */
export function cover(request: CoverRequest): Cover {
  const all = candidatesOf(request)
  const { choice } = request
  const sound = choice === undefined ? all : all.filter(({ node }) => !choice.avoid(node.id))
  const found = smallest(request, sound)
  if (found.uncovered.length === 0 || sound.length === all.length) return found
  const rest = greedy({ ...request, shards: found.uncovered }, all)
  return { picks: [...found.picks, ...rest.picks].sort(byLowestShard), uncovered: rest.uncovered }
}

function smallest(request: CoverRequest, candidates: readonly Candidate[]): Cover {
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
  const costOf = (attempt: Cover): number =>
    Math.max(0, ...attempt.picks.map((pick) => request.choice?.cost(pick.node.id) ?? 0))
  return drawn(best, request.draw, costOf).chosen ?? { picks: [], uncovered: request.shards }
}

/** Costs that differ by less are equal: the difference is noise. */
const NOISE_SHARE = 0.2
const NOISE_MS = 1

/**
 * The better of two options drawn at random, the first drawn when they are equal, and what is left of the
 * draw.
 */
function drawn<Option>(
  options: readonly Option[],
  draw: number,
  costOf: (option: Option) => number,
): { readonly chosen: Option | undefined; readonly left: number } {
  const turn = draw * options.length
  const first = Math.floor(turn)
  const chosen = options[first]
  const left = turn - first
  if (options.length < 2 || chosen === undefined) return { chosen, left }
  const otherTurn = left * (options.length - 1)
  const step = Math.floor(otherTurn)
  const other = options[(first + 1 + step) % options.length] ?? chosen
  const cheaper = costOf(other) < costOf(chosen) * (1 - NOISE_SHARE) - NOISE_MS
  return { chosen: cheaper ? other : chosen, left: otherTurn - step }
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
    const { chosen: pick, left: rest } = drawn(equals, draw, ({ node }) => request.choice?.cost(node.id) ?? 0)
    if (pick === undefined) break
    draw = rest
    picks.push(pick)
    for (const shard of pick.shards) missing.delete(shard)
    left = offers.filter((offer) => offer.node.id !== pick.node.id)
  }
  picks.sort(byLowestShard)
  return { picks, uncovered: request.shards.filter((shard) => missing.has(shard)) }
}

function byLowestShard(one: Pick, other: Pick): number {
  return (one.shards[0] ?? 0) - (other.shards[0] ?? 0)
}

/** Among equally large offers those win that need no shard filter. */
function preferUnfiltered(index: IndexView, offers: readonly Pick[]): readonly Pick[] {
  const plain = offers.filter((offer) => index.holds.get(offer.node.id)?.size === offer.shards.length)
  return plain.length > 0 ? plain : offers
}
