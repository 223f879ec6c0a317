import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInlineKernel } from '../../src/kernel/inline.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import { kernelModule } from '../../src/kernel/module.ts'
import { createKernel } from '../../src/kernel/route.ts'
import { kernelOracle } from '../unit/kernel/kernel-oracle.ts'
import { csvSuite } from './kernel/csv-suite.ts'
import { gatherSuite } from './kernel/gather-suite.ts'
import { mergeAnswerSuite } from './kernel/merge-answer-suite.ts'
import { mergeOrderSuite } from './kernel/merge-order-suite.ts'
import { splitSuite } from './kernel/split-suite.ts'

/** What any carrier of the kernels does. The slow twins are held to it too. */
const carriers: readonly (readonly [name: string, make: () => Promise<Kernel>])[] = [
  ['inline', async () => createInlineKernel(await kernelModule())],
  [
    'inline in small pieces',
    async () => createInlineKernel(await kernelModule(), { inputBytes: 48, rows: 2 }),
  ],
  ['pool', () => createKernel({ inlineMaxBytes: 0, workers: 1 })],
  ['slow twin', async () => kernelOracle],
]

describe.each(carriers)('kernel: %s', (_, make) => {
  let kernel: Kernel
  beforeAll(async () => {
    kernel = await make()
  })
  afterAll(() => kernel.close())

  it('hashes the reference keys', () => {
    const hashes = {
      'user:12345': 4838344264720400847n,
      'product:abc': 14984776139073514584n,
      'order:99999': 4252231143384119044n,
      test: 3355539057510317530n,
      hello: 2294226520621865126n,
    }
    for (const [key, hash] of Object.entries(hashes)) {
      for (const shards of [1, 2, 7, 64, 4096, 2 ** 31])
        expect(kernel.shardOf(key, shards)).toBe(Number(hash % BigInt(shards)))
    }
  })

  splitSuite(() => kernel)
  csvSuite(() => kernel)
  gatherSuite(() => kernel)
  mergeOrderSuite(() => kernel)
  mergeAnswerSuite(() => kernel)
})
