import { expect, test } from 'vitest'
import { searchRoutes } from '../../../src/api/search.ts'
import type { Reply } from '../../../src/model/call.ts'
import { MiroirError } from '../../../src/model/errors.ts'
import { text } from '../../../src/std/bytes.ts'
import {
  answer,
  type CallParts,
  callOf,
  errorAnswer,
  hitsAnswer,
  type Placement,
  type Script,
  viewOf,
  type World,
  worldOf,
} from './read-world.ts'

/** Two groups of two nodes, each group holding the four shards once. */
const TWO_GROUPS: Placement = {
  a: { group: 0, shards: [0, 1] },
  b: { group: 0, shards: [2, 3] },
  c: { group: 1, shards: [0, 1] },
  d: { group: 1, shards: [2, 3] },
}

const IDS: Readonly<Record<string, readonly number[]>> = { a: [1, 3], b: [2, 4], c: [1, 3], d: [2, 4] }
const honest: Script = ({ node }) => hitsAnswer(IDS[node] ?? [])

async function post(world: World, body: unknown = {}, parts: CallParts = {}): Promise<Reply | MiroirError> {
  const route = searchRoutes(world.deps).find((found) => found.method === (parts.method ?? 'POST'))
  const sent = typeof body === 'string' ? body : JSON.stringify(body)
  let done = false
  const reply = Promise.resolve(route!.handler(callOf({ body: sent, ...parts }))).then(
    (value) => value,
    (error: unknown) => {
      if (error instanceof MiroirError) return error
      throw error
    },
  )
  void reply.then(
    () => (done = true),
    () => (done = true),
  )
  for (let step = 0; step < 20 && !done; step++) await world.clock.advance(500)
  return reply
}

interface Shown {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: unknown
}

function shown(reply: Reply | MiroirError): Shown {
  if (reply instanceof MiroirError) return { status: reply.status, body: { ...reply.body }, headers: [] }
  const raw = typeof reply.body === 'string' ? reply.body : text(reply.body ?? new Uint8Array())
  return { status: reply.status, body: JSON.parse(raw), headers: reply.headers ?? [] }
}

interface Hit {
  readonly id: number
}

const hitsOf = (body: Shown['body']): readonly Hit[] => body['hits'] as readonly Hit[]
const idsOf = (body: Shown['body']): number[] => hitsOf(body).map((hit) => hit.id)

test('merges the shards of one group into one complete answer', async () => {
  const world = worldOf(viewOf(TWO_GROUPS), honest)
  const { status, body, headers } = shown(await post(world, { limit: 3, showRankingScore: true }))
  expect(status).toBe(200)
  expect(idsOf(body)).toEqual([1, 2, 3])
  expect(hitsOf(body)[0]).toEqual({ id: 1 })
  expect(body).toMatchObject({ limit: 3, offset: 0, estimatedTotalHits: 4 })
  expect(headers).toEqual([])
  expect(world.transport.sent).toHaveLength(2)
  for (const sent of world.transport.sent) {
    expect(sent.path).toBe('/indexes/films__g1_0/search')
    expect(JSON.parse(sent.body ?? '')).toEqual({
      showRankingScore: true,
      offset: 0,
      limit: 3,
      showRankingScoreDetails: true,
    })
  }
})

