import { describe, expect, it } from 'vitest'
import { limits } from '../../src/config/limits.ts'
import { chooseEngine } from '../../src/http/server.ts'
import { loadUws } from '../../src/http/uws-module.ts'
import { json } from '../../src/model/call.ts'
import { VirtualClock } from '../../src/std/virtual-clock.ts'
import { encodings } from './http/behaviour-encodings.ts'
import { flow } from './http/behaviour-flow.ts'
import { readers } from './http/behaviour-readers.ts'
import { get, routing } from './http/behaviour-routing.ts'
import { pause } from './http/exchange-case.ts'
import { ENGINES, route, startRig } from './http/rig.ts'
import { RawClient } from './http/socket.ts'

describe.each(ENGINES)('behaviour of %s', (engine) => {
  routing(engine)
  flow(engine)
  readers(engine)
  encodings(engine)
})

describe('pipelining on node', () => {
  it('answers in order, whichever is ready first', async () => {
    const rig = await startRig('node', [
      route('GET', '/slow', async () => {
        await pause(30)
        return json(200, 'slow')
      }),
      route('GET', '/fast', () => json(200, 'fast')),
    ])
    const client = await RawClient.open(rig.port)
    client.send(get('/slow') + get('/fast') + get('/slow'))
    const replies = await client.replied(3)
    expect(replies.map((reply) => reply.body.toString())).toEqual(['"slow"', '"fast"', '"slow"'])
    client.destroy()
    await rig.server.drain(0)
  })

  it('serves nothing behind a refused head', async () => {
    const served: string[] = []
    const handler = async (call: { path: string }) => {
      served.push(call.path)
      await pause(20)
      return json(200, call.path)
    }
    const rig = await startRig('node', [route('GET', '/{name}', handler)])
    const client = await RawClient.open(rig.port)
    client.send(`${get('/a')}${get('/b', 'Host: y\r\n')}${get('/c')}`)
    await client.ended()
    expect(served).toEqual(['/a'])
    expect(client.replies).toEqual([])
    expect(rig.observer.refusals).toEqual(['host'])
    await rig.server.drain(0)
  })
})

describe('bodies nobody wants, on node', () => {
  const echo = route('POST', '/echo', (call) => ({ status: 200, body: call.body }))

  it('are not asked for when the client asks first', async () => {
    const rig = await startRig('node', [echo], { maxBodyBytes: 10 })
    const client = await RawClient.open(rig.port)
    client.send('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\nExpect: 100-continue\r\n\r\n')
    await client.ended()
    expect(client.replies.map((reply) => [reply.status, reply.headers['connection']])).toEqual([
      [413, 'close'],
    ])
    await rig.server.drain(0)
  })

  it('are not read for ever', async () => {
    const clock = new VirtualClock()
    const rig = await startRig('node', [echo], { maxBodyBytes: 10, clock })
    const client = await RawClient.open(rig.port)
    client.send('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 50000\r\n\r\nhello')
    await client.replied(1)
    await clock.advance(limits.discardedBodyMs)
    await client.ended()
    await rig.server.drain(0)
  })
})

describe('choice of the engine', () => {
  const absent = () => loadUws(() => ({ App() {}, us_listen_socket_close() {}, us_socket_local_port() {} }))

  it('takes uws only when its native build is there', () => {
    expect(chooseEngine('auto').kind).toBe('uws')
    expect(chooseEngine('uws').kind).toBe('uws')
    expect(chooseEngine('node')).toEqual({ kind: 'node', warning: null })
    expect(chooseEngine('auto', absent)).toMatchObject({ warning: expect.stringContaining('native build') })
  })

  it('says why it cannot be loaded', () => {
    const broken = () =>
      loadUws(() => {
        throw new Error('no such file')
      })
    expect(chooseEngine('uws', broken)).toEqual({ kind: 'node', warning: 'no such file' })
  })
})
