import {
  CODE_DEPTH,
  CODE_DONE,
  CODE_FULL,
  CODE_MORE,
  CODE_NOT_DOCUMENTS,
  CODE_SYNTAX,
  CODE_TRUNCATED,
  FIELD_CONSUMED,
  FIELD_COUNT,
  FIELD_FAULT_AT,
  FIELD_FINAL,
  FIELD_INPUT,
  FIELD_INPUT_END,
  FIELD_NAME,
  FIELD_NAME_LENGTH,
  FIELD_ORIGIN,
  FIELD_PHASE,
  FIELD_ROWS,
  FIELD_ROWS_END,
  FIELD_SHARDS,
  fail,
  failedAt,
  failedCode,
  field,
  setField,
} from './control'
import { shardOfKey } from './hash'
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  escapedEnd,
  MINUS,
  MIROIR,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  sameBytes,
  scalarEnd,
  skipSpace,
  stringEnd,
  stringStop,
  UNDERSCORE,
} from './json'
import { writeUnescaped } from './text'

/*
 * Documents of a request body: full grammar check, boundaries, primary key, shard. One pass, no recursion.
 * A window may end anywhere; then the caller comes again with a window that begins at the unfinished
 * document.
 */

const DEPTH_MAX: u32 = 128

// Where the walk stands between two documents.
const PHASE_START: usize = 0
const PHASE_FIRST: usize = 1
const PHASE_ELEMENT: usize = 2
const PHASE_NEXT: usize = 3
const PHASE_END: usize = 4
const PHASE_STREAM: usize = 5

// Flags of a row, as in ROW_FLAG.
const KEY_MISSING: u32 = 1
const KEY_INVALID: u32 = 2
const EMPTY: u32 = 4
const RESERVED: u32 = 8
const GEO: u32 = 16
const VECTORS: u32 = 32
/** Ours alone: asks for the slow reading of this document outside, where one walk cannot tell its key. */
const SLOW: u32 = 0x80000000

const ROW_BYTES: usize = 24
const NO_NAME: usize = 0xffffffff
const KEY_BYTES_MAX: usize = 511
const DOT: u8 = 0x2e

/** One byte per nesting level: the closing bracket that is due there. */
const CLOSERS: usize = memory.data(256)

/**
 * A dotted primary key is looked for along a chain of objects. Per nesting level of the chain: bytes of the
 * key's name that are matched above it (u32), and whether a name of the level matched already (u32).
 */
const CHAIN: usize = memory.data(2048, 16)

/** A name with escapes is unescaped here; a longer one is left to the slow reading. */
const PLAIN_NAME: usize = memory.data(544, 16)
const PLAIN_NAME_BYTES: usize = 512

// What a name is to the primary key: nothing, its whole rest, or its beginning up to a dot.
const MATCH_NONE: u32 = 0
const MATCH_WHOLE: u32 = 1
const MATCH_START: u32 = 2

/**
 * `_geo` and `_vectors`, and the rest of `_miroir_expires_at` after its first eight bytes, in memory order.
 */
const WORD_GEO: u32 = 0x6f65675f
const WORD_VECTORS: u64 = 0x73726f746365765f
const WORD_EXPIRES: u64 = 0x5f73657269707865
const WORD_AT: u16 = 0x7461

let flags: u32 = 0
let keyStart: usize = 0
let keyEnd: usize = 0
let nameAt: usize = 0
let nameLength: usize = 0
/** First eight bytes of the name, and the mask that cuts a longer text down to as many bytes. */
let nameWord: u64 = 0
let nameMask: u64 = 0
let nameDotted: bool = false

export function splitWindow(): i32 {
  const input = field(FIELD_INPUT)
  const end = field(FIELD_INPUT_END)
  const origin = field(FIELD_ORIGIN)
  const rowsEnd = field(FIELD_ROWS_END)
  const shards = <u32>field(FIELD_SHARDS)
  let phase = field(FIELD_PHASE)
  let row = field(FIELD_ROWS)
  let p = input
  let code: i32 = CODE_DONE
  takeName()
  while (true) {
    p = skipSpace(p)
    if (p >= end) {
      p = end
      code = endCode(phase, end)
      break
    }
    const byte = load<u8>(p)
    if (byte === OPEN_BRACE && phase !== PHASE_NEXT && phase !== PHASE_END) {
      if (row + ROW_BYTES > rowsEnd) {
        code = CODE_FULL
        break
      }
      const after = documentEnd(p)
      if (after === 0) {
        code = brokenCode(end)
        break
      }
      writeRow(row, p - input + origin, after - p, shards)
      if (keyStart !== 0) {
        store<u32>(row, <u32>(keyStart - input + origin), 8)
        store<u32>(row, <u32>(keyEnd - input + origin), 12)
      }
      row += ROW_BYTES
      p = after
      if (phase === PHASE_START) phase = PHASE_END
      else if (phase !== PHASE_STREAM) phase = PHASE_NEXT
      continue
    }
    const next = nextPhase(phase, byte)
    if (next < 0) {
      setField(FIELD_FAULT_AT, p)
      code = next
      break
    }
    phase = <usize>next
    p++
  }
  setField(FIELD_PHASE, phase)
  setField(FIELD_CONSUMED, p)
  setField(FIELD_COUNT, (row - field(FIELD_ROWS)) / ROW_BYTES)
  return code
}

