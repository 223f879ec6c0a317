import type { Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NodeView } from '../../src/model/view.ts'
import type { NodeRequest, Outcome, Transport } from '../../src/nodes/transport.ts'
import { deadlineAfter } from '../../src/std/deadline.ts'
import { VirtualClock } from '../../src/std/virtual-clock.ts'
import { answer, ScriptedServer } from './scripted-server.ts'

export interface TransportSetup {
  readonly nodeKey: string | null
  readonly clock: VirtualClock
  readonly connectionsMax: number
  readonly onExchange: (event: { operation: string; error: string | null }) => void
}

const BUDGET_MS = 1_000

const search: NodeRequest = {
  method: 'POST',
  path: '/indexes/films__g1_0/search',
  body: Buffer.from('{"q":"x"}'),
  operation: 'search',
  write: false,
}
const write: NodeRequest = {
  ...search,
  path: '/indexes/films__g1_0/documents',
  operation: 'write',
  write: true,
}

/** What any transport must do; `make` builds the one under test. */
export function transportSuite(name: string, make: (setup: TransportSetup) => Transport): void {
  describe(`${name} against a scripted node`, () => {
    let server: ScriptedServer
    let clock: VirtualClock
    let transport: Transport
    let events: { operation: string; error: string | null }[]

    beforeEach(async () => {
      clock = new VirtualClock()
      events = []
      server = await ScriptedServer.listen((socket) => socket.write(answer('{}')))
      transport = build(4)
    })
    afterEach(async () => {
      const closing = transport.close()
      await clock.advance(BUDGET_MS)
      await server.close()
      await closing
    })

    const build = (connectionsMax: number): Transport =>
      make({ nodeKey: 'k3y', clock, connectionsMax, onExchange: (event) => events.push(event) })
    const send = (request: NodeRequest, node: NodeView = server.node()): Promise<Outcome> =>
      transport.send(node, request, deadlineAfter(clock, BUDGET_MS))
    /** Replaces every answer by raw bytes, then optionally ends the connection. */
    const reply = (bytes: string | Buffer, then?: (socket: Socket) => void): void => {
      server.script = (socket) => socket.write(bytes, () => then?.(socket))
    }

    describe('requests', () => {
      it('sends method, path, key, content type and length, and never Accept-Encoding', async () => {
        await send({ ...search, headers: { 'accept-encoding': 'gzip', 'meili-proxy-search': 'true' } })
        const { line, headers, body } = server.requests[0]!
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
        await send({ method: 'GET', path: '/health', operation: 'probe', write: false })
        expect(server.requests[0]!.headers.has('content-type')).toBe(false)
        expect(server.requests[0]!.headers.has('content-length')).toBe(false)
      })

      it('takes bodies from shared memory', async () => {
        const memory = new Uint8Array(new SharedArrayBuffer(200_000)).fill(120)
        await send({ ...write, body: memory.subarray(100, 150_100), contentType: 'application/x-ndjson' })
        expect(server.requests[0]!.body.equals(Buffer.alloc(150_000, 'x'))).toBe(true)
        expect(server.requests[0]!.headers.get('content-type')).toBe('application/x-ndjson')
      })

      it('refuses what is not HTTP without sending a byte', async () => {
        const bad = [
          { ...write, path: '/a b' },
          { ...write, headers: { evil: 'a\r\nb: c' } },
          { ...write, path: '/ü€' },
        ]
        for (const request of bad) expect((await send(request)).kind).toBe('never-sent')
        const badNode = { id: 'bad', address: 'not an address', group: 0 }
        expect((await send(write, badNode)).kind).toBe('never-sent')
        expect(server.requests).toHaveLength(0)
      })

      it('follows a node to another address', async () => {
        const other = await ScriptedServer.listen((socket) => socket.write(answer('{"at":2}')))
        expect(textOf(await send(search))).toBe('{}')
        expect(textOf(await send(search, other.node()))).toBe('{"at":2}')
        await other.close()
      })
    })

    describe('good answers', () => {
      it('with a length', async () => {
        reply(answer('{"hits":[]}'))
        const outcome = await send(search)
        expect(outcome).toMatchObject({ kind: 'answer', status: 200, contentType: 'application/json' })
        expect(textOf(outcome)).toBe('{"hits":[]}')
        expect(events).toEqual([expect.objectContaining({ node: 'n1', operation: 'search', error: null })])
      })

      it('of any status', async () => {
        for (const status of ['202 Accepted', '404 Not Found', '503 Service Unavailable']) {
          reply(answer('{"code":"x"}', status))
          expect(await send(write)).toMatchObject({ kind: 'answer', status: Number(status.slice(0, 3)) })
        }
        reply('HTTP/1.1 204 No Content\r\n\r\n')
        expect(await send(write)).toMatchObject({ kind: 'answer', status: 204, body: new Uint8Array() })
      })

      it('empty', async () => {
        reply(answer(''))
        expect(textOf(await send(search))).toBe('')
      })

      it('in chunks', async () => {
        const chunks = ['{"a":', '1', '}']
          .map((text) => `${text.length.toString(16)}\r\n${text}\r\n`)
          .join('')
        reply(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`)
        expect(textOf(await send(search))).toBe('{"a":1}')
      })

      it('in many large chunks', async () => {
        const body = 'abcdefgh'.repeat(40_000)
        const chunks = [body, body, body].map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join('')
        reply(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`)
        expect(textOf(await send(search))).toBe(body.repeat(3))
      })

      it('byte by byte', async () => {
        const bytes = Buffer.from(answer('{"hits":[1,2,3]}'))
        server.script = (socket) => {
          let at = 0
          const next = (): void => {
            if (at < bytes.length) socket.write(bytes.subarray(at, ++at), () => setImmediate(next))
          }
          next()
        }
        expect(textOf(await send(search))).toBe('{"hits":[1,2,3]}')
      })

      it('after an interim answer', async () => {
        reply(`HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n${answer('{"a":1}')}`)
        expect(textOf(await send(search))).toBe('{"a":1}')
        reply(`HTTP/1.1 100 Continue\r\n\r\n${answer('{"a":1}')}`)
        expect(['answer', 'ambiguous']).toContain((await send(search)).kind)
      })

      it('with Connection: close', async () => {
        reply(answer('{"a":1}', '200 OK', 'connection: close\r\n'), (socket) => socket.end())
        expect(textOf(await send(search))).toBe('{"a":1}')
        expect(textOf(await send(search))).toBe('{"a":1}')
        expect(server.sockets).toHaveLength(2)
      })

      it('own their memory', async () => {
        reply(answer('{"a":1}'))
        const first = await send(search)
        reply(answer('{"b":2}'))
        await send(search)
        expect(textOf(first)).toBe('{"a":1}')
      })

      it('keep the connection for the next request', async () => {
        for (let count = 0; count < 5; count++) await send(count % 2 === 0 ? search : write)
        expect(server.sockets).toHaveLength(1)
      })
    })

    describe('bad answers', () => {
      const bad: [string, string, ((socket: Socket) => void)?][] = [
        ['a garbage status line', 'HELLO I AM NOT HTTP\r\n\r\n'],
        ['a garbage header', 'HTTP/1.1 200 OK\r\nno colon here\r\n\r\n'],
        ['a garbage chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n'],
        ['a header flood', `HTTP/1.1 200 OK\r\n${'x-flood: 0123456789\r\n'.repeat(5_000)}`],
        ['one endless header', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(200_000)}`],
        ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'],
        ['a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n{}'],
        [
          'a length and chunks',
          'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}',
        ],
        ['an odd transfer encoding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n{}', (s) => s.end()],
        ['no length at all', 'HTTP/1.1 200 OK\r\n\r\n{}', (socket) => socket.end()],
        ['a length that is too long', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}', (s) => s.end()],
        ['an absurd length', 'HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n{}'],
        ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
        ['a cut status line', 'HTTP/1.1 2', (socket) => socket.end()],
        ['cut headers', 'HTTP/1.1 200 OK\r\ncontent-le', (socket) => socket.end()],
        ['cut chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab', (s) => s.end()],
        ['a reset in the body', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{', (s) => s.resetAndDestroy()],
        ['nothing but an end', '', (socket) => socket.end()],
        ['nothing but a reset', '', (socket) => socket.resetAndDestroy()],
      ]
      for (const [title, bytes, then] of bad) {
        it(`${title}: ambiguous, and the next request is served`, async () => {
          reply(bytes, then)
          const outcome = await send(write)
          expect(outcome.kind).toBe('ambiguous')
          expect(JSON.stringify(outcome)).not.toContain('k3y')
          expect(events[0]!.error).not.toBeNull()
          reply(answer('{"ok":1}'))
          expect(textOf(await send(search))).toBe('{"ok":1}')
          expect(server.requests.filter(({ line }) => line.includes('/documents'))).toHaveLength(1)
        })
      }

      it('longer than allowed, by length and by growth', async () => {
        reply(answer('x'.repeat(101)))
        expect(await send({ ...search, answerBytesMax: 100 })).toMatchObject({ kind: 'ambiguous' })
        const chunk = `32\r\n${'y'.repeat(50)}\r\n`
        reply(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(3)}0\r\n\r\n`)
        expect(await send({ ...search, answerBytesMax: 100 })).toMatchObject({ kind: 'ambiguous' })
        reply(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(2)}0\r\n\r\n`)
        expect(textOf(await send({ ...search, answerBytesMax: 100 }))).toHaveLength(100)
      })

      it('a length that is too short never reaches the next request', async () => {
        reply('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}SURPRISE')
        expect(textOf(await send(search))).toBe('{}')
        reply(answer('{"ok":1}'))
        expect(textOf(await send(search))).toBe('{"ok":1}')
      })

      it('a second answer nobody asked for never becomes the next one', async () => {
        reply(`${answer('{"a":1}')}${answer('{"evil":1}')}`)
        expect(textOf(await send(search))).toBe('{"a":1}')
        reply(answer('{"ok":1}'))
        expect(textOf(await send(search))).toBe('{"ok":1}')
      })
    })

    describe('connections', () => {
      it('refused: never sent', async () => {
        const gone = await ScriptedServer.listen(() => {})
        const node = gone.node('gone')
        await gone.close()
        expect((await send(write, node)).kind).toBe('never-sent')
        expect((await send(search, node)).kind).toBe('never-sent')
        expect(events.map(({ error }) => error)).toEqual(['refused', 'refused'])
      })

      it('of an unknown host: never sent', async () => {
        const outcome = await send(write, { id: 'x', address: 'http://no-such-host.invalid:7700', group: 0 })
        expect(outcome.kind).toBe('never-sent')
      })

      it('closed by the node while idle: the next request opens another', async () => {
        await send(search)
        server.sockets[0]!.end()
        await server.until(() => server.sockets[0]!.destroyed)
        expect((await send(write)).kind).toBe('answer')
        expect(server.requests).toHaveLength(2)
      })

      it('gone stale: a read is sent once more, on a new connection', async () => {
        await send(search)
        server.script = (socket, _request, count) => {
          if (count === 2) socket.resetAndDestroy()
          else socket.write(answer('{"again":1}'))
        }
        expect(textOf(await send(search))).toBe('{"again":1}')
        expect(server.requests).toHaveLength(3)
        expect(events.map(({ error }) => error)).toEqual([null, null])
      })

      it('gone stale twice: a read is not sent a third time', async () => {
        await send(search)
        server.script = (socket) => socket.resetAndDestroy()
        expect((await send(search)).kind).toBe('ambiguous')
        expect(server.requests).toHaveLength(3)
      })

      it('fresh: a read that fails is not repeated', async () => {
        server.script = (socket) => socket.resetAndDestroy()
        expect((await send(search)).kind).toBe('ambiguous')
        expect(server.requests).toHaveLength(1)
      })

      it('gone stale: a write is never repeated', async () => {
        await send(search)
        server.script = (socket) => socket.resetAndDestroy()
        expect((await send(write)).kind).toBe('ambiguous')
        expect(server.requests).toHaveLength(2)
      })

      it('gone stale after the first answer byte: a read is not repeated', async () => {
        await send(search)
        reply('HTTP/1.1 200 OK\r\n', (socket) => socket.resetAndDestroy())
        expect((await send(search)).kind).toBe('ambiguous')
        expect(server.requests).toHaveLength(2)
      })

      it('never more than allowed', async () => {
        let open = 0
        let peak = 0
        server.script = (socket) => {
          peak = Math.max(peak, ++open)
          setImmediate(() => {
            open--
            socket.write(answer('{}'))
          })
        }
        const outcomes = await Promise.all(
          Array.from({ length: 100 }, (_, at) => send(at % 3 === 0 ? write : search)),
        )
        expect(outcomes.every(({ kind }) => kind === 'answer')).toBe(true)
        expect(server.requests).toHaveLength(100)
        expect(server.sockets.length).toBeLessThanOrEqual(4)
        expect(peak).toBeLessThanOrEqual(4)
      })

      it('all refused at once: every waiting request learns it', async () => {
        const gone = await ScriptedServer.listen(() => {})
        const node = gone.node('gone')
        await gone.close()
        const outcomes = await Promise.all(Array.from({ length: 20 }, () => send(write, node)))
        expect(outcomes.every(({ kind }) => kind === 'never-sent')).toBe(true)
      })
    })

    describe('deadlines', () => {
      it('passed before sending: never sent', async () => {
        const outcome = await transport.send(server.node(), write, { at: clock.now() })
        expect(outcome.kind).toBe('never-sent')
        expect(server.sockets).toHaveLength(0)
      })

      it('a read without an answer is aborted', async () => {
        server.script = () => {}
        const sent = send(search)
        await server.received(1)
        await clock.advance(BUDGET_MS)
        expect(await sent).toEqual({ kind: 'ambiguous', reason: expect.stringContaining('deadline') })
        await server.until(() => server.sockets[0]!.destroyed)
        expect(events).toEqual([expect.objectContaining({ error: 'deadline' })])
      })

      it('a read in the middle of its answer is aborted', async () => {
        reply('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}')
        const sent = send(search)
        await server.received(1)
        await clock.advance(BUDGET_MS)
        expect((await sent).kind).toBe('ambiguous')
      })

      it('an answer in time leaves no timer behind', async () => {
        await send(search)
        expect(clock.pending).toBe(0)
      })

      it('a write is parked, and its late answer is told', async () => {
        const sockets: Socket[] = []
        server.script = (socket) => sockets.push(socket)
        const sent = send(write)
        await server.received(1)
        await clock.advance(BUDGET_MS)
        const outcome = await sent
        expect(outcome.kind).toBe('ambiguous')
        const late = lateOf(outcome)
        await clock.advance(60_000)
        expect(sockets[0]!.destroyed).toBe(false)
        sockets[0]!.write(answer('{"taskUid":7}', '202 Accepted'))
        expect(await late).toMatchObject({ kind: 'answer', status: 202 })
        expect(textOf(await late)).toBe('{"taskUid":7}')
        expect(events).toHaveLength(1)
        server.script = (socket) => socket.write(answer('{}'))
        expect((await send(search)).kind).toBe('answer')
        expect(server.sockets).toHaveLength(1)
      })

      it('a parked write whose connection breaks says so', async () => {
        server.script = () => {}
        const sent = send(write)
        await server.received(1)
        await clock.advance(BUDGET_MS)
        server.sockets[0]!.resetAndDestroy()
        const late = await lateOf(await sent)
        expect(late.kind).toBe('ambiguous')
        expect(late).not.toHaveProperty('late')
      })

      it('a write that is not all with the kernel is cut instead of parked', async () => {
        server.onConnection = (socket) => socket.pause()
        const body = new Uint8Array(new SharedArrayBuffer(32 << 20))
        const sent = send({ ...write, body })
        await server.until(() => server.sockets.length === 1)
        await clock.advance(0)
        await clock.advance(BUDGET_MS)
        const outcome = await sent
        expect(outcome.kind).toBe('ambiguous')
        expect(outcome).not.toHaveProperty('late')
        server.sockets[0]!.resume()
        await server.until(() => server.sockets[0]!.destroyed)
        expect(server.requests).toHaveLength(0)
      })

      it('an early answer to a body that is not read ends the connection', async () => {
        server.onConnection = (socket) => {
          socket.pause()
          socket.write(answer('{"code":"payload_too_large"}', '413 Payload Too Large'))
        }
        const body = new Uint8Array(32 << 20)
        const outcome = await send({ ...write, body })
        expect(outcome.kind).not.toBe('never-sent')
        server.onConnection = () => {}
        server.sockets[0]!.resume()
        await server.until(() => server.sockets[0]!.destroyed)
        expect(server.requests).toHaveLength(0)
      })

      it('requests still waiting for a connection are withdrawn unwritten', async () => {
        const held: Socket[] = []
        server.script = (socket) => held.push(socket)
        const first = Array.from({ length: 4 }, () => send(search))
        await server.received(4)
        const queued = [send(write), send(search)]
        await clock.advance(BUDGET_MS)
        expect((await Promise.all(first)).map(({ kind }) => kind)).toEqual(Array(4).fill('ambiguous'))
        expect((await Promise.all(queued)).map(({ kind }) => kind)).toEqual(['never-sent', 'never-sent'])
        server.script = (socket) => socket.write(answer('{}'))
        expect((await send(search)).kind).toBe('answer')
        expect(server.requests).toHaveLength(5)
      })

      it('parked writes leave room for reads', async () => {
        server.script = (socket, { line }) => {
          if (line.includes('/search')) socket.write(answer('{}'))
        }
        const writes = Array.from({ length: 10 }, () => send(write))
        await server.received(3)
        await clock.advance(BUDGET_MS)
        const kinds = (await Promise.all(writes)).map(({ kind }) => kind)
        expect(kinds.filter((kind) => kind === 'ambiguous')).toHaveLength(3)
        expect(kinds.filter((kind) => kind === 'never-sent')).toHaveLength(7)
        expect((await send(search)).kind).toBe('answer')
        expect(server.requests).toHaveLength(4)
      })
    })

    describe('close', () => {
      it('refuses new requests', async () => {
        await send(search)
        await transport.close()
        expect((await send(write)).kind).toBe('never-sent')
        expect(server.requests).toHaveLength(1)
        await server.until(() => server.sockets[0]!.destroyed)
      })

      it('lets requests under way end and withdraws waiting ones', async () => {
        const held: Socket[] = []
        server.script = (socket) => held.push(socket)
        const underWay = Array.from({ length: 4 }, () => send(search))
        await server.received(4)
        const waiting = send(write)
        const closing = transport.close()
        expect((await waiting).kind).toBe('never-sent')
        for (const socket of held) socket.write(answer('{}'))
        expect((await Promise.all(underWay)).map(({ kind }) => kind)).toEqual(Array(4).fill('answer'))
        await closing
      })

      it('ends at the latest at the deadlines of requests under way', async () => {
        server.script = () => {}
        const sent = [send(write), send(search)]
        await server.received(2)
        const closing = transport.close()
        await clock.advance(BUDGET_MS)
        expect((await Promise.all(sent)).map(({ kind }) => kind)).toEqual(['ambiguous', 'ambiguous'])
        await closing
      })

      it('breaks parked writes off', async () => {
        server.script = () => {}
        const sent = send(write)
        await server.received(1)
        await clock.advance(BUDGET_MS)
        const late = lateOf(await sent)
        await transport.close()
        expect((await late).kind).toBe('ambiguous')
      })

      it('can be called twice', async () => {
        await send(search)
        await Promise.all([transport.close(), transport.close()])
      })
    })
  })
}

function textOf(outcome: Outcome): string {
  if (outcome.kind !== 'answer') throw new Error(`expected an answer, got ${JSON.stringify(outcome)}`)
  return Buffer.from(outcome.body).toString()
}

function lateOf(outcome: Outcome): Promise<Outcome> {
  if (outcome.kind !== 'ambiguous' || outcome.late === undefined) throw new Error('not parked')
  return outcome.late
}
