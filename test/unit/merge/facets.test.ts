import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergeFacets } from '../../../src/merge/facets.ts'
import type { Inquiry } from '../../../src/merge/inquiry.ts'
import { compareUtf8 } from '../../../src/merge/utf8-order.ts'

const ALPHA = { sortBy: { '*': 'alpha' }, valuesMax: 100 } as const
const COUNT = { sortBy: { '*': 'count' }, valuesMax: 100 } as const
const FULL_AT = 1000

const merge = (
  answers: readonly (readonly [distribution: string, stats?: string])[],
  order: { sortBy: Record<string, 'alpha' | 'count'>; valuesMax: number; fullAt?: number } = ALPHA,
  candidates = 10,
) =>
  mergeFacets(
    answers.map(([distribution, stats]) => ({ distribution, stats })),
    { order: { fullAt: FULL_AT, ...order }, candidates, whole: false, over: { filters: [], members: {} } },
    // Nodes that answer no further question.
    { answers: () => null } as unknown as Inquiry,
  )

test('counts of one normalised value are added up, shown as the first answer spells it', () => {
  const { distribution } = merge([
    ['{"g":{"Drama":2,"Straße":1}}'],
    ['{"g":{" drama":3,"STRASSE":1,"ﬁlm":1}}'],
    ['{"g":{"film":1}}'],
  ])
  expect(distribution).toBe('{"g":{"Drama":5,"ﬁlm":2,"STRASSE":1,"Straße":1}}')
})

test('a number and a string of the same key stay apart', () => {
  const { distribution } = merge([
    ['{"g":{"1":2}}', '{"g":{"min":1.0,"max":1.0}}'],
    ['{"g":{"①":3}}', '{}'],
  ])
  expect(distribution).toBe('{"g":{"1":2,"①":3}}')
})

test('stats span all answers and keep the text of numbers', () => {
  const { stats } = merge([
    ['{"b":{},"a":{}}', '{"b":{"min":1.0,"max":2.5},"a":{"min":-3.0,"max":1e3}}'],
    ['{"b":{}}', '{"b":{"min":0.5,"max":2.0}}'],
  ])
  expect(stats).toBe('{"a":{"min":-3.0,"max":1e3},"b":{"min":0.5,"max":2.5}}')
})

test('fields of this proxy are not facets', () => {
  const { distribution, stats } = merge([
    ['{"_miroir_shard":{"!!!!":3},"_miroir_seq":{},"_miroir_expires_at":{"1":1}}', '{}'],
  ])
  expect([distribution, stats]).toEqual(['{"_miroir_expires_at":{"1":1}}', '{}'])
})

const NUMBERS = ['{"n":{"10":1,"100":2,"9":1,"-3":1}}', '{"n":{"min":-3.0,"max":100.0}}'] as const

test('few candidates: numbers by text; many: by value; counts: largest first, ties by value', () => {
  expect(merge([NUMBERS]).distribution).toBe('{"n":{"-3":1,"10":1,"100":2,"9":1}}')
  expect(merge([NUMBERS], ALPHA, 3001).distribution).toBe('{"n":{"-3":1,"9":1,"10":1,"100":2}}')
  expect(merge([NUMBERS], COUNT).distribution).toBe('{"n":{"100":2,"10":1,"9":1,"-3":1}}')
})

test('each facet has its own order', () => {
  const order = { sortBy: { '*': 'alpha', b: 'count' }, valuesMax: 2 } as const
  expect(merge([['{"b":{"x":1,"y":2,"z":3},"a":{"x":1,"y":2,"z":3}}']], order).distribution).toBe(
    '{"a":{"x":1,"y":2},"b":{"z":3,"y":2}}',
  )
})