/** What the end of the window means where no document is open. */
function endCode(phase: usize, end: usize): i32 {
  if (field(FIELD_FINAL) === 0) return CODE_MORE
  if (phase === PHASE_END || phase === PHASE_STREAM) return CODE_DONE
  setField(FIELD_FAULT_AT, end)
  return CODE_TRUNCATED
}

/** What a document without an end means: it may go on in the next window. */
function brokenCode(end: usize): i32 {
  if (failedAt() >= end && failedCode() === CODE_SYNTAX) {
    setField(FIELD_FAULT_AT, end)
    return field(FIELD_FINAL) === 0 ? CODE_MORE : CODE_TRUNCATED
  }
  setField(FIELD_FAULT_AT, failedAt())
  return failedCode()
}

/** The phase after a byte between documents, or a negative code. */
function nextPhase(phase: usize, byte: u8): i32 {
  if (phase === PHASE_NEXT) {
    if (byte === COMMA) return <i32>PHASE_ELEMENT
    return byte === CLOSE_BRACKET ? <i32>PHASE_END : CODE_SYNTAX
  }
  if (phase === PHASE_START && byte === OPEN_BRACKET) return <i32>PHASE_FIRST
  if (phase === PHASE_FIRST && byte === CLOSE_BRACKET) return <i32>PHASE_END
  if (phase === PHASE_END) return CODE_SYNTAX
  return beginsValue(byte) ? CODE_NOT_DOCUMENTS : CODE_SYNTAX
}

function beginsValue(byte: u8): bool {
  if (byte === QUOTE || byte === MINUS || byte === OPEN_BRACKET) return true
  return <u32>byte - 0x30 < 10 || byte === 0x74 || byte === 0x66 || byte === 0x6e
}

function takeName(): void {
  nameAt = field(FIELD_NAME)
  nameLength = field(FIELD_NAME_LENGTH)
  nameDotted = false
  if (nameLength === NO_NAME) return
  nameMask = nameLength >= 8 ? ~(<u64>0) : ((<u64>1) << ((<u64>nameLength) << 3)) - 1
  nameWord = load<u64>(nameAt) & nameMask
  for (let index: usize = 0; index < nameLength; index++) {
    if (load<u8>(nameAt + index) === DOT) nameDotted = true
  }
}

/** Checks and reads the document at `at`; answers the address after it. */
function documentEnd(at: usize): usize {
  flags = 0
  keyStart = 0
  keyEnd = 0
  let depth: u32 = 1
  let closer = CLOSE_BRACE
  // level at which the key's value is open; 0 = none is
  let keyDepth: u32 = 0
  // level of the innermost object in which the key is looked for
  let chainDepth: u32 = nameLength === NO_NAME ? 0 : 1
  store<u64>(CHAIN + 8, 0)
  store<u8>(CLOSERS + 1, closer)
  let p = skipSpace(at + 1)
  if (load<u8>(p) === CLOSE_BRACE) {
    flags = EMPTY
    return p + 1
  }
  while (true) {
    if (closer === CLOSE_BRACE) {
      if (load<u8>(p) !== QUOTE) return fail(CODE_SYNTAX, p)
      let name = p + 1
      p = stringStop(name)
      let length = p - name
      if (load<u8>(p) !== QUOTE) {
        p = escapedEnd(p)
        if (p === 0) return 0
        length = plainName(name, p)
        name = PLAIN_NAME
      }
      if (load<u8>(name) === UNDERSCORE) noteName(name, length, depth)
      p = skipSpace(p + 1)
      if (load<u8>(p) !== COLON) return fail(CODE_SYNTAX, p)
      p = skipSpace(p + 1)
      if (depth === chainDepth) {
        const match = matchKey(name, length, depth)
        if (match === MATCH_WHOLE) {
          keyStart = p
          keyDepth = depth
        } else if (match === MATCH_START && load<u8>(p) === OPEN_BRACE) {
          chainDepth = depth + 1
        }
      }
    }
    const byte = load<u8>(p)
    if (byte === QUOTE) {
      p = stringEnd(p + 1)
      if (p === 0) return 0
      p++
    } else if ((byte | 0x20) === OPEN_BRACE) {
      if (++depth > DEPTH_MAX) return fail(CODE_DEPTH, p)
      // `[` and `{` are two below their closing brackets
      closer = byte + 2
      store<u8>(CLOSERS + depth, closer)
      p = skipSpace(p + 1)
      if (load<u8>(p) !== closer) continue
      p++
      if (--depth < chainDepth) chainDepth = depth
      closer = load<u8>(CLOSERS + depth)
    } else {
      p = scalarEnd(p)
      if (p === 0) return 0
    }
    while (true) {
      if (keyDepth === depth) {
        keyEnd = p
        keyDepth = 0
      }
      p = skipSpace(p)
      const sign = load<u8>(p)
      if (sign === COMMA) {
        p = skipSpace(p + 1)
        break
      }
      if (sign !== closer) return fail(CODE_SYNTAX, p)
      p++
      if (--depth === 0) return p
      if (depth < chainDepth) chainDepth = depth
      closer = load<u8>(CLOSERS + depth)
    }
  }
}

