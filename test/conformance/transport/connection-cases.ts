import { describe, expect, it } from 'vitest'
import { answer, ScriptedServer } from './scripted-server.ts'
import { search, textOf, type World, write } from './world.ts'

export function connectionCases(world: World): void {
  describe('connections', () => {
    it('refused: never sent', async () => {
      const gone = await ScriptedServer.listen(() => {})
      const node = gone.node('gone')
      await gone.close()
      expect((await world.send(write, node)).kind).toBe('never-sent')
      expect((await world.send(search, node)).kind).toBe('never-sent')
      expect(world.events.map(({ error }) => error)).toEqual(['refused', 'refused'])
    })

    it('of an unknown host: never sent', async () => {
      const outcome = await world.send(write, {
        id: 'x',
        address: 'http://no-such-host.invalid:7700',
        group: 0,
      })
      expect(outcome.kind).toBe('never-sent')
    })

    it('closed by the node while idle: the next request opens another', async () => {
      await world.send(search)
      world.server.sockets[0]!.end()
      await world.server.until(() => world.server.sockets[0]!.destroyed)
      expect((await world.send(write)).kind).toBe('answer')
      expect(world.server.requests).toHaveLength(2)
    })

    it('gone stale: a read is sent once more, on a new connection', async () => {
      await world.send(search)
      world.server.script = (socket, _request, count) => {
        if (count === 2) socket.resetAndDestroy()
        else socket.write(answer('{"again":1}'))
      }
      expect(textOf(await world.send(search))).toBe('{"again":1}')
      expect(world.server.requests).toHaveLength(3)
      expect(world.events.map(({ error }) => error)).toEqual([null, null])
    })

    it('gone stale twice: a read is not sent a third time', async () => {
      await world.send(search)
      world.server.script = (socket) => socket.resetAndDestroy()
      expect((await world.send(search)).kind).toBe('ambiguous')
      expect(world.server.requests).toHaveLength(3)
    })

    it('fresh: a read that fails is not repeated', async () => {
      world.server.script = (socket) => socket.resetAndDestroy()
      expect((await world.send(search)).kind).toBe('ambiguous')
      expect(world.server.requests).toHaveLength(1)
    })

    it('gone stale: a write is never repeated', async () => {
      await world.send(search)
      world.server.script = (socket) => socket.resetAndDestroy()
      expect((await world.send(write)).kind).toBe('ambiguous')
      expect(world.server.requests).toHaveLength(2)
    })

    it('gone stale after the first answer byte: a read is not repeated', async () => {
      await world.send(search)
      world.reply('HTTP/1.1 200 OK\r\n', (socket) => socket.resetAndDestroy())
      expect((await world.send(search)).kind).toBe('ambiguous')
      expect(world.server.requests).toHaveLength(2)
    })

    it('never more than allowed', async () => {
      let open = 0
      let peak = 0
      world.server.script = (socket) => {
        peak = Math.max(peak, ++open)
        setImmediate(() => {
          open--
          socket.write(answer('{}'))
        })
      }
      const outcomes = await Promise.all(
        Array.from({ length: 100 }, (_, at) => world.send(at % 3 === 0 ? write : search)),
      )
      expect(outcomes.every(({ kind }) => kind === 'answer')).toBe(true)
      expect(world.server.requests).toHaveLength(100)
      expect(world.server.sockets.length).toBeLessThanOrEqual(4)
      expect(peak).toBeLessThanOrEqual(4)
    })

    it('all refused at once: every waiting request learns it', async () => {
      const gone = await ScriptedServer.listen(() => {})
      const node = gone.node('gone')
      await gone.close()
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => world.send(write, node)))
      expect(outcomes.every(({ kind }) => kind === 'never-sent')).toBe(true)
    })
  })
}
