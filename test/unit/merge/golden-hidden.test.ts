import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { afterAll, expect, test } from 'vitest'
import { createKernel } from '../../../src/kernel/route.ts'
import { type HiddenCase, mergedText, planOf, queries, stable } from './hidden-cases.ts'
import { slowKernel } from './slow-kernel.ts'

/* Recorded by test/e2e/golden/hidden-values.test.ts, which also checks the same live. */

const KERNEL = await createKernel({ inlineMaxBytes: Number.MAX_SAFE_INTEGER, workers: 0 })
afterAll(() => KERNEL.close())

const raw = gunzipSync(
  readFileSync(new URL('../../golden/hidden-values.jsonl.gz', import.meta.url)),
).toString()
const cases = raw.split('\n').map((line) => JSON.parse(line) as HiddenCase)

test('the recording is that of these queries, most of them with hidden values', () => {
  expect(cases.map(({ kind, query }) => ({ kind, query }))).toEqual(queries())
  const told = cases.filter((golden) => planOf(golden).targets.every(({ internal }) => internal === true))
  expect(told.length).toBe(cases.length)
})

test.each(cases.map((golden, number) => ({ number, golden, query: JSON.stringify(golden.query) })))(
  '$number $query',
  async ({ golden }) => {
    const merged = await mergedText(KERNEL, golden)
    expect(merged).toBe(stable(golden.single))
    expect(merged).toBe(await mergedText(slowKernel(), golden))
  },
)
