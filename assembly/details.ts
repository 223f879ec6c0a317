import { CODE_SYNTAX, CODE_UNREADABLE, FIELD_GEO_ENTRIES, fail, field, setField } from './control'
import { nextSorted, openValues, writeSorted } from './federation'
import {
  CLOSE_BRACE,
  COLON,
  COMMA,
  OPEN_BRACE,
  QUOTE,
  sameBytes,
  skipSpace,
  stringEnd,
  valueEnd,
} from './json'
import {
  ENTRY_BYTES,
  isDistanceEntry,
  isSeqEntry,
  readOrder,
  writeDistance,
  writeNull,
  writeNumber,
  writeRank,
  writeSeq,
  writeSkipped,
  writeText,
} from './keys'

/*
 * `_rankingScoreDetails` to sort keys. Costs are compared, not ratios, wherever a node prints them: their
 * denominators depend on what else a node holds. A rule of unknown name or shape is a fault, never a guess.
 */

/**
 * What the previous hit had at the same place: text address, text length, first entry, number of entries (u32
 * each). Neighbours in a ranked list mostly agree in most rules, and comparing bytes is cheaper than reading
 * them.
 */
const RECENT: usize = memory.data(512, 16)
const RECENT_LAST: usize = RECENT + 496

let entriesEnd: usize = 0
/** Where the name last read by `readName` ends. */
let nameEnd: usize = 0

export function forgetRules(): void {
  memory.fill(RECENT, 0, 512)
}

/** Address after the entries of the last decoded details. */
export function detailsKeysEnd(): usize {
  return entriesEnd
}

/**
 * Decodes the details object at `at` into entries from `keys` on; answers its end, or 0. Hidden values are
 * looked up in the `_federation` at `federation`, 0 = there is none.
 */
export function decodeDetails(at: usize, keys: usize, federation: usize): usize {
  entriesEnd = keys
  if (load<u8>(at) !== OPEN_BRACE) return fail(CODE_UNREADABLE, at)
  let p = skipSpace(at + 1)
  if (load<u8>(p) === CLOSE_BRACE) return p + 1
  let recent = RECENT
  let out = keys
  let lastOrder: u32 = 0
  let isSorted = true
  let hidden = false
  let hasDistance = false
  if (federation !== 0) openValues(federation)
  while (true) {
    const length = <usize>load<u32>(recent, 4)
    const sorted: u32 = federation === 0 ? 0 : sortKind(p)
    if (sorted !== 0 && !nextSorted()) return fail(CODE_UNREADABLE, p)
    if (sorted === SORT_HIDDEN) {
      // its text never tells two hits apart
      p = decodeHidden(p, out)
      if (p === 0) return 0
      out += ENTRY_BYTES
      hidden = true
    } else if (length !== 0 && sameBytes(p, <usize>load<u32>(recent), length)) {
      copyEntries(out, recent)
      store<u32>(recent, <u32>out, 8)
      out += <usize>load<u32>(recent, 12) * ENTRY_BYTES
      p += length
    } else if (
      length > SEQ_TAIL &&
      isSeqEntry(<usize>load<u32>(recent, 8)) &&
      sameSeqRule(p, recent, length)
    ) {
      // the hidden rule: the same text but for the place in it
      if (writeSeq(out, <u32>load<u8>(<usize>load<u32>(recent, 8), 7), p + length - SEQ_TAIL) === 0) return 0
      out += ENTRY_BYTES
      p += length
    } else {
      const start = p
      const first = out
      p = decodeRule(start, first)
      if (p === 0) return 0
      out = entriesEnd
      store<u32>(recent, <u32>start)
      store<u32>(recent, <u32>(p - start), 4)
      store<u32>(recent, <u32>first, 8)
      store<u32>(recent, <u32>((out - first) / ENTRY_BYTES), 12)
    }
    const order = <u32>load<u8>(out - ENTRY_BYTES, 7)
    if (order < lastOrder) isSorted = false
    lastOrder = order
    if (isDistanceEntry(out - ENTRY_BYTES)) hasDistance = true
    p = skipSpace(p)
    const sign = load<u8>(p)
    if (sign === CLOSE_BRACE) break
    if (sign !== COMMA) return fail(CODE_SYNTAX, p)
    p = skipSpace(p + 1)
    // equal text has equal entries wherever it stood, so the last slot may serve all rules beyond
    if (recent !== RECENT_LAST) recent += 16
  }
  entriesEnd = out
  if (!isSorted) {
    // then the values do not belong to the rules by their place
    if (hidden) return fail(CODE_UNREADABLE, at)
    sortEntries(keys, out)
    forgetRules()
  }
  if (hasDistance) noteDistances(keys, out)
  return p + 1
}

