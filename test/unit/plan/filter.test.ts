import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Filter } from '../../../src/plan/filter/filter.ts'
import { parseFilter } from '../../../src/plan/filter/parse.ts'
import { printFilter } from '../../../src/plan/filter/print.ts'
import { filterTexts } from './filter-corpus.ts'
import { readVerdicts } from './filter-verdicts.ts'

const read = (text: string): Filter => {
  const parsed = parseFilter(text)
  if (!('filter' in parsed) || parsed.filter === null) throw new Error(`not read: ${text}`)
  return parsed.filter
}

/** Without places. */
const bare = (filter: unknown): unknown =>
  JSON.parse(JSON.stringify(filter, (key, value) => (key === 'start' || key === 'end' ? undefined : value)))

describe('a filter that was printed is read as the same filter', () => {
  const word = fc
    .oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string(),
      fc.constantFrom('TO', 'a"b', "a'b", '\\', '\\"', ' a '),
    )
    .map((text) => ({ text, start: 0, end: 0 }))
  const span = { start: fc.constant(0), end: fc.constant(0) }
  const number = fc.constantFrom('0', '-1', '+2.5', '.5', '3.', '1e3', '-2E-1')
  const point = fc.tuple(number, number)
  const one = <Kind extends string>(...kinds: Kind[]) => fc.constantFrom(...kinds)
  const leaf: fc.Arbitrary<Filter> = fc.oneof(
    fc.record({
      ...{ kind: one('compare'), field: word, value: word, ...span },
      operator: one('=', '!=', '<', '<=', '>', '>='),
    }),
    fc.record({ kind: one('between'), field: word, from: word, to: word, ...span }),
    fc.record({ kind: one('in'), field: word, negated: fc.boolean(), values: fc.array(word), ...span }),
    fc.record({
      kind: one('contains', 'startsWith'),
      ...{ field: word, negated: fc.boolean(), value: word, ...span },
    }),
    fc.record({ kind: one('exists', 'null', 'empty'), field: word, negated: fc.boolean(), ...span }),
    fc.record({
      kind: one('geoRadius'),
      numbers: fc.array(number, { minLength: 3, maxLength: 4 }),
      ...span,
    }),
    fc.record({
      kind: one('geoBoundingBox'),
      points: fc.array(point, { minLength: 2, maxLength: 2 }),
      ...span,
    }),
    fc.record({ kind: one('geoPolygon'), points: fc.array(point, { minLength: 3 }), ...span }),
  )
  const { tree } = fc.letrec<{ tree: Filter }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.record({ kind: one('not'), part: tie('tree'), ...span }),
      fc.record({
        kind: one('and', 'or'),
        parts: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }),
        ...span,
      }),
    ),
  }))

  test('any tree', () => {
    fc.assert(
      fc.property(tree, (filter) => {
        expect(bare(read(printFilter(filter)))).toEqual(bare(filter))
      }),
      { numRuns: 2000 },
    )
  })

  test('whatever can be read', () => {
    fc.assert(
      fc.property(filterTexts, (text) => {
        const parsed = parseFilter(text)
        fc.pre('filter' in parsed && parsed.filter !== null)
        if (!('filter' in parsed) || parsed.filter === null) return
        expect(bare(read(printFilter(parsed.filter)))).toEqual(bare(parsed.filter))
      }),
      { numRuns: 1000 },
    )
  })
})

test('what real nodes took and refused is taken and refused', () => {
  const verdicts = readVerdicts()
  const taken = verdicts.filter(([, accepted]) => accepted).length
  expect(verdicts.length).toBeGreaterThan(5000)
  expect(taken).toBeGreaterThan(1000)
  const wrong = verdicts.filter(([text, accepted]) => 'filter' in parseFilter(text) !== accepted)
  expect(wrong).toEqual([])
})

test('places are those of the source, quotes included', () => {
  const text = `  "a b"  !=\t'c\\'d' AND (x IN [1, "2"] OR NOT y IS NOT NULL)`
  const words: string[] = []
  const parts: string[] = []
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const { start, end, text: word, kind } = value as Record<string, number | string | undefined>
    const source = text.slice(Number(start), Number(end))
    if (word !== undefined) words.push(`${word}|${source}`)
    if (kind !== undefined) parts.push(source)
    for (const child of Object.values(value)) walk(child)
  }
  walk(read(text))
  expect(words).toEqual(['a b|"a b"', `c'd|'c\\'d'`, 'x|x', '1|1', '2|"2"', 'y|y'])
  expect(parts).toContain(`"a b"  !=\t'c\\'d'`)
  expect(parts).toContain('x IN [1, "2"]')
  expect(parts).toContain('NOT y IS NOT NULL')
})

test('chains are one node, and `NOT` binds most', () => {
  expect(printFilter(read('a=1 OR b=2 AND NOT c=3 AND d=4 OR (e=5 OR f=6)'))).toBe(
    '"a" = "1" OR ("b" = "2" AND NOT "c" = "3" AND "d" = "4") OR ("e" = "5" OR "f" = "6")',
  )
})

test.each([
  ['(', ')', 36],
  ['NOT ', '', 147],
  ['NOT (', ')', 29],
])('`%s` may be nested as deeply as on a node', (open, close, most) => {
  const nested = (depth: number): string => `${open.repeat(depth)}a=1${close.repeat(depth)}`
  expect(parseFilter(nested(most))).toHaveProperty('filter')
  expect(parseFilter(nested(most + 1))).toEqual({ reason: 'nested too deeply', at: expect.any(Number) })
  expect(parseFilter(nested(100_000))).toHaveProperty('reason')
})

test.each([
  ['', 'a filter that is blank filters nothing'],
  [' \u2003\n', 'whatever the white space'],
])('%j: %s', (text) => {
  expect(parseFilter(text)).toEqual({ filter: null })
})

test.each([
  ['a = ', 4, 'value expected'],
  ['a = TO', 4, 'value expected'],
  ['a IN [1, 2', 10, '`]` expected'],
  ['(a = 1', 6, '`)` expected'],
  ['a = "b', 4, 'a quote that does not end'],
  ['a = "\\q"', 4, 'an unknown escape'],
  ['a EXISTS ', 8, 'text after the end of the filter'],
  ['a b', 2, 'an operator expected'],
  ['_geoPolygon([1,2],[3,4])', 24, 'another number of points expected'],
  ['_vectors.a EXISTS', 0, 'a filter of a special kind'],
])('%s is broken at %i', (text, at, reason) => {
  expect(parseFilter(text)).toEqual({ reason, at })
})
