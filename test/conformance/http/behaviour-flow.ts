import { describe, expect, it } from 'vitest'
import type { Call, Reply } from '../../../src/model/call.ts'
import { json } from '../../../src/model/call.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import { ask, errorOf, get, post } from './behaviour-routing.ts'
import { pause, until } from './exchange-case.ts'
import { type EngineName, type Rig, route, startRig, TestSlabs } from './rig.ts'
import { RawClient } from './socket.ts'

/** A handler that waits until the test lets it answer. */
class Gate {
  readonly calls: Call[] = []
  #answers: ((reply: Reply) => void)[] = []

  readonly handler = (call: Call): Promise<Reply> => {
    this.calls.push(call)
    return new Promise((resolve) => {
      this.#answers.push(resolve)
    })
  }

  async entered(count: number): Promise<void> {
    while (this.calls.length < count) await pause(2)
  }

  answer(body: Uint8Array | string = 'done'): void {
    this.#answers.shift()?.({ status: 200, contentType: 'text/plain', body })
  }
}

const echo = route('POST', '/echo', (call) => ({ status: 200, contentType: 'text/plain', body: call.body }))
const root = route('GET', '/', () => json(200, 'root'))

export function flow(engine: EngineName): void {
  describe('bodies', () => {
    it('arrive whole, by length and in chunks of any size', async () => {
      const rig = await startRig(engine, [echo])
      const body = Array.from({ length: 200_000 }, (_, at) => String.fromCharCode(97 + (at % 26))).join('')
      expect((await ask(rig, post('/echo', body))).body.toString()).toBe(body)
      const client = await RawClient.open(rig.port)
      client.send('POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
      for (let at = 0; at < body.length; ) {
        const size = Math.min(1 + ((at * 7) % 9_973), body.length - at)
        client.send(`${size.toString(16)}\r\n${body.slice(at, at + size)}\r\n`)
        at += size
        if (at % 5 === 0) await pause(1)
      }
      client.send('0\r\n\r\n')
      const [reply] = await client.replied(1)
      expect(reply?.body.toString()).toBe(body)
      client.destroy()
      await until(() => rig.slabs.held === 0)
      await rig.server.drain(0)
    })

    it('over the bound get 413, and the connection goes on', async () => {
      const rig = await startRig(engine, [echo, root], { maxBodyBytes: 1024 * 10 })
      const message = 'JSON payload has exceeded limit (10240 bytes).'
      const client = await RawClient.open(rig.port)
      client.send(post('/echo', 'x'.repeat(10_241)))
      await client.replied(1)
      const chunk = `3000\r\n${'y'.repeat(0x3000)}\r\n`
      client.send(`POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`)
      await client.replied(2)
      client.send(`${chunk}0\r\n\r\n`)
      await pause(20)
      client.send(get('/'))
      const [declared, chunked, after] = await client.replied(3)
      for (const reply of [declared, chunked]) {
        expect(reply?.status).toBe(413)
        expect(reply && errorOf(reply).code).toBe('payload_too_large')
        expect(reply && errorOf(reply).message).toContain(message)
      }
      expect(after?.status).toBe(200)
      expect(rig.observer.limits).toEqual(['body_bytes', 'body_bytes'])
      expect(rig.slabs.held).toBe(0)
      client.destroy()
      await rig.server.drain(0)
    })

    it('without memory get 503', async () => {
      const slabs = new TestSlabs(40_000)
      const rig = await startRig(engine, [echo], { slabs })
      const declared = await ask(rig, post('/echo', 'x'.repeat(50_000)))
      const chunk = `8000\r\n${'y'.repeat(0x8000)}\r\n`
      const chunked = await ask(
        rig,
        `POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${chunk}0\r\n\r\n`,
      )
      for (const reply of [declared, chunked]) {
        expect([reply.status, errorOf(reply).code]).toEqual([503, 'miroir_overloaded'])
        expect(reply.headers['retry-after']).toBe('1')
      }
      expect(rig.observer.limits).toEqual(['body_memory', 'body_memory'])
      await until(() => slabs.held === 0)
      await rig.server.drain(0)
    })

    it('that stop arriving are given up', async () => {
      const clock = new VirtualClock()
      const rig = await startRig(engine, [echo], { clock, requestTimeoutMs: 1_000 })
      const slow = await RawClient.open(rig.port)
      slow.send('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n')
      slow.send('x'.repeat(100_000))
      await until(() => rig.slabs.held > 0)
      await pause(50)
      await clock.advance(1_000)
      await pause(20)
      expect(slow.replies).toEqual([])
      await clock.advance(1_000)
      const [reply] = await slow.replied(1)
      expect(reply?.status).toBe(408)
      expect(rig.observer.limits).toEqual(['upload_time'])
      await until(() => rig.slabs.held === 0)
      slow.destroy()
      await rig.server.drain(0)
    })
  })

  describe('overload', () => {
    it('sheds requests over the bound but not probes', async () => {
      const gate = new Gate()
      const probe = route('GET', '/health', () => json(200, 'up'), { quiet: true })
      const rig = await startRig(engine, [route('GET', '/slow', gate.handler), root, probe], {
        maxConcurrentRequests: 1,
      })
      const first = ask(rig, get('/slow'))
      await gate.entered(1)
      const shed = await ask(rig, get('/'))
      expect([shed.status, errorOf(shed).code]).toEqual([503, 'miroir_overloaded'])
      expect(shed.headers['retry-after']).toBe('1')
      expect((await ask(rig, get('/health'))).status).toBe(200)
      gate.answer()
      expect((await first).status).toBe(200)
      await until(() => rig.observer.inFlight === 0)
      expect((await ask(rig, get('/'))).status).toBe(200)
      expect(rig.observer.limits).toEqual(['concurrent_requests'])
      await rig.server.drain(0)
    })

    it('answers 504 at the deadline and keeps the body until the handler is done', async () => {
      const clock = new VirtualClock()
      const gate = new Gate()
      const rig = await startRig(engine, [route('POST', '/slow', gate.handler)], {
        clock,
        requestTimeoutMs: 2_000,
      })
      const answer = ask(rig, post('/slow', 'a body'))
      await gate.entered(1)
      const [call] = gate.calls
      expect([call?.aborted(), call?.deadline.at]).toEqual([false, 2_000])
      await clock.advance(2_000)
      const reply = await answer
      expect([reply.status, errorOf(reply).code]).toEqual([504, 'miroir_deadline'])
      expect(call?.aborted()).toBe(true)
      expect(Buffer.from(call?.body ?? []).toString()).toBe('a body')
      expect(rig.slabs.held).toBe(6)
      gate.answer()
      await until(() => rig.slabs.held === 0)
      expect(rig.observer.requests.map((request) => request.status)).toEqual([504])
      await rig.server.drain(0)
    })
  })

  describe('connections', () => {
    it('serve many requests one after another', async () => {
      const rig = await startRig(engine, [echo])
      const client = await RawClient.open(rig.port)
      for (let turn = 1; turn <= 50; turn++) {
        client.send(post('/echo', `body ${turn}`))
        const replies = await client.replied(turn)
        expect(replies[turn - 1]?.body.toString()).toBe(`body ${turn}`)
      }
      client.destroy()
      await until(() => rig.slabs.held === 0)
      await rig.server.drain(0)
    })

    it('that end tell the handler', async () => {
      const gate = new Gate()
      const rig = await startRig(engine, [route('POST', '/slow', gate.handler)])
      const client = await RawClient.open(rig.port)
      client.send(post('/slow', 'a body'))
      await gate.entered(1)
      client.destroy()
      await until(() => gate.calls[0]?.aborted() === true)
      expect(rig.slabs.held).toBe(6)
      gate.answer()
      await until(() => rig.slabs.held === 0)
      expect(rig.observer.requests.map((request) => request.status)).toEqual([499])
      await rig.server.drain(0)
    })

    it('that end while a body arrives give its memory back', async () => {
      const rig = await startRig(engine, [echo])
      const client = await RawClient.open(rig.port)
      client.send('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nhello')
      await until(() => rig.slabs.held === 5_000)
      client.destroy()
      await until(() => rig.slabs.held === 0)
      expect(rig.observer.requests.map((request) => request.status)).toEqual([499])
      await rig.server.drain(0)
    })
  })

  describe('drain', () => {
    const drainRig = async (): Promise<{
      rig: Rig
      gate: Gate
      answer: Promise<RawClient>
      clock: VirtualClock
    }> => {
      const gate = new Gate()
      const clock = new VirtualClock()
      const rig = await startRig(engine, [route('GET', '/slow', gate.handler)], { clock })
      const client = await RawClient.open(rig.port)
      client.send(get('/slow'))
      await gate.entered(1)
      return { rig, gate, clock, answer: client.settled(1).then(() => client) }
    }

    it('lets requests finish, ends their connections and takes no new ones', async () => {
      const { rig, gate, answer } = await drainRig()
      const drained = rig.server.drain(60_000)
      await expect(RawClient.open(rig.port)).rejects.toThrow('ECONNREFUSED')
      gate.answer()
      const client = await answer
      expect(client.replies[0]?.headers['connection']).toBe('close')
      await drained
      await client.ended()
    })

    it('ends what is left when the grace is over', async () => {
      const { rig, answer, clock, gate } = await drainRig()
      const drained = rig.server.drain(5_000)
      await clock.advance(5_000)
      await drained
      expect((await answer).replies).toEqual([])
      expect(gate.calls[0]?.aborted()).toBe(true)
    })
  })
}