const SORT_SHOWN: u32 = 1
const SORT_HIDDEN: u32 = 2

/** What a rule sorts by: 0 = relevance, else a value of the document, which its text shows or hides. */
function sortKind(at: usize): u32 {
  const end = stringEnd(at + 1)
  if (end === 0) return 0
  const length = end - at - 1
  if (length > 8 && load<u64>(at, 1) === WORD_HIDDEN) return SORT_HIDDEN
  if (length > 4 && load<u32>(end - 4) === WORD_ASC) return SORT_SHOWN
  return length > 5 && load<u32>(end - 4) === WORD_DESC && load<u8>(end - 5) === COLON ? SORT_SHOWN : 0
}

/** The entry of a rule whose value is told elsewhere; answers the end of the rule, or 0. */
function decodeHidden(at: usize, entry: usize): usize {
  const object = readName(at)
  if (object === 0) return 0
  const end = load<u8>(object) === OPEN_BRACE ? readRule(object) : fail(CODE_UNREADABLE, object)
  if (end === 0) return 0
  const order = readOrder(orderAt)
  if (order < 0) return fail(CODE_UNREADABLE, object)
  return writeSorted(entry, <u32>order) === 0 ? 0 : end
}

/** `"` and 18 bytes and `"}`: what ends the text of the hidden rule. */
const SEQ_TAIL: usize = 21
const WORD_TAIL: u16 = 0x7d22

function sameSeqRule(at: usize, recent: usize, length: usize): bool {
  if (load<u16>(at + length - 2) !== WORD_TAIL) return false
  return sameBytes(at, <usize>load<u32>(recent), length - SEQ_TAIL)
}

function copyEntries(out: usize, recent: usize): void {
  const from = <usize>load<u32>(recent, 8)
  const bytes = <usize>load<u32>(recent, 12) * ENTRY_BYTES
  for (let done: usize = 0; done < bytes; done += 16) v128.store(out + done, v128.load(from + done))
}

/** Stable insertion sort by the order of the rules; they nearly always stand in it already. */
function sortEntries(keys: usize, end: usize): void {
  for (let next = keys + ENTRY_BYTES; next < end; next += ENTRY_BYTES) {
    for (let p = next; p > keys && load<u8>(p - ENTRY_BYTES, 7) > load<u8>(p, 7); p -= ENTRY_BYTES) {
      for (let part: usize = 0; part < ENTRY_BYTES; part += 8) {
        const word = load<u64>(p + part)
        store<u64>(p + part, load<u64>(p - ENTRY_BYTES + part))
        store<u64>(p - ENTRY_BYTES + part, word)
      }
    }
  }
}

export function noteDistances(keys: usize, end: usize): void {
  let bits: u32 = <u32>field(FIELD_GEO_ENTRIES)
  for (let entry = keys; entry < end; entry += ENTRY_BYTES) {
    if (isDistanceEntry(entry)) bits |= (<u32>1) << (<u32>((entry - keys) / ENTRY_BYTES) & 31)
  }
  setField(FIELD_GEO_ENTRIES, bits)
}

