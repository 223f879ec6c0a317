import { describe, expect, it } from 'vitest'
import { Cancel } from '../../../src/std/cancel.ts'
import { answer } from './scripted-server.ts'
import { search, type World, write } from './world.ts'

export function cancelCases(world: World): void {
  describe('cancelling', () => {
    it('before it is sent: never sent', async () => {
      const cancel = new Cancel()
      cancel.cancel()
      expect((await world.send({ ...search, cancel })).kind).toBe('never-sent')
      expect(world.server.sockets).toHaveLength(0)
    })

    it('a read under way is aborted at once, and the next one is served', async () => {
      world.server.script = () => {}
      const cancel = new Cancel()
      const sent = world.send({ ...search, cancel })
      await world.server.received(1)
      cancel.cancel()
      expect((await sent).kind).toBe('ambiguous')
      await world.server.until(() => world.server.sockets[0]!.destroyed)
      expect(world.events).toEqual([expect.objectContaining({ error: 'cancelled' })])
      expect(world.clock.pending).toBe(0)
      world.server.script = (socket) => socket.write(answer('{}'))
      expect((await world.send(search)).kind).toBe('answer')
    })

    it('a read that waits for a connection is withdrawn unwritten', async () => {
      world.server.script = () => {}
      const cancel = new Cancel()
      const busy = [world.send(search), world.send(search), world.send(search), world.send(search)]
      await world.server.received(busy.length)
      const waiting = world.send({ ...search, cancel })
      cancel.cancel()
      expect((await waiting).kind).toBe('never-sent')
      await world.clock.advance(60_000)
      await Promise.all(busy)
      expect(world.server.requests).toHaveLength(busy.length)
    })

    it('comes too late for an answer that is there', async () => {
      const cancel = new Cancel()
      expect((await world.send({ ...search, cancel })).kind).toBe('answer')
      cancel.cancel()
      expect((await world.send(search)).kind).toBe('answer')
      expect(world.server.sockets).toHaveLength(1)
    })

    it('does not reach writes', async () => {
      const cancel = new Cancel()
      cancel.cancel()
      world.reply(answer('{"taskUid":7}', '202 Accepted'))
      expect((await world.send({ ...write, cancel })).kind).toBe('answer')
    })
  })
}
