import { expect, test } from 'vitest'
import { multiSearchRoutes } from '../../../src/api/queries/multi-search.ts'
import { MiroirError } from '../../../src/model/errors.ts'
import type { Outcome } from '../../../src/nodes/transport.ts'
import { text } from '../../../src/std/bytes.ts'
import {
  answer,
  callOf,
  errorAnswer,
  hitsAnswer,
  type Script,
  type Sent,
  viewOf,
  type World,
  worldOf,
} from './read-world.ts'
import { IDS, shown, TWO_GROUPS } from './search-call.ts'

const bodyOf = (outcome: Outcome): object =>
  outcome.kind === 'answer' ? (JSON.parse(text(outcome.body)) as object) : {}

/** Each node answers all searches of a request with its hits; a query `bad` is refused. */
const honest: Script = (sent: Sent) => {
  const { queries } = JSON.parse(sent.body ?? '{}') as { queries?: { indexUid: string; q?: string }[] }
  const own = hitsAnswer(IDS[sent.node] ?? [])
  if (queries === undefined) return own
  const missing = queries.findIndex((query) => query.indexUid === 'nope')
  if (missing !== -1)
    return errorAnswer(400, 'index_not_found', `Inside \`.queries[${missing}]\`: Index \`nope\` not found.`)
  const bad = queries.findIndex((query) => query.q === 'bad')
  if (bad !== -1) {
    const message = `Inside \`.queries[${bad}]\`: Index \`films__g1_0\`: bad`
    return errorAnswer(400, 'invalid_search_filter', message)
  }
  return answer({ results: queries.map(({ indexUid }) => ({ indexUid, ...bodyOf(own as Outcome) })) })
}

async function ask(world: World, body: unknown) {
  const [route] = multiSearchRoutes(world.deps)
  const sent = typeof body === 'string' ? body : JSON.stringify(body)
  const reply = Promise.resolve(route!.handler(callOf({ body: sent, params: {} }))).catch(
    (error: unknown) => {
      if (error instanceof MiroirError) return error
      throw error
    },
  )
  for (let step = 0; step < 20; step++) await world.clock.advance(500)
  return shown(await reply)
}

interface Result {
  readonly indexUid: string
  readonly hits: readonly { readonly id: number }[]
  readonly requestUid: string
}

test('each search is answered as if alone, and each node is asked once', async () => {
  const world = worldOf(viewOf(TWO_GROUPS), honest)
  const query = { indexUid: 'films', limit: 3 }
  const { status, body, headers } = await ask(world, { queries: [query, { ...query, offset: 2 }] })
  expect([status, headers]).toEqual([200, []])
  const results = body['results'] as readonly Result[]
  expect(results.map((result) => result.hits.map(({ id }) => id))).toEqual([
    [1, 2, 3],
    [3, 4],
  ])
  expect(Object.keys(results[0] ?? {})[0]).toBe('indexUid')
  expect(new Set(results.map((result) => result.requestUid)).size).toBe(1)
  expect(world.transport.sent.length).toBeLessThanOrEqual(4)
  expect(new Set(world.transport.sent.map(({ node }) => node)).size).toBe(world.transport.sent.length)
})

test('no searches are no results', async () => {
  const { body } = await ask(worldOf(viewOf(TWO_GROUPS), honest), { queries: [] })
  expect(body).toEqual({ results: [] })
})

test('a refused search, and an index that is not there, fail the whole in the words of a node', async () => {
  const good = { indexUid: 'films' }
  const bad = await ask(worldOf(viewOf(TWO_GROUPS), honest), {
    queries: [good, { indexUid: 'films', q: 'bad' }],
  })
  expect(bad).toMatchObject({
    status: 400,
    body: { message: 'Inside `.queries[1]`: Index `films`: bad', code: 'invalid_search_filter' },
  })
  const missing = await ask(worldOf(viewOf(TWO_GROUPS), honest), { queries: [good, { indexUid: 'nope' }] })
  expect(missing).toMatchObject({
    status: 400,
    body: { message: 'Inside `.queries[1]`: Index `nope` not found.', code: 'index_not_found' },
  })
})

test('what only a node can judge is put to one with its own names of indexes', async () => {
  for (const body of [
    { queries: 3 },
    { queries: [3] },
    { queries: [{}] },
    { queries: [{ indexUid: 'films', limit: 'x' }] },
    { queries: [{ indexUid: 'films', federationOptions: { weight: 1 } }] },
    { queries: [], other: 1 },
    { queries: [], federation: 3 },
  ]) {
    const world = worldOf(viewOf(TWO_GROUPS), () => errorAnswer(400, 'bad_request', 'no `films__g1_0`'))
    expect(await ask(world, body)).toMatchObject({ status: 400, body: { message: 'no `films`' } })
    const [sent] = world.transport.sent
    expect([world.transport.sent.length, sent?.path]).toEqual([1, '/multi-search'])
    expect(sent?.body).not.toContain('"films"')
  }
})

test('a dead copy is replaced for all searches, together again', async () => {
  const world = worldOf(viewOf(TWO_GROUPS), (sent, attempt) =>
    world.transport.sent.length === 1 ? { kind: 'never-sent', reason: 'refused' } : honest(sent, attempt),
  )
  const query = { indexUid: 'films' }
  const { status, body } = await ask(world, { queries: [query, query, query] })
  expect(status).toBe(200)
  for (const { hits } of body['results'] as readonly Result[])
    expect(hits.map(({ id }) => id)).toEqual([1, 2, 3, 4])
  for (const { path } of world.transport.sent) expect(path).toBe('/multi-search')
})

test('a missing shard is told once for all, and fails the whole by policy', async () => {
  const script: Script = (sent, attempt) =>
    sent.node === 'b' || sent.node === 'd' ? { kind: 'never-sent', reason: 'refused' } : honest(sent, attempt)
  const query = { indexUid: 'films' }
  const partial = await ask(worldOf(viewOf(TWO_GROUPS), script), { queries: [query, query] })
  expect(partial.headers).toEqual([['X-Miroir-Degraded', expect.stringMatching(/^shards=2,3[^,]*$/)]])
  const strict = await ask(worldOf(viewOf(TWO_GROUPS), script, 'error'), { queries: [query] })
  expect(strict).toMatchObject({ status: 503, body: { code: 'miroir_shard_unavailable' } })
})

test('more searches than one request may hold are refused', async () => {
  const queries = Array.from({ length: 1001 }, () => ({ indexUid: 'films' }))
  const world = worldOf(viewOf(TWO_GROUPS), honest)
  expect(await ask(world, { queries })).toMatchObject({
    status: 400,
    body: { code: 'miroir_too_many_queries' },
  })
  expect(world.transport.sent).toEqual([])
})
