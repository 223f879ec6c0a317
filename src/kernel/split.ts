import { isUtf8 } from 'node:buffer'
import { DOCUMENTS_PER_OPERATION_MAX } from '../model/ids.ts'
import { assert } from '../std/assert.ts'
import { firstBadByte, utf8 } from '../std/bytes.ts'
import { CODE, FIELD, NO_NAME, PHASE, ROW_BYTES, SLOW_FLAG } from './abi.ts'
import { faultOf, NO_ROOM } from './fault.ts'
import { type KernelFault, ROW, type SplitRequest, type SplitResult } from './kernel.ts'
import { readSlowly } from './slow-document.ts'
import type { KernelWindow, Region } from './window.ts'

/** Shards that four octal digits can name. */
export const SHARDS_MAX = 4_096

/** Where a walk over a body stands. */
interface Walk {
  /** Body offset of the next window. */
  at: number
  phase: number
  /** Grows for documents that do not fit. */
  windowBytes: number
  documents: number
  readonly parts: Uint32Array[]
}

type ShardOf = (key: string, shards: number) => number

export function splitDocuments(
  window: KernelWindow,
  request: SplitRequest,
  shardOf: ShardOf,
): SplitResult | KernelFault {
  const { body, shards } = request
  assert(shards >= 1 && shards <= SHARDS_MAX, 'shard count fits its four digits')
  if (!isUtf8(body)) return { fault: 'utf8', offset: firstBadByte(body), input: 0 }
  const walk: Walk = {
    at: 0,
    phase: request.format === 'ndjson' ? PHASE.stream : PHASE.start,
    windowBytes: Math.min(window.bounds.inputBytes, body.length),
    documents: 0,
    parts: [],
  }
  for (;;) {
    const step = splitStep(window, request, walk)
    if (step === 'done') break
    if (step !== 'more') return step
  }
  const rows = joinRows(walk)
  readSlowRows(request, rows, shardOf)
  return { documents: walk.documents, rows }
}

/** One call of the kernel: lays out a window from `walk.at` on and takes the rows it finds. */
function splitStep(window: KernelWindow, request: SplitRequest, walk: Walk): 'done' | 'more' | KernelFault {
  const { body } = request
  const size = Math.min(walk.windowBytes, body.length - walk.at)
  window.begin()
  const name = placeName(window, request.primaryKey)
  const rows = window.region(window.bounds.rows * ROW_BYTES)
  const input = window.region(size)
  if (name === null || rows === null || input === null) return NO_ROOM
  window.load(input, body.subarray(walk.at, walk.at + size))
  window.set(FIELD.origin, walk.at)
  window.set(FIELD.final, walk.at + size === body.length ? 1 : 0)
  window.set(FIELD.rows, rows.at)
  window.set(FIELD.rowsEnd, rows.end)
  window.set(FIELD.phase, walk.phase)
  window.set(FIELD.shards, request.shards)
  let code: number
  do {
    code = window.exports.splitWindow()
    takeRows(window, rows, walk)
    if (walk.documents > DOCUMENTS_PER_OPERATION_MAX) return tooMany(walk)
    if (code === CODE.full) window.set(FIELD.input, window.get(FIELD.consumed))
    if (code === CODE.full) window.set(FIELD.origin, walk.at + window.get(FIELD.consumed) - input.at)
  } while (code === CODE.full)
  if (code < 0) return faultOf(code, walk.at + window.get(FIELD.faultAt) - input.at, 0)
  if (code === CODE.done) return 'done'
  const used = window.get(FIELD.consumed) - input.at
  // mostly one unfinished document: a larger window wastes less
  if (used < size / 2) walk.windowBytes *= 2
  walk.at += used
  walk.phase = window.get(FIELD.phase)
  return 'more'
}

function placeName(window: KernelWindow, primaryKey: string | null): Region | null {
  const name = utf8(primaryKey ?? '')
  const region = window.region(name.length)
  if (region === null) return null
  window.bytes.set(name, region.at)
  window.bytes.fill(0, region.end, region.end + 16)
  window.set(FIELD.name, region.at)
  window.set(FIELD.nameLength, primaryKey === null ? NO_NAME : name.length)
  return region
}

function takeRows(window: KernelWindow, rows: Region, walk: Walk): void {
  const count = window.get(FIELD.count)
  if (count === 0) return
  walk.documents += count
  walk.parts.push(window.words(rows).slice(0, count * ROW.stride))
}

function tooMany(walk: Walk): KernelFault {
  const rows = joinRows(walk)
  const offset = rows[DOCUMENTS_PER_OPERATION_MAX * ROW.stride + ROW.start] ?? 0
  return { fault: 'too-many-documents', offset, input: 0 }
}

/** All rows in one array on shared memory, so that later calls hand it to workers without a copy. */
function joinRows(walk: Walk): Uint32Array {
  const rows = new Uint32Array(new SharedArrayBuffer(walk.documents * ROW_BYTES))
  let at = 0
  for (const part of walk.parts) {
    rows.set(part, at)
    at += part.length
  }
  return rows
}

/**
 * Documents with escapes where names or keys matter, or under a dotted primary key, are read again in full.
 */
function readSlowRows(request: SplitRequest, rows: Uint32Array, shardOf: ShardOf): void {
  for (let at = 0; at < rows.length; at += ROW.stride) {
    if (((rows[at + ROW.flags] ?? 0) & SLOW_FLAG) === 0) continue
    const found = readSlowly(request.body, rows[at + ROW.start] ?? 0, request.primaryKey)
    rows[at + ROW.keyStart] = found.keyStart
    rows[at + ROW.keyEnd] = found.keyEnd
    rows[at + ROW.flags] = found.flags
    rows[at + ROW.shard] = found.key === null ? 0 : shardOf(found.key, request.shards)
  }
}
