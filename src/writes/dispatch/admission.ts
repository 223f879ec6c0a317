import { fail } from '../../model/errors.ts'
import type { WriteContext } from '../context.ts'
import type { IndexRun } from '../run.ts'

/**
 * 503 when too much waits for nodes already: bytes of bodies in all, or operations of this index on one node.
 */
export function assertRoom(context: WriteContext, run: IndexRun, bytes: number): void {
  const { laneBytesMax, laneOperationsMax } = context.config
  if (context.heldBytes + bytes > laneBytesMax) {
    context.observer.limitHit('lane_bytes')
    throw fail('miroir_overloaded', { resource: 'bytes of waiting writes' })
  }
  if (run.nodes.some((node) => run.lane(node).size >= laneOperationsMax)) {
    context.observer.limitHit('lane_operations')
    throw fail('miroir_overloaded', { resource: 'waiting writes of this index' })
  }
}
