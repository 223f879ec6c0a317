import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Document, ReadPathWorld, type Settings, stable } from './read-path-world.ts'
import { meilisearchBinary } from './real-node.ts'

const GENRES = ['Drama', 'drama', 'Action', 'Fantasy', 'Straße', 'ﬁlm', '①', 'Ünïcode']
const WORDS = [
  'wonder',
  'wonderful',
  'woman',
  'world',
  'life',
  'road',
  'moana',
  'fury',
  'pi',
  'harry',
  'potter',
  'harrypotter',
  'wondr',
  'star',
  'wars',
  'starwars',
  'the',
  'of',
]

const DOCUMENTS: readonly Document[] = Array.from({ length: 240 }, (_, place) => {
  const id = place + 1
  const word = (step: number): string => WORDS[(id * step + (id >> 3)) % WORDS.length] ?? ''
  return {
    id,
    title: `${word(7)} ${word(5)} ${word(11)}`,
    ...(id % 11 === 0 ? {} : { year: id % 7 === 0 ? `c. ${1990 + (id % 9)}` : 1990 + (id % 13) }),
    genres: [GENRES[id % 8], GENRES[(id * 3) % 8]],
    rating: id % 5 === 0 ? null : (id % 50) / 4,
    big: id % 17 === 0 ? Number.MAX_SAFE_INTEGER : 1.5,
    info: { country: ['US', 'FR', 'TW'][id % 3], budget: id / 8 },
    ...(id % 4 === 0 ? { _geo: { lat: 48 + (id % 40), lng: 2 + (id % 60) } } : {}),
  }
})

const BARE: Settings = {}
const RICH: Settings = {
  filterableAttributes: [
    'year',
    'genres',
    'rating',
    '_geo',
    'id',
    {
      attributePatterns: ['info.*'],
      features: { facetSearch: false, filter: { equality: true, comparison: false } },
    },
  ],
  sortableAttributes: ['year', 'rating', 'title', '_geo'],
  faceting: { maxValuesPerFacet: 6, sortFacetValuesBy: { '*': 'alpha', year: 'count' } },
  pagination: { maxTotalHits: 30 },
}
const NARROW: Settings = {
  ...RICH,
  displayedAttributes: ['id', 'title', 'rating', 'genres'],
  rankingRules: ['words', 'typo', 'proximity', 'attribute', 'sort', 'exactness', 'rating:desc'],
}

const ERRORS: readonly unknown[] = [
  { filter: 'title = x' },
  { filter: ['id = 1', ['title = x', 'year = 3']] },
  { filter: 'year = ' },
  { filter: '' },
  { filter: [''] },
  { filter: 3 },
  { filter: ['year ='] },
  { filter: 'info.country > 3' },
  { filter: '_geoRadius(1)' },
  { filter: '_miroir_shard = x' },
  { filter: ['year = 1993', '_miroir_seq > 3'] },
  { sort: ['info:asc'] },
  { sort: ['_miroir_seq:asc'] },
  { sort: ['year'] },
  { sort: 'year:asc' },
  { facets: ['title'] },
  { facets: ['genres', '_miroir_shard'] },
  { facets: 'genres' },
  { distinct: 'title' },
  { distinct: '_miroir_seq' },
  { distinct: 3 },
  { limit: -1 },
  { limit: 'x' },
  { limit: null },
  { offset: 1.5 },
  { page: 'x' },
  { hitsPerPage: -1 },
  { nope: 1 },
  { q: 3 },
  { q: 'a', matchingStrategy: 'first' },
  { rankingScoreThreshold: 2 },
  { cropLength: 'x' },
  { q: 'a', hybrid: { embedder: 'nope' } },
  { vector: [1] },
  { locales: ['xx'] },
  { useNetwork: true },
  { useNetwork: false },
  { personalize: { userContext: 'x' } },
  { attributesToSearchOn: ['nope'] },
  { q: 'a', attributesToSearchOn: ['nope'] },
  '{"q":',
  '{"q":"\\ud800"}',
  '[]',
  'null',
  '"x"',
]