/** Unescapes a name into `PLAIN_NAME`; answers its length. */
function plainName(at: usize, end: usize): usize {
  const length = writeUnescaped(PLAIN_NAME, at, end, PLAIN_NAME_BYTES)
  if (length < PLAIN_NAME_BYTES) return length
  flags |= SLOW
  store<u8>(PLAIN_NAME, 0)
  return length
}

/** Flags for names that begin with an underscore. */
function noteName(name: usize, length: usize, depth: u32): void {
  if (length >= 8 && load<u64>(name) === MIROIR) {
    const expires =
      depth === 1 && length === 18 && load<u64>(name, 8) === WORD_EXPIRES && load<u16>(name, 16) === WORD_AT
    if (!expires) flags |= RESERVED
  } else if (depth === 1) {
    if (length === 4 && load<u32>(name) === WORD_GEO) flags |= GEO
    if (length === 8 && load<u64>(name) === WORD_VECTORS) flags |= VECTORS
  }
}

/**
 * Compares a name of the chain's object at `depth` with what is left of the key's name there. Of equal plain
 * names the last counts; several matches for a dotted one are left to the slow reading.
 */
function matchKey(name: usize, length: usize, depth: u32): u32 {
  if (!nameDotted) {
    if (length !== nameLength || (load<u64>(name) & nameMask) !== nameWord) return MATCH_NONE
    return length <= 8 || sameBytes(name + 8, nameAt + 8, length - 8) ? MATCH_WHOLE : MATCH_NONE
  }
  const level = CHAIN + ((<usize>depth) << 3)
  const matched = <usize>load<u32>(level)
  const rest = nameLength - matched
  if (length > rest || !sameBytes(name, nameAt + matched, length)) return MATCH_NONE
  if (length < rest && load<u8>(nameAt + matched + length) !== DOT) return MATCH_NONE
  if (load<u32>(level, 4) !== 0) flags |= SLOW
  store<u32>(level, 1, 4)
  if (length === rest) return MATCH_WHOLE
  store<u32>(level, <u32>(matched + length + 1), 8)
  store<u32>(level, 0, 12)
  return MATCH_START
}

function writeRow(row: usize, start: usize, length: usize, shards: u32): void {
  let shard: u32 = 0
  if (nameLength !== NO_NAME) {
    if (keyStart === 0) {
      flags |= KEY_MISSING
    } else if (load<u8>(keyStart) === QUOTE) {
      const kind = textKeyFlags(keyStart + 1, keyEnd - 1)
      flags |= kind
      if (kind === 0) shard = shardOfKey(keyStart + 1, keyEnd - keyStart - 2, shards)
    } else if (isIntegerKey(keyStart, keyEnd)) {
      shard = shardOfKey(keyStart, keyEnd - keyStart, shards)
    } else {
      flags |= KEY_INVALID
    }
  }
  store<u32>(row, <u32>start)
  store<u32>(row, <u32>(start + length), 4)
  store<u64>(row, 0, 8)
  store<u32>(row, shard, 16)
  store<u32>(row, flags, 20)
}

/** 0 for a text of 1–511 of [A-Za-z0-9_-]; an escape may hide such a text. */
function textKeyFlags(at: usize, end: usize): u32 {
  const length = end - at
  let invalid: u32 = length === 0 || length > KEY_BYTES_MAX ? KEY_INVALID : 0
  for (let p = at; p < end; p++) {
    const byte = <u32>load<u8>(p)
    const letter = (byte | 0x20) - 0x61 < 26
    if (!letter && byte - 0x30 > 9 && byte !== 0x2d && byte !== 0x5f) {
      if (byte === 0x5c) return SLOW
      invalid = KEY_INVALID
    }
  }
  return invalid
}

/**
 * A JSON number without fraction and exponent, from -2^63 to 2^64 - 1, and not `-0`, which a node reads as a
 * float.
 */
function isIntegerKey(at: usize, end: usize): bool {
  const negative = load<u8>(at) === MINUS
  let p = negative ? at + 1 : at
  const digits = end - p
  if (digits > 20 || (negative && load<u8>(p) === 0x30)) return false
  let value: u64 = 0
  // 19 digits fit any 64-bit number; only a twentieth can overflow
  const safeEnd = digits === 20 ? end - 1 : end
  for (; p < safeEnd; p++) {
    const digit = <u32>load<u8>(p) - 0x30
    if (digit > 9) return false
    value = value * 10 + digit
  }
  if (negative) return digits < 20 && value <= 0x8000000000000000
  if (digits < 20) return true
  const last = <u32>load<u8>(p) - 0x30
  if (last > 9) return false
  const limit: u64 = 1844674407370955161
  return value < limit || (value === limit && last <= 5)
}
