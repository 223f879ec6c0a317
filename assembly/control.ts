/*
 * The control block: everything that crosses the boundary, as 32-bit fields at one fixed place.
 * `src/kernel/abi.ts` holds the same numbers; a test compares both files.
 */

const BLOCK: usize = memory.data(256, 16)

// Windows. Every input is followed by at least 64 zero bytes, so that a scan stops by itself.
export const FIELD_INPUT: usize = 0
export const FIELD_INPUT_END: usize = 1
/** Byte offset of the input window in the body. */
export const FIELD_ORIGIN: usize = 2
/** 1 when the window reaches the end of the body. */
export const FIELD_FINAL: usize = 3
/** Where a fault was seen: an address. */
export const FIELD_FAULT_AT: usize = 4
export const FIELD_ROWS: usize = 5
export const FIELD_ROWS_END: usize = 6
/**
 * Splitting: rows written. Scanning an answer: hits found. Gathering: rows to read. Merging: hits ordered.
 */
export const FIELD_COUNT: usize = 7
/** Address up to which the window was used. */
export const FIELD_CONSUMED: usize = 8
export const FIELD_PHASE: usize = 9
export const FIELD_NAME: usize = 10
/** Length of the primary key's name; 0xffffffff = none is looked for. */
export const FIELD_NAME_LENGTH: usize = 11
export const FIELD_SHARDS: usize = 12
/** Gathering: one byte per shard, 1 = wanted. 0 = all are wanted. */
export const FIELD_WANTED: usize = 13
/** Operation number, low 32 bits and the bits above. */
export const FIELD_SEQ_LOW: usize = 14
export const FIELD_SEQ_HIGH: usize = 15
/** Number of the first row of this window. */
export const FIELD_FIRST_ROW: usize = 16
export const FIELD_OUTPUT: usize = 17
/** 1 when something was already written before, so that a comma comes first. */
export const FIELD_STARTED: usize = 18
/** 0 = `hits`, 1 = `results`. */
export const FIELD_MEMBER: usize = 19
/**
 * 0 = keep the order of the only list, 1 = details, 2 = `_miroir_seq` of the documents, 3 = the values that
 * the documents of a sorted list tell.
 */
export const FIELD_ORDERING: usize = 20
/**
 * 0 = the details are cut out, 1 = they stay but for the hidden rule, 2 = the answer has none (documents).
 */
export const FIELD_DETAILS: usize = 21
export const FIELD_CUTS: usize = 22
export const FIELD_KEYS: usize = 23
export const FIELD_ENVELOPE_CUT: usize = 24
export const FIELD_ENVELOPE_CUT_END: usize = 25
export const FIELD_LISTS: usize = 26
export const FIELD_LIST_COUNT: usize = 27
export const FIELD_HEADS: usize = 28
export const FIELD_ORDER: usize = 29
export const FIELD_LIMIT: usize = 30
/** First and last place (exclusive) of the order that is measured or spliced. */
export const FIELD_FROM: usize = 31
export const FIELD_TO: usize = 32
/**
 * Bit per key entry that holds a distance, over all answers of a merge. The caller sets it to 0 before the
 * first.
 */
export const FIELD_GEO_ENTRIES: usize = 33

/**
 * `_federation` of hits: 0 = there is none, a member of that name is the user's; 1 = it is cut out, 2 = it
 * stays. Hidden details take their values from it.
 */
export const FIELD_FEDERATION: usize = 34

export const CODE_DONE: i32 = 0
/** The window ends inside a value: move it to `consumed` and call again. */
export const CODE_MORE: i32 = 1
/** The room for rows is used up: take them and call again. */
export const CODE_FULL: i32 = 2
export const CODE_SYNTAX: i32 = -1
export const CODE_TRUNCATED: i32 = -2
export const CODE_DEPTH: i32 = -3
export const CODE_NOT_DOCUMENTS: i32 = -4
export const CODE_UNREADABLE: i32 = -5

export function controlAddress(): usize {
  return BLOCK
}

export function field(index: usize): usize {
  return load<u32>(BLOCK + (index << 2))
}

export function setField(index: usize, value: usize): void {
  store<u32>(BLOCK + (index << 2), <u32>value)
}

/** Notes where and why; always answers 0, the address that no value has. */
export function fail(code: i32, at: usize): usize {
  failCode = code
  failAt = at
  return 0
}

let failCode: i32 = 0
let failAt: usize = 0

export function failedCode(): i32 {
  return failCode
}

export function failedAt(): usize {
  return failAt
}

/**
 * The code of the last failure: what lies past the end of a window is truncation, whatever it looked like.
 */
export function settle(end: usize): i32 {
  if (failAt >= end) {
    setField(FIELD_FAULT_AT, end)
    return CODE_TRUNCATED
  }
  setField(FIELD_FAULT_AT, failAt)
  return failCode
}
