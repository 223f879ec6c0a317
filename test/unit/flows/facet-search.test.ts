import { expect, test } from 'vitest'
import { facetSearchRoutes } from '../../../src/api/queries/facet-search.ts'
import { MiroirError } from '../../../src/model/errors.ts'
import { answer, callOf, errorAnswer, type Script, viewOf, type World, worldOf } from './read-world.ts'
import { shown, TWO_GROUPS } from './search-call.ts'

const list = (...values: string[]) =>
  answer({
    facetHits: values.map((value) => ({ value, count: 2 })),
    facetQuery: null,
    processingTimeMs: 1,
  })
const honest: Script = ({ node }) => (node === 'a' || node === 'c' ? list('x', 'y') : list('Y', 'z'))

async function ask(world: World, body: unknown) {
  const [route] = facetSearchRoutes(world.deps)
  const reply = Promise.resolve(route!.handler(callOf({ body: JSON.stringify(body) }))).catch(
    (error: unknown) => {
      if (error instanceof MiroirError) return error
      throw error
    },
  )
  await world.clock.advance(10_000)
  return shown(await reply)
}

test('merges the values of all shards', async () => {
  const world = worldOf(viewOf(TWO_GROUPS), honest)
  const { status, body, headers } = await ask(world, { facetName: 'g', limit: 'any', filter: 'a = 1' })
  expect([status, headers]).toEqual([200, []])
  expect(body).toEqual({
    facetHits: [
      { value: 'x', count: 2 },
      { value: 'y', count: 4 },
      { value: 'z', count: 2 },
    ],
    facetQuery: null,
    processingTimeMs: 1,
  })
  expect(world.transport.sent.map(({ path }) => path)).toEqual(
    Array.from({ length: 2 }, () => '/indexes/films__g1_0/facet-search'),
  )
})

test('a node that holds more than it is asked for gets a filter beside the one of the client', async () => {
  const view = viewOf({ a: { group: 0, shards: [0], holds: [0, 1] }, b: { group: 0, shards: [1] } })
  const world = worldOf(view, honest)
  await ask(world, { facetName: 'g', filter: ['a = 1', ['b = 2', 'c = 3']] })
  const [first, second] = world.transport.sent.map((sent) => JSON.parse(sent.body ?? ''))
  expect(first.filter).toEqual(['a = 1', ['b = 2', 'c = 3'], '_miroir_shard IN ["!!!!"]'])
  expect(second.filter).toEqual(['a = 1', ['b = 2', 'c = 3']])
})

test('our own fields are looked up under a name that no document has', async () => {
  const world = worldOf(viewOf(TWO_GROUPS), () => list())
  const { body } = await ask(world, { facetName: '_miroir_seq' })
  expect(body['facetHits']).toEqual([])
  for (const sent of world.transport.sent) expect(sent.body).not.toContain('_miroir_seq')
})

test('a dead or lying copy is replaced', async () => {
  for (const fault of [{ kind: 'never-sent', reason: 'refused' } as const, answer('{"facetHits":3}')]) {
    const world = worldOf(viewOf(TWO_GROUPS), (sent, attempt) =>
      world.transport.sent.length === 1 ? fault : honest(sent, attempt),
    )
    const { status, body } = await ask(world, { facetName: 'g' })
    expect(status).toBe(200)
    expect(body['facetHits']).toHaveLength(3)
  }
})

test('what a node refuses is told in its words, asked without our additions', async () => {
  const world = worldOf(viewOf(TWO_GROUPS), () => errorAnswer(400, 'facet_search_disabled', 'off'))
  const { status, body } = await ask(world, { facetName: 'g' })
  expect([status, body['code'], body['message']]).toEqual([400, 'facet_search_disabled', 'off'])
})

test('what only a node can judge is put to one; what it takes and we cannot do is refused', async () => {
  for (const request of [
    { facetName: 3 },
    { facetName: 'g', facetQuery: 3 },
    { facetName: 'g', hybrid: { embedder: 'e' } },
    { facetName: 'g', q: 'two words', rankingScoreThreshold: 0.3 },
  ]) {
    const refusing = worldOf(viewOf(TWO_GROUPS), () => errorAnswer(400, 'bad_request', 'no'))
    expect(await ask(refusing, request)).toMatchObject({ status: 400, body: { code: 'bad_request' } })
    expect(refusing.transport.sent).toHaveLength(1)
    const taking = worldOf(viewOf(TWO_GROUPS), honest)
    expect(await ask(taking, request)).toMatchObject({ status: 400, body: { code: 'miroir_unsupported' } })
  }
})

test('counts under a threshold are labelled unless they are counted out', async () => {
  const request = { facetName: 'g', q: 'word', rankingScoreThreshold: 0.3 }
  const labelled = await ask(worldOf(viewOf(TWO_GROUPS), honest), request)
  expect(labelled.headers).toEqual([['X-Miroir-Approximate', 'facets']])
  const counted = await ask(worldOf(viewOf(TWO_GROUPS), honest), { ...request, exhaustiveFacetCount: true })
  expect(counted.headers).toEqual([])
})
