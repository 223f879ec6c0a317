import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { createKernel } from '../../../src/kernel/route.ts'
import { mergeSearch } from '../../../src/merge/search.ts'
import type { Learned } from '../../../src/model/plan.ts'
import { text, utf8 } from '../../../src/std/bytes.ts'
import { CORPORA, differingParts, goldenFile, knownDifferences, mergeOf } from './golden-cases.ts'
import { slowKernel } from './slow-kernel.ts'

const KERNEL = await createKernel({ inlineMaxBytes: Number.MAX_SAFE_INTEGER, workers: 0 })
const TWIN = slowKernel()
/** Recordings answer no further question. */
const NOTHING = { get: () => null } as unknown as Learned
afterAll(() => KERNEL.close())

describe.each(CORPORA)('recorded searches of %s', (corpus) => {
  const file = goldenFile(corpus)
  const known = knownDifferences()[corpus] ?? {}

  test.each(file.cases.map((golden, number) => ({ number, golden, query: JSON.stringify(golden.query) })))(
    '$number $query',
    async ({ number, golden }) => {
      const fold = {
        merge: mergeOf(file, golden.query),
        uids: { request: 'r', query: 'q' },
        learned: NOTHING,
      }
      const answers = golden.answers.map(utf8)
      const merged = await mergeSearch(KERNEL, answers, fold)
      expect(merged).toEqual(await mergeSearch(TWIN, answers, fold))
      if (merged.kind !== 'merged') throw new Error(JSON.stringify(merged))
      const parts = differingParts(text(merged.body), golden.single, file.primaryKey)
      expect(parts).toEqual(known[number]?.parts ?? [])
      // Totals under distinct may differ only where the reply says so.
      const { distinct, matchingStrategy } = golden.query
      if (parts.includes('totals') && distinct !== undefined && matchingStrategy !== 'frequency')
        expect(merged.approximate).toContain('total')
    },
  )
})

test('other hits, or others in order, come only where the kernel is known to have them', () => {
  const listed: { file: string; case: number }[] = JSON.parse(
    readFileSync(new URL('../../golden/exceptions.json', import.meta.url), 'utf8'),
  )
  const known = Object.entries(knownDifferences()).flatMap(([corpus, cases]) =>
    Object.entries(cases).flatMap(([number, { parts }]) =>
      parts.includes('ids') ? [`${corpus} ${number}`] : [],
    ),
  )
  expect(known.sort()).toEqual(listed.map((entry) => `${entry.file} ${entry.case}`).sort())
})
