import type { NodeId, ShardId } from './ids.ts'
import type { ReadTarget } from './plan.ts'

/** Why a copy gave nothing usable. `overloaded`: it said so itself and will be back. */
export type CopyFault = 'unreachable' | 'late' | 'garbage' | 'overloaded' | 'missing' | 'broken'

/** A usable answer: 200 with a body that looks like one. */
export interface TargetAnswer {
  readonly target: ReadTarget
  readonly body: Uint8Array
}

/** A node's 4xx about the request itself: every copy would say the same. */
export interface TargetRefusal {
  readonly target: ReadTarget
  readonly status: number
  readonly body: Uint8Array
  readonly code: string
}

export interface TargetFailure {
  readonly node: NodeId
  readonly fault: CopyFault
  readonly reason: string
}

/** What a scatter brought back; failures are values, never exceptions. */
export interface Answers {
  /**
   * Ordered by lowest shard. Together with `refusals` and `uncovered` they speak for every wanted shard
   * once.
   */
  readonly answers: readonly TargetAnswer[]
  readonly refusals: readonly TargetRefusal[]
  /** Shards nobody answered for, ascending. */
  readonly uncovered: readonly ShardId[]
  /** Of the whole request, also of earlier scatters of it. */
  readonly failures: readonly TargetFailure[]
}
