import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningNode, runNode } from './running-node.ts'

// Every answer in here was taken from a real node, 1.50.

const INTERNAL = { headers: { 'meili-proxy-search': 'true' } }
const SETTINGS = {
  displayedAttributes: ['id', 'title'],
  sortableAttributes: ['h', 'n', '_geo', 'a.b'],
  filterableAttributes: ['d', 'h', 'g'],
  rankingRules: ['words', 'sort', 'typo', 'c:desc', 'id:asc'],
}
const DOCUMENTS = `[
  {"id":1,"title":"red fox","h":"Beta","n":1.50,"c":3,"d":"x","g":["p","q"],"_geo":{"lat":1,"lng":2},"a":{"b":5}},
  {"id":2,"title":"red dog","h":"alpha","n":2,"c":9,"d":"x"},
  {"id":3,"title":"ret cat","h":["Zed","éta"],"n":null,"d":"y","g":"p"},
  {"id":4,"title":"blue"},
  {"id":5,"title":"red","h":true,"n":12345678901234567890,"_geo":{"lat":1.0001,"lng":2}}]`

let node: RunningNode
beforeAll(async () => {
  node = await runNode()
  await node.write('POST', '/indexes', { uid: 'm', primaryKey: 'id' })
  await node.write('PATCH', '/indexes/m/settings', SETTINGS)
  await node.write('POST', '/indexes/m/documents', DOCUMENTS)
})
afterAll(() => node.node.close())

const federated = async (query: object, federation: object, internal = true) => {
  const body = { queries: [{ indexUid: 'm', ...query }], federation }
  return (await node.call('POST', '/multi-search', body, internal ? INTERNAL : {})).json
}

it('keeps internal searches for those who switched them on', async () => {
  const refused = await node.call('POST', '/multi-search', { queries: [], federation: {} }, INTERNAL)
  expect(refused.json).toMatchObject({
    message:
      'Performing a remote federated search requires enabling the `network` experimental feature. See https://github.com/orgs/meilisearch/discussions/805',
    code: 'feature_not_enabled',
  })
  const set = await node.call('PATCH', '/experimental-features', { network: true })
  expect(set.json).toMatchObject({ network: true, metrics: false, legacySearch: false })
  expect((await node.call('GET', '/experimental-features')).json).toEqual(set.json)
  const empty = await node.call('POST', '/multi-search', { queries: [], federation: {} }, INTERNAL)
  expect(empty.json).toMatchObject({ hits: [], limit: 20, offset: 0, estimatedTotalHits: 0 })
})

it('tells hidden values, in the words of a node', async () => {
  await node.call('PATCH', '/experimental-features', { network: true })
  const { hits } = await federated({ q: 'red', sort: ['h:asc'], showRankingScoreDetails: true }, { limit: 2 })
  // How many typos were possible is the corpus's business, which an embedded node need not know.
  expect(JSON.stringify(hits).replaceAll('"maxTypoCount":0', '"maxTypoCount":1')).toBe(
    '[{"id":2,"title":"red dog","_federation":{"indexUid":"m","queriesPosition":0,"weightedRankingScore":1,"weightedScoreValues":[{"weightedScore":1},{"sort":{"asc":true,"value":"alpha"}},{"weightedScore":1},{"sort":{"asc":false,"value":9}},{"sort":{"asc":true,"value":2}}],"extra_document":{}},"_rankingScoreDetails":{"words":{"order":0,"matchingWords":1,"maxMatchingWords":1,"score":1},"<hidden-rule-1>":{"order":1,"value":"<hidden>"},"typo":{"order":2,"typoCount":0,"maxTypoCount":1,"score":1},"<hidden-rule-3>":{"order":3,"value":"<hidden>"},"id:asc":{"order":4,"value":2}}},' +
      '{"id":1,"title":"red fox","_federation":{"indexUid":"m","queriesPosition":0,"weightedRankingScore":1,"weightedScoreValues":[{"weightedScore":1},{"sort":{"asc":true,"value":"beta"}},{"weightedScore":1},{"sort":{"asc":false,"value":3}},{"sort":{"asc":true,"value":1}}],"extra_document":{}},"_rankingScoreDetails":{"words":{"order":0,"matchingWords":1,"maxMatchingWords":1,"score":1},"<hidden-rule-1>":{"order":1,"value":"<hidden>"},"typo":{"order":2,"typoCount":0,"maxTypoCount":1,"score":1},"<hidden-rule-3>":{"order":3,"value":"<hidden>"},"id:asc":{"order":4,"value":1}}}]',
  )
  const sorted = { sort: ['n:desc', '_geoPoint(1,2):asc', 'a.b:asc'] }
  const placeholder = await federated(sorted, { limit: 1 })
  expect(placeholder.hits[0]._federation.weightedScoreValues).toEqual([
    { sort: { asc: false, value: 1.2345678901234567e19 } },
    { geoSort: { asc: true, distance: expect.closeTo(11.12, 1) } },
    { sort: { asc: true, value: null } },
    { sort: { asc: false, value: null } },
    { sort: { asc: true, value: 5 } },
  ])
})

