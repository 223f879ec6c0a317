import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { narrowed } from '../../../src/plan/filter/narrow.ts'
import { callNode, type RunningNode, runNode } from '../devnode/running-node.ts'
import { viewOf } from '../flows/read-world.ts'
import { shardOracle } from '../kernel/hash-oracle.ts'
import { DOCUMENTS, keyFilters, SETTINGS, shardsFor, shardsOfHits } from './narrowing-cases.ts'

describe('shards that are left out hold no match', () => {
  let running: RunningNode
  beforeAll(async () => {
    running = await runNode()
    await running.write('PATCH', '/indexes/films/settings', SETTINGS)
    await running.write('POST', '/indexes/films/documents?primaryKey=id', `[${DOCUMENTS.join(',')}]`)
  })
  afterAll(() => running.node.close())

  test('by what an embedded node finds', async () => {
    let narrow = 0
    await fc.assert(
      fc.asyncProperty(keyFilters, async (filter) => {
        const shards = shardsFor(filter)
        if (shards === null) return
        narrow++
        const request = { method: 'POST', path: '/indexes/films/search', body: { filter, limit: 100 } }
        const { text } = await callNode(running.node.address, request)
        expect(shards).toEqual(expect.arrayContaining([...shardsOfHits(text)]))
      }),
      { numRuns: 1500 },
    )
    expect(narrow).toBeGreaterThan(500)
  })
})

const keys = (...names: string[]): number[] =>
  [...new Set(names.map((name) => shardOracle(name, 32)))].sort((one, other) => one - other)

test.each([
  ['id = 5', keys('5')],
  ['id = "5"', keys('5')],
  ['id = 05', keys('05', '5')],
  ['id = 5.0', keys('5')],
  ['id = 1e3', keys('1e3', '1E3', '1000')],
  ['id = -7', keys('-7')],
  ['id = ab', keys('ab', 'aB', 'Ab', 'AB')],
  ['id = 9007199254740991', keys('9007199254740991')],
  ['id IN [1, 2, "3"]', keys('1', '2', '3')],
  ['id = 1 OR id = 2', keys('1', '2')],
  ['id = 1 OR (id = 2 AND x = 1)', keys('1', '2')],
  ['id IN [1, 2] AND id = 2', keys('2')],
  ['x = 1 AND id = 1', keys('1')],
  ['NOT id != 1', keys('1')],
  ['NOT (x = 1 OR id NOT IN [1, 2])', keys('1', '2')],
  ['NOT NOT id = 1', keys('1')],
])('%s names its keys', (filter, shards) => {
  expect(shardsFor(filter)).toEqual(shards)
})

test.each([
  'id = 9007199254740992',
  'id = 1e300',
  'id = "é"',
  'id = "a\\tb"',
  `id = ${'1'.repeat(300)}`,
  'id = abcdefgh',
  `id IN [${Array.from({ length: 129 }, (_, at) => at).join(',')}]`,
  'id = 1 OR x = 1',
  'NOT id = 1',
  'id != 1',
  'id NOT IN [1]',
  'NOT (id = 1 AND x = 1)',
  'id > 1',
  'id 1 TO 2',
  'id EXISTS',
  'id STARTS WITH 1',
  'x = "id = 1"',
  'id = 1 OR',
  'id = 1 AND _vectors.a EXISTS',
])('%s is asked everywhere', (filter) => {
  expect(shardsFor(filter)).toBeNull()
})

test('an array is AND, one inside of it OR', () => {
  expect(shardsFor(['id = 1', 'x = 1'])).toEqual(keys('1'))
  expect(shardsFor(['x = 1', ['id = 1', 'id = 2']])).toEqual(keys('1', '2'))
  expect(shardsFor([['id = 1', 'x = 1']])).toBeNull()
  expect(shardsFor(['id IN [1, 2]', ['id = 2']])).toEqual(keys('2'))
  expect(shardsFor([[], 'id = 1'])).toEqual(keys('1'))
  for (const odd of [
    [],
    [[]],
    ['', 'id = 1'],
    [['', 'id = 1']],
    [['id = 1', ' ']],
    [3, 'id = 1'],
    [null, 'id = 1'],
  ])
    expect(shardsFor(odd as unknown[])).toBeNull()
  expect(shardsFor(['id = 1', ['x = 1', ['id = 1']]])).toBeNull()
})

