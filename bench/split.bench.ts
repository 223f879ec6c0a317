import { createInlineKernel } from '../src/kernel/inline.ts'
import { isFault } from '../src/kernel/kernel.ts'
import { kernelModule } from '../src/kernel/module.ts'
import { type BenchRow, digest, fastestMs, row, type Size, sampleBody } from './parts/kernel-samples.ts'

/** Documents: validating split with key and shard, and the gathering of one node's body. */
export async function run(size: Size): Promise<readonly BenchRow[]> {
  const kernel = createInlineKernel(await kernelModule())
  const rows: BenchRow[] = []
  for (const [set, primaryKey] of [
    ['films', 'id'],
    ['cities', 'geonameid'],
  ] as const) {
    const body = sampleBody(set, size)
    const request = { body, format: 'json', primaryKey, shards: 64 } as const
    const result = kernel.split(request)
    if (isFault(result)) throw new Error(`${set}: ${result.fault}`)
    const hash = digest(new Uint8Array(result.rows.slice().buffer))
    const splitMs = await fastestMs(size, () => kernel.split(request))
    rows.push(row(`split ${set}`, body.length / splitMs / 1e3, ['>=', 800, 'MB/s'], hash))

    const gather = { body, rows: result.rows, shards: null, seq: 5 }
    const gathered = kernel.gather(gather)
    if (isFault(gathered)) throw new Error(`${set}: ${gathered.fault}`)
    const gatherMs = await fastestMs(size, () => kernel.gather(gather))
    rows.push(row(`gather ${set}`, body.length / gatherMs / 1e3, ['>=', 1_000, 'MB/s'], digest(gathered)))

    const parseMs = await fastestMs(size, () => JSON.parse(body.toString()))
    const ratio = parseMs / splitMs
    rows.push(row(`split ${set}, times JSON.parse`, ratio, ['>=', 4, '×'], hash))
  }
  return rows
}
