import { describe, expect, it } from 'vitest'
import { startServer } from '../../../src/http/server.ts'
import { json } from '../../../src/model/call.ts'
import { fail } from '../../../src/model/errors.ts'
import { systemClock } from '../../../src/std/clock.ts'
import { systemRandom } from '../../../src/std/random.ts'
import { createLogger } from '../../../src/telemetry/log.ts'
import { type EngineName, type Rig, route, startRig, TestObserver, TestSlabs } from './rig.ts'
import { RawClient, type RawReply } from './socket.ts'

/** Sends one request on a connection of its own. */
export async function ask(rig: Rig, text: string): Promise<RawReply> {
  const client = await RawClient.open(rig.port, [text.split(' ')[0] ?? ''])
  client.send(text)
  const [reply] = await client.replied(1)
  client.destroy()
  if (reply === undefined) throw new Error('no reply')
  return reply
}

export function get(path: string, fields = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`
}

export function post(path: string, body: string, fields = ''): string {
  const length = Buffer.byteLength(body)
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n${fields}\r\n${body}`
}

export function errorOf(reply: RawReply): { code: string; message: string } {
  return JSON.parse(reply.body.toString())
}

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

export function routing(engine: EngineName): void {
  const show = route('GET', '/indexes/{uid}/documents/{id}', (call) =>
    json(200, { template: call.template, path: call.path, params: { ...call.params }, query: call.query }),
  )
  const fetch = route('POST', '/indexes/{uid}/documents/fetch', (call) => json(200, call.template))
  const root = route('GET', '/', () => json(200, 'root'))

  describe('routes', () => {
    it('decodes parameters, keeps the query raw and merges slashes', async () => {
      const rig = await startRig(engine, [show, fetch, root])
      const reply = await ask(rig, get('//indexes/a%20b//documents/c%2Fd%C3%A9/?x=%zz&y'))
      expect(JSON.parse(reply.body.toString())).toEqual({
        template: '/indexes/{uid}/documents/{id}',
        path: '/indexes/a b/documents/c/dé',
        params: { uid: 'a b', id: 'c/dé' },
        query: 'x=%zz&y',
      })
      expect((await ask(rig, get('/?'))).body.toString()).toBe('"root"')
      const bare = JSON.parse((await ask(rig, get('/indexes/a/documents/b'))).body.toString())
      expect(bare.query).toBe('')
      const plain = await ask(rig, get('/indexes/a/documents/b'))
      expect(JSON.parse(plain.body.toString())).toMatchObject({ query: '' })
      await rig.server.drain(0)
    })

    it('answers 404 and 405 with empty bodies and asks for no key', async () => {
      const rig = await startRig(engine, [show, fetch, root], {
        authorize: () => fail('missing_authorization_header'),
      })
      for (const [text, status] of [
        [get('/nope'), 404],
        [post('/nope', 'some body'), 404],
        [get('/indexes/a/documents/fetch'), 405],
        ['HEAD / HTTP/1.1\r\nHost: x\r\n\r\n', 405],
        ['OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n', 405],
      ] as const) {
        const reply = await ask(rig, text)
        expect(reply.status).toBe(status)
        expect(reply.body).toHaveLength(0)
        expect(reply.headers['content-length']).toBe('0')
        expect(reply.names).not.toContain('content-type')
      }
      expect((await ask(rig, get('/'))).status).toBe(401)
      await rig.server.drain(0)
    })

    it('looks at the key before the body', async () => {
      const asked: unknown[] = []
      const rig = await startRig(engine, [fetch], {
        maxBodyBytes: 10,
        authorize: (caller, access) => {
          asked.push([caller.header('AUTHORIZATION'), caller.header('x-none'), access])
          return fail('invalid_api_key')
        },
      })
      const reply = await ask(
        rig,
        post('/indexes/a/documents/fetch', 'x'.repeat(50), 'Authorization: Bearer k\r\n'),
      )
      expect(errorOf(reply).code).toBe('invalid_api_key')
      expect(asked).toEqual([['Bearer k', undefined, { kind: 'public' }]])
      await rig.server.drain(0)
    })
  })

  describe('headers', () => {
    it('gives every answer an id of its own', async () => {
      const rig = await startRig(engine, [root])
      const ids = [await ask(rig, get('/')), await ask(rig, get('/nope'))].map(
        (reply) => reply.headers['x-request-id'] ?? '',
      )
      for (const id of ids) expect(id).toMatch(UUID_V7)
      expect(new Set(ids).size).toBe(2)
      expect(rig.observer.requests.map((request) => request.id)).toEqual(ids)
      await rig.server.drain(0)
    })

    it('answers a preflight on every path without a key', async () => {
      const rig = await startRig(engine, [root], { authorize: () => fail('missing_authorization_header') })
      const fields = 'Origin: http://a.example\r\nAccess-Control-Request-Method: POST\r\n'
      const reply = await ask(
        rig,
        `OPTIONS /indexes/films/search HTTP/1.1\r\nHost: x\r\n${fields}` +
          'Access-Control-Request-Headers: authorization,content-type\r\n\r\n',
      )
      expect(reply.status).toBe(200)
      expect(reply.body).toHaveLength(0)
      expect(reply.headers).toMatchObject({
        'access-control-allow-origin': '*',
        'access-control-allow-headers': 'authorization,content-type',
        'access-control-max-age': '86400',
      })
      expect(reply.headers['access-control-allow-methods']).toContain('PATCH')
      await rig.server.drain(0)
    })

    it('allows any origin on answers, errors too', async () => {
      const rig = await startRig(engine, [root])
      for (const path of ['/', '/nope']) {
        const reply = await ask(rig, get(path, 'Origin: http://a.example\r\n'))
        expect(reply.headers['access-control-allow-origin']).toBe('*')
      }
      expect((await ask(rig, get('/'))).names).not.toContain('access-control-allow-origin')
      await rig.server.drain(0)
    })

    it('frames 204, HEAD and ordinary answers once', async () => {
      const empty = route('DELETE', '/keys/{uid}', () => ({ status: 204 }))
      const head = route('HEAD', '/', () => json(200, 'root'))
      const rig = await startRig(engine, [empty, head, root])
      const client = await RawClient.open(rig.port, ['DELETE', 'HEAD', 'GET'])
      client.send('DELETE /keys/a HTTP/1.1\r\nHost: x\r\n\r\n')
      await client.replied(1)
      client.send('HEAD / HTTP/1.1\r\nHost: x\r\n\r\n')
      await client.replied(2)
      client.send(get('/'))
      const [deleted, headed, got] = await client.replied(3)
      client.destroy()
      expect([deleted?.status, deleted?.names.includes('content-length')]).toEqual([204, false])
      expect([headed?.headers['content-length'], headed?.body.length]).toEqual(['6', 0])
      expect(got?.names.filter((name) => name === 'content-length')).toHaveLength(1)
      expect(got?.headers['content-type']).toBe('application/json')
      await rig.server.drain(0)
    })
  })

  describe('handlers', () => {
    it('turns errors into answers and survives', async () => {
      const lines: string[] = []
      const logger = createLogger({ level: 'info', write: (line) => void lines.push(line) })
      const rig = await startRig(
        engine,
        [
          route('GET', '/known', () => {
            throw fail('miroir_no_quorum', { uid: 'a', shards: '1' })
          }),
          route('GET', '/later', () => Promise.reject(fail('index_not_found', { uid: 'a' }))),
          route('GET', '/bug', () => {
            throw new TypeError('secret detail')
          }),
          route('GET', '/rejected', () => Promise.reject(new Error('secret detail'))),
          route('GET', '/split', () => ({ status: 200, headers: [['x-a', 'a\r\nx-b: c']] })),
          route('GET', '/framing', () => ({ status: 200, headers: [['Content-Length', '3']] })),
        ],
        { logger },
      )
      const known = await ask(rig, get('/known'))
      expect([known.status, errorOf(known).code]).toEqual([503, 'miroir_no_quorum'])
      expect(known.headers['retry-after']).toBe('5')
      expect((await ask(rig, get('/later'))).status).toBe(404)
      expect(lines).toEqual([])
      for (const path of ['/bug', '/rejected', '/split', '/framing']) {
        const reply = await ask(rig, get(path))
        expect([reply.status, errorOf(reply).code]).toEqual([500, 'internal'])
        expect(reply.body.toString()).not.toContain('secret')
        expect(reply.names).not.toContain('x-b')
      }
      expect(lines).toHaveLength(4)
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', path_template: '/bug' })
      await rig.server.drain(0)
    })
  })

  it('refuses an address that is taken', async () => {
    const rig = await startRig(engine, [root])
    const again = startServer({
      engine,
      bind: '127.0.0.1',
      port: rig.port,
      maxBodyBytes: 1,
      requestTimeoutMs: 1,
      maxConcurrentRequests: 1,
      routes: [],
      authorize: () => null,
      slabs: new TestSlabs(),
      clock: systemClock,
      random: systemRandom,
      observer: new TestObserver(),
    })
    await expect(again).rejects.toThrow(/in use/i)
    await rig.server.drain(0)
  })
}
