import { RICH } from './read-path-data.ts'
import type { Settings } from './read-path-world.ts'

/* Requests of the routes beside search that are put to one node and to a cluster. */

export const MANY_VALUES: Settings = {
  ...RICH,
  faceting: { maxValuesPerFacet: 100, sortFacetValuesBy: { '*': 'alpha' } },
}
export const WILD: Settings = {
  filterableAttributes: ['*'],
  faceting: { maxValuesPerFacet: 4, sortFacetValuesBy: { '*': 'count' } },
}
export const NO_FACET_SEARCH: Settings = { ...RICH, facetSearch: false }

export const FACET_SEARCHES: readonly unknown[] = [
  { facetName: 'genres' },
  { facetName: 'genres', facetQuery: '' },
  { facetName: 'genres', facetQuery: 'd' },
  { facetName: 'genres', facetQuery: 'drmaa' },
  { facetName: 'genres', facetQuery: 'stra' },
  { facetName: 'genres', facetQuery: 'uni' },
  { facetName: 'genres', facetQuery: '1' },
  { facetName: 'genres', facetQuery: 'zz' },
  { facetName: 'genres', filter: 'rating > 9' },
  { facetName: 'genres', filter: ['rating > 3', ['year = 1993', 'year = 1994']], facetQuery: 'a' },
  { facetName: 'genres', q: 'wonder' },
  { facetName: 'genres', q: 'wonder woman', matchingStrategy: 'all' },
  { facetName: 'genres', q: 'wonder', attributesToSearchOn: ['title'] },
  { facetName: 'genres', q: 'wonder', rankingScoreThreshold: 0.9, exhaustiveFacetCount: true },
  { facetName: 'genres', q: 'wonder', locales: ['eng'] },
  { facetName: 'genres', filter: '  ' },
  { facetName: 'genres', filter: [] },
  { facetName: 'year' },
  { facetName: 'year', facetQuery: 'c' },
  { facetName: 'year', facetQuery: 'c. 199' },
  { facetName: 'rating' },
  { facetName: 'id', facetQuery: '1' },
  { facetName: '_geo' },
  { facetName: 'genres', limit: 'x', sort: 3, facets: true, showRankingScore: 9, nope: {} },
]

export const FACET_SEARCH_ERRORS: readonly unknown[] = [
  {},
  { facetName: 'title' },
  { facetName: 'info.country' },
  { facetName: '_miroir_seq' },
  { facetName: '_miroir_shard', facetQuery: '!' },
  { facetName: '_miroir_seq', filter: '_miroir_shard = 1' },
  { facetName: null },
  { facetName: 3 },
  { facetName: ['genres'] },
  { facetName: 'genres', facetQuery: 3 },
  { facetName: 'genres', q: 3 },
  { facetName: 'genres', filter: 3 },
  { facetName: 'genres', filter: 'title = x' },
  { facetName: 'genres', filter: 'year =' },
  { facetName: 'genres', filter: '_miroir_seq > 3' },
  { facetName: 'genres', matchingStrategy: 'some' },
  { facetName: 'genres', attributesToSearchOn: 'title' },
  { facetName: 'genres', q: 'wonder', attributesToSearchOn: ['nope'] },
  { facetName: 'genres', rankingScoreThreshold: 2 },
  { facetName: 'genres', exhaustiveFacetCount: 1 },
  { facetName: 'genres', locales: ['xx'] },
  { facetName: 'genres', vector: [1] },
  { facetName: 'genres', vector: ['x'] },
  { facetName: 'genres', hybrid: { nope: 1 } },
  { facetName: 'genres', hybrid: 1 },
  { facetName: 'genres', useNetwork: true },
  { facetName: 'genres', useNetwork: 1 },
  { facetName: 'genres', media: 3 },
  '{"facetName":',
  '{"facetName":"\\ud800"}',
  '[]',
  'null',
]

const film = (search: object): object => ({ indexUid: 'films', ...search })

export const MULTI_SEARCHES: readonly unknown[] = [
  { queries: [] },
  { queries: [film({ q: 'wonder' }), film({ limit: 3, offset: 2 }), film({ page: 2, hitsPerPage: 4 })] },
  { queries: [film({ filter: 'genres = drama', facets: ['genres', 'year'] }), film({ sort: ['year:asc'] })] },
  { queries: [film({ q: 'star wars', showRankingScoreDetails: true })], federation: null },
  { queries: [film({ limit: 1, federationOptions: null }), film({ attributesToRetrieve: ['title'] })] },
  '{"queries":[{"indexUid":"nope"}],"queries":[{"indexUid":"x","limit":1,"indexUid":"films"}]}',
]

export const MULTI_SEARCH_ERRORS: readonly unknown[] = [
  {},
  [],
  { queries: null },
  { queries: {} },
  { queries: [3] },
  { queries: [null] },
  { queries: [{}] },
  { queries: [{ indexUid: 3 }] },
  { queries: [{ indexUid: 'a b' }] },
  { queries: [{ indexUid: 'nope' }] },
  { queries: [{ indexUid: 'nope' }, film({ filter: 'title = x' })] },
  { queries: [film({ filter: 'title = x' }), { indexUid: 'nope' }] },
  { queries: [{ indexUid: 'nope' }, film({ limit: 'x' })] },
  { queries: [film({ filter: 'year =' }), film({ cropLength: 'x' })] },
  { queries: [film({}), film({ sort: ['info:asc'] }), film({ filter: 'title = 3' })] },
  { queries: [film({ facets: ['title'] })] },
  { queries: [film({ filter: ['_miroir_seq > 3'] })] },
  { queries: [film({ sort: ['_miroir_shard:asc'] })] },
  { queries: [film({ distinct: 'title' })] },
  { queries: [film({ nope: 1 })] },
  { queries: [film({ useNetwork: true })] },
  { queries: [film({ personalize: { userContext: 'x' } })] },
  { queries: [film({ vector: [1] })] },
  { queries: [film({ q: 'a', hybrid: { embedder: 'nope' } })] },
  { queries: [film({ attributesToSearchOn: ['nope'], q: 'a' })] },
  { queries: [film({}), film({ federationOptions: { weight: 1 } })] },
  { queries: [film({ federationOptions: 3 })] },
  { queries: [film({ facets: ['_miroir_seq'] })], nope: 1 },
  { queries: [film({})], federation: 3 },
  { queries: [film({ limit: 1 })], federation: {} },
  '{"queries":[',
  '{"queries":[{"indexUid":"films","q":"\\ud800"}]}',
]
