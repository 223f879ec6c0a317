import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { answer } from './scripted-server.ts'
import { BUDGET_MS, lateOf, search, textOf, type World, write } from './world.ts'

export function deadlineCases(world: World): void {
  describe('deadlines', () => {
    it('passed before sending: never sent', async () => {
      const outcome = await world.transport.send(world.server.node(), write, { at: world.clock.now() })
      expect(outcome.kind).toBe('never-sent')
      expect(world.server.sockets).toHaveLength(0)
    })

    it('a read without an answer is aborted', async () => {
      world.server.script = () => {}
      const sent = world.send(search)
      await world.server.received(1)
      await world.clock.advance(BUDGET_MS)
      expect(await sent).toEqual({ kind: 'ambiguous', reason: expect.stringContaining('deadline') })
      await world.server.until(() => world.server.sockets[0]!.destroyed)
      expect(world.events).toEqual([expect.objectContaining({ error: 'deadline' })])
    })

    it('a read in the middle of its answer is aborted', async () => {
      world.reply('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}')
      const sent = world.send(search)
      await world.server.received(1)
      await world.clock.advance(BUDGET_MS)
      expect((await sent).kind).toBe('ambiguous')
    })

    it('an answer in time leaves no timer behind', async () => {
      await world.send(search)
      expect(world.clock.pending).toBe(0)
    })

    it('a write is parked, and its late answer is told', async () => {
      const sockets: Socket[] = []
      world.server.script = (socket) => sockets.push(socket)
      const sent = world.send(write)
      await world.server.received(1)
      await world.clock.advance(BUDGET_MS)
      const outcome = await sent
      expect(outcome.kind).toBe('ambiguous')
      const late = lateOf(outcome)
      await world.clock.advance(60_000)
      expect(sockets[0]!.destroyed).toBe(false)
      sockets[0]!.write(answer('{"taskUid":7}', '202 Accepted'))
      expect(await late).toMatchObject({ kind: 'answer', status: 202 })
      expect(textOf(await late)).toBe('{"taskUid":7}')
      expect(world.events).toHaveLength(1)
      world.server.script = (socket) => socket.write(answer('{}'))
      expect((await world.send(search)).kind).toBe('answer')
      expect(world.server.sockets).toHaveLength(1)
    })

    it('a parked write whose connection breaks says so', async () => {
      world.server.script = () => {}
      const sent = world.send(write)
      await world.server.received(1)
      await world.clock.advance(BUDGET_MS)
      world.server.sockets[0]!.resetAndDestroy()
      const late = await lateOf(await sent)
      expect(late.kind).toBe('ambiguous')
      expect(late).not.toHaveProperty('late')
    })

    it('a write that is not all with the kernel is cut instead of parked', async () => {
      world.server.onConnection = (socket) => socket.pause()
      const body = new Uint8Array(new SharedArrayBuffer(32 << 20))
      const sent = world.send({ ...write, body })
      await world.server.until(() => world.server.sockets.length === 1)
      await world.clock.advance(0)
      await world.clock.advance(BUDGET_MS)
      const outcome = await sent
      expect(outcome.kind).toBe('ambiguous')
      expect(outcome).not.toHaveProperty('late')
      world.server.sockets[0]!.resume()
      await world.server.until(() => world.server.sockets[0]!.destroyed)
      expect(world.server.requests).toHaveLength(0)
    })

    it('an early answer to a body that is not read ends the connection', async () => {
      world.server.onConnection = (socket) => {
        socket.pause()
        socket.write(answer('{"code":"payload_too_large"}', '413 Payload Too Large'))
      }
      const body = new Uint8Array(32 << 20)
      const outcome = await world.send({ ...write, body })
      expect(outcome.kind).not.toBe('never-sent')
      world.server.onConnection = () => {}
      world.server.sockets[0]!.resume()
      await world.server.until(() => world.server.sockets[0]!.destroyed)
      expect(world.server.requests).toHaveLength(0)
    })

    it('requests still waiting for a connection are withdrawn unwritten', async () => {
      const held: Socket[] = []
      world.server.script = (socket) => held.push(socket)
      const first = Array.from({ length: 4 }, () => world.send(search))
      await world.server.received(4)
      const queued = [world.send(write), world.send(search)]
      await world.clock.advance(BUDGET_MS)
      expect((await Promise.all(first)).map(({ kind }) => kind)).toEqual(Array(4).fill('ambiguous'))
      expect((await Promise.all(queued)).map(({ kind }) => kind)).toEqual(['never-sent', 'never-sent'])
      world.server.script = (socket) => socket.write(answer('{}'))
      expect((await world.send(search)).kind).toBe('answer')
      expect(world.server.requests).toHaveLength(5)
    })

    it('parked writes leave room for reads', async () => {
      world.server.script = (socket, { line }) => {
        if (line.includes('/search')) socket.write(answer('{}'))
      }
      const writes = Array.from({ length: 10 }, () => world.send(write))
      await world.server.received(3)
      await world.clock.advance(BUDGET_MS)
      const kinds = (await Promise.all(writes)).map(({ kind }) => kind)
      expect(kinds.filter((kind) => kind === 'ambiguous')).toHaveLength(3)
      expect(kinds.filter((kind) => kind === 'never-sent')).toHaveLength(7)
      expect((await world.send(search)).kind).toBe('answer')
      expect(world.server.requests).toHaveLength(4)
    })
  })

  describe('close', () => {
    it('refuses new requests', async () => {
      await world.send(search)
      await world.transport.close()
      expect((await world.send(write)).kind).toBe('never-sent')
      expect(world.server.requests).toHaveLength(1)
      await world.server.until(() => world.server.sockets[0]!.destroyed)
    })

    it('lets requests under way end and withdraws waiting ones', async () => {
      const held: Socket[] = []
      world.server.script = (socket) => held.push(socket)
      const underWay = Array.from({ length: 4 }, () => world.send(search))
      await world.server.received(4)
      const waiting = world.send(write)
      const closing = world.transport.close()
      expect((await waiting).kind).toBe('never-sent')
      for (const socket of held) socket.write(answer('{}'))
      expect((await Promise.all(underWay)).map(({ kind }) => kind)).toEqual(Array(4).fill('answer'))
      await closing
    })

    it('ends at the latest at the deadlines of requests under way', async () => {
      world.server.script = () => {}
      const sent = [world.send(write), world.send(search)]
      await world.server.received(2)
      const closing = world.transport.close()
      await world.clock.advance(BUDGET_MS)
      expect((await Promise.all(sent)).map(({ kind }) => kind)).toEqual(['ambiguous', 'ambiguous'])
      await closing
    })

    it('breaks parked writes off', async () => {
      world.server.script = () => {}
      const sent = world.send(write)
      await world.server.received(1)
      await world.clock.advance(BUDGET_MS)
      const late = lateOf(await sent)
      await world.transport.close()
      expect((await late).kind).toBe('ambiguous')
    })

    it('can be called twice', async () => {
      await world.send(search)
      await Promise.all([world.transport.close(), world.transport.close()])
    })
  })
}
