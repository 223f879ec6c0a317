import { describe, expect, it } from 'vitest'
import { answer, ScriptedServer } from './scripted-server.ts'
import { search, textOf, type World, write } from './world.ts'

export function requestCases(world: World): void {
  describe('requests', () => {
    it('sends method, path, key, content type and length, and never Accept-Encoding', async () => {
      await world.send({ ...search, headers: { 'accept-encoding': 'gzip', 'meili-proxy-search': 'true' } })
      const { line, headers, body } = world.server.requests[0]!
      expect(line).toBe('POST /indexes/films__g1_0/search HTTP/1.1')
      expect(headers.get('authorization')).toBe('Bearer k3y')
      expect(headers.get('content-type')).toBe('application/json')
      expect(headers.get('content-length')).toBe('9')
      expect(headers.get('meili-proxy-search')).toBe('true')
      expect(headers.has('accept-encoding')).toBe(false)
      expect(headers.has('transfer-encoding')).toBe(false)
      expect(body.toString()).toBe('{"q":"x"}')
    })

    it('sends no body headers without a body', async () => {
      await world.send({ method: 'GET', path: '/health', operation: 'probe', write: false })
      expect(world.server.requests[0]!.headers.has('content-type')).toBe(false)
      expect(world.server.requests[0]!.headers.has('content-length')).toBe(false)
    })

    it('takes bodies from shared memory', async () => {
      const memory = new Uint8Array(new SharedArrayBuffer(200_000)).fill(120)
      await world.send({ ...write, body: memory.subarray(100, 150_100), contentType: 'application/x-ndjson' })
      expect(world.server.requests[0]!.body.equals(Buffer.alloc(150_000, 'x'))).toBe(true)
      expect(world.server.requests[0]!.headers.get('content-type')).toBe('application/x-ndjson')
    })

    it('refuses what is not HTTP without sending a byte', async () => {
      const bad = [
        { ...write, path: '/a b' },
        { ...write, headers: { evil: 'a\r\nb: c' } },
        { ...write, path: '/ü€' },
      ]
      for (const request of bad) expect((await world.send(request)).kind).toBe('never-sent')
      const badNode = { id: 'bad', address: 'not an address', group: 0 }
      expect((await world.send(write, badNode)).kind).toBe('never-sent')
      expect(world.server.requests).toHaveLength(0)
    })

    it('follows a node to another address', async () => {
      const other = await ScriptedServer.listen((socket) => socket.write(answer('{"at":2}')))
      expect(textOf(await world.send(search))).toBe('{}')
      expect(textOf(await world.send(search, other.node()))).toBe('{"at":2}')
      await other.close()
    })
  })

  describe('good answers', () => {
    it('with a length', async () => {
      world.reply(answer('{"hits":[]}'))
      const outcome = await world.send(search)
      expect(outcome).toMatchObject({ kind: 'answer', status: 200, contentType: 'application/json' })
      expect(textOf(outcome)).toBe('{"hits":[]}')
      expect(world.events).toEqual([
        expect.objectContaining({ node: 'n1', operation: 'search', error: null }),
      ])
    })

    it('of any status', async () => {
      for (const status of ['202 Accepted', '404 Not Found', '503 Service Unavailable']) {
        world.reply(answer('{"code":"x"}', status))
        expect(await world.send(write)).toMatchObject({ kind: 'answer', status: Number(status.slice(0, 3)) })
      }
      world.reply('HTTP/1.1 204 No Content\r\n\r\n')
      expect(await world.send(write)).toMatchObject({ kind: 'answer', status: 204, body: new Uint8Array() })
    })

    it('empty', async () => {
      world.reply(answer(''))
      expect(textOf(await world.send(search))).toBe('')
    })

    it('in chunks', async () => {
      const chunks = ['{"a":', '1', '}'].map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join('')
      world.reply(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`)
      expect(textOf(await world.send(search))).toBe('{"a":1}')
    })

    it('in many large chunks', async () => {
      const body = 'abcdefgh'.repeat(40_000)
      const chunks = [body, body, body].map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join('')
      world.reply(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`)
      expect(textOf(await world.send(search))).toBe(body.repeat(3))
    })

    it('byte by byte', async () => {
      const bytes = Buffer.from(answer('{"hits":[1,2,3]}'))
      world.server.script = (socket) => {
        let at = 0
        const next = (): void => {
          if (at < bytes.length) socket.write(bytes.subarray(at, ++at), () => setImmediate(next))
        }
        next()
      }
      expect(textOf(await world.send(search))).toBe('{"hits":[1,2,3]}')
    })

    it('after an interim answer', async () => {
      world.reply(`HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${answer('{"a":1}')}`)
      expect(textOf(await world.send(search))).toBe('{"a":1}')
      world.reply(`HTTP/1.1 100 Continue\r\n\r\n${answer('{"a":1}')}`)
      expect(['answer', 'ambiguous']).toContain((await world.send(search)).kind)
    })

    it('with Connection: close', async () => {
      world.reply(answer('{"a":1}', '200 OK', 'connection: close\r\n'), (socket) => socket.end())
      expect(textOf(await world.send(search))).toBe('{"a":1}')
      expect(textOf(await world.send(search))).toBe('{"a":1}')
      expect(world.server.sockets).toHaveLength(2)
    })

    it('own their memory', async () => {
      world.reply(answer('{"a":1}'))
      const first = await world.send(search)
      world.reply(answer('{"b":2}'))
      await world.send(search)
      expect(textOf(first)).toBe('{"a":1}')
    })

    it('keep the connection for the next request', async () => {
      for (let count = 0; count < 5; count++) await world.send(count % 2 === 0 ? search : write)
      expect(world.server.sockets).toHaveLength(1)
    })
  })
}
