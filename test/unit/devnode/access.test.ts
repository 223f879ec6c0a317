import { request } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningNode, runNode } from './running-node.ts'

let running: RunningNode
beforeAll(async () => {
  running = await runNode()
  await running.write('POST', '/indexes/films/documents', [{ id: 1 }])
})
afterAll(() => running.node.close())

const makeKey = async (key: object): Promise<string> => {
  const { json } = await running.call('POST', '/keys', { indexes: ['*'], expiresAt: null, ...key })
  return json.key
}

it('is open only where a node is', async () => {
  expect((await running.call('GET', '/health', undefined, { key: null })).status).toBe(200)
  expect((await running.call('GET', '/indexes', undefined, { key: null })).json.code).toBe(
    'missing_authorization_header',
  )
  expect((await running.call('GET', '/indexes', undefined, { key: 'nope' })).json.code).toBe(
    'invalid_api_key',
  )
})

it('holds keys to their actions and indexes', async () => {
  const key = await makeKey({ actions: ['documents.*', '*.get'], indexes: ['fil*'] })
  const status = async (method: string, path: string, body?: unknown) =>
    (await running.call(method, path, body, { key })).status
  expect(await status('GET', '/indexes/films/documents')).toBe(200)
  expect(await status('POST', '/indexes/films/search', {})).toBe(200)
  expect(await status('POST', '/indexes/films/documents', [{ id: 2 }])).toBe(202)
  expect(await status('PATCH', '/indexes/films/settings', {})).toBe(403)
  expect(await status('GET', '/indexes/other/documents')).toBe(403)
  expect(await status('GET', '/keys')).toBe(403)
})

it('derives a key from the master key and its uid alone', async () => {
  const uid = '6062abda-a5aa-4414-ac91-ecd7944c0f8d'
  const { status, json } = await running.call('POST', '/keys', {
    uid,
    actions: ['*'],
    indexes: ['*'],
    expiresAt: null,
  })
  expect(status).toBe(201)
  // What a Meilisearch with the same master key made of the same uid.
  expect(json.key).toBe('0d030b69eea2dde1af6e6b714146c4dc942d4b2725c173e5d132c60aad9782f5')
})

it('answers unknown paths and methods without a body', async () => {
  for (const [method, path, status] of [
    ['GET', '/nope', 404],
    ['POST', '/health', 405],
    ['PUT', '/indexes/films/settings/typo-tolerance', 405],
  ] as const) {
    const answer = await running.call(method, path, method === 'GET' ? undefined : {}, { key: null })
    expect([answer.status, answer.text]).toEqual([status, ''])
  }
})

it('refuses a head that is too long with an empty 400', async () => {
  const uids = Array.from({ length: 20_000 }, (_, index) => index).join(',')
  const answer = await running.call('GET', `/tasks?uids=${uids}`)
  expect([answer.status, answer.text]).toEqual([400, ''])
})

it('executes a write whose sender did not wait for the answer', async () => {
  const body = JSON.stringify([{ id: 77 }])
  await new Promise<void>((resolve) => {
    const headers = { authorization: 'Bearer masterKey', 'content-type': 'application/json' }
    const sent = request(`${running.node.address}/indexes/films/documents`, { method: 'POST', headers })
    sent.on('error', () => resolve())
    sent.end(body, () => setTimeout(() => sent.destroy(), 20))
    sent.on('close', () => resolve())
  })
  await expect.poll(async () => (await running.call('GET', '/indexes/films/documents/77')).status).toBe(200)
})

it('closes at once, twice if need be', async () => {
  const other = await runNode()
  await Promise.all([other.node.close(), other.node.close()])
  await expect(other.call('GET', '/health')).rejects.toThrow()
})
