import { shardText } from '../../model/injected.ts'
import type { Leg } from '../run.ts'

/** Does the leg write every shard that its node holds? */
export function coversNode(leg: Leg): boolean {
  return leg.writeSet.length === leg.operation.run.copiesOn(leg.node).length
}

/** Limits a content operation to the copies that are written: a lagging one must really get nothing (H11). */
export function shardFilter(leg: Leg): string {
  return `_miroir_shard IN [${leg.writeSet.map((shard) => `"${shardText(shard)}"`).join(', ')}]`
}

export function metadataQuery(leg: Leg): string {
  return `?${new URLSearchParams({ customMetadata: leg.metadata ?? '' })}`
}
