import { afterAll, beforeAll, expect, it } from 'vitest'
import { DEFAULT_SETTINGS } from '../../../src/devnode/settings/settings.ts'
import { type RunningNode, runNode } from './running-node.ts'

let running: RunningNode
beforeAll(async () => {
  running = await runNode()
})
afterAll(() => running.node.close())

const path = '/indexes/a/settings'
const read = async () => (await running.call('GET', path)).json

// Pairs of a change and what a Meilisearch 1.50 read back.
it.each([
  [{ stopWords: ['b', 'a', 'b'] }, { stopWords: ['a', 'b'] }],
  [{ sortableAttributes: ['b', 'a', 'b'] }, { sortableAttributes: ['a', 'b'] }],
  [{ displayedAttributes: ['a', '*'] }, { displayedAttributes: ['*'] }],
  [{ searchableAttributes: ['x', 'x', 'y'] }, { searchableAttributes: ['x', 'y'] }],
  [{ filterableAttributes: ['b', 'a', 'b'] }, { filterableAttributes: ['b', 'a', 'b'] }],
  [
    { filterableAttributes: [{ attributePatterns: ['x*'], features: { facetSearch: true } }] },
    {
      filterableAttributes: [
        {
          attributePatterns: ['x*'],
          features: { facetSearch: true, filter: { equality: true, comparison: false } },
        },
      ],
    },
  ],
  [
    { faceting: { sortFacetValuesBy: { z: 'count' } } },
    { faceting: { maxValuesPerFacet: 100, sortFacetValuesBy: { '*': 'alpha', z: 'count' } } },
  ],
  [
    { faceting: { maxValuesPerFacet: 7 } },
    { faceting: { maxValuesPerFacet: 7, sortFacetValuesBy: { '*': 'alpha', z: 'count' } } },
  ],
  [{ faceting: null }, { faceting: DEFAULT_SETTINGS.faceting }],
  [
    { typoTolerance: { minWordSizeForTypos: { oneTypo: 4 } } },
    {
      typoTolerance: { ...DEFAULT_SETTINGS.typoTolerance, minWordSizeForTypos: { oneTypo: 4, twoTypos: 9 } },
    },
  ],
  [{ typoTolerance: null, rankingRules: null }, { typoTolerance: DEFAULT_SETTINGS.typoTolerance }],
])('%j reads back as %j', async (change, expected) => {
  expect(await running.write('PATCH', path, change)).toMatchObject({ status: 'succeeded' })
  expect(await read()).toMatchObject(expected)
})

it.each([
  [
    'PUT',
    'ranking-rules',
    ['_geoPoint(1,2):asc'],
    "Invalid value at `[0]`: `_geoPoint` is a reserved keyword and thus can't be used as a ranking rule. `_geoPoint` can only be used for sorting at search time",
  ],
  [
    'PUT',
    'ranking-rules',
    ['attribute', 'attributeRank'],
    'Mixed usage of the attribute, attributeRank, and wordPosition ranking rules. You must either use the attribute ranking rule alone or the attributeRank and wordPosition ranking rules.',
  ],
  ['PATCH', 'pagination', { x: 1 }, 'Unknown field `x`: expected one of `maxTotalHits`'],
  [
    'PATCH',
    'faceting',
    { sortFacetValuesBy: { a: 'x' } },
    'Unknown value `x` at `.sortFacetValuesBy.a`: expected one of `alpha`, `count`',
  ],
  [
    'PATCH',
    'typo-tolerance',
    { minWordSizeForTypos: { oneTypo: 300 } },
    'Invalid value at `.minWordSizeForTypos.oneTypo`: value: `300` is too large to be deserialized, maximum value authorized is `255`',
  ],
  [
    'PUT',
    'filterable-attributes',
    [{ nope: 1 }],
    'Unknown field `nope` inside `[0]`: expected one of `attributePatterns`, `features`',
  ],
])('%s %s %j is refused at once', async (method, route, body, message) => {
  const { status, json } = await running.call(method, `${path}/${route}`, body)
  expect(status).toBe(400)
  expect(json.message).toBe(message)
})

it('hints at misspellings', async () => {
  const { json } = await running.call('PATCH', path, { stopWord: [] })
  expect(json.message).toMatch(/^Unknown field `stopWord`: did you mean `stopWords`\? expected one of/)
})

it('refuses word sizes that contradict what is set, in the task', async () => {
  const task = await running.write('PATCH', `${path}/typo-tolerance`, {
    minWordSizeForTypos: { oneTypo: 12 },
  })
  expect(task.error.message).toMatch(/^Index `a`: `minWordSizeForTypos` setting is invalid\./)
  expect(await read()).toMatchObject({ typoTolerance: DEFAULT_SETTINGS.typoTolerance })
})

it('leaves everything as it was when a stored document does not allow the change', async () => {
  await running.write('POST', '/indexes/geo/documents', [{ id: 1, _geo: { lat: 'x', lng: 1 } }])
  const change = { filterableAttributes: ['_geo'], stopWords: ['a'] }
  const task = await running.write('PATCH', '/indexes/geo/settings', change)
  expect(task.error.code).toBe('invalid_document_geo_field')
  expect((await running.call('GET', '/indexes/geo/settings')).json).toEqual(DEFAULT_SETTINGS)
})

it('resets one setting and all settings', async () => {
  await running.write('PATCH', path, { stopWords: ['x'], distinctAttribute: 'y' })
  await running.write('DELETE', `${path}/stop-words`)
  expect(await read()).toMatchObject({ stopWords: [], distinctAttribute: 'y' })
  await running.write('DELETE', path)
  expect(await read()).toEqual(DEFAULT_SETTINGS)
})
