import { createInlineKernel } from '../src/kernel/inline.ts'
import { isFault, type Kernel, type MergeRequest } from '../src/kernel/kernel.ts'
import { kernelModule } from '../src/kernel/module.ts'
import { createKernel } from '../src/kernel/route.ts'
import { type BenchRow, digest, rankedAnswers, type Size } from './parts/kernel-samples.ts'

const CALLS = { small: 5, full: 300 } as const
const HITS = { small: [2], full: [7, 80, 250, 1_000] } as const

interface Cost {
  /** Of the calling thread, median of the calls. */
  readonly mainUs: number
  /** From call to result, median. */
  readonly waitUs: number
}

/**
 * What a merge costs inline and in the pool, by size of the answers: the price behind
 * `kernel.inline_max_bytes`. Answers lie on shared memory, as those from slabs do.
 */
export async function run(size: Size): Promise<readonly BenchRow[]> {
  const inline = createInlineKernel(await kernelModule())
  const pool = await createKernel({ inlineMaxBytes: 0, workers: 1 })
  const rows: BenchRow[] = []
  try {
    for (const hits of HITS[size]) {
      const answers = rankedAnswers(hits).map(onSharedMemory)
      const request: MergeRequest = {
        ...{ answers, member: 'hits', order: 'details' },
        ...{ offset: 0, limit: 20, keepDetails: false },
      }
      const result = await inline.merge(request)
      if (isFault(result)) throw new Error(result.fault)
      const hash = digest(result.hits)
      const bytes = Math.round(answers.reduce((sum, answer) => sum + answer.length, 0) / 1024)
      for (const [carrier, kernel] of [
        ['inline', inline],
        ['pool', pool],
      ] as const) {
        const { mainUs, waitUs } = await cost(kernel, request, CALLS[size])
        const name = `${carrier}, ${bytes} KB of answers`
        rows.push({ name: `${name}: main thread`, value: mainUs, unit: 'µs', target: '', holds: null, hash })
        rows.push({ name: `${name}: median wait`, value: waitUs, unit: 'µs', target: '', holds: null, hash })
      }
    }
  } finally {
    await pool.close()
    await inline.close()
  }
  return rows
}

/** One call after the other; what the loop was not idle counts for the main thread. */
async function cost(kernel: Kernel, request: MergeRequest, calls: number): Promise<Cost> {
  for (let call = 0; call < calls; call++) await kernel.merge(request)
  const waits: number[] = []
  const busy: number[] = []
  for (let call = 0; call < calls; call++) {
    const before = performance.eventLoopUtilization()
    const start = performance.now()
    await kernel.merge(request)
    waits.push(performance.now() - start)
    const used = performance.eventLoopUtilization(before)
    busy.push(used.active)
    // a turn of the loop for itself, as a request has
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return { mainUs: median(busy) * 1e3, waitUs: median(waits) * 1e3 }
}

function median(samples: readonly number[]): number {
  return [...samples].sort((left, right) => left - right)[samples.length >> 1] ?? 0
}

function onSharedMemory(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
  shared.set(bytes)
  return shared
}
