import type { WriteContext } from '../context.ts'
import type { Leg } from '../run.ts'

/** What the node will echo in its task; null on routes that drop it (L9). */
export function metadataOf(context: WriteContext, leg: Leg): string | null {
  const { kind, seq } = leg.operation.row
  const dropped = kind === 'settings' || kind === 'create' || kind === 'drop' || kind === 'primary-key'
  return dropped ? null : `miroir:${context.clusterId}:${seq}:${leg.part}:${leg.operation.taskUid ?? ''}`
}
