import type { Kernel } from '../kernel/kernel.ts'
import type { NodeId } from '../model/ids.ts'
import type { PlacementRow, Store } from '../model/store.ts'
import type { NodeView, Reachability, View } from '../model/view.ts'
import type { MeilisearchClient } from '../nodes/meilisearch.ts'
import type { Transport } from '../nodes/transport.ts'
import { assert } from '../std/assert.ts'
import type { Clock } from '../std/clock.ts'
import type { Sequence } from './dispatch/sequence.ts'
import type { NodeTail } from './dispatch/tail.ts'
import type { IndexRun } from './run.ts'

export interface WriteConfig {
  readonly shards: number
  readonly minAcks: number
  readonly maxTrailMs: number
  /** How long a node may take to answer a write before the request is ambiguous. */
  readonly nodeTimeoutMs: number
  /** Unanswered copies become behind after this, so that one slow node does not slow every write. */
  readonly graceMs: number
  readonly missingPrimaryKey: 'error' | 'task'
  readonly maxBodyBytes: number
  /** Bytes of bodies that may wait for nodes. */
  readonly laneBytesMax: number
  /** Operations of one index that may wait for one node. */
  readonly laneOperationsMax: number
  /** Deleted ids kept with an operation. */
  readonly retainedIdsMax: number
}

/** Things that happened and that somebody may want to count or log. */
export interface WriteObserver {
  copyLeft(reason: string): void
  refillEnded(outcome: 'done' | 'failed'): void
  limitHit(limit: string): void
  /** A task ended, so many milliseconds after it was accepted. */
  taskEnded(status: 'succeeded' | 'failed', ageMs: number): void
  note(level: 'info' | 'warn' | 'error', message: string, facts: Readonly<Record<string, unknown>>): void
}

/** Where the write path publishes what readers see. */
export interface Publisher {
  current(): View
  publish(change: (view: View) => View): void
}

/** Everything the write path's pages share. */
export interface WriteContext {
  readonly store: Store
  readonly transport: Transport
  /** Reads over the same transport. */
  readonly client: MeilisearchClient
  readonly kernel: Kernel
  readonly clock: Clock
  readonly views: Publisher
  readonly reachability: Reachability
  readonly config: WriteConfig
  readonly observer: WriteObserver
  readonly clusterId: string
  readonly runs: Map<string, IndexRun>
  readonly sequence: Sequence
  /** Where the shards of a new index live. */
  readonly placements: readonly PlacementRow[]
  readonly tails: ReadonlyMap<NodeId, NodeTail>
  /** Smoothed time that nodes take to acknowledge a write, in milliseconds. */
  acknowledgeMs: number
  /** Bytes of bodies held for requests that have not been decided. */
  heldBytes: number
  closing: boolean
}

export function nodeView(context: WriteContext, node: NodeId): NodeView {
  const found = context.views.current().nodes.get(node)
  assert(found !== undefined, `node ${node} is in the view`)
  return found
}

export function tailOf(context: WriteContext, node: NodeId): NodeTail {
  const tail = context.tails.get(node)
  assert(tail !== undefined, `node ${node} has a tail`)
  return tail
}

/** Publishes an index as it is now; the index vanishes from the view when it is no longer run. */
export function publishIndex(context: WriteContext, run: IndexRun, epoch?: number): void {
  context.views.publish((view) => {
    const indexes = new Map(view.indexes)
    if (run.visible && context.runs.get(run.row.uid) === run) indexes.set(run.row.uid, run.toView())
    else if (indexes.get(run.row.uid)?.generation === run.row.generation) indexes.delete(run.row.uid)
    return { ...view, indexes, epoch: Math.max(epoch ?? 0, view.epoch) }
  })
}
