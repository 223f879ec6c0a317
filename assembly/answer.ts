import {
  CODE_DONE,
  CODE_FULL,
  CODE_NOT_DOCUMENTS,
  CODE_SYNTAX,
  CODE_UNREADABLE,
  FIELD_COUNT,
  FIELD_CUTS,
  FIELD_DETAILS,
  FIELD_ENVELOPE_CUT,
  FIELD_ENVELOPE_CUT_END,
  FIELD_FEDERATION,
  FIELD_INPUT,
  FIELD_INPUT_END,
  FIELD_KEYS,
  FIELD_MEMBER,
  FIELD_ORDERING,
  FIELD_ROWS,
  FIELD_ROWS_END,
  fail,
  failedAt,
  failedCode,
  field,
  setField,
  settle,
} from './control'
import { decodeDetails, detailsKeysEnd, forgetRules, noteDistances } from './details'
import { writeAllSorted } from './federation'
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  containerEnd,
  MIROIR,
  nextMark,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  setScanEnd,
  skipSpace,
  stringEnd,
  valueEnd,
} from './json'
import { ENTRY_BYTES, isSeqEntry, writeSeq } from './keys'

/*
 * One node's answer: where its hits are, what is cut out of each, and its sort keys. Depth-aware: only
 * members of the hit itself are ours, whatever a user's document nests.
 *
 * Row of a hit, eight u32:
 *   0 start | 4 end | 8 keys | 12 key entries | 16 cuts | 20 number of cuts | 24 bytes cut | 28 unused
 * Cut: two u32, from and to, ascending. Keys: see keys.ts.
 */
export const HIT_BYTES: usize = 32

const ORDERING_NONE: usize = 0
const ORDERING_DETAILS: usize = 1
const ORDERING_SEQ: usize = 2
const ORDERING_VALUES: usize = 3

const DETAILS_CUT: usize = 0

const DETAILS_NONE: usize = 2

const FEDERATION_NONE: usize = 0
const FEDERATION_CUT: usize = 1

// What a member of a hit is, by its name.
const MEMBER_OTHER: u32 = 0
const MEMBER_OURS: u32 = 1
const MEMBER_NESTED: u32 = 2
const MEMBER_DETAILS: u32 = 3
const MEMBER_FEDERATION: u32 = 4

// Names as words in memory order: `hits`, `results"`, `_formatted`, `_matchesPosition`,
// `_rankingScoreDetails`, `_federation`, `_seq`.
const WORD_HITS: u32 = 0x73746968
const WORD_RESULTS: u64 = 0x2273746c75736572
const WORD_FORMATT: u64 = 0x7474616d726f665f
const WORD_ED: u16 = 0x6465
const WORD_MATCHES: u64 = 0x7365686374616d5f
const WORD_POSITION: u64 = 0x6e6f697469736f50
const WORD_RANKING: u64 = 0x676e696b6e61725f
const WORD_SCOREDET: u64 = 0x74654465726f6353
const WORD_AILS: u32 = 0x736c6961
const WORD_FEDERAT: u64 = 0x746172656465665f
const WORD_TION: u32 = 0x6e6f6974
const WORD_SEQ: u32 = 0x7165735f
/** `"_` */
const OPEN_UNDERSCORE: u16 = 0x5f22

let ordering: usize = 0
let details: usize = 0
let federation: usize = 0
let cutsAt: usize = 0
let keysAt: usize = 0
let detailsSeen: bool = false
/** Value of the hit's own `_miroir_seq`, at its quote; 0 when it has none. */
let seqAt: usize = 0
/** Value of the hit's `_federation`; 0 when it has none. */
let federationAt: usize = 0
/** Where the name last read by `readName` ends, at its closing quote. */
let nameEnd: usize = 0