it('tells the values of `federation.distinct` that hits do not show', async () => {
  await node.call('PATCH', '/experimental-features', { network: true })
  const federation = { limit: 2, distinct: 'd', facetsByIndex: { m: ['d', 'g'] } }
  const found = await federated({ q: 'red' }, federation)
  expect(found.hits.map((hit: { _federation: object }) => hit._federation)).toMatchObject([
    { extra_document: { d: 'x' } },
    { extra_document: {} },
  ])
  expect(found).toMatchObject({
    estimatedTotalHits: 2,
    facetsByIndex: { m: { distribution: { d: { x: 1 }, g: {} }, stats: {} } },
  })
  const paged = await federated({ q: 'red', distinct: 'd' }, { page: 1, hitsPerPage: 2 })
  expect(paged).toMatchObject({ page: 1, hitsPerPage: 2, totalPages: 1, totalHits: 2 })
  expect(paged.hits[0]._federation.extra_document).toEqual({})
})

it('counts a document that several searches find once', async () => {
  const body = {
    queries: [
      { indexUid: 'm', filter: 'd=x' },
      { indexUid: 'm', q: '' },
    ],
    federation: { facetsByIndex: { m: ['d'] } },
  }
  const { json } = await node.call('POST', '/multi-search', body)
  expect(json).toMatchObject({
    estimatedTotalHits: 5,
    facetsByIndex: { m: { distribution: { d: { x: 2, y: 1 } } } },
  })
  const places = json.hits.map(({ _federation: at }: { _federation: { queriesPosition: number } }) => at)
  expect(places.map(({ queriesPosition }: { queriesPosition: number }) => queriesPosition)).toEqual([
    ...[0, 0, 1, 1, 1],
  ])
  expect(places[0]).toEqual({ indexUid: 'm', queriesPosition: 0, weightedRankingScore: 1 })
})

it('refuses what a federated search may not ask', async () => {
  expect(await federated({ q: 'red', limit: 3 }, {})).toMatchObject({
    message:
      'Inside `.queries[0]`: Using pagination options is not allowed in federated queries.\n - Hint: remove `limit` from the query or remove `federation` from the request\n - Hint: pass `federation.limit` and `federation.offset` for pagination in federated search',
    code: 'invalid_multi_search_query_pagination',
  })
  expect(await federated({ facets: ['d'] }, {})).toMatchObject({
    message:
      'Inside `.queries[0]`: Using facet options is not allowed in federated queries.\n - Hint: remove `facets` from the query or remove `federation` from the request\n - Hint: pass `federation.facetsByIndex.m: ["d"]` for facets in federated search',
    code: 'invalid_multi_search_query_facets',
  })
  expect(await federated({ indexUid: 'zz' }, {})).toMatchObject({
    message: 'Inside `.queries[0]`: Index `zz` not found.',
    code: 'index_not_found',
  })
  expect(await federated({}, { limit: -1 })).toMatchObject({ code: 'invalid_search_limit' })
  expect(await federated({ federationOptions: { weight: -1 } }, {})).toMatchObject({
    code: 'invalid_multi_search_weight',
  })
})
