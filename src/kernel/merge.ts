import { assert } from '../std/assert.ts'
import { concat } from '../std/bytes.ts'
import {
  CODE,
  DETAILS,
  FEDERATION,
  FIELD,
  HIT_BYTES,
  KEY_BYTES_PER_INPUT_BYTE,
  LIST_BYTES,
  ORDERING,
} from './abi.ts'
import { faultOf, NO_ROOM } from './fault.ts'
import type { KernelFault, MergeRequest, MergeResult } from './kernel.ts'
import type { KernelWindow, Region } from './window.ts'

/** Room beside what follows from the length of the answers. */
const SPARE_BYTES = 4_096

/** Where the parts of one merge lie. Rows, cuts and keys of all answers follow each other. */
interface Layout {
  readonly answers: readonly Region[]
  readonly rows: Region
  readonly cuts: Region
  readonly keys: Region
  readonly lists: Region
  readonly heads: Region
}

interface Scanned {
  readonly received: number[]
  readonly envelopes: Uint8Array[]
}

export function mergeAnswers(window: KernelWindow, request: MergeRequest): MergeResult | KernelFault {
  const total = request.answers.reduce((sum, answer) => sum + answer.length, 0)
  // a hit of two bytes takes a whole row: then once more, with room for them
  for (let rowBytes = total; ; rowBytes *= 4) {
    const layout = layOut(window, request, total, rowBytes)
    if (layout === null) return NO_ROOM
    const scanned = scanAll(window, request, layout)
    if (scanned === 'full') continue
    if ('fault' in scanned) return scanned
    return emit(window, request, { layout, scanned })
  }
}

function layOut(
  window: KernelWindow,
  { answers }: MergeRequest,
  total: number,
  rowBytes: number,
): Layout | null {
  window.begin()
  const inputs: Region[] = []
  for (const answer of answers) {
    const region = window.region(answer.length)
    if (region === null) return null
    inputs.push(region)
  }
  const rows = window.region(rowBytes + SPARE_BYTES)
  const cuts = window.region(total + SPARE_BYTES)
  const keys = window.region(Math.ceil(total * KEY_BYTES_PER_INPUT_BYTE) + SPARE_BYTES)
  const lists = window.region(answers.length * LIST_BYTES)
  const heads = window.region(answers.length * 4)
  if (rows === null || cuts === null || keys === null || lists === null || heads === null) return null
  return { answers: inputs, rows, cuts, keys, lists, heads }
}

/** Reads every answer: rows, cuts, sort keys and envelopes. */
function scanAll(
  window: KernelWindow,
  request: MergeRequest,
  layout: Layout,
): Scanned | KernelFault | 'full' {
  prepare(window, request, layout)
  const lists = window.words(layout.lists)
  const received: number[] = []
  const envelopes: Uint8Array[] = []
  for (const [index, answer] of request.answers.entries()) {
    const region = layout.answers[index]
    assert(region !== undefined, 'every answer has its region')
    window.load(region, answer)
    lists[index * 4] = window.get(FIELD.rows)
    const code = window.exports.scanAnswer()
    assert(window.get(FIELD.keys) <= layout.keys.end, 'keys fit their room')
    assert(window.get(FIELD.cuts) <= layout.cuts.end, 'cuts fit their room')
    if (code === CODE.full) return 'full'
    if (code !== CODE.done) return faultOf(code, window.get(FIELD.faultAt) - region.at, index)
    lists[index * 4 + 1] = window.get(FIELD.count)
    received.push(window.get(FIELD.count))
    const cutStart = window.get(FIELD.envelopeCut) - region.at
    const cutEnd = window.get(FIELD.envelopeCutEnd) - region.at
    envelopes.push(concat([answer.subarray(0, cutStart), answer.subarray(cutEnd)]))
  }
  return { received, envelopes }
}

function prepare(window: KernelWindow, request: MergeRequest, layout: Layout): void {
  // one list alone keeps its order, so its keys need not be readable
  window.set(FIELD.ordering, request.answers.length > 1 ? ORDERING[request.order] : ORDERING.none)
  window.set(FIELD.federation, FEDERATION[request.federation ?? 'none'])
  const details = request.keepDetails ? DETAILS.kept : DETAILS.cut
  window.set(FIELD.details, request.order === 'details' ? details : DETAILS.none)
  window.set(FIELD.member, request.member === 'hits' ? 0 : 1)
  window.set(FIELD.rows, layout.rows.at)
  window.set(FIELD.rowsEnd, layout.rows.end)
  window.set(FIELD.cuts, layout.cuts.at)
  window.set(FIELD.keys, layout.keys.at)
  window.set(FIELD.geoEntries, 0)
  window.set(FIELD.lists, layout.lists.at)
  window.set(FIELD.listCount, request.answers.length)
  window.set(FIELD.heads, layout.heads.at)
}

interface Prepared {
  readonly layout: Layout
  readonly scanned: Scanned
}

/** Orders the rows and splices the wanted page out of the answers. */
function emit(
  window: KernelWindow,
  { offset, limit, origins }: MergeRequest,
  { layout, scanned }: Prepared,
): MergeResult | KernelFault {
  const rows = scanned.received.reduce((sum, count) => sum + count, 0)
  assert(layout.rows.at + rows * HIT_BYTES <= layout.rows.end, 'rows fit their room')
  const ordered = Math.min(rows, offset + limit)
  const order = window.region(ordered * 4)
  if (order === null) return NO_ROOM
  window.set(FIELD.order, order.at)
  window.set(FIELD.limit, ordered)
  window.exports.mergeLists()
  assert(window.get(FIELD.count) === ordered, 'every wanted row was ordered')
  const from = Math.min(offset, ordered)
  window.set(FIELD.from, from)
  window.set(FIELD.to, ordered)
  const bytes = window.exports.measureHits()
  const output = window.region(bytes)
  if (output === null) return NO_ROOM
  window.set(FIELD.output, output.at)
  const written = window.exports.spliceHits()
  assert(written === bytes, 'spliced as many bytes as measured')
  const lists = window.words(layout.lists)
  return {
    hits: window.bytes.slice(output.at, output.at + written),
    count: ordered - from,
    received: scanned.received,
    consumed: scanned.received.map((_, index) => lists[index * 4 + 3] ?? 0),
    origins: origins === true ? originsOf(window.words(order).subarray(from, ordered), lists) : [],
    envelopes: scanned.envelopes,
  }
}

/** Rows of all answers follow each other, so a row's address tells its answer. */
function originsOf(rows: Uint32Array, lists: Uint32Array): number[] {
  const starts = Array.from({ length: lists.length / 4 }, (_, index) => lists[index * 4] ?? 0)
  return Array.from(rows, (row) => starts.findLastIndex((start) => start <= row))
}
