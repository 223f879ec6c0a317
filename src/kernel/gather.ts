import { SEQ_MAX } from '../model/ids.ts'
import { assert } from '../std/assert.ts'
import { FIELD, HEAD_BYTES, ROW_BYTES } from './abi.ts'
import { NO_ROOM } from './fault.ts'
import { type GatherRequest, type KernelFault, ROW, ROW_FLAG } from './kernel.ts'
import { SHARDS_MAX } from './split.ts'
import type { CallBounds, KernelWindow } from './window.ts'

const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** Consecutive rows that one call of the kernel turns into output. */
interface Batch {
  readonly first: number
  readonly end: number
  /** Bytes of the output, with the commas between documents. */
  readonly bytes: number
  readonly documents: number
}

export function gatherDocuments(window: KernelWindow, request: GatherRequest): Uint8Array | KernelFault {
  const { seq } = request
  assert(Number.isSafeInteger(seq) && seq >= 0 && seq <= SEQ_MAX, 'operation number fits its digits')
  const wanted = request.shards === null ? null : wantedTable(request.shards)
  const batches = planBatches(request, wanted, window.bounds)
  let bytes = 2
  let documents = 0
  for (const batch of batches) {
    bytes += batch.bytes
    documents += batch.documents
  }
  const output = new Uint8Array(bytes + Math.max(0, documents - 1))
  let at = 0
  output[at++] = OPEN_BRACKET
  for (const batch of batches) {
    const part = gatherBatch(window, { request, wanted, batch, started: at > 1 })
    if (part === null) return NO_ROOM
    output.set(part, at)
    at += part.length
  }
  output[at++] = CLOSE_BRACKET
  assert(at === output.length, 'gathered as many bytes as planned')
  return output
}

function wantedTable(shards: ReadonlySet<number>): Uint8Array {
  const table = new Uint8Array(SHARDS_MAX)
  for (const shard of shards) table[shard] = 1
  return table
}

/** Cuts the rows into batches and drops those without a wanted document. */
function planBatches({ body, rows }: GatherRequest, wanted: Uint8Array | null, bounds: CallBounds): Batch[] {
  const batches: Batch[] = []
  const count = rows.length / ROW.stride
  let first = 0
  while (first < count) {
    const spanStart = rows[first * ROW.stride + ROW.start] ?? 0
    let bytes = 0
    let documents = 0
    let row = first
    let before = spanStart
    for (; row < count && row - first < bounds.rows; row++) {
      const at = row * ROW.stride
      const start = rows[at + ROW.start] ?? 0
      const end = rows[at + ROW.end] ?? 0
      if (row > first && end - spanStart > bounds.inputBytes) break
      const shard = rows[at + ROW.shard] ?? 0
      assert(
        start >= before && end > start && end <= body.length && shard < SHARDS_MAX,
        'row lies in the body',
      )
      before = end
      if (wanted !== null && wanted[shard] !== 1) continue
      const isEmpty = ((rows[at + ROW.flags] ?? 0) & ROW_FLAG.empty) !== 0
      bytes += end - start + HEAD_BYTES - (isEmpty ? 1 : 0)
      documents++
    }
    if (documents > 0) batches.push({ first, end: row, bytes, documents })
    first = row
  }
  return batches
}

interface BatchCall {
  readonly request: GatherRequest
  readonly wanted: Uint8Array | null
  readonly batch: Batch
  /** A document was written before: a comma comes first. */
  readonly started: boolean
}

/** A view into the window's memory, valid until its next use; null when there is no room. */
function gatherBatch(
  window: KernelWindow,
  { request, wanted, batch, started }: BatchCall,
): Uint8Array | null {
  const { body, rows, seq } = request
  const origin = rows[batch.first * ROW.stride + ROW.start] ?? 0
  const spanEnd = rows[(batch.end - 1) * ROW.stride + ROW.end] ?? 0
  const count = batch.end - batch.first
  window.begin()
  const table = window.region(SHARDS_MAX)
  const list = window.region(count * ROW_BYTES)
  const input = window.region(spanEnd - origin)
  const output = window.region(batch.bytes + batch.documents)
  if (table === null || list === null || input === null || output === null) return null
  if (wanted !== null) window.bytes.set(wanted, table.at)
  window.words(list).set(rows.subarray(batch.first * ROW.stride, batch.end * ROW.stride))
  window.load(input, body.subarray(origin, spanEnd))
  window.set(FIELD.origin, origin)
  window.set(FIELD.rows, list.at)
  window.set(FIELD.count, count)
  window.set(FIELD.wanted, wanted === null ? 0 : table.at)
  window.set(FIELD.firstRow, batch.first)
  window.set(FIELD.seqLow, seq >>> 0)
  window.set(FIELD.seqHigh, Math.floor(seq / 2 ** 32))
  window.set(FIELD.output, output.at)
  window.set(FIELD.started, started ? 1 : 0)
  const written = window.exports.gatherRows()
  assert(written <= batch.bytes + batch.documents, 'gathered documents fit their room')
  return window.bytes.subarray(output.at, output.at + written)
}
