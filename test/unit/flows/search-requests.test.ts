import { expect, test } from 'vitest'
import { type CallParts, errorAnswer, hitsAnswer, viewOf, worldOf } from './read-world.ts'
import { honest, IDS, post, shown, TWO_GROUPS } from './search-call.ts'

test('unknown members of the body reach the nodes in their own spelling', async () => {
  const world = worldOf(viewOf(TWO_GROUPS), honest)
  await post(world, '{"cropLength": 1.0, "nope":{"a" : 1e2},"limit":2}')
  expect(world.transport.sent[0]?.body).toContain('"cropLength":1.0,"nope":{"a" : 1e2}')
})

test('what is not exact over several nodes is refused by name', async () => {
  const facts = { displayedAttributes: ['id'], customRuleFields: ['stars'] }
  const cases: [object, object, RegExp][] = [
    [{ hybrid: { embedder: 'x' }, media: {} }, {}, /media/],
    [{ personalize: { userContext: 'x' } }, {}, /personalize/],
    [{ distinct: 'sku' }, { displayedAttributes: ['id'] }, /distinct/],
    [{ distinct: 'a.b', attributesToRetrieve: ['a.c'] }, {}, /distinct/],
    [{ sort: ['price:asc'] }, { displayedAttributes: ['id'] }, /`price`/],
    [{}, facts, /`stars`/],
  ]
  for (const [body, with_, message] of cases) {
    const world = worldOf(viewOf(TWO_GROUPS, with_), honest)
    const deps = { ...world.deps, reachability: { ...world.deps.reachability, federates: () => false } }
    const reply = shown(await post({ ...world, deps }, body))
    expect([reply.status, reply.body['code']]).toEqual([400, 'miroir_unsupported'])
    expect(reply.body['message']).toMatch(message)
    // One node is asked whether it has an objection of its own.
    expect(world.transport.sent.map((sent) => sent.body)).toEqual([JSON.stringify(body)])
  }
})

test('a refusal is told in the words one node would have used', async () => {
  const world = worldOf(
    viewOf({ ...TWO_GROUPS, a: { group: 0, shards: [0, 1], holds: [0, 1, 3] } }),
    (sent) =>
      sent.body === '{"filter":"title = x"}'
        ? errorAnswer(
            400,
            'invalid_search_filter',
            'Index `films__g1_0`: Attribute `title` is not filterable. Available filterable attribute patterns are: `_miroir_seq`, `_miroir_shard`, `id`.\n2:7 "title" = "x"',
          )
        : errorAnswer(
            400,
            'invalid_search_filter',
            'Index `films__g1_0`: 2:7 ("title" = "x") AND (_miroir_shard …)',
          ),
  )
  const { status, body } = shown(await post(world, '{"filter":"title = x"}'))
  expect(status).toBe(400)
  expect(body).toEqual({
    message:
      'Index `films`: Attribute `title` is not filterable. Available filterable attribute patterns are: `id`.\n2:7 "title" = "x"',
    code: 'invalid_search_filter',
    type: 'invalid_request',
    link: 'https://docs.meilisearch.com/errors#invalid_search_filter',
  })
})

test('what only a node can judge is put to one node as it came', async () => {
  for (const body of [
    '{"q":',
    '[]',
    '{"limit":-1}',
    '{"limit":1.0}',
    '{"filter":3}',
    '{"limit":null}',
    '{"q":3}',
  ]) {
    const world = worldOf(viewOf(TWO_GROUPS), () => errorAnswer(400, 'bad_request', 'no'))
    const reply = shown(await post(world, body))
    expect([reply.status, reply.body['message']]).toEqual([400, 'no'])
    expect(world.transport.sent.map((sent) => sent.body)).toEqual([body])
  }
})

test('a request by query parameters becomes the same search', async () => {
  const world = worldOf(viewOf(TWO_GROUPS), honest)
  const query =
    'q=a+b%20c&limit=%2B03&attributesToRetrieve=id,title&sort=x:asc,_geoPoint(1,2):desc&showRankingScore=true&filter=%5B%22a=1%22%5D'
  const reply = shown(await post(world, '', { method: 'GET', query, headers: {} }))
  expect(reply.status).toBe(200)
  expect(reply.body['limit']).toBe(3)
  expect(JSON.parse(world.transport.sent[0]?.body ?? '')).toEqual({
    q: 'a b c',
    attributesToRetrieve: ['id', 'title'],
    sort: ['x:asc', '_geoPoint(1,2):desc'],
    showRankingScore: true,
    filter: ['a=1'],
    offset: 0,
    limit: 3,
    showRankingScoreDetails: true,
  })
})

