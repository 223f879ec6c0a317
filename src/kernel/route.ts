import { limits } from '../config/limits.ts'
import { createInlineKernel } from './inline.ts'
import type { Kernel } from './kernel.ts'
import { kernelModule } from './module.ts'
import { createPoolKernel } from './pool.ts'

export interface KernelOptions {
  /** Calls with more input than this go to the pool; 0 sends every call there. */
  readonly inlineMaxBytes: number
  /** Worker threads; without any, every call runs inline. */
  readonly workers: number
  /** Calls that may wait for a worker; `limits.kernelQueueMax` unless configured otherwise. */
  readonly queueMax?: number
}

/**
 * One kernel on two carriers: small calls inline, where they cost less than the hop, large ones in the pool.
 */
export async function createKernel({ inlineMaxBytes, workers, queueMax }: KernelOptions): Promise<Kernel> {
  const module = await kernelModule()
  const inline = createInlineKernel(module)
  if (workers < 1) return inline
  const pool = await createPoolKernel(module, { workers, queueMax: queueMax ?? limits.kernelQueueMax })
  const isSmall = (bytes: number): boolean => inlineMaxBytes > 0 && bytes <= inlineMaxBytes
  return {
    split: (request) => (isSmall(request.body.length) ? inline : pool).split(request),
    readCsv: (request) => (isSmall(request.body.length) ? inline : pool).readCsv(request),
    gather: (request) => (isSmall(request.body.length) ? inline : pool).gather(request),
    merge(request) {
      const bytes = request.answers.reduce((sum, answer) => sum + answer.length, 0)
      return (isSmall(bytes) ? inline : pool).merge(request)
    },
    shardOf: (key, shards) => inline.shardOf(key, shards),
    async close() {
      await pool.close()
      await inline.close()
    },
  }
}
