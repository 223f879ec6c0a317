import { HIT_BYTES } from './answer'
import {
  FIELD_COUNT,
  FIELD_GEO_ENTRIES,
  FIELD_HEADS,
  FIELD_LIMIT,
  FIELD_LIST_COUNT,
  FIELD_LISTS,
  FIELD_ORDER,
  FIELD_ORDERING,
  field,
  setField,
} from './control'
import { CLASS_TEXT, CLASS_TEXT_DOWN, compareTexts, ENTRY_BYTES, entryClass, isDistanceEntry } from './keys'

/*
 * K-way merge of lists that are sorted already. List: four u32 — 0 first row, 4 rows, 8 next row, 12 taken.
 * Heads: one u32 per list that is not used up, the address of the list, in the order of their next rows.
 */
const LIST_BYTES: usize = 16
const ORDERING_VALUES: usize = 3
const NO_LIMIT: u32 = 0xffffffff
/** A node puts places within one metre of the first of a group into one group, and later rules order them. */
const NANOMETRES_PER_METRE: u64 = 1000000000

let headsAt: usize = 0
let headCount: usize = 0
/** Entries that count in comparisons. */
let entryLimit: u32 = NO_LIMIT

/**
 * Writes the rows of the first `FIELD_LIMIT` hits to `FIELD_ORDER`, and how many there are to `FIELD_COUNT`.
 */
export function mergeLists(): void {
  joinDistances()
  entryLimit = NO_LIMIT
  openHeads()
  const order = field(FIELD_ORDER)
  const limit = field(FIELD_LIMIT)
  let count: usize = 0
  while (count < limit && headCount !== 0) store<u32>(order + (count++ << 2), <u32>takeFirst())
  setField(FIELD_COUNT, count)
}

/**
 * Groups of places: each node's details tell the distance of the first place of *its* group. All hits that
 * agree in the rules before and lie within a metre of the smallest distance get that distance, so that the
 * later rules decide. A node's own group heads lie more than a metre apart, so its list stays sorted. Places
 * nearer than a metre to the edge of a group may end up one group off.
 */
function joinDistances(): void {
  const bits = <u32>field(FIELD_GEO_ENTRIES)
  const lists = field(FIELD_LISTS)
  const listsEnd = lists + field(FIELD_LIST_COUNT) * LIST_BYTES
  for (let index: u32 = 0; index < 32; index++) {
    if (((bits >> index) & 1) === 0) continue
    entryLimit = index + 1
    if (field(FIELD_ORDERING) === ORDERING_VALUES) {
      for (let list = lists; list < listsEnd; list += LIST_BYTES) groupDistances(list, index)
    }
    openHeads()
    let groupRow: usize = 0
    let groupDistance: u64 = 0
    while (headCount !== 0) {
      const row = takeFirst()
      const entry = distanceEntry(row, index)
      if (entry === 0) {
        groupRow = 0
        continue
      }
      const distance = load<u64>(entry, 8)
      if (
        groupRow !== 0 &&
        distance - groupDistance <= NANOMETRES_PER_METRE &&
        sameStart(groupRow, row, index)
      ) {
        store<u64>(entry, groupDistance, 8)
      } else {
        groupRow = row
        groupDistance = distance
      }
    }
  }
}

/**
 * A sorted list of documents tells each place's own distance, though its node put it in order by groups.
 * Groups come in ascending order of their first places: the first place of the next group is the nearest of
 * all that is left. Each place gets the distance of its group's first.
 */
function groupDistances(list: usize, index: u32): void {
  const first = <usize>load<u32>(list)
  const end = first + <usize>load<u32>(list, 4) * HIT_BYTES
  // the smallest distance from each place on, kept in a word that is unused
  let next: usize = 0
  for (let row = end; row > first; ) {
    row -= HIT_BYTES
    const entry = distanceEntry(row, index)
    if (entry !== 0) {
      let least = load<u64>(entry, 8)
      if (next !== 0 && sameStart(next, row, index)) {
        least = min<u64>(least, load<u64>(distanceEntry(next, index), 16))
      }
      store<u64>(entry, least, 16)
    }
    next = entry === 0 ? 0 : row
  }
  let head: usize = 0
  let headDistance: u64 = 0
  for (let row = first; row < end; row += HIT_BYTES) {
    const entry = distanceEntry(row, index)
    if (entry === 0) {
      head = 0
      continue
    }
    const isNear = head !== 0 && load<u64>(entry, 8) - headDistance <= NANOMETRES_PER_METRE
    if (!isNear || !sameStart(head, row, index)) {
      head = row
      headDistance = load<u64>(entry, 16)
    }
    store<u64>(entry, headDistance, 8)
    store<u64>(entry, 0, 16)
  }
}