test('odd query parameters are put to one node as they came', async () => {
  for (const query of ['nope=1', 'limit=x', 'vector=1,2', 'filter=3', 'showRankingScore=1']) {
    const world = worldOf(viewOf(TWO_GROUPS), () => errorAnswer(400, 'bad_request', 'no'))
    const reply = shown(await post(world, '', { method: 'GET', query }))
    expect([reply.status, reply.body['message']]).toEqual([400, 'no'])
    expect(world.transport.sent.map((sent) => sent.path)).toEqual([`/indexes/films__g1_0/search?${query}`])
  }
})

test('content type, empty body, missing index, bad uid: as a node', async () => {
  const world = worldOf(viewOf(TWO_GROUPS), honest)
  const codes = async (parts: CallParts, body = '{}') => {
    const { status, body: error } = shown(await post(world, body, parts))
    return [status, error['code']]
  }
  expect(await codes({ headers: { 'content-type': 'text/csv' } })).toEqual([415, 'invalid_content_type'])
  expect(await codes({ headers: { 'content-type': 'application/JSON; charset=utf-8' } })).toEqual([
    200,
    undefined,
  ])
  expect(await codes({}, '')).toEqual([400, 'missing_payload'])
  expect(await codes({ params: { uid: 'nope' } })).toEqual([404, 'index_not_found'])
  expect(await codes({ params: { uid: 'a b' } })).toEqual([400, 'invalid_index_uid'])
})

test('headers: only the metadata wish travels, and its answer names the client index', async () => {
  const world = worldOf(viewOf(TWO_GROUPS), ({ node }) =>
    hitsAnswer(IDS[node] ?? [], {
      metadata: { query: '', queryUid: 'n', indexUid: 'films__g1_0', primaryKey: 'id' },
    }),
  )
  const headers = { 'meili-include-metadata': 'true', 'meili-proxy-search': 'true', 'x-meili-proxy-a': '1' }
  const { body } = shown(await post(world, {}, { headers }))
  expect(world.transport.sent[0]?.headers).toEqual({ 'meili-include-metadata': 'true' })
  expect(body['metadata']).toMatchObject({ query: '', indexUid: 'films', primaryKey: 'id' })
  expect((body['metadata'] as Record<string, unknown>)['queryUid']).toMatch(/^[0-9a-f]{8}-/)
})

test('the flag that nodes have for us is off for clients', async () => {
  const passing = worldOf(viewOf(TWO_GROUPS), ({ path }) => {
    // A node of which the index is not known looks at the request's shape alone.
    expect(path).toBe('/indexes/films/search')
    return hitsAnswer([])
  })
  const refused = shown(await post(passing, { useNetwork: true, sort: ['what:asc'] }))
  expect([refused.status, refused.body]).toEqual([
    400,
    {
      message:
        'passing `useNetwork` in a search query requires enabling the `network` experimental feature. See https://github.com/orgs/meilisearch/discussions/805',
      code: 'feature_not_enabled',
      type: 'invalid_request',
      link: 'https://docs.meilisearch.com/errors#feature_not_enabled',
    },
  ])
  const shape = errorAnswer(400, 'invalid_search_limit', 'Invalid value type at `.limit`')
  const wrong = shown(
    await post(
      worldOf(viewOf(TWO_GROUPS), () => shape),
      { useNetwork: true, limit: 'a' },
    ),
  )
  expect(wrong.body['code']).toBe('invalid_search_limit')
  // As recorded: a node without the flag refuses `false`, too, and takes `null` for nothing said.
  const saying = (useNetwork: unknown) => post(worldOf(viewOf(TWO_GROUPS), honest), { useNetwork })
  expect(shown(await saying(null)).status).toBe(200)
  expect(shown(await saying(false)).body['code']).toBe('feature_not_enabled')
})

test.each([
  ['_shard = x', '_shard = x', '1:7'],
  [['id = 1', ['NOT "_shard" = x']], 'NOT "_shard" = x', '6:12'],
])('a filter by %j is refused as by a node without that flag', async (filter, expression, place) => {
  const world = worldOf(viewOf(TWO_GROUPS), () =>
    errorAnswer(400, 'invalid_search_filter', 'Index `films__g1_0`: Shard `x` does not exist'),
  )
  expect(shown(await post(world, { filter })).body).toEqual({
    message: `using a shard filter requires enabling the \`network\` experimental feature. See https://github.com/orgs/meilisearch/discussions/805\n${place} ${expression}`,
    code: 'feature_not_enabled',
    type: 'invalid_request',
    link: 'https://docs.meilisearch.com/errors#feature_not_enabled',
  })
})