test('where nothing can match one shard that can be read is asked', () => {
  expect(shardsFor('id IN []')).toEqual([16])
  expect(shardsFor('id = "a b"')).toEqual([16])
  expect(shardsFor('id = 1 AND id = 2', { draw: 0 })).toEqual([0])
  const view = viewOf({ a: { group: 0, shards: [0, 1] }, b: { group: 0, shards: [2] } }, SETTINGS)
  const index = view.indexes.get('films')
  if (index === undefined) throw new Error('no index')
  const usable = (node: string): boolean => node === 'b'
  expect(shardsFor('id IN []', { index, usable, draw: 0 })).toEqual([2])
  expect(shardsFor('id IN []', { index, usable: () => false, draw: 0.9 })).toEqual([2])
})

describe('asked everywhere for the sake of', () => {
  const view = viewOf({ a: { group: 0, shards: [0, 1, 2] } }, SETTINGS)
  const plain = view.indexes.get('films')
  if (plain === undefined) throw new Error('no index')
  const narrow = { keysMax: 128, shardOf: shardOracle }
  const scope = { index: plain, filters: ['"id = 1"'], narrow, usable: () => true, draw: 0 }
  const ruled = (...filterableAttributes: unknown[]) => ({
    ...plain,
    facts: { ...plain.facts, filterableAttributes },
  })
  const rule = (pattern: string, equality?: boolean, comparison?: boolean) => ({
    attributePatterns: [pattern],
    ...(equality === undefined ? {} : { features: { filter: { equality, comparison } } }),
  })
  const reasonFor = (change: Partial<typeof scope>): string => narrowed({ ...scope, ...change }).reason

  test('nothing', () => expect(reasonFor({})).toBe('key-pinned'))
  test('the configuration', () => {
    expect(reasonFor({ narrow: { ...narrow, keysMax: 0 } })).toBe('off')
    expect(narrowed({ index: plain, filters: ['"id = 1"'], usable: () => true, draw: 0 }).reason).toBe('off')
  })
  test('no filter', () => expect(reasonFor({ filters: [] })).toBe('no-filter'))
  test('another filter', () => expect(reasonFor({ filters: ['"x = 1"'] })).toBe('key-not-in-filter'))
  test('keys that are not known or not plain', () => {
    expect(reasonFor({ index: { ...plain, primaryKey: null } })).toBe('no-plain-key')
    const filters = ['"a.id = 1"']
    expect(reasonFor({ index: { ...plain, primaryKey: 'a.id' }, filters })).toBe('no-plain-key')
  })
  test('too many keys', () => {
    expect(reasonFor({ filters: ['"id IN [1, 2, 3]"'], narrow: { ...narrow, keysMax: 2 } })).toBe(
      'too-many-keys',
    )
    expect(reasonFor({ filters: ['"id IN [1, 2, 3]"'], narrow: { ...narrow, keysMax: 3 } })).toBe(
      'key-pinned',
    )
  })
  test('operators that only some nodes would refuse', () => {
    expect(reasonFor({ index: ruled('id', rule('x', false, false)), filters: ['"id = 1 AND x = 1"'] })).toBe(
      'restricted-operators',
    )
    expect(reasonFor({ index: ruled(rule('*')), filters: ['"id = 1 AND x > 1"'] })).toBe(
      'restricted-operators',
    )
    expect(reasonFor({ index: ruled(rule('*')), filters: ['"id = 1 AND x IS NULL"'] })).toBe('key-pinned')
    expect(reasonFor({ index: ruled(rule('*', true, true)), filters: ['"id = 1 AND x > 1"'] })).toBe(
      'key-pinned',
    )
    expect(reasonFor({ index: ruled('x', rule('*')), filters: ['"id = 1 AND x.y > 1"'] })).toBe('key-pinned')
    expect(reasonFor({ index: ruled(rule('id', false, true)) })).toBe('restricted-operators')
  })
})
