import { expect, test } from 'vitest'
import { explainRoutes } from '../../../src/api/queries/explain.ts'
import type { ReadObserver } from '../../../src/flows/read-deps.ts'
import type { Reply } from '../../../src/model/call.ts'
import { MiroirError } from '../../../src/model/errors.ts'
import { callOf, errorAnswer, type Placement, viewOf, type World, worldOf } from './read-world.ts'
import { honest, shown, TWO_GROUPS } from './search-call.ts'

const SET = { filterableAttributes: ['id'] }
const ONE_GROUP: Placement = { a: { group: 0, shards: [0, 1] }, b: { group: 0, shards: [2, 3] } }

interface Ask {
  readonly query?: string
  readonly operator?: boolean
  readonly observe?: ReadObserver
}

async function explain(world: World, body: unknown, ask: Ask = {}): Promise<ReturnType<typeof shown>> {
  const { query = '', operator = true, observe = {} } = ask
  const read = { ...world.deps, observe }
  const [route] = explainRoutes({ read, isOperator: () => operator })
  const call = callOf({ body: JSON.stringify(body), query })
  const reply = await Promise.resolve()
    .then((): Reply | Promise<Reply> => route!.handler(call))
    .catch((error: unknown) => {
      if (error instanceof MiroirError) return error
      throw error
    })
  return shown(reply)
}

test('shows a plan and asks nobody', async () => {
  const world = worldOf(viewOf(ONE_GROUP, SET), honest)
  const { status, body } = await explain(world, { q: 'x', filter: 'id = 5' })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    ...{ resolved_uid: 'films', view_epoch: 1, kind: 'whole', tier: 'S', narrowed: true },
    ...{ narrowing_reason: 'key-pinned', target_nodes: ['a'], target_shards: [1], warnings: [] },
    targets: [{ node: 'a', index: 'films__g1_0', path: '/indexes/films__g1_0/search', body: { q: 'x' } }],
  })
  expect(body).not.toHaveProperty('execution')
  expect(world.transport.sent).toEqual([])
})

test('carried out, it shows the very plan that was asked of nodes', async () => {
  for (let seed = 1; seed < 20; seed++) {
    const world = worldOf(viewOf(TWO_GROUPS, SET), honest, 'partial', seed)
    const { body } = await explain(world, { limit: 3 }, { query: 'execute=true' })
    const targets = body['targets'] as { node: string; method: string; path: string; body: unknown }[]
    const sent = world.transport.sent.map(({ node, method, path, body: text }) => {
      return { node, method, path, body: JSON.parse(text ?? '') }
    })
    expect(sent).toEqual(
      targets.map(({ node, method, path, body: text }) => ({ node, method, path, body: text })),
    )
    expect(body['execution']).toEqual({
      ...{ took_ms: 0, merge_ms: 0, plans: 1, status: 200, estimated_hits: 4, degraded: null },
      approximate: null,
      exchanges: targets.map(({ node }) => ({ node, outcome: 'ok', took_ms: 0 })),
    })
  }
})

test('a copy that fails shows, and so does what is missing', async () => {
  const world = worldOf(viewOf(ONE_GROUP), (sent, attempt) =>
    sent.node === 'b' ? { kind: 'never-sent', reason: 'refused' } : honest(sent, attempt),
  )
  const { body } = await explain(world, {}, { query: 'execute=true' })
  expect((body['execution'] as { degraded: string }).degraded).toMatch(/^shards=2,3/)
  expect((body['execution'] as { exchanges: unknown }).exchanges).toEqual([
    { node: 'a', outcome: 'ok', took_ms: 0 },
    { node: 'b', outcome: 'unreachable', took_ms: 0 },
  ])
})

test('whoever may only search sees no nodes and no names on them', async () => {
  for (const query of ['', 'execute=true']) {
    const world = worldOf(viewOf(ONE_GROUP, SET), honest)
    const { body } = await explain(
      world,
      { offset: 100, limit: 3, sort: ['x:asc'] },
      { query, operator: false },
    )
    expect(body).toMatchObject({
      node_count: 2,
      shard_count: 4,
      narrowing_reason: 'no-filter',
      kind: 'merged',
    })
    const text = JSON.stringify(body)
    expect(text).not.toMatch(/_miroir_|__g|"node"|"a"|"b"|target|group|generation|epoch|path/)
  }
})

test('what nodes refuse is refused in their words', async () => {
  const refusal = errorAnswer(400, 'invalid_search_filter', 'Attribute `x` is not filterable.')
  const world = worldOf(viewOf(ONE_GROUP), () => refusal)
  expect(await explain(world, { limit: 'x' })).toMatchObject({
    status: 400,
    body: { code: 'invalid_search_filter', message: 'Attribute `x` is not filterable.' },
  })
  const executed = await explain(world, { filter: 'x = 1' }, { query: 'execute=true' })
  expect(executed).toMatchObject({ status: 400, body: { code: 'invalid_search_filter' } })
})

test('what only this proxy cannot do is explained', async () => {
  const world = worldOf(viewOf(ONE_GROUP), honest)
  const counted: unknown[] = []
  const observe: ReadObserver = { explained: (types, executed) => counted.push([types, executed]) }
  const body = { q: 'a b', personalize: { userContext: 'x' } }
  const one = await explain(world, body, { query: 'execute=true', observe })
  expect(one).toMatchObject({ status: 200, body: { kind: 'refused', warnings: [{ type: 'refused' }] } })
  await explain(world, { matchingStrategy: 'frequency', offset: 500 }, { observe })
  await explain(world, {}, { query: 'execute=true', observe })
  expect(counted).toEqual([
    [['refused'], false],
    [['asked_again', 'matching_strategy'], false],
    [[], true],
  ])
})

test('unknown indexes and parameters', async () => {
  const world = worldOf(viewOf(ONE_GROUP, {}, 'books'), honest)
  expect(await explain(world, {})).toMatchObject({ status: 404, body: { code: 'index_not_found' } })
  for (const query of ['execute=yes', 'run=true'])
    expect(await explain(world, {}, { query })).toMatchObject({ status: 400, body: { code: 'bad_request' } })
})
