import { createInlineKernel, type InlineKernel } from '../src/kernel/inline.ts'
import { isFault, type MergeRequest, type MergeResult } from '../src/kernel/kernel.ts'
import { kernelModule } from '../src/kernel/module.ts'
import {
  type BenchRow,
  digest,
  fastestMs,
  goldenAnswers,
  rankedAnswers,
  row,
  type Size,
} from './parts/kernel-samples.ts'

const SEARCH = { member: 'hits', order: 'details', offset: 0, keepDetails: false } as const

/** Answers to one page: recorded ones as scanned and as merged, and three long lists. */
export async function run(size: Size): Promise<readonly BenchRow[]> {
  const kernel = createInlineKernel(await kernelModule())
  const rows: BenchRow[] = []
  for (const file of ['cities-plain', 'movies-plain', 'movies-ranked'])
    rows.push(...(await golden(kernel, file, size)))
  return [...rows, ...(await longLists(kernel, size))]
}

async function golden(kernel: InlineKernel, file: string, size: Size): Promise<BenchRow[]> {
  const cases = goldenAnswers(file, size)
  const bytes = cases.flat().reduce((sum, answer) => sum + answer.length, 0)
  const all = (limit: number): MergeResult[] =>
    cases.map((answers) => merged(kernel, { ...SEARCH, answers, limit }))
  const hash = digest(...all(20).map((result) => result.hits))
  const scanMs = await fastestMs(size, () => all(0))
  const pageMs = await fastestMs(size, () => all(20))
  return [
    row(`scan and decode ${file}`, bytes / scanMs / 1e6, ['>=', 2, 'GB/s'], hash),
    row(`scan, merge and splice ${file}`, bytes / pageMs / 1e6, ['>=', 1.5, 'GB/s'], hash),
  ]
}

async function longLists(kernel: InlineKernel, size: Size): Promise<BenchRow[]> {
  const count = size === 'full' ? 1_000 : 20
  const answers = rankedAnswers(count)
  const rows: BenchRow[] = []
  for (const [limit, name] of [
    [count, 'the best third'],
    [count * 3, 'all'],
  ] as const) {
    const request = { ...SEARCH, answers, limit }
    const hash = digest(merged(kernel, request).hits)
    const ms = await fastestMs(size, () => kernel.merge(request))
    rows.push(row(`merge 3 × ${count} hits of 1 KB, ${name}`, ms, ['<=', 0.7, 'ms'], hash))
  }
  const parseMs = await fastestMs(size, () =>
    answers.map((answer) => JSON.parse(Buffer.from(answer).toString())),
  )
  const noneMs = await fastestMs(size, () => kernel.merge({ ...SEARCH, answers, limit: 0 }))
  const hash = digest(...answers)
  return [...rows, row(`scan 3 × ${count} hits, times JSON.parse`, parseMs / noneMs, ['>=', 5, '×'], hash)]
}

function merged(kernel: InlineKernel, request: MergeRequest): MergeResult {
  const result = kernel.merge(request)
  if (isFault(result)) throw new Error(result.fault)
  return result
}
