/*
 * The boundary of the WASM module, written a second time: field numbers and codes equal those of
 * `assembly/control.ts`, which a test compares.
 */

/** Places of the control block, in 32-bit words. */
export const FIELD = {
  input: 0,
  inputEnd: 1,
  origin: 2,
  final: 3,
  faultAt: 4,
  rows: 5,
  rowsEnd: 6,
  count: 7,
  consumed: 8,
  phase: 9,
  name: 10,
  nameLength: 11,
  shards: 12,
  wanted: 13,
  seqLow: 14,
  seqHigh: 15,
  firstRow: 16,
  output: 17,
  started: 18,
  member: 19,
  ordering: 20,
  details: 21,
  cuts: 22,
  keys: 23,
  envelopeCut: 24,
  envelopeCutEnd: 25,
  lists: 26,
  listCount: 27,
  heads: 28,
  order: 29,
  limit: 30,
  from: 31,
  to: 32,
  geoEntries: 33,
  federation: 34,
} as const

export const CODE = {
  done: 0,
  more: 1,
  full: 2,
  syntax: -1,
  truncated: -2,
  depth: -3,
  notDocuments: -4,
  unreadable: -5,
} as const

/** Phases in which a walk over documents begins. */
export const PHASE = { start: 0, stream: 5 } as const

/** `nameLength` when no primary key is looked for. */
export const NO_NAME = 0xffffffff

/** Row flag that never leaves the door: this document needs the slow reading. */
export const SLOW_FLAG = 0x80000000

/** Bytes that must be readable, and zero, after every input; also what a copy may write too much. */
export const SLACK_BYTES = 64

export const ROW_BYTES = 24
export const HIT_BYTES = 32
export const LIST_BYTES = 16
/**
 * Most that one key entry takes for each byte of the details it is read from: 32 for
 * `"skipped":{"order":0},`.
 */
export const KEY_BYTES_PER_INPUT_BYTE = 1.5

/** What the injected fields add before a document's own members, and the comma after them. */
export const HEAD_BYTES = 58

export const ORDERING = { none: 0, details: 1, seq: 2, values: 3 } as const
export const DETAILS = { cut: 0, kept: 1, none: 2 } as const
export const FEDERATION = { none: 0, cut: 1, kept: 2 } as const

export interface KernelExports {
  readonly memory: WebAssembly.Memory
  controlAddress(): number
  freeAddress(): number
  splitWindow(): number
  gatherRows(): number
  scanAnswer(): number
  mergeLists(): void
  measureHits(): number
  spliceHits(): number
  shardOfInput(): number
  hashInput(): void
}
