import { expect, it } from 'vitest'
import { copyKeys } from '../../../src/transfer/server/keys.ts'
import { Server } from '../../../src/transfer/server/server.ts'
import { FakeWorld } from './fake-world.ts'

const KEY = {
  uid: 'u1',
  name: 'mine',
  description: null,
  actions: ['search'],
  indexes: ['*'],
  expiresAt: null,
}

function copying(world: FakeWorld) {
  return world.run((context) => {
    const deps = { ...context, note: () => undefined }
    const source = new Server({ role: 'source', url: 'http://source', key: null }, deps)
    return copyKeys(source, new Server({ role: 'target', url: 'http://target', key: null }, deps))
  })
}

function refusal(status: number, code: string) {
  const body = Buffer.from(JSON.stringify({ message: `no: ${code}`, code }))
  return { kind: 'answer', status, contentType: 'application/json', body } as const
}

it('keys keep their uid, and those that are there are counted', async () => {
  const world = new FakeWorld()
  world.source.keys.push({ ...KEY, key: 'secret', createdAt: 'then' }, { ...KEY, uid: 'u2' })
  world.target.keys.push({ ...KEY, uid: 'u2' })
  expect(await copying(world)).toEqual({ created: 1, known: 1, problems: [] })
  expect(world.target.keys[1]).toEqual(KEY)
})

it('a target that creates no keys is told, and fails nothing', async () => {
  const world = new FakeWorld()
  world.source.keys.push(KEY, { ...KEY, uid: 'u2' })
  world.meddle = (side, { method }) =>
    side === 'target' && method === 'POST' ? refusal(400, 'miroir_unsupported') : null
  expect(await copying(world)).toEqual({
    created: 0,
    known: 0,
    problems: ['key "mine": no: miroir_unsupported'],
  })
})

it('a source that shows no keys is told, and fails nothing', async () => {
  const world = new FakeWorld()
  world.meddle = () => refusal(403, 'invalid_api_key')
  expect((await copying(world)).problems).toEqual([
    "the source's key does not allow `keys.get`: no API key was copied",
  ])
})
