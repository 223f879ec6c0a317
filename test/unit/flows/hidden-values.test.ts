import { expect, test } from 'vitest'
import { answer, errorAnswer, type Script, seqText, viewOf, worldOf } from './read-world.ts'
import { idsOf, post, shown, TWO_GROUPS } from './search-call.ts'

/* Sorting by fields that are not displayed: internal federated searches tell their values. */

const HIDDEN = { displayedAttributes: ['id'], customRuleFields: ['stars'] }
const IDS: Readonly<Record<string, readonly number[]>> = { a: [1, 3], b: [2, 4], c: [1, 3], d: [2, 4] }
/** Higher ones are better: 4 before 1 before 3 and 2, which agree. */
const STARS: Readonly<Record<number, number>> = { 1: 4, 2: 3, 3: 3, 4: 5 }

const hit = (id: number): string => {
  const told = `{"sort":{"asc":false,"value":${STARS[id]}}},{"sort":{"asc":true,"value":"${seqText(id)}"}}`
  const federation = `"_federation":{"indexUid":"films__g1_0","queriesPosition":0,"weightedRankingScore":1.0,"weightedScoreValues":[${told}],"extra_document":{}}`
  const details = `"<hidden-rule-0>":{"order":0,"value":"<hidden>"},"_miroir_seq:asc":{"order":1,"value":"${seqText(id)}"}`
  return `{"id":${id},"n":1.0,${federation},"_rankingScoreDetails":{${details}}}`
}

const federated = (ids: readonly number[], more = ''): string =>
  `{"hits":[${ids.map(hit).join(',')}],"processingTimeMs":3,"limit":20,"offset":0,"estimatedTotalHits":${ids.length},${more}"requestUid":"node"}`

const told: Script = ({ node, path, headers, body }) => {
  expect([path, headers['meili-proxy-search']]).toEqual(['/multi-search', 'true'])
  const { queries } = JSON.parse(body ?? '{}') as { queries: { indexUid: string }[] }
  expect(queries.map(({ indexUid }) => indexUid)).toEqual(['films__g1_0'])
  const own = (IDS[node] ?? []).toSorted((one, other) => STARS[other]! - STARS[one]! || one - other)
  const facets = `{"films__g1_0":{"distribution":{"kind":{"${node}":2}},"stats":{"n":{"min":1.0,"max":2.0}}}}`
  return answer(federated(own, `"facetsByIndex":${facets},"queryVectors":{},`))
}

const searches = { q: 'x', facets: ['kind'], limit: 3 }

test('hits come in the order of hidden values, in the bytes of a plain search', async () => {
  const world = worldOf(viewOf(TWO_GROUPS, HIDDEN), told)
  const { status, body } = shown(await post(world, searches))
  expect([status, idsOf(body)]).toEqual([200, [4, 1, 2]])
  expect(JSON.stringify(body['hits'])).toBe('[{"id":4,"n":1},{"id":1,"n":1},{"id":2,"n":1}]')
  expect(Object.keys(body)).toEqual([
    ...['hits', 'query', 'processingTimeMs', 'limit', 'offset', 'estimatedTotalHits'],
    ...['facetDistribution', 'facetStats', 'requestUid'],
  ])
  expect(body).toMatchObject({ query: 'x', limit: 3, estimatedTotalHits: 4 })
  expect(body['facetDistribution']).toEqual({ kind: expect.objectContaining({}) })
  expect(body['facetStats']).toEqual({ n: { min: 1, max: 2 } })
})

test('details that were asked for stay as hidden as they are', async () => {
  const world = worldOf(viewOf(TWO_GROUPS, HIDDEN), told)
  const { body } = shown(await post(world, { ...searches, showRankingScoreDetails: true }))
  expect(body['hits']).toMatchObject([
    { id: 4, _rankingScoreDetails: { '<hidden-rule-0>': { order: 0, value: '<hidden>' } } },
    { id: 1 },
    { id: 2 },
  ])
  expect(JSON.stringify(body)).not.toMatch(/_federation|_miroir/)
})

test('only nodes that tell are asked, and one that has lost its flag is passed over', async () => {
  const world = worldOf(viewOf(TWO_GROUPS, HIDDEN), (sent, attempt) =>
    sent.node === 'b'
      ? errorAnswer(400, 'feature_not_enabled', 'Performing a remote federated search requires enabling x')
      : told(sent, attempt),
  )
  const telling = (...nodes: string[]) => ({
    ...world.deps,
    reachability: { readable: () => true, federates: (node: string) => nodes.includes(node) },
  })
  for (const nodes of [
    ['a', 'd'],
    ['b', 'c', 'd'],
    ['a', 'b', 'c', 'd'],
  ]) {
    const { status, body } = shown(await post({ ...world, deps: telling(...nodes) }, { limit: 3 }))
    expect([status, idsOf(body)]).toEqual([200, [4, 1, 2]])
  }
  const sent = worldOf(viewOf(TWO_GROUPS, HIDDEN), ({ path }) => {
    expect(path).toBe('/indexes/films__g1_0/search')
    return answer('{"hits":[]}')
  })
  const refused = shown(
    await post({ ...sent, deps: { ...sent.deps, reachability: telling('a', 'c').reachability } }),
  )
  expect([refused.status, refused.body['code']]).toEqual([400, 'miroir_unsupported'])
  expect(refused.body['message']).toContain('`stars`')
})

test('what a node refuses is told as the search route puts it', async () => {
  const world = worldOf(viewOf(TWO_GROUPS, HIDDEN), ({ path, body }) =>
    path === '/multi-search'
      ? errorAnswer(400, 'invalid_search_sort', 'Inside `.queries[0]`: Index `films__g1_0`: no')
      : errorAnswer(400, 'invalid_search_sort', `Index \`films__g1_0\`: ${body}`),
  )
  const { status, body } = shown(await post(world, '{"sort":["a:asc"]}'))
  expect([status, body['message']]).toEqual([400, 'Index `films`: {"sort":["a:asc"]}'])
  const gone = worldOf(viewOf(TWO_GROUPS, HIDDEN), (sent, attempt) =>
    sent.node === 'a' || sent.node === 'c'
      ? errorAnswer(400, 'index_not_found', 'Inside `.queries[0]`: Index `films__g1_0` not found.')
      : told(sent, attempt),
  )
  const partial = shown(await post(gone))
  expect([partial.status, idsOf(partial.body)]).toEqual([200, [4, 2]])
  expect(partial.headers).toEqual([['X-Miroir-Degraded', expect.stringMatching(/^shards=0,1/)]])
})

test('one node that holds everything is asked as ever', async () => {
  const one = { a: { group: 0, shards: [0, 1] } }
  const world = worldOf(viewOf(one, HIDDEN), ({ path }) => {
    expect(path).toBe('/indexes/films__g1_0/search')
    return answer(
      '{"hits":[],"query":"","processingTimeMs":1,"limit":20,"offset":0,"estimatedTotalHits":0,"requestUid":"node"}',
    )
  })
  expect(shown(await post(world)).status).toBe(200)
})
