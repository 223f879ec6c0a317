import { CODE_UNREADABLE, fail } from './control'
import {
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  stringEnd,
  valueEnd,
} from './json'
import { writeDistance, writeNull, writeNumber, writeText } from './keys'

/*
 * What a hit of an internal federated search, or a document of a sorted list, is ordered by:
 * `"_federation":{…,"weightedScoreValues":[{"weightedScore":1.0},{"sort":{"asc":true,"value":"a"}},…]}`.
 * Values of fields are plain there that the details of the same hit call `<hidden>`. Scores are not: they
 * fold several rules into one ratio, which the details tell rule by rule.
 */

// First four bytes of the names, in memory order.
const WORD_WEIG: u32 = 0x67696577
const WORD_SORT: u32 = 0x74726f73
const WORD_GEOS: u32 = 0x536f6567
/** `asc"` */
const WORD_ASC: u32 = 0x22637361
const WORD_VALU: u32 = 0x756c6176
const WORD_DIST: u32 = 0x74736964
const WORD_TRUE: u32 = 0x65757274
const WORD_NULL: u32 = 0x6c6c756e

/** The next value not looked at yet, or the end of the list; 0 where there is no list. */
let cursor: usize = 0
// The value last found by `nextSorted`.
let valueAt: usize = 0
let descending: bool = false
let isDistance: bool = false

/** Starts with the first value of the `_federation` at `object`; 0 = the hit has none. */
export function openValues(object: usize): void {
  cursor = 0
  if (object === 0 || load<u8>(object) !== OPEN_BRACE) return
  const list = memberAt(object, WORD_WEIG, 19)
  if (list !== 0 && load<u8>(list) === OPEN_BRACKET) cursor = skipSpace(list + 1)
}

/** True when every value was looked at. */
export function valuesEnded(): bool {
  return cursor !== 0 && load<u8>(cursor) === CLOSE_BRACKET
}

/** Goes on to the next value that a field or a place gave; false when there is none. */
export function nextSorted(): bool {
  while (cursor !== 0 && load<u8>(cursor) === OPEN_BRACE) {
    const element = cursor
    cursor = valueEnd(element)
    if (cursor === 0) return false
    cursor = skipSpace(cursor)
    if (load<u8>(cursor) === COMMA) cursor = skipSpace(cursor + 1)
    const place = memberAt(element, WORD_GEOS, 7)
    isDistance = place !== 0
    const sorted = isDistance ? place : memberAt(element, WORD_SORT, 4)
    if (sorted === 0) continue
    const ascending = memberAt(sorted, WORD_ASC, 3)
    valueAt = isDistance ? memberAt(sorted, WORD_DIST, 8) : memberAt(sorted, WORD_VALU, 5)
    if (ascending === 0 || valueAt === 0) return false
    descending = load<u32>(ascending) !== WORD_TRUE
    return true
  }
  return false
}

/** Entry of the value that `nextSorted` found; answers the address after it, or 0. */
export function writeSorted(entry: usize, order: u32): usize {
  if (load<u32>(valueAt) === WORD_NULL) return writeNull(entry, order)
  if (isDistance) return writeDistance(entry, order, valueAt, descending)
  if (load<u8>(valueAt) !== QUOTE) return writeNumber(entry, order, valueAt, descending)
  return writeText(entry, order, valueAt + 1, valueEnd(valueAt) - 1, descending)
}

/** Entries of all values of a document of a sorted list; answers the address after them, or 0. */
export function writeAllSorted(object: usize, entries: usize): usize {
  openValues(object)
  let out = entries
  let order: u32 = 0
  while (nextSorted()) {
    out = writeSorted(out, order++)
    if (out === 0) return 0
  }
  return valuesEnded() && out !== entries ? out : fail(CODE_UNREADABLE, object)
}

/** Value of the member with a name of that length and beginning; 0 when there is none. */
function memberAt(object: usize, start: u32, length: usize): usize {
  if (load<u8>(object) !== OPEN_BRACE) return 0
  let p = skipSpace(object + 1)
  while (load<u8>(p) === QUOTE) {
    const name = p + 1
    const end = stringEnd(name)
    if (end === 0) return 0
    p = skipSpace(end + 1)
    if (load<u8>(p) !== COLON) return 0
    p = skipSpace(p + 1)
    if (end - name === length && load<u32>(name) === start) return p
    p = valueEnd(p)
    if (p === 0) return 0
    p = skipSpace(p)
    if (load<u8>(p) !== COMMA) return 0
    p = skipSpace(p + 1)
  }
  return 0
}
