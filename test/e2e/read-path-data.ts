import type { Document, Settings } from './read-path-world.ts'

/* Documents, settings and requests that are put to one node and to a cluster. */

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

export const DOCUMENTS: readonly Document[] = Array.from({ length: 240 }, (_, place) => {
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

export const BARE: Settings = {}
export const RICH: Settings = {
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
export const NARROW: Settings = {
  ...RICH,
  displayedAttributes: ['id', 'title', 'rating', 'genres'],
  rankingRules: ['words', 'typo', 'proximity', 'attribute', 'sort', 'exactness', 'rating:desc'],
}

export const ERRORS: readonly unknown[] = [
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

export const SEARCHES: readonly unknown[] = [
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

export const RICH_SEARCHES: readonly unknown[] = [
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