test('a list that numbers fill exactly lets all strings through, as a node does', () => {
  const mixed = ['{"n":{"1":5,"2":4,"3":3,"a":1,"b":1}}', '{"n":{"min":1.0,"max":3.0}}'] as const
  const cut = (valuesMax: number, candidates = 10) =>
    Object.keys(JSON.parse(merge([mixed], { ...COUNT, valuesMax }, candidates).distribution).n)
  expect(cut(2)).toEqual(['1', '2', 'b', 'a'])
  expect(cut(3)).toEqual(['1', '2', '3', 'b', 'a'])
  expect(cut(4)).toEqual(['1', '2', '3', 'b'])
  expect(Object.keys(JSON.parse(merge([mixed], { ...ALPHA, valuesMax: 3 }).distribution).n)).toHaveLength(3)
})

test('names that objects have by themselves are ordinary facets and values', () => {
  expect(merge([['{"__proto__":{"constructor":1,"toString":2}}']]).distribution).toBe(
    '{"__proto__":{"constructor":1,"toString":2}}',
  )
})

test('lists that nodes cut off are exact as long as nothing cut off can count', () => {
  const order = { ...COUNT, valuesMax: 2, fullAt: 3 }
  const exact = (...lists: string[]) =>
    merge(
      lists.map((list) => [`{"f":${list}}`] as const),
      order,
    ).exact
  expect(exact('{"a":9,"b":8}', '{"a":1,"b":1}')).toBe(true)
  expect(exact('{"a":9,"b":8,"c":1}', '{"a":9,"b":9,"d":1}')).toBe(true)
  // b may have up to 8 more on the second node.
  expect(exact('{"a":9,"b":8,"c":1}', '{"a":9,"d":9,"e":8}')).toBe(false)
  // Something neither list shows may count 6 on each.
  expect(exact('{"a":9,"b":8,"c":6}', '{"a":1,"b":1,"d":6}')).toBe(false)
})

test('what is said to be exact equals the list over everything', () => {
  const names = fc.constantFrom(...'abcdefghij')
  const spread = fc.array(fc.array(names, { maxLength: 40 }), { minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(spread, (nodes) => {
      const tally = (values: readonly string[], valuesMax: number): string => {
        const list = values.map((value) => [`{"f":${JSON.stringify({ [value]: 1 })}}`] as const)
        return values.length === 0 ? '{"f":{}}' : merge(list, { ...COUNT, valuesMax }).distribution
      }
      const order = { ...COUNT, valuesMax: 2, fullAt: 4 }
      const merged = merge(
        nodes.map((values) => [tally(values, 4)] as const),
        order,
      )
      const counts = (text: string) => Object.values(JSON.parse(text).f)
      if (merged.exact) expect(counts(merged.distribution)).toEqual(counts(tally(nodes.flat(), 2)))
    }),
    { numRuns: 300 },
  )
})

const facet = fc.dictionary(fc.string({ unit: fc.constantFrom('a', 'b', 'B', 'é', 'É', ' ') }), fc.nat(5))

test('how documents are spread over answers does not matter for counts', () => {
  fc.assert(
    fc.property(fc.array(facet, { minLength: 1, maxLength: 4 }), (parts) => {
      const text = (part: Record<string, number>) => [JSON.stringify({ f: part })] as const
      const counts = (distribution: string): [string, number][] =>
        Object.entries<number>(JSON.parse(distribution).f).map(([value, count]) => [
          value.trim().normalize('NFKD').toLowerCase(),
          count,
        ])
      const there = counts(merge(parts.map(text)).distribution)
      const back = counts(merge([...parts].reverse().map(text)).distribution)
      expect(new Map(there)).toEqual(new Map(back))
    }),
  )
})

test('strings are ordered by their bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }), (one, other) => {
      const expected = Buffer.compare(Buffer.from(one), Buffer.from(other))
      expect(Math.sign(compareUtf8(one, other))).toBe(expected)
    }),
    { numRuns: 500 },
  )
  expect(Math.sign(compareUtf8('\u{10000}', '\uffee'))).toBe(1)
})