test('the request uid is new in every reply and the node text of unknown members stays', async () => {
  const world = worldOf(viewOf(TWO_GROUPS), ({ node }) => hitsAnswer(IDS[node] ?? [], { futureMember: [1] }))
  const one = shown(await post(world)).body
  const other = shown(await post(world)).body
  expect(one['requestUid']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
  expect(other['requestUid']).not.toBe(one['requestUid'])
  expect(one['futureMember']).toEqual([1])
})

test('unknown members of the body reach the nodes in their own spelling', async () => {
  const world = worldOf(viewOf(TWO_GROUPS), honest)
  await post(world, '{"cropLength": 1.0, "nope":{"a" : 1e2},"limit":2}')
  expect(world.transport.sent[0]?.body).toContain('"cropLength":1.0,"nope":{"a" : 1e2}')
})

test('a dead copy is replaced by the other group', async () => {
  for (const fault of [
    { kind: 'never-sent', reason: 'refused' } as const,
    { kind: 'ambiguous', reason: 'reset' } as const,
    answer('{"hits":[', 200),
    answer('', 200),
    answer('[]', 200),
    answer('{"hits":[],"query":""}', 200),
    answer('{"hits":3,"query":"","processingTimeMs":1,"estimatedTotalHits":0}', 200),
    answer('{"hits":[{]}', 200),
    answer('oops', 500),
    answer('', 404),
    errorAnswer(503, 'too_many_search_requests', 'busy'),
    errorAnswer(404, 'index_not_found', 'Index `films__g1_0` not found.'),
    errorAnswer(403, 'invalid_api_key', 'The provided API key is invalid.'),
    'silence' as const,
  ]) {
    const world = worldOf(viewOf(TWO_GROUPS), (sent, attempt) =>
      sent.node === 'a' || sent.node === 'c'
        ? world.transport.sent.filter(({ node }) => node === 'a' || node === 'c').length === 1
          ? fault
          : honest(sent, attempt)
        : honest(sent, attempt),
    )
    const { status, body, headers } = shown(await post(world))
    expect([status, fault]).toEqual([200, fault])
    expect(idsOf(body)).toEqual([1, 2, 3, 4])
    expect(headers).toEqual([])
  }
})

test('a shard without any copy: partial answers with a header, or 503 by policy', async () => {
  const script: Script = (sent, attempt) =>
    sent.node === 'b' || sent.node === 'd' ? { kind: 'never-sent', reason: 'refused' } : honest(sent, attempt)
  const partial = shown(await post(worldOf(viewOf(TWO_GROUPS), script)))
  expect(partial.status).toBe(200)
  expect(idsOf(partial.body)).toEqual([1, 3])
  expect(partial.headers).toEqual([['X-Miroir-Degraded', expect.stringMatching(/^shards=2,3/)]])
  const strict = shown(await post(worldOf(viewOf(TWO_GROUPS), script, 'error')))
  expect([strict.status, strict.body['code']]).toEqual([503, 'miroir_shard_unavailable'])
})

test('no copy at all: 503 whatever the policy', async () => {
  const { status, body } = shown(
    await post(worldOf(viewOf(TWO_GROUPS), () => ({ kind: 'never-sent', reason: 'refused' }))),
  )
  expect([status, body['code']]).toEqual([503, 'miroir_shard_unavailable'])
  const world = worldOf(viewOf(TWO_GROUPS), honest)
  for (const node of 'abcd') world.down.add(node)
  expect(shown(await post(world)).status).toBe(503)
  expect(world.transport.sent).toEqual([])
})

test('overload of the only copies is one 503, never a partial answer', async () => {
  const { status, body } = shown(
    await post(
      worldOf(viewOf(TWO_GROUPS), (sent, attempt) =>
        sent.node === 'b' || sent.node === 'd'
          ? errorAnswer(503, 'too_many_search_requests', 'busy')
          : honest(sent, attempt),
      ),
    ),
  )
  expect([status, body['code']]).toEqual([503, 'too_many_search_requests'])
})

test('copies that are behind or lagging are not read', async () => {
  const view = viewOf({
    a: { group: 0, shards: [0, 1], states: { 1: 'behind' } },
    b: { group: 1, shards: [0, 1], states: { 0: 'lagging' } },
  })
  const world = worldOf(view, ({ node }) => hitsAnswer(node === 'a' ? [1] : [2]))
  const { body } = shown(await post(world, { filter: 'x = 1' }))
  expect(idsOf(body)).toEqual([1, 2])
  const filters = new Map(world.transport.sent.map((sent) => [sent.node, JSON.parse(sent.body ?? '').filter]))
  expect(filters.get('a')).toEqual(['x = 1', '_miroir_shard IN ["!!!!"]'])
  expect(filters.get('b')).toEqual(['x = 1', '_miroir_shard IN ["!!!%"]'])
})

test('one node with everything gets the request as it is', async () => {
  const view = viewOf({ a: { group: 0, shards: [0, 1] } })
  const world = worldOf(view, () =>
    answer(
      '{"hits":[{"_miroir_shard":"!!!!","_miroir_seq":"!!!!","id":1.0}],"query":"x","processingTimeMs":2,"limit":5,"offset":1,"estimatedTotalHits":9,"requestUid":"n"}',
    ),
  )
  const sent = '{"q":"x", "offset":1,"limit":5,"hybrid":{"embedder":"e"}}'
  const reply = await post(world, sent)
  expect(world.transport.sent.map((each) => each.body)).toEqual([sent])
  const raw = reply instanceof MiroirError ? '' : text(reply.body as Uint8Array)
  expect(raw).toMatch(
    /^\{"hits":\[\{"id":1\.0\}\],"query":"x","processingTimeMs":2,"limit":5,"offset":1,"estimatedTotalHits":9,"requestUid":"[0-9a-f-]{36}"\}$/,
  )
})

test('when the node with everything fails, several others take over', async () => {
  const view = viewOf({
    a: { group: 0, shards: [0, 1] },
    b: { group: 1, shards: [0] },
    c: { group: 1, shards: [1] },
  })
  const world = worldOf(view, ({ node }) =>
    node === 'a' ? 'silence' : hitsAnswer(node === 'b' ? [1, 3] : [2, 4]),
  )
  const { body } = shown(await post(world, { offset: 1, limit: 2 }))
  expect(idsOf(body)).toEqual([2, 3])
  expect(world.transport.sent.map(({ node }) => node).sort()).toEqual(['a', 'b', 'c'])
})

test('what is not exact over several nodes is refused by name', async () => {
  const facts = { displayedAttributes: ['id'], customRuleFields: ['stars'] }
  const cases: [object, object, RegExp][] = [
    [{ hybrid: { embedder: 'x' } }, {}, /hybrid/],
    [{ vector: [1] }, {}, /vector/],
    [{ q: 'two words', rankingScoreThreshold: 0.5 }, {}, /rankingScoreThreshold/],
    [{ sort: ['price:asc'] }, { displayedAttributes: ['id'] }, /`price`/],
    [{}, facts, /`stars`/],
  ]
  for (const [body, with_, message] of cases) {
    const world = worldOf(viewOf(TWO_GROUPS, with_), honest)
    const reply = shown(await post(world, body))
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

test('the request ends at its deadline although every copy is silent', async () => {
  const world = worldOf(viewOf(TWO_GROUPS), () => 'silence')
  const { status } = shown(await post(world, {}, { deadlineMs: 1500 }))
  expect(status).toBe(503)
  expect(world.clock.now()).toBeLessThanOrEqual(2000)
})

test('a copy that never saw a sub-field has no hits for it', async () => {
  const world = worldOf(viewOf(TWO_GROUPS), (sent, attempt) =>
    sent.node === 'a' || sent.node === 'c'
      ? errorAnswer(400, 'invalid_search_attributes_to_search_on', 'not searchable')
      : honest(sent, attempt),
  )
  expect(idsOf(shown(await post(world, { attributesToSearchOn: ['meta.title'] })).body)).toEqual([2, 4])
})