/** Reads `"name":`; answers the address of the value and leaves the end of the name in `nameEnd`. */
function readName(at: usize): usize {
  if (load<u8>(at) !== QUOTE) return fail(CODE_SYNTAX, at)
  nameEnd = stringEnd(at + 1)
  if (nameEnd === 0) return 0
  const p = skipSpace(nameEnd + 1)
  return load<u8>(p) === COLON ? skipSpace(p + 1) : fail(CODE_SYNTAX, p)
}

// Addresses of the values inside one rule; 0 = absent.
let orderAt: usize = 0
let scoreAt: usize = 0
let valueAt: usize = 0
let valueStop: usize = 0
let matchTypeAt: usize = 0
let typoCountAt: usize = 0
let matchingWordsAt: usize = 0
let distanceAt: usize = 0
let similarityAt: usize = 0
let attributeAt: usize = 0
let wordDistanceAt: usize = 0

/** One `"rule":{…}`; entries go to `entry` on and `entriesEnd`. Answers the end of the object. */
function decodeRule(at: usize, entry: usize): usize {
  const object = readName(at)
  if (object === 0) return 0
  const length = nameEnd - at - 1
  if (load<u8>(object) !== OPEN_BRACE) return fail(CODE_UNREADABLE, object)
  const end = readRule(object)
  if (end === 0) return 0
  const order = readOrder(orderAt)
  if (order < 0) return fail(CODE_UNREADABLE, object)
  entriesEnd = encodeRule(at + 1, length, <u32>order, entry)
  return entriesEnd === 0 ? 0 : end
}

function readRule(object: usize): usize {
  orderAt = 0
  scoreAt = 0
  valueAt = 0
  matchTypeAt = 0
  typoCountAt = 0
  matchingWordsAt = 0
  distanceAt = 0
  similarityAt = 0
  attributeAt = 0
  wordDistanceAt = 0
  let p = skipSpace(object + 1)
  if (load<u8>(p) === CLOSE_BRACE) return p + 1
  while (true) {
    const name = p + 1
    const value = readName(p)
    if (value === 0) return 0
    const length = nameEnd - name
    p = valueEnd(value)
    if (p === 0) return 0
    noteValue(name, length, value, p)
    p = skipSpace(p)
    const sign = load<u8>(p)
    if (sign === CLOSE_BRACE) return p + 1
    if (sign !== COMMA) return fail(CODE_SYNTAX, p)
    p = skipSpace(p + 1)
  }
}

/** Names differ in length or first letter, and only these are printed; others are passed over. */
function noteValue(name: usize, length: usize, value: usize, stop: usize): void {
  const first = load<u8>(name)
  if (length === 5) {
    if (first === 0x6f) orderAt = value
    else if (first === 0x73) scoreAt = value
    else if (first === 0x76) {
      valueAt = value
      valueStop = stop
    }
  } else if (length === 9) {
    if (first === 0x74) typoCountAt = value
    else if (first === 0x6d) matchTypeAt = value
  } else if (length === 8) {
    if (first === 0x64) distanceAt = value
  } else if (length === 13 && first === 0x6d) matchingWordsAt = value
  else if (length === 10 && first === 0x73) similarityAt = value
  else if (length === 26 && first === 0x61) attributeAt = value
  else if (length === 22 && first === 0x71) wordDistanceAt = value
}

