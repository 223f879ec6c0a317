import { expect, test } from 'vitest'
import { documentReadRoutes } from '../../../src/api/read-documents.ts'
import { MiroirError } from '../../../src/model/errors.ts'
import { text } from '../../../src/std/bytes.ts'
import {
  answer,
  type CallParts,
  callOf,
  errorAnswer,
  type Placement,
  type Script,
  seqText,
  viewOf,
  type World,
  worldOf,
} from './read-world.ts'

const THREE: Placement = {
  a: { group: 0, shards: [0] },
  b: { group: 0, shards: [1] },
  c: { group: 0, shards: [2] },
  d: { group: 1, shards: [0, 1] },
}

/** Documents 0…8 by shard `id mod 3`, written in order of their ids. */
const documentOf = (id: number): string =>
  `{"_miroir_shard":"!!!!","_miroir_seq":"${seqText(id)}","id":${id},"n":1.0}`
const listOf = (ids: readonly number[]): string =>
  `{"results":[${ids.map(documentOf).join(',')}],"offset":0,"limit":20,"total":${ids.length}}`
const SHARDS: Readonly<Record<string, readonly number[]>> = { a: [0, 3, 6], b: [1, 4, 7], c: [2, 5, 8] }

const honest: Script = ({ node, path }) => {
  const id = /documents\/(\d+)/.exec(path)?.[1]
  return answer(id === undefined ? listOf(SHARDS[node] ?? []) : documentOf(Number(id)))
}

async function ask(world: World, method: string, template: string, parts: CallParts = {}) {
  const route = documentReadRoutes(world.deps).find(
    (found) => found.method === method && found.template === `/indexes/{uid}/documents${template}`,
  )
  try {
    const reply = await route!.handler(callOf({ method, ...parts }))
    const raw = typeof reply.body === 'string' ? reply.body : text(reply.body ?? new Uint8Array())
    return { status: reply.status, text: raw, headers: reply.headers ?? [] }
  } catch (error) {
    if (error instanceof MiroirError)
      return { status: error.status, text: JSON.stringify(error.body), headers: [] }
    throw error
  }
}

const world = (script: Script = honest, policy: 'partial' | 'error' = 'partial'): World =>
  worldOf(viewOf(THREE), script, policy)

test('a list is one order over all shards, in the documents own bytes', async () => {
  const place = world()
  place.down.add('d')
  const reply = await ask(place, 'POST', '/fetch', { body: '{"offset":2,"limit":3}' })
  expect(reply.text).toBe(
    '{"results":[{"id":2,"n":1.0},{"id":3,"n":1.0},{"id":4,"n":1.0}],"offset":2,"limit":3,"total":9}',
  )
  expect(place.transport.sent.map(({ body }) => body)).toEqual(
    Array(3).fill('{"sort":["_miroir_seq:asc"],"offset":0,"limit":5}'),
  )
})

test('restricted fields bring the order along', async () => {
  const place = world()
  await ask(place, 'GET', '', { query: 'fields=id,title&limit=1' })
  for (const { body } of place.transport.sent)
    expect(JSON.parse(body ?? '').fields).toEqual(['id', 'title', '_miroir_seq'])
})

test('ids are looked for where they can be', async () => {
  const place = world()
  place.down.add('d')
  await ask(place, 'POST', '/fetch', { body: '{"ids":[3,"6"]}' })
  expect(place.transport.sent.map(({ node }) => node)).toEqual(['a'])
  await ask(place, 'GET', '', { query: 'ids=1,2' })
  expect(place.transport.sent.map(({ node }) => node)).toEqual(['a', 'b', 'c'])
})

test('a list without one shard is labelled; without all that was wanted it is an error', async () => {
  const broken: Script = (sent, attempt) =>
    sent.node === 'c' ? { kind: 'never-sent', reason: 'x' } : honest(sent, attempt)
  const place = world(broken)
  place.down.add('d')
  const reply = await ask(place, 'GET', '', {})
  expect(reply.headers).toEqual([['X-Miroir-Degraded', expect.stringMatching(/^shards=2/)]])
  expect(JSON.parse(reply.text).total).toBe(6)
  expect((await ask(place, 'GET', '', { query: 'ids=2' })).status).toBe(503)
  expect((await ask(world(broken, 'error'), 'GET', '')).status).toBe(503)
})

