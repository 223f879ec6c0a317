import type { NodeId } from './ids.ts'

/** How nodes compare as places to read from; changes with every answer and is not part of the view. */
export interface NodeChoice {
  /** Milliseconds an answer is expected to take, its place in the node's queue included; 0 = unknown. */
  cost(node: NodeId): number
  /** Gave nothing but faults lately: asked only for shards that no other node has. */
  avoid(node: NodeId): boolean
}