/** Reads one answer; rows, cuts and keys are appended where the control block says. */
export function scanAnswer(): i32 {
  ordering = field(FIELD_ORDERING)
  details = field(FIELD_DETAILS)
  federation = field(FIELD_FEDERATION)
  cutsAt = field(FIELD_CUTS)
  keysAt = field(FIELD_KEYS)
  setField(FIELD_COUNT, 0)
  setField(FIELD_ENVELOPE_CUT, 0)
  forgetRules()
  const end = field(FIELD_INPUT_END)
  setScanEnd(end)
  let p = scanMembers(skipSpace(field(FIELD_INPUT)))
  if (p !== 0) {
    p = skipSpace(p)
    if (p < end) p = fail(CODE_SYNTAX, p)
    else if (field(FIELD_ENVELOPE_CUT) === 0) p = fail(CODE_NOT_DOCUMENTS, field(FIELD_INPUT))
  }
  if (p === 0) return settle(end)
  setField(FIELD_CUTS, cutsAt)
  setField(FIELD_KEYS, keysAt)
  return CODE_DONE
}

/** Reads `"name":`; answers the address of the value and leaves the end of the name in `nameEnd`. */
function readName(at: usize): usize {
  if (load<u8>(at) !== QUOTE) return fail(CODE_SYNTAX, at)
  nameEnd = stringEnd(at + 1)
  if (nameEnd === 0) return 0
  const p = skipSpace(nameEnd + 1)
  return load<u8>(p) === COLON ? skipSpace(p + 1) : fail(CODE_SYNTAX, p)
}

/** Members of the answer itself. The list's member is noted as the cut that leaves the envelope. */
function scanMembers(at: usize): usize {
  if (load<u8>(at) !== OPEN_BRACE) return fail(CODE_SYNTAX, at)
  let p = skipSpace(at + 1)
  if (load<u8>(p) === CLOSE_BRACE) return p + 1
  const wantsHits = field(FIELD_MEMBER) === 0
  let lastEnd: usize = 0
  let cutOpen = false
  while (true) {
    const start = p
    p = readName(start)
    if (p === 0) return 0
    const length = nameEnd - start - 1
    const isList = wantsHits
      ? length === 4 && load<u32>(start, 1) === WORD_HITS
      : length === 7 && load<u64>(start, 1) === WORD_RESULTS
    if (cutOpen) setField(FIELD_ENVELOPE_CUT_END, start)
    cutOpen = isList
    if (isList) setField(FIELD_ENVELOPE_CUT, start)
    p = isList ? scanHits(p) : valueEnd(p)
    if (p === 0) return 0
    const valueStop = p
    p = skipSpace(p)
    const sign = load<u8>(p)
    if (sign === CLOSE_BRACE) {
      if (cutOpen) {
        if (lastEnd !== 0) setField(FIELD_ENVELOPE_CUT, lastEnd)
        setField(FIELD_ENVELOPE_CUT_END, valueStop)
      }
      return p + 1
    }
    if (sign !== COMMA) return fail(CODE_SYNTAX, p)
    lastEnd = valueStop
    p = skipSpace(p + 1)
  }
}

function scanHits(at: usize): usize {
  const rowsEnd = field(FIELD_ROWS_END)
  const firstRow = field(FIELD_ROWS)
  let row = firstRow
  if (load<u8>(at) !== OPEN_BRACKET) return fail(CODE_NOT_DOCUMENTS, at)
  let p = skipSpace(at + 1)
  if (load<u8>(p) === CLOSE_BRACKET) return p + 1
  while (true) {
    if (load<u8>(p) !== OPEN_BRACE) return fail(CODE_NOT_DOCUMENTS, p)
    if (row + HIT_BYTES > rowsEnd) return fail(CODE_FULL, p)
    p = scanHit(p, row)
    if (p === 0) return 0
    row += HIT_BYTES
    p = skipSpace(p)
    const sign = load<u8>(p)
    if (sign === CLOSE_BRACKET) break
    if (sign !== COMMA) return fail(CODE_SYNTAX, p)
    p = skipSpace(p + 1)
  }
  setField(FIELD_COUNT, (row - firstRow) / HIT_BYTES)
  setField(FIELD_ROWS, row)
  return p + 1
}