/** The entry of a row if it holds a distance, else 0. */
function distanceEntry(row: usize, index: u32): usize {
  const entry = <usize>load<u32>(row, 8) + <usize>index * ENTRY_BYTES
  return load<u32>(row, 12) > index && isDistanceEntry(entry) ? entry : 0
}

function sameStart(left: usize, right: usize, entries: u32): bool {
  entryLimit = entries
  const isSame = compareRows(left, right) === 0
  entryLimit = entries + 1
  return isSame
}

function openHeads(): void {
  headsAt = field(FIELD_HEADS)
  headCount = 0
  const lists = field(FIELD_LISTS)
  const end = lists + field(FIELD_LIST_COUNT) * LIST_BYTES
  for (let list = lists; list < end; list += LIST_BYTES) {
    store<u32>(list, load<u32>(list), 8)
    store<u32>(list, 0, 12)
    if (load<u32>(list, 4) === 0) continue
    store<u32>(headsAt + (headCount++ << 2), <u32>list)
    let place = headCount - 1
    while (place !== 0 && follows(place - 1, list)) {
      store<u32>(headsAt + (place << 2), load<u32>(headsAt + ((place - 1) << 2)))
      store<u32>(headsAt + (--place << 2), <u32>list)
    }
  }
}

/**
 * True when the head at `place` comes after the next row of `list`. Equal rows keep the order of the lists.
 */
function follows(place: usize, list: usize): bool {
  const other = <usize>load<u32>(headsAt + (place << 2))
  const order = compareRows(<usize>load<u32>(other, 8), <usize>load<u32>(list, 8))
  return order > 0 || (order === 0 && other > list)
}

/** The best next row; its list moves on and back to its place among the heads. */
function takeFirst(): usize {
  const list = <usize>load<u32>(headsAt)
  const row = <usize>load<u32>(list, 8)
  const taken = load<u32>(list, 12) + 1
  store<u32>(list, taken, 12)
  store<u32>(list, <u32>(row + HIT_BYTES), 8)
  let low: usize = 0
  if (taken === load<u32>(list, 4)) {
    low = --headCount
  } else {
    // binary search among the other heads
    let high = headCount - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (follows(middle + 1, list)) high = middle
      else low = middle + 1
    }
  }
  for (let place: usize = 0; place < low; place++) {
    store<u32>(headsAt + (place << 2), load<u32>(headsAt + ((place + 1) << 2)))
  }
  store<u32>(headsAt + (low << 2), <u32>list)
  return row
}

/** Negative when the left row comes first, 0 when their keys are equal. */
function compareRows(left: usize, right: usize): i32 {
  const leftCount = min<u32>(load<u32>(left, 12), entryLimit)
  const rightCount = min<u32>(load<u32>(right, 12), entryLimit)
  let p = <usize>load<u32>(left, 8)
  let q = <usize>load<u32>(right, 8)
  const end = p + <usize>min<u32>(leftCount, rightCount) * ENTRY_BYTES
  for (; p < end; p += ENTRY_BYTES, q += ENTRY_BYTES) {
    const leftHead = load<u64>(p)
    const rightHead = load<u64>(q)
    if (leftHead !== rightHead) return leftHead < rightHead ? -1 : 1
    const leftSecond = load<u64>(p, 8)
    const rightSecond = load<u64>(q, 8)
    if (leftSecond !== rightSecond) return leftSecond < rightSecond ? -1 : 1
    const leftThird = load<u64>(p, 16)
    const rightThird = load<u64>(q, 16)
    if (leftThird !== rightThird) return leftThird < rightThird ? -1 : 1
    const kind = entryClass(p)
    if (kind === CLASS_TEXT || kind === CLASS_TEXT_DOWN) {
      const order = compareTexts(load<u64>(p, 24), load<u64>(q, 24))
      if (order !== 0) return kind === CLASS_TEXT ? order : -order
    }
  }
  // rules that only one of them was ranked by: the longer list of rules wins
  return leftCount === rightCount ? 0 : leftCount > rightCount ? -1 : 1
}