const SEARCHES: readonly unknown[] = [
  {},
  { limit: 0 },
  { limit: 5, offset: 3 },
  { offset: 28 },
  { offset: 50 },
  { limit: 1000 },
  { page: 2, hitsPerPage: 7 },
  { page: 0 },
  { hitsPerPage: 0 },
  { page: 40, hitsPerPage: 7 },
  { hitsPerPage: 1000 },
  { q: 'wonder' },
  { q: 'wondr womn' },
  { q: 'harry potter' },
  { q: 'star wars', showRankingScoreDetails: true, limit: 3 },
  { q: '"life of"' },
  { q: 'wonder -woman' },
  { q: 'wo' },
  { q: 'zzzzz' },
  { q: 'the fury road of', matchingStrategy: 'all' },
  { q: 'wonder', attributesToHighlight: ['title'], showMatchesPosition: true },
  { q: 'road', attributesToCrop: ['title'], cropLength: 2 },
  { q: 'wonder', attributesToRetrieve: ['title'], limit: 50 },
  { attributesToRetrieve: [] },
  { attributesToRetrieve: ['_miroir_seq', 'id'] },
  { filter: '  ' },
  { filter: [] },
]

const RICH_SEARCHES: readonly unknown[] = [
  { facets: ['*'] },
  { facets: ['genres', 'year', 'rating'], limit: 0 },
  { facets: ['year'], filter: 'rating > 8', page: 1 },
  { sort: ['year:asc', 'rating:desc'], limit: 40 },
  { sort: ['title:desc'] },
  { sort: ['_geoPoint(48.8, 2.3):asc'] },
  { q: 'wonder', sort: ['rating:desc'] },
  { filter: 'genres = drama AND rating > 5' },
  { filter: ['year = 1993', ['genres = "straße"', 'genres = film']] },
  { filter: 'NOT genres IN [Drama, "①"]', facets: ['genres'] },
  { filter: 'rating IS NULL' },
  { filter: '_geoRadius(50, 10, 900000)', sort: ['_geoPoint(50, 10):desc'] },
  { filter: 'info.country = US', limit: 4 },
  { q: 'wonder', rankingScoreThreshold: 0.9, page: 1 },
]

const binary = meilisearchBinary()

