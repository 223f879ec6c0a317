import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { answer } from './scripted-server.ts'
import { search, textOf, type World, write } from './world.ts'

export function answerCases(world: World): void {
  describe('bad answers', () => {
    const bad: [string, string, ((socket: Socket) => void)?][] = [
      ['a garbage status line', 'HELLO I AM NOT HTTP\r\n\r\n'],
      ['a garbage header', 'HTTP/1.1 200 OK\r\nno colon here\r\n\r\n'],
      ['a garbage chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n'],
      ['a header flood', `HTTP/1.1 200 OK\r\n${'x-flood: 0123456789\r\n'.repeat(5_000)}`],
      ['one endless header', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(200_000)}`],
      ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'],
      ['a negative length', 'HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n{}'],
      ['a length and chunks', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}'],
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
        world.reply(bytes, then)
        const outcome = await world.send(write)
        expect(outcome.kind).toBe('ambiguous')
        expect(JSON.stringify(outcome)).not.toContain('k3y')
        expect(world.events[0]!.error).not.toBeNull()
        world.reply(answer('{"ok":1}'))
        expect(textOf(await world.send(search))).toBe('{"ok":1}')
        expect(world.server.requests.filter(({ line }) => line.includes('/documents'))).toHaveLength(1)
      })
    }

    it('longer than allowed, by length and by growth', async () => {
      world.reply(answer('x'.repeat(101)))
      expect(await world.send({ ...search, answerBytesMax: 100 })).toMatchObject({ kind: 'ambiguous' })
      const chunk = `32\r\n${'y'.repeat(50)}\r\n`
      world.reply(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(3)}0\r\n\r\n`)
      expect(await world.send({ ...search, answerBytesMax: 100 })).toMatchObject({ kind: 'ambiguous' })
      world.reply(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(2)}0\r\n\r\n`)
      expect(textOf(await world.send({ ...search, answerBytesMax: 100 }))).toHaveLength(100)
    })

    it('a length that is too short never reaches the next request', async () => {
      world.reply('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}SURPRISE')
      expect(textOf(await world.send(search))).toBe('{}')
      world.reply(answer('{"ok":1}'))
      expect(textOf(await world.send(search))).toBe('{"ok":1}')
    })

    it('a second answer nobody asked for never becomes the next one', async () => {
      world.reply(`${answer('{"a":1}')}${answer('{"evil":1}')}`)
      expect(textOf(await world.send(search))).toBe('{"a":1}')
      world.reply(answer('{"ok":1}'))
      expect(textOf(await world.send(search))).toBe('{"ok":1}')
    })
  })
}
