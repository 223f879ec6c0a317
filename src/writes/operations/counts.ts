import type { ShardId } from '../../model/ids.ts'
import type { Leg, Operation } from '../run.ts'

/**
 * Adds up a counter of node tasks so that every shard counts once. Exact when some legs partition the shards,
 * or when every shard was counted equally often; null when neither can be had.
 */
export function sumOnce(operation: Operation, counter: string): number | null {
  const legs = operation.legs.filter((leg) => !leg.joining && leg.end?.ok === true)
  const wanted = new Set(operation.shards)
  return sumPartition(legs, wanted, counter) ?? sumEven(legs, wanted, counter)
}

function counterOf(leg: Leg, counter: string): number {
  const value = leg.end?.details?.[counter]
  return typeof value === 'number' ? value : 0
}

function sumPartition(legs: readonly Leg[], wanted: ReadonlySet<ShardId>, counter: string): number | null {
  const left = new Set(wanted)
  let sum = 0
  for (const leg of [...legs].sort((one, other) => other.writeSet.length - one.writeSet.length)) {
    if (!leg.writeSet.every((shard) => left.has(shard))) continue
    for (const shard of leg.writeSet) left.delete(shard)
    sum += counterOf(leg, counter)
  }
  return left.size === 0 ? sum : null
}

function sumEven(legs: readonly Leg[], wanted: ReadonlySet<ShardId>, counter: string): number | null {
  const times = new Map<ShardId, number>()
  for (const leg of legs) for (const shard of leg.writeSet) times.set(shard, (times.get(shard) ?? 0) + 1)
  const counts = new Set([...wanted].map((shard) => times.get(shard) ?? 0))
  const [copies] = counts
  if (counts.size !== 1 || copies === undefined || copies === 0) return null
  return legs.reduce((sum, leg) => sum + counterOf(leg, counter), 0) / copies
}
