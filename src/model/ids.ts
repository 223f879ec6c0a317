/** What clients call an index. */
export type IndexUid = string
/** The configured name of a node. */
export type NodeId = string
/** A replica group's number, from 0. */
export type GroupId = number
/** A shard's number within its index, from 0. */
export type ShardId = number
/** A task's number as clients see it: unsigned 32 bits, ascending. */
export type TaskUid = number
/** An operation's number: one ascending counter for the cluster, below 2^33 (exact in a double). */
export type Seq = number

/** The largest operation number that fits the 33 bits it has in `_miroir_seq`. */
export const SEQ_MAX = 2 ** 33 - 1
/** Documents one operation may carry: 21 bits of `_miroir_seq` number them. */
export const DOCUMENTS_PER_OPERATION_MAX = 2 ** 21
