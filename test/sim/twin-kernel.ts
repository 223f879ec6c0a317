import type { GatherRequest, Kernel, SplitRequest, SplitResult } from '../../src/kernel/kernel.ts'
import { ROW, ROW_FLAG } from '../../src/kernel/kernel.ts'
import { seqText, shardText } from '../../src/model/injected.ts'
import { xxh64 } from '../../src/topology/xxh64.ts'

/** A slow, obvious kernel for simulated pods; JSON only, one document a `JSON.parse`. */
export function twinKernel(): Kernel {
  const shardOf = (key: string, shards: number): number =>
    Number(xxh64(Buffer.concat([Buffer.from(key), Buffer.from([0xff])])) % BigInt(shards))
  return {
    split: (request) => split(request, shardOf),
    readCsv: () => {
      throw new Error('simulated pods get no CSV')
    },
    gather,
    merge: () => {
      throw new Error('simulated pods do not merge with the twin')
    },
    shardOf,
    close: async () => undefined,
  }
}

function split(request: SplitRequest, shardOf: Kernel['shardOf']): SplitResult {
  const text = Buffer.from(request.body).toString('latin1')
  const documents = JSON.parse(text) as Record<string, unknown>[]
  const rows = new Uint32Array(documents.length * ROW.stride)
  let at = text.indexOf('[') + 1
  documents.forEach((document, row) => {
    const start = text.indexOf('{', at)
    const end = start + JSON.stringify(document).length
    const key = request.primaryKey === null ? undefined : document[request.primaryKey]
    const base = row * ROW.stride
    rows[base + ROW.start] = start
    rows[base + ROW.end] = end
    if (key === undefined) rows[base + ROW.flags] = ROW_FLAG.keyMissing
    else rows[base + ROW.shard] = shardOf(String(key), request.shards)
    at = end
  })
  return { documents: documents.length, rows }
}

function gather(request: GatherRequest): Uint8Array {
  const parts: string[] = []
  for (let row = 0; row * ROW.stride < request.rows.length; row++) {
    const base = row * ROW.stride
    const shard = request.rows[base + ROW.shard] ?? 0
    if (request.shards !== null && !request.shards.has(shard)) continue
    const body = Buffer.from(
      request.body.subarray(request.rows[base + ROW.start], request.rows[base + ROW.end]),
    )
    const injected = `"_miroir_shard":"${shardText(shard)}","_miroir_seq":"${seqText(request.seq, row)}",`
    parts.push(`{${injected}${body.toString('latin1').slice(1)}`)
  }
  return Buffer.from(`[${parts.join(',')}]`, 'latin1')
}
