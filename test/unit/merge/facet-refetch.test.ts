import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Document, listedByOne, mergedOver } from './facet-node.ts'

const COUNT = { sortBy: { '*': 'count' }, valuesMax: 3, fullAt: 6 } as const
const ALPHA = { sortBy: { '*': 'alpha' }, valuesMax: 3, fullAt: 6 } as const

let written = 0
const having = (...values: (string | number)[]): Document => ({
  seq: String(++written).padStart(9, '0'),
  values,
})
const times = (count: number, ...values: (string | number)[]): Document[] =>
  Array.from({ length: count }, () => having(...values))

test('counts that nodes had cut off are asked for', () => {
  const tail = (names: string): Document[] => [...names].flatMap((name) => times(2, name))
  // `z` counts 5 on one node and is cut off by the other, where it counts 1.
  const left = [...times(9, 'a'), ...times(8, 'b'), ...times(5, 'z'), ...tail('cde')]
  const right = [...times(9, 'a'), ...times(8, 'b'), ...tail('fghi'), ...times(1, 'z')]
  const merged = mergedOver([left, right], COUNT)
  expect(merged).toMatchObject({ distribution: '{"f":{"a":18,"b":16,"z":6}}', exact: true, rounds: 1 })
})

test('nothing is asked where no bound can settle it', () => {
  const flat = (names: string): Document[] => [...names].map((name) => having(name))
  const merged = mergedOver([flat('abcdefgh'), flat('ijklmnop')], COUNT)
  expect(merged).toMatchObject({ exact: false, rounds: 0 })
})

test('a value is spelled as the document that came first spells it', () => {
  const first = having('Drama')
  const merged = mergedOver([[...times(2, 'drama')], [having('DRAMA')], [first]], ALPHA)
  expect(merged).toMatchObject({ distribution: '{"f":{"Drama":4}}', exact: true, rounds: 1 })
})

const value = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...'aabbccddeefghijklmnop') },
  { weight: 2, arbitrary: fc.constantFrom('A', 'É', 'é', ' a', '"q\\', 'ﬁ', 'fi') },
)
const skewed = fc.array(fc.array(value, { maxLength: 3 }), { maxLength: 60 })

test('over any spread of documents, what is said to be exact is what one node lists', () => {
  const tally = { exact: 0, asked: 0 }
  fc.assert(
    fc.property(fc.array(skewed, { minLength: 1, maxLength: 3 }), fc.boolean(), (spread, byCount) => {
      const order = byCount ? COUNT : ALPHA
      const nodes = spread.map((texts) => texts.map((values) => having(...values)))
      const merged = mergedOver(nodes, order)
      if (merged.rounds > 0) tally.asked++
      if (!merged.exact) return
      tally.exact++
      const single = listedByOne(nodes.flat(), order)
      if (!byCount) expect(merged.distribution).toBe(single)
      const counts = (text: string): unknown[] => Object.values(JSON.parse(text).f)
      expect(counts(merged.distribution)).toEqual(counts(single))
    }),
    { numRuns: 400, seed: 7 },
  )
  expect(tally.asked).toBeGreaterThan(80)
  expect(tally.exact).toBeGreaterThan(250)
})

test('numbers that nodes cut by their text are listed by value', () => {
  const many = (from: number): Document[] =>
    Array.from({ length: 1600 }, (_, at) => having(((from + at) * 7) % 40))
  const order = { ...ALPHA, valuesMax: 4, fullAt: 14 }
  const nodes = [many(0), many(1600)]
  expect(mergedOver(nodes, order)).toMatchObject({
    distribution: '{"f":{"0":80,"1":80,"2":80,"3":80}}',
    exact: true,
  })
})
