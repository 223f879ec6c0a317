import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergeFacetSearch } from '../../../src/merge/facet-search.ts'
import { normalizeFacet } from '../../../src/merge/facet-values.ts'
import { wordForm } from '../../../src/merge/word-form.ts'
import type { FacetSearchMerge } from '../../../src/model/plan.ts'
import { utf8 } from '../../../src/std/bytes.ts'

const BY_NAME: FacetSearchMerge = {
  ...{ whole: false, order: 'alpha', hasQuery: false, valuesMax: 100, fullAt: 1000 },
  countsApproximate: false,
}
const BY_COUNT: FacetSearchMerge = { ...BY_NAME, order: 'count' }

type Hit = readonly [value: string, count: number]

const answerOf = (hits: readonly Hit[], took = 1): Uint8Array =>
  utf8(
    JSON.stringify({
      facetHits: hits.map(([value, count]) => ({ value, count })),
      facetQuery: 'x',
      processingTimeMs: took,
    }),
  )

function merged(lists: readonly (readonly Hit[])[], merge: FacetSearchMerge) {
  const found = mergeFacetSearch(
    lists.map((list) => answerOf(list)),
    merge,
  )
  if (found.kind === 'fault') throw new Error(found.reason)
  const { facetHits } = JSON.parse(found.body) as { facetHits: { value: string; count: number }[] }
  return { hits: facetHits.map(({ value, count }) => [value, count]), exact: found.exact }
}

test('counts of one normalised value are added up, shown as the first answer spells it', () => {
  const lists: Hit[][] = [
    [
      ['Drama', 2],
      ['ﬁlm', 1],
    ],
    [
      [' drama', 3],
      ['film', 4],
      ['Zoo', 1],
    ],
  ]
  expect(merged(lists, BY_NAME).hits).toEqual([
    ['Drama', 5],
    ['ﬁlm', 5],
    ['Zoo', 1],
  ])
  expect(merged(lists, { ...BY_COUNT, valuesMax: 2 }).hits).toEqual([
    ['ﬁlm', 5],
    ['Drama', 5],
  ])
})

test('the rest is that of the first answer, with the longest time', () => {
  const found = mergeFacetSearch([answerOf([], 3), answerOf([], 7)], BY_NAME)
  expect(found).toMatchObject({
    body: '{"facetHits":[],"facetQuery":"x","processingTimeMs":7}',
  })
})

test('one node alone keeps its order; its longer list is cut', () => {
  const list: Hit[] = [
    ['b', 1],
    ['a', 9],
    ['c', 4],
  ]
  expect(merged([list], { ...BY_COUNT, whole: true, valuesMax: 2 })).toEqual({
    hits: [
      ['b', 1],
      ['a', 9],
    ],
    exact: true,
  })
})

test('with a query values stand in the order of their words, without one in that of facets', () => {
  const list: Hit[] = [
    ['étude', 1],
    ['etude zoo', 1],
  ]
  const other: Hit[] = [['eva', 1]]
  const names = (merge: FacetSearchMerge) => merged([list, other], merge).hits.map(([value]) => value)
  expect(names({ ...BY_NAME, hasQuery: true })).toEqual(['étude', 'etude zoo', 'eva'])
  expect(names(BY_NAME)).toEqual(['etude zoo', 'eva', 'étude'])
})

test('an order that is not known is said to be so', () => {
  const strange: Hit[] = [
    ['b', 1],
    ['a', 1],
  ]
  expect(merged([strange, []], { ...BY_NAME, hasQuery: true }).exact).toBe(false)
  expect(merged([[...strange].reverse(), []], { ...BY_NAME, hasQuery: true }).exact).toBe(true)
})

test('what is no facet search answer is a fault of that node', () => {
  for (const body of [
    '{}',
    '[]',
    'x',
    '{"facetHits":3}',
    '{"facetHits":[3]}',
    '{"facetHits":[{"value":1,"count":1}]}',
    '{"facetHits":[{"value":"a","count":1.5}]}',
  ]) {
    const found = mergeFacetSearch([answerOf([]), utf8(body)], BY_NAME)
    expect([body, found]).toEqual([body, expect.objectContaining({ kind: 'fault', input: 1 })])
  }
})

const letters = fc.string({
  unit: fc.constantFrom('a', 'b', 'B', 'é', 'É', 'e', 'й', 'и', ' ', '𐀀', 'ﬁ', '～'),
  minLength: 1,
  maxLength: 3,
})
const documents = fc.array(
  fc.array(
    letters.filter((value) => normalizeFacet(value) !== ''),
    { maxLength: 60 },
  ),
  {
    minLength: 1,
    maxLength: 4,
  },
)

/** A node, slowly: groups, sorts and cuts the values of its documents. */
function slowList(values: readonly string[], merge: FacetSearchMerge): Hit[] {
  const groups = new Map<string, [string, number]>()
  for (const value of values) {
    const group = groups.get(normalizeFacet(value)) ?? [value, 0]
    groups.set(normalizeFacet(value), [group[0], group[1] + 1])
  }
  const bytes = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other))
  const form = (key: string) => (merge.hasQuery ? wordForm(key) : '')
  return [...groups]
    .sort(([one, [shown, count]], [other, [otherShown, otherCount]]) =>
      merge.order === 'count'
        ? otherCount - count || bytes(otherShown, shown)
        : bytes(form(one), form(other)) || bytes(one, other),
    )
    .slice(0, merge.valuesMax)
    .map(([, hit]) => hit)
}

test('what is said to be exact equals the list of one node with everything', () => {
  let exact = 0
  fc.assert(
    fc.property(documents, fc.boolean(), fc.boolean(), (nodes, byCount, hasQuery) => {
      const merge: FacetSearchMerge = {
        ...{ ...BY_NAME, hasQuery, valuesMax: 3, fullAt: 5 },
        order: byCount ? 'count' : 'alpha',
      }
      const lists = nodes.map((values) => slowList(values, { ...merge, valuesMax: 5 }))
      const found = merged(lists, merge)
      if (!found.exact) return
      exact++
      const whole = slowList(nodes.flat(), merge)
      expect(found.hits.map(([, count]) => count)).toEqual(whole.map(([, count]) => count))
      if (byCount) return
      const keys = (hits: readonly (readonly unknown[])[]) =>
        hits.map(([value]) => normalizeFacet(`${value}`))
      expect(keys(found.hits)).toEqual(keys(whole))
    }),
    { numRuns: 400 },
  )
  expect(exact).toBeGreaterThan(100)
})
