import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import { get } from './behaviour-routing.ts'
import { pause, until } from './exchange-case.ts'
import { type EngineName, route, startRig } from './rig.ts'
import { RawClient, TrickleReader } from './socket.ts'

/** Clients that do not read what they asked for. */
export function readers(engine: EngineName): void {
  describe('slow readers', () => {
    it('drops a reader that takes nothing', async () => {
      const clock = new VirtualClock()
      const big = new Uint8Array(40_000_000).fill(0x61)
      const rig = await startRig(engine, [route('GET', '/big', () => ({ status: 200, body: big }))], {
        clock,
      })
      const client = await RawClient.open(rig.port)
      client.pause()
      client.send(get('/big'))
      await until(() => rig.observer.requests.length === 1)
      await pause(100)
      await clock.advance(30_000)
      await until(() => rig.observer.limits.length > 0)
      expect(rig.observer.limits).toEqual(['slow_reader'])
      client.resume()
      await client.ended()
      expect(client.replies).toEqual([])
      await rig.server.drain(0)
    })

    it('drops a reader that takes a few bytes now and then', async () => {
      const clock = new VirtualClock()
      const big = new Uint8Array(40_000_000).fill(0x61)
      const rig = await startRig(engine, [route('GET', '/big', () => ({ status: 200, body: big }))], {
        clock,
      })
      const client = await TrickleReader.open(rig.port, get('/big'))
      await until(() => rig.observer.requests.length === 1)
      for (let turn = 0; turn < 4 && rig.observer.limits.length === 0; turn++) {
        await client.take(1_000)
        await pause(30)
        await clock.advance(10_000)
      }
      expect(rig.observer.limits).toEqual(['slow_reader'])
      client.destroy()
      await rig.server.drain(0)
    })

    it('drops whoever took nothing for longest when too many bytes wait', async () => {
      const big = new Uint8Array(40_000_000).fill(0x61)
      const rig = await startRig(engine, [route('GET', '/big', () => ({ status: 200, body: big }))], {
        unsentBytesMax: 100_000_000,
      })
      const clients: TrickleReader[] = []
      for (let turn = 1; turn <= 3; turn++) {
        clients.push(await TrickleReader.open(rig.port, get('/big')))
        await until(() => rig.observer.requests.length === turn)
        await pause(30)
      }
      await until(() => rig.observer.limits.length > 0)
      expect(rig.observer.limits).toEqual(['slow_reader'])
      const taken = await Promise.all(clients.map((client) => client.take(big.length)))
      expect(taken.map((bytes) => bytes >= big.length)).toEqual([false, true, true])
      for (const client of clients) client.destroy()
      await rig.server.drain(0)
    })

    it('sends a large reply whole to a reader that pauses', async () => {
      const big = Buffer.alloc(12_000_000, 'abcdefghijklm')
      const rig = await startRig(engine, [route('GET', '/big', () => ({ status: 200, body: big }))])
      const client = await RawClient.open(rig.port)
      client.send(get('/big'))
      for (let turn = 0; turn < 5; turn++) {
        client.pause()
        await pause(10)
        client.resume()
        await pause(1)
      }
      const [reply] = await client.replied(1)
      expect(reply?.body.equals(big)).toBe(true)
      client.destroy()
      await rig.server.drain(0)
    })
  })
}