// Names and values as words in memory order.
const WORD_WORD: u32 = 0x64726f77
const WORD_TYPO: u32 = 0x6f707974
const WORD_SKIP: u32 = 0x70696b73
const WORD_NULL: u32 = 0x6c6c756e
const WORD_PROXIMIT: u64 = 0x74696d69786f7270
const WORD_ATTRIBUT: u64 = 0x7475626972747461
const WORD_WORDPOSI: u64 = 0x69736f5064726f77
const WORD_EXACTNES: u64 = 0x7373656e74636178
const WORD_VECTORSO: u64 = 0x6f53726f74636576
const WORD_HIDDEN: u64 = 0x2d6e65646469683c
const WORD_GEOPOIN: u64 = 0x6e696f506f65675f
const WORD_MIROIR: u64 = 0x5f72696f72696d5f
const WORD_SEQ_ASC: u64 = 0x6373613a7165735f
const WORD_ASC: u32 = 0x6373613a
const WORD_DESC: u32 = 0x63736564
/** `"exa`, `"mat`, `"noE`: how the match types begin. */
const WORD_EXA: u32 = 0x61786522
const WORD_MAT: u32 = 0x74616d22
const WORD_NOE: u32 = 0x456f6e22

function encodeRule(name: usize, length: usize, order: u32, entry: usize): usize {
  const ending = load<u32>(name + length - 4)
  if (length > 4 && ending === WORD_ASC) return encodeSort(name, order, entry, false)
  if (length > 5 && ending === WORD_DESC && load<u8>(name + length - 5) === COLON) {
    return encodeSort(name, order, entry, true)
  }
  const word = load<u32>(name)
  if (length === 5 && word === WORD_WORD) return writeNumber(entry, order, matchingWordsAt, true)
  if (length === 4 && word === WORD_TYPO) return writeNumber(entry, order, typoCountAt, false)
  if (length === 7 && word === WORD_SKIP) return writeSkipped(entry, order)
  const start = load<u64>(name)
  if (length === 9 && start === WORD_PROXIMIT) return writeNumber(entry, order, scoreAt, true)
  if (length === 13 && start === WORD_ATTRIBUT) return writeNumber(entry, order, scoreAt, true)
  if (length === 12 && start === WORD_WORDPOSI) return writeNumber(entry, order, scoreAt, true)
  if (length === 9 && load<u64>(name, 1) === WORD_EXACTNES) return encodeExactness(order, entry)
  if (length === 9 && start === WORD_ATTRIBUT) {
    const second = writeNumber(entry, order, attributeAt, true)
    return second === 0 ? 0 : writeNumber(second, order, wordDistanceAt, true)
  }
  if (length === 10 && start === WORD_VECTORSO) {
    if (similarityAt !== 0 && load<u32>(similarityAt) === WORD_NULL) return writeNull(entry, order)
    return writeNumber(entry, order, similarityAt, true)
  }
  return fail(CODE_UNREADABLE, name)
}

/** exactMatch, matchesStart, noExactMatch; then more matching words first, where they are printed. */
function encodeExactness(order: u32, entry: usize): usize {
  const word = matchTypeAt === 0 ? 0 : load<u32>(matchTypeAt)
  if (word !== WORD_EXA && word !== WORD_MAT && word !== WORD_NOE) return fail(CODE_UNREADABLE, orderAt)
  const second = writeRank(entry, order, word === WORD_EXA ? 0 : word === WORD_MAT ? 1 : 2)
  return matchingWordsAt === 0 ? second : writeNumber(second, order, matchingWordsAt, true)
}

function encodeSort(name: usize, order: u32, entry: usize, descending: bool): usize {
  if (load<u64>(name) === WORD_GEOPOIN && load<u8>(name, 9) === 0x28) {
    if (distanceAt === 0 || load<u32>(distanceAt) === WORD_NULL) return writeNull(entry, order)
    return writeDistance(entry, order, distanceAt, descending)
  }
  if (valueAt === 0 || load<u64>(name) === WORD_HIDDEN) return fail(CODE_UNREADABLE, name)
  if (load<u64>(name) === WORD_MIROIR && load<u64>(name, 7) === WORD_SEQ_ASC)
    return writeSeq(entry, order, valueAt)
  const byte = load<u8>(valueAt)
  if (byte === QUOTE) return writeText(entry, order, valueAt + 1, valueStop - 1, descending)
  if (byte === 0x6e) return writeNull(entry, order)
  return writeNumber(entry, order, valueAt, descending)
}