function scanHit(start: usize, row: usize): usize {
  const cuts = cutsAt
  const keys = keysAt
  detailsSeen = false
  seqAt = 0
  federationAt = 0
  const p = cutMembers(start, true)
  if (p === 0) return 0
  if (ordering === ORDERING_VALUES) {
    keysAt = writeAllSorted(federationAt, keys)
    if (keysAt === 0) return fail(CODE_UNREADABLE, start)
    noteDistances(keys, keysAt)
  }
  if (ordering !== ORDERING_NONE) {
    if (ordering === ORDERING_DETAILS && !detailsSeen) return fail(CODE_UNREADABLE, start)
    // skipped rules hide the last one; then the document's own field tells
    if (seqAt !== 0 && (keysAt === keys || !isSeqEntry(keysAt - ENTRY_BYTES))) {
      if (writeSeq(keysAt, 255, seqAt) === 0) return 0
      keysAt += ENTRY_BYTES
    }
    if (ordering === ORDERING_SEQ && keysAt === keys) return fail(CODE_UNREADABLE, start)
  }
  let cutBytes: u32 = 0
  for (let cut = cuts; cut < cutsAt; cut += 8) cutBytes += load<u32>(cut, 4) - load<u32>(cut)
  store<u32>(row, <u32>start)
  store<u32>(row, <u32>p, 4)
  store<u32>(row, <u32>keys, 8)
  store<u32>(row, <u32>((keysAt - keys) / ENTRY_BYTES), 12)
  store<u32>(row, <u32>cuts, 16)
  store<u32>(row, <u32>(cutsAt - cuts) >> 3, 20)
  store<u32>(row, cutBytes, 24)
  return p
}

/**
 * Walks an object and cuts its members named `_miroir_*`; of a hit also the details, and inside `_formatted`
 * and `_matchesPosition` the same again. Nothing else is looked at but where containers begin and end.
 */
function cutMembers(at: usize, isHit: bool): usize {
  let p = at + 1
  while (true) {
    p = nextMark(p)
    if (p === 0) return 0
    const byte = load<u8>(p)
    if (byte === CLOSE_BRACE) return p + 1
    if (byte === QUOTE) p = underscored(p, isHit)
    else p = byte === CLOSE_BRACKET ? fail(CODE_SYNTAX, p) : containerEnd(p)
    if (p === 0) return 0
  }
}

/** A string that begins with an underscore; answers where the walk goes on. */
function underscored(start: usize, isHit: bool): usize {
  nameEnd = stringEnd(start + 1)
  if (nameEnd === 0) return 0
  let p = skipSpace(nameEnd + 1)
  // a value, not a name
  if (load<u8>(p) !== COLON) return p
  p = skipSpace(p + 1)
  const kind = memberKind(start + 1, nameEnd - start - 1, isHit)
  if (kind === MEMBER_OURS) return cutRun(start, valueEnd(p), isHit)
  if (kind === MEMBER_FEDERATION) {
    federationAt = p
    return federation === FEDERATION_CUT ? cutRun(start, valueEnd(p), isHit) : p
  }
  if (kind === MEMBER_NESTED) return load<u8>(p) === OPEN_BRACE ? cutMembers(p, false) : p
  if (kind === MEMBER_DETAILS) {
    const end = readDetails(p)
    if (end === 0 || !detailsSeen) return end
    return details === DETAILS_CUT ? cutRun(start, end, isHit) : cutMembers(p, false)
  }
  return p
}

/**
 * Cuts a run of members: the first begins at `start` and has its value's end at `firstEnd`. The run takes the
 * comma after it, or, where the object ends, the one before it.
 */
