import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cluster, type Doc, oneNode, type Query } from './selection-node.ts'

const value = fc.constantFrom<string | number>('a', 'B', 'b', 'ç', 'd', 'e', 7, 8)
const document = fc.record({
  rank: fc.nat(6),
  score: fc.constantFrom(0.25, 0.5, 0.75, 1),
  g: fc.oneof(
    { weight: 4, arbitrary: fc.tuple(value) },
    { weight: 1, arbitrary: fc.uniqueArray(value, { maxLength: 3 }) },
  ),
  color: fc.constantFrom('red', 'green', 'blue'),
  node: fc.nat(2),
})
const query: fc.Arbitrary<Query> = fc.record({
  offset: fc.nat(3),
  limit: fc.nat(6),
  paged: fc.boolean(),
  distinct: fc.boolean(),
  threshold: fc.option(fc.constantFrom(0.4, 0.6), { nil: null }),
})

function spread(drawn: readonly (Omit<Doc, 'seq'> & { node: number })[]): Doc[][] {
  const docs = drawn.map((doc, seq) => ({ ...doc, seq: seq + 1 }))
  return [0, 1, 2].map((node) => docs.filter((doc) => doc.node === node))
}

const tally = { single: 0, several: 0, asked: 0, labelled: 0 }

test('what several nodes select equals what one node selects: hits, totals and facets', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(document, { maxLength: 40 }), query, async (drawn, asked) => {
      const nodes = spread(drawn)
      const found = await cluster(nodes, asked)
      const expected = oneNode(nodes.flat(), asked, false)
      if (found === null) throw new Error('refused')
      if (found.rounds > 0) tally.asked++
      if (found.approximate.length > 0) tally.labelled++
      expect(found.ids).toEqual(expected.ids)
      if (!found.approximate.includes('total')) expect(found.total).toBe(expected.total)
      if (!found.approximate.includes('facets')) expect(found.facets).toEqual(expected.facets)
    }),
    { numRuns: 600, seed: 11 },
  )
  expect(tally.asked).toBeGreaterThan(150)
  expect(tally.labelled).toBe(0)
})

test('hits that a better one of another node replaces make others come back', async () => {
  const doc = (seq: number, rank: number, ...g: string[]): Doc => ({ seq, rank, score: 1, g, color: 'red' })
  const nodes = [[doc(1, 2, 'a', 'b'), doc(2, 3, 'b')], [doc(3, 1, 'a')]]
  const asked = { offset: 0, limit: 2, paged: false, distinct: true, threshold: null }
  expect(await cluster(nodes, asked)).toMatchObject({ ids: [3, 2], total: 2, approximate: [] })
})
