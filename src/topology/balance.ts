import type { ShardId } from '../model/ids.ts'
import { assert } from '../std/assert.ts'

export interface BalanceRequest {
  readonly units: number
  readonly shards: number
  /** Different units per shard. */
  readonly copies: number
  /** Preference of a shard for a unit; also asked for shard number `shards`, to rank units as such. */
  readonly score: (shard: ShardId, unit: number) => bigint
  /** Units that hold a shard already; sparse. */
  readonly kept: readonly (readonly number[] | undefined)[]
}

interface Table {
  readonly request: BalanceRequest
  /** Most shards per unit; their sum is exactly `copies · shards`. */
  readonly caps: readonly number[]
  readonly holders: readonly Set<number>[]
  readonly loads: number[]
}

/**
 * Rendezvous hashing with bounded load: each shard takes its best units that still have room. Present holders
 * come first. Caps are ⌈copies·shards/units⌉ or one less, such that all are used up; a shard that finds too
 * few units with room makes some by moving others along the shortest chain. Answers the units of each shard.
 */
export function balance(request: BalanceRequest): number[][] {
  const { shards, units } = request
  const table: Table = {
    request,
    caps: capsOf(request),
    holders: Array.from({ length: shards }, () => new Set<number>()),
    loads: Array.from({ length: units }, () => 0),
  }
  keepHolders(table)
  for (let shard = 0; shard < shards; shard++) fill(table, shard)
  for (let shard = 0; shard < shards; shard++)
    while (holdersOf(table, shard).size < request.copies) makeRoom(table, shard)
  return table.holders.map((units) => [...units].sort((left, right) => left - right))
}

/** The units that hold most already get the larger caps, then those with the higher score. */
function capsOf(request: BalanceRequest): number[] {
  const { units, shards, copies, kept, score } = request
  const present = Array.from({ length: units }, () => 0)
  for (const list of kept) for (const unit of list ?? []) present[unit] = (present[unit] ?? 0) + 1
  const floor = Math.floor((copies * shards) / units)
  const larger = (copies * shards) % units
  const ranked = present.map((_, unit) => unit)
  ranked.sort(
    (left, right) =>
      (present[right] ?? 0) - (present[left] ?? 0) ||
      Number(score(shards, right) > score(shards, left)) -
        Number(score(shards, right) < score(shards, left)) ||
      left - right,
  )
  const caps: number[] = []
  for (const [rank, unit] of ranked.entries()) caps[unit] = floor + Number(rank < larger)
  return caps
}

/** A unit over its cap keeps the shards that prefer it most. */
function keepHolders(table: Table): void {
  const { units, shards, score, kept } = table.request
  for (let unit = 0; unit < units; unit++) {
    const held: ShardId[] = []
    for (let shard = 0; shard < shards; shard++) if (kept[shard]?.includes(unit)) held.push(shard)
    held.sort((left, right) => descending(score(left, unit), score(right, unit)) || left - right)
    for (const shard of held.slice(0, table.caps[unit])) add(table, shard, unit)
  }
}

function fill(table: Table, shard: ShardId): void {
  const { units, copies, score } = table.request
  const holders = holdersOf(table, shard)
  if (holders.size >= copies) return
  const ranked = Array.from({ length: units }, (_, unit) => unit)
  ranked.sort((left, right) => descending(score(shard, left), score(shard, right)) || left - right)
  for (const unit of ranked) {
    if (holders.size >= copies) return
    if (!holders.has(unit) && hasRoom(table, unit)) add(table, shard, unit)
  }
}

interface Step {
  /** The shard that would come to this unit. */
  readonly shard: ShardId
  /** The unit it would come from; null for the shard that lacks one. */
  readonly from: number | null
}

/** Breadth-first search for a chain of moves that ends at a unit with room (an augmenting path). */
function makeRoom(table: Table, wanting: ShardId): void {
  const steps = new Map<number, Step>()
  const reach = (shard: ShardId, from: number | null): void => {
    for (let unit = 0; unit < table.request.units; unit++)
      if (!steps.has(unit) && !holdersOf(table, shard).has(unit)) steps.set(unit, { shard, from })
  }
  reach(wanting, null)
  // Entries added during the loop are visited too.
  for (const unit of steps.keys()) {
    if (hasRoom(table, unit)) {
      applySteps(table, steps, unit)
      return
    }
    for (const [shard, holders] of table.holders.entries()) if (holders.has(unit)) reach(shard, unit)
  }
  assert(false, `no room for shard ${wanting}`)
}

function applySteps(table: Table, steps: ReadonlyMap<number, Step>, last: number): void {
  let unit: number | null = last
  while (unit !== null) {
    const step: Step | undefined = steps.get(unit)
    assert(step !== undefined, 'a chain of moves is closed')
    add(table, step.shard, unit)
    if (step.from !== null) remove(table, step.shard, step.from)
    unit = step.from
  }
}

function hasRoom(table: Table, unit: number): boolean {
  return (table.loads[unit] ?? 0) < (table.caps[unit] ?? 0)
}

function add(table: Table, shard: ShardId, unit: number): void {
  holdersOf(table, shard).add(unit)
  table.loads[unit] = (table.loads[unit] ?? 0) + 1
}

function remove(table: Table, shard: ShardId, unit: number): void {
  holdersOf(table, shard).delete(unit)
  table.loads[unit] = (table.loads[unit] ?? 0) - 1
}

function holdersOf(table: Table, shard: ShardId): Set<number> {
  const holders = table.holders[shard]
  assert(holders !== undefined, `shard ${shard} is out of range`)
  return holders
}

function descending(left: bigint, right: bigint): number {
  return left > right ? -1 : Number(left < right)
}