function cutRun(start: usize, firstEnd: usize, isHit: bool): usize {
  let end = firstEnd
  while (end !== 0) {
    const p = skipSpace(end)
    const sign = load<u8>(p)
    if (sign === CLOSE_BRACE) {
      addCut(endBefore(start), end)
      return p
    }
    if (sign !== COMMA) return fail(CODE_SYNTAX, p)
    const next = skipSpace(p + 1)
    end = load<u16>(next) === OPEN_UNDERSCORE ? cutEnd(next, isHit) : 0
    if (end === 0) {
      addCut(start, next)
      return next
    }
  }
  return 0
}

/** End of the value of the member at `start` if it is cut too, else 0. */
function cutEnd(start: usize, isHit: bool): usize {
  const value = readName(start)
  if (value === 0) return 0
  const kind = memberKind(start + 1, nameEnd - start - 1, isHit)
  if (kind === MEMBER_OURS) return valueEnd(value)
  if (kind === MEMBER_FEDERATION && federation === FEDERATION_CUT) {
    federationAt = value
    return valueEnd(value)
  }
  if (kind !== MEMBER_DETAILS || details !== DETAILS_CUT) return 0
  const end = readDetails(value)
  return detailsSeen ? end : 0
}

/** Where the value before the member at `start` ends, or `start` itself when it is the first. */
function endBefore(start: usize): usize {
  let p = start - 1
  while (load<u8>(p) <= 0x20) p--
  if (load<u8>(p) !== COMMA) return start
  p--
  while (load<u8>(p) <= 0x20) p--
  return p + 1
}

function memberKind(name: usize, length: usize, isHit: bool): u32 {
  if (length < 8) return MEMBER_OTHER
  const word = load<u64>(name)
  if (word === MIROIR) {
    if (isHit && length === 11 && load<u32>(name, 7) === WORD_SEQ)
      seqAt = skipSpace(skipSpace(nameEnd + 1) + 1)
    return MEMBER_OURS
  }
  if (isHit && federation !== FEDERATION_NONE && length === 11) {
    if (word === WORD_FEDERAT && load<u32>(name, 7) === WORD_TION) return MEMBER_FEDERATION
  }
  if (!isHit || details === DETAILS_NONE) return MEMBER_OTHER
  if (word === WORD_FORMATT && length === 10 && load<u16>(name, 8) === WORD_ED) return MEMBER_NESTED
  if (word === WORD_MATCHES && length === 16 && load<u64>(name, 8) === WORD_POSITION) return MEMBER_NESTED
  if (word === WORD_RANKING && length === 20 && load<u64>(name, 8) === WORD_SCOREDET) {
    if (load<u32>(name, 16) === WORD_AILS) return MEMBER_DETAILS
  }
  return MEMBER_OTHER
}

let detailsEnd: usize = 0

/**
 * Decodes the details at `at` and leaves their end in `detailsEnd`. A node prints them as the last member; a
 * member of that name elsewhere is the user's own and stays.
 */
function readDetails(at: usize): usize {
  detailsEnd = ordering === ORDERING_DETAILS ? decodeDetails(at, keysAt, federationAt) : valueEnd(at)
  if (detailsEnd !== 0 && load<u8>(skipSpace(detailsEnd)) === CLOSE_BRACE) {
    if (ordering === ORDERING_DETAILS) keysAt = detailsKeysEnd()
    detailsSeen = true
    return detailsEnd
  }
  if (detailsEnd === 0) {
    const end = endOfOther(at)
    if (end === 0) return 0
    detailsEnd = end
  }
  return detailsEnd
}

/**
 * End of a value that is not readable as details, provided that it is not where details must be; 0 keeps the
 * fault.
 */
function endOfOther(at: usize): usize {
  const code = failedCode()
  const where = failedAt()
  const end = valueEnd(at)
  if (end !== 0 && load<u8>(skipSpace(end)) === CLOSE_BRACE) return fail(code, where)
  return end
}

function addCut(from: usize, to: usize): void {
  store<u32>(cutsAt, <u32>from)
  store<u32>(cutsAt, <u32>to, 4)
  cutsAt += 8
}
