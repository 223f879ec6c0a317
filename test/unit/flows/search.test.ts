import { expect, test } from 'vitest'
import { MiroirError } from '../../../src/model/errors.ts'
import { text } from '../../../src/std/bytes.ts'
import { answer, errorAnswer, hitsAnswer, type Script, viewOf, worldOf } from './read-world.ts'
import { hitsOf, honest, IDS, idsOf, post, shown, TWO_GROUPS } from './search-call.ts'

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

test('overload of the one node with everything is told as such', async () => {
  const view = viewOf({ a: { group: 0, shards: [0, 1] } })
  const world = worldOf(view, () => errorAnswer(503, 'too_many_search_requests', 'busy'))
  const { status, body } = shown(await post(world))
  expect([status, body['code']]).toEqual([503, 'too_many_search_requests'])
  expect(world.transport.sent).toHaveLength(1)
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
  expect(raw.replace(/[0-9a-f-]{36}/, 'uid')).toBe(
    '{"hits":[{"id":1.0}],"query":"x","processingTimeMs":2,"limit":5,"offset":1,' +
      '"estimatedTotalHits":9,"requestUid":"uid"}',
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

test('a request for one node only gets no help from several, when its plan has gaps', async () => {
  const view = viewOf({
    a: { group: 0, shards: [0, 1] },
    b: { group: 0, shards: [2], states: { 2: 'lagging' } },
    c: { group: 1, shards: [0] },
    d: { group: 1, shards: [1] },
  })
  const world = worldOf(view, ({ node }) => (node === 'a' ? 'silence' : hitsAnswer([1])))
  const reply = shown(await post(world, { personalize: { userContext: 'x' } }))
  expect(reply.body['code']).toBe('miroir_unsupported')
})

test('want of memory sheds the request and blames no node', async () => {
  const world = worldOf(viewOf(TWO_GROUPS), honest)
  const kernel = { ...world.deps.kernel, merge: () => ({ fault: 'no-slab', offset: 0, input: 0 }) as const }
  const reply = shown(await post({ ...world, deps: { ...world.deps, kernel } }))
  expect([reply.status, reply.body['code']]).toEqual([503, 'miroir_overloaded'])
  expect(world.transport.sent).toHaveLength(2)
})