test('a sorted list is merged by values that nodes tell, which nobody sees', async () => {
  // Descending, and the same for neighbours: then the last writes decide.
  const rankOf = (id: number): number => Math.floor(id / 2)
  const told: Script = ({ node, body, headers }) => {
    expect(headers).toMatchObject({ 'meili-proxy-search': 'true' })
    const wanted = { sort: ['x:desc', '_miroir_seq:asc'], offset: 0, limit: 6, fields: ['id'] }
    expect(JSON.parse(body ?? '')).toEqual(wanted)
    const ids = (SHARDS[node] ?? []).toSorted((one, other) => rankOf(other) - rankOf(one) || one - other)
    const documents = ids.map((id) => {
      const values = `{"sort":{"asc":false,"value":${rankOf(id)}}},{"sort":{"asc":true,"value":"${seqText(id)}"}}`
      return `{"id":${id},"_federation":{"weightedScoreValues":[${values}]}}`
    })
    return answer(`{"results":[${documents.join(',')}],"offset":0,"limit":6,"total":3}`)
  }
  const body = '{"sort":["x:desc"],"offset":1,"limit":5,"fields":["id"]}'
  const reply = await ask(world(told), 'POST', '/fetch', { body })
  const shown = [6, 7, 4, 5, 2].map((id) => `{"id":${id}}`).join(',')
  expect(reply.text).toBe(`{"results":[${shown}],"offset":1,"limit":5,"total":9}`)
  const query = 'sort=x:desc&offset=1&limit=5&fields=id'
  expect((await ask(world(told), 'GET', '', { query })).text).toBe(reply.text)
})

test('what a node has against a sort is told in its words', async () => {
  const sorted = { body: '{"sort":["x:asc"]}' }
  const native = world(() => errorAnswer(400, 'invalid_document_sort', 'no'))
  expect((await ask(native, 'POST', '/fetch', sorted)).text).toContain('invalid_document_sort')
})

test('one document comes from a copy of its shard, with its own bytes', async () => {
  const place = world()
  const reply = await ask(place, 'GET', '/{id}', { params: { id: '5' }, query: 'fields=id,n' })
  expect(reply).toEqual({ status: 200, text: '{"id":5,"n":1.0}', headers: [] })
  expect(place.transport.sent).toMatchObject([
    { node: 'c', path: '/indexes/films__g1_0/documents/5?fields=id,n', body: null },
  ])
})

test('one document: another copy when the first fails or lies, 503 when there is none', async () => {
  for (const fault of [answer('{"id":'), answer('{"id":1},{"id":2}'), errorAnswer(500, 'internal', 'x')]) {
    let asked = 0
    const place = world((sent, attempt) => (asked++ === 0 ? fault : honest(sent, attempt)))
    const reply = await ask(place, 'GET', '/{id}', { params: { id: '3' } })
    expect(reply.text).toBe('{"id":3,"n":1.0}')
    expect(new Set(place.transport.sent.map(({ node }) => node))).toEqual(new Set(['a', 'd']))
  }
  const dead = world(() => ({ kind: 'never-sent', reason: 'x' }))
  const reply = await ask(dead, 'GET', '/{id}', { params: { id: '2' } })
  expect(reply.status).toBe(503)
  expect(reply.text).toContain('miroir_shard_unavailable')
})

test('a missing document is a 404 after one question', async () => {
  const place = world(() => errorAnswer(404, 'document_not_found', 'Document `9` not found.'))
  const reply = await ask(place, 'GET', '/{id}', { params: { id: '9' } })
  expect([reply.status, JSON.parse(reply.text).code]).toEqual([404, 'document_not_found'])
  expect(place.transport.sent).toHaveLength(1)
})
