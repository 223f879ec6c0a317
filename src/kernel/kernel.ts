import type { DocumentFormat } from '../model/documents.ts'
import type { CsvRefusal, CsvRequest, CsvResult } from './csv/read-csv.ts'

/*
 * The door to the byte kernels (WASM). Callers see these functions and never threads, windows or pointers.
 * Two carriers implement it: inline (this thread) and pool (Piscina); both pass test/conformance/kernel.
 * Bad data is a value (`KernelFault`), never an exception.
 */

/** Why a body or an answer cannot be used. `offset` is a byte position in the input it speaks of. */
export interface KernelFault {
  readonly fault:
    | 'syntax'
    | 'truncated'
    | 'depth'
    | 'utf8'
    | 'not-documents'
    | 'too-many-documents'
    | 'unreadable-details'
    | 'no-slab'
  readonly offset: number
  /** Which input (answer number) it speaks of; 0 for documents. */
  readonly input: number
}

export interface SplitRequest {
  readonly body: Uint8Array
  readonly format: DocumentFormat
  /**
   * Null: only boundaries are found; used to infer the primary key from the first document. May be nested
   * (`a.b`).
   */
  readonly primaryKey: string | null
  readonly shards: number
}

/** One document per row. */
export const ROW = {
  start: 0,
  end: 1,
  /** Value token of the (last) primary key, with quotes when it is a string; both 0 when missing. */
  keyStart: 2,
  keyEnd: 3,
  shard: 4,
  flags: 5,
  stride: 6,
} as const

export const ROW_FLAG = {
  /** No primary key at top level or under the nested path. */
  keyMissing: 1,
  /** Not an integer in i64/u64 range and not a string of 1–511 of [A-Za-z0-9_-]. */
  keyInvalid: 2,
  /** Has no members: a splice needs no comma. */
  empty: 4,
  /**
   * Some object at any depth has a key beginning with `_miroir_` other than a top-level `_miroir_expires_at`.
   */
  reserved: 8,
  geo: 16,
  vectors: 32,
} as const

export interface SplitResult {
  readonly documents: number
  /** `documents × ROW.stride` numbers; starts and ends are byte offsets in the body. */
  readonly rows: Uint32Array
}

export interface GatherRequest {
  readonly body: Uint8Array
  readonly rows: Uint32Array
  /** Shards whose documents are taken, in payload order. Null takes all. */
  readonly shards: ReadonlySet<number> | null
  /** Operation number; the place is the row number. */
  readonly seq: number
}

export interface MergeRequest {
  /** Complete search answers (or `results` answers of documents/fetch), each already ordered by its node. */
  readonly answers: readonly Uint8Array[]
  /** `hits` for searches, `results` for document lists. */
  readonly member: 'hits' | 'results'
  /**
   * How the lists are ordered: by `_rankingScoreDetails`, by each document's `_miroir_seq`, or, where nodes
   * were asked to tell them, by the values in each document's `_federation`.
   */
  readonly order: 'details' | 'seq' | 'values'
  /**
   * Hits carry the `_federation` of internal searches, which tells values that details hide: it is cut out
   * or stays. Absent: they do not, and a member of that name is the user's.
   */
  readonly federation?: 'cut' | 'kept'
  /** Merged hits to skip and to emit. */
  readonly offset: number
  readonly limit: number
  /** What stays of `_rankingScoreDetails`: everything but the hidden rule, or nothing. */
  readonly keepDetails: boolean
  /** Tell which answer each emitted hit comes from. */
  readonly origins?: boolean
}

export interface MergeResult {
  /** Emitted hits joined by commas, without our fields and without brackets. */
  readonly hits: Uint8Array
  /** Emitted hits. */
  readonly count: number
  /** Per answer: hits it held. */
  readonly received: readonly number[]
  /** Per answer: hits of it among the first `offset + limit` merged ones. */
  readonly consumed: readonly number[]
  /** Per emitted hit: its answer. Hits of one answer keep their order. Empty unless asked for. */
  readonly origins: readonly number[]
  /** Per answer: the envelope without the list, as JSON object text: everything but `hits`/`results`. */
  readonly envelopes: readonly Uint8Array[]
}

export type CsvReply = CsvResult | CsvRefusal | KernelFault

export interface Kernel {
  /** Finds documents, their primary key and shard; validates JSON, depth ≤ 128 and UTF-8. */
  split(request: SplitRequest): Promise<SplitResult | KernelFault> | SplitResult | KernelFault
  /** Turns CSV into NDJSON, with the values that a node would make of it. */
  readCsv(request: CsvRequest): Promise<CsvReply> | CsvReply
  /** Builds one node's body: a JSON array of the chosen documents with both injected fields spliced in. */
  gather(request: GatherRequest): Promise<Uint8Array | KernelFault> | Uint8Array | KernelFault
  /** K-way merge of ordered answers; splices hits out byte for byte. */
  merge(request: MergeRequest): Promise<MergeResult | KernelFault> | MergeResult | KernelFault
  /** Shard of a primary key value (its canonical text): XXH64(utf8 ‖ 0xFF, 0) mod shards. */
  shardOf(key: string, shards: number): number
  /** Ends workers; pending calls end with a fault. */
  close(): Promise<void>
}

export function isFault(value: object): value is KernelFault {
  return 'fault' in value
}