describe.skipIf(binary === null)('reads of a cluster equal those of one node', () => {
  let world: ReadPathWorld

  beforeAll(async () => {
    world = await ReadPathWorld.start(binary ?? '')
    await world.fill(DOCUMENTS)
  }, 60_000)
  afterAll(() => world?.stop())

  const expectEqual = async (method: string, path: string, body?: unknown): Promise<void> => {
    const [single, cluster] = await Promise.all([
      world.single.send(method, path, body),
      world.ask(method, path, body),
    ])
    expect.soft(stable(cluster), `${method} ${path} ${JSON.stringify(body)}`).toEqual(stable(single))
  }

  const post = async (bodies: readonly unknown[]): Promise<void> => {
    for (const body of bodies) await expectEqual('POST', '/indexes/films/search', body)
  }

  test('with default settings', async () => {
    await world.settle(BARE)
    await post(SEARCHES)
    await post(ERRORS)
  })

  test('with filters, sorts and facets', async () => {
    await world.settle(RICH)
    await post(SEARCHES)
    await post(RICH_SEARCHES)
    await post(ERRORS)
  })

  test('with displayed attributes and custom rules', async () => {
    await world.settle(NARROW)
    await post(SEARCHES)
    await post(ERRORS)
  })

  test('distinct values: the same hits, totals as they are labelled', async () => {
    await world.settle(RICH)
    for (const body of [
      { distinct: 'year' },
      { distinct: 'year', limit: 4, offset: 3 },
      { distinct: 'rating', attributesToRetrieve: ['id'], limit: 10 },
      { distinct: 'rating', attributesToRetrieve: ['id'], attributesToHighlight: ['title'], q: 'wonder' },
      { distinct: 'id', q: 'wonder' },
    ]) {
      const single = await world.single.send('POST', '/indexes/films/search', body)
      const cluster = await world.ask('POST', '/indexes/films/search', body)
      const hits = (text: string): unknown => JSON.parse(text).hits
      expect.soft(hits(cluster.text), JSON.stringify(body)).toEqual(hits(single.text))
    }
    const many = await world.ask('POST', '/indexes/films/search', { distinct: 'genres' })
    expect(JSON.parse(many.text)).toMatchObject({ code: 'miroir_unsupported' })
  })

  test('by query parameters', async () => {
    await world.settle(RICH)
    for (const query of [
      'q=wonder&limit=1&attributesToRetrieve=id,title',
      'filter=year%3D1993&sort=rating:desc,_geoPoint(1,2):asc',
      'filter=%5B%22year=1993%22%5D&facets=genres,year',
      'filter=year%20%3D',
      'filter=title=x',
      'filter=3',
      'filter=null',
      'nope=1',
      'limit=x',
      'limit=%2B02',
      'limit=',
      'sort=',
      'facets=',
      'facets=genres,',
      'attributesToRetrieve=',
      'attributesToRetrieve=id,',
      'q=a&q=wonder',
      'q=%ff+%zz',
      'vector=1,2',
      'hybridSemanticRatio=0.5',
      'showRankingScore=1',
      'showRankingScore=true&q=moana',
      'useNetwork=false',
      'personalizeUserContext=x',
      'matchingStrategy=frequent',
      'locales=fra,xx',
      'page=1&hitsPerPage=3',
    ])
      await expectEqual('GET', `/indexes/films/search?${query}`)
  })

  test('lists of documents and single ones', async () => {
    await world.settle(NARROW)
    for (const path of [
      '',
      '?limit=3',
      '?offset=235',
      '?offset=2&limit=2&fields=id,title',
      '?fields=',
      '?fields=nope',
      '?limit=-1',
      '?filter=year=1993',
      '?filter=title=2015',
      '?filter=',
      '?nope=1',
      '?ids=3,4,9999',
      '?ids=',
      '?ids=a%20b',
      '?sort=year',
      '?sort=info:asc',
      '?retrieveVectors=x',
      '?useNetwork=true',
      '/3',
      '/999',
      '/a%20b',
      '/007',
      '/3?fields=title,info',
      '/3?fields=_miroir_seq,title',
      '/3?nope=1',
      '/34?retrieveVectors=true',
    ])
      await expectEqual('GET', `/indexes/films/documents${path}`)
    for (const body of [
      {},
      { limit: 2, fields: ['id'] },
      { fields: ['*'], limit: 1 },
      { fields: [], limit: 2 },
      { fields: null, limit: 2 },
      { ids: [2, '1', 999] },
      { ids: [] },
      { ids: [1.5] },
      { ids: [null] },
      { ids: ['a b'] },
      { filter: 'title = x' },
      { filter: ['year = 1993', 'title = x'] },
      { filter: 3 },
      { filter: ['year = 1993', ['rating > 3', 'rating IS NULL']], limit: 50 },
      { limit: 'x' },
      { q: 'x' },
      { sort: ['info:asc'] },
      { sort: 'x' },
      { retrieveVectors: 1 },
      '{"limit":',
      '[]',
    ])
      await expectEqual('POST', '/indexes/films/documents/fetch', body)
  })

  test('whichever copies answer, also with a node down', async () => {
    await world.settle(RICH)
    const expected = stable(
      await world.single.send('POST', '/indexes/films/search', { q: 'wonder', limit: 30 }),
    )
    for (const down of [[], ['a'], ['b'], ['c']])
      for (let seed = 1; seed < 6; seed++) {
        const deps = world.deps(seed, down)
        const found = await world.ask('POST', '/indexes/films/search', { q: 'wonder', limit: 30 }, deps)
        expect(stable(found)).toEqual(expected)
      }
  })

  test('errors of missing and impossible indexes', async () => {
    for (const body of [{}, { limit: -1 }, '{"q":'])
      for (const uid of ['nope', 'a%20b']) {
        await expectEqual('POST', `/indexes/${uid}/search`, body)
        await expectEqual('POST', `/indexes/${uid}/documents/fetch`, body)
      }
    await expectEqual('GET', '/indexes/nope/documents/1')
    await expectEqual('GET', '/indexes/a%20b/documents')
  })
})
