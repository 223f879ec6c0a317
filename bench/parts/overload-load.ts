import { connect, type Socket } from 'node:net'

/*
 * Searches that come at a rate of their own, whether or not earlier ones are answered, in a process of its
 * own. A client waits so long, then hangs up. Every search is another one, so that none can share an answer.
 */

export interface OpenLoad {
  readonly port: number
  readonly key: string
  readonly path: string
  readonly phases: readonly { readonly perSecond: number; readonly seconds: number }[]
  readonly patienceMs: number
}

export interface OpenResult {
  /** By the second in which they were made: answered in time, told to come back. */
  readonly good: readonly number[]
  readonly shed: readonly number[]
  /** Sheds that did not say when to come back. */
  readonly rude: number
  /** Body of one good answer. */
  readonly reply: string
}

const TICK_MS = 5

interface Tally {
  readonly good: number[]
  readonly shed: number[]
  rude: number
  reply: string
}

const add = (counts: number[], second: number): void => {
  counts[second] = (counts[second] ?? 0) + 1
}

function opened(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  return socket.on('error', () => void socket.destroy())
}

/** Connections that wait for something to do; more are opened as needed. */
class Clients {
  readonly #order: OpenLoad
  readonly #idle: Socket[] = []
  readonly #tally: Tally
  #made = 0

  constructor(order: OpenLoad, tally: Tally) {
    this.#order = order
    this.#tally = tally
  }

  search(second: number): void {
    const { path, key, port, patienceMs } = this.#order
    const socket = this.#idle.pop() ?? opened(port)
    const body = `{"q":"de","cropLength":${10 + (this.#made++ % 100_000)}}`
    let text = ''
    const hangUp = setTimeout(() => socket.destroy(), patienceMs)
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/content-length: (\d+)/i.exec(text.slice(0, end))?.[1])
      if (text.length < end + 4 + length) return
      clearTimeout(hangUp)
      socket.off('data', onData)
      this.#count(text, end, second)
      if (!socket.destroyed) this.#idle.push(socket)
    }
    socket.on('data', onData)
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\n` +
        `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
  }

  #count(text: string, end: number, second: number): void {
    const tally = this.#tally
    if (text.startsWith('HTTP/1.1 200')) {
      add(tally.good, second)
      if (tally.reply === '') tally.reply = Buffer.from(text.slice(end + 4), 'latin1').toString('utf8')
    } else if (text.startsWith('HTTP/1.1 503')) {
      add(tally.shed, second)
      if (!/retry-after: \d/i.test(text.slice(0, end))) tally.rude += 1
    }
  }

  close(): void {
    for (const socket of this.#idle) socket.destroy()
  }
}

async function load(order: OpenLoad): Promise<OpenResult> {
  const tally: Tally = { good: [], shed: [], rude: 0, reply: '' }
  const clients = new Clients(order, tally)
  const startedMs = performance.now()
  let due = 0
  let phaseEndMs = 0
  for (const { perSecond, seconds } of order.phases) {
    phaseEndMs += seconds * 1000
    let lastMs = performance.now() - startedMs
    while (lastMs < phaseEndMs) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS))
      const nowMs = performance.now() - startedMs
      due += ((nowMs - lastMs) / 1000) * perSecond
      lastMs = nowMs
      for (; due >= 1; due -= 1) clients.search(Math.floor(nowMs / 1000))
    }
  }
  await new Promise((resolve) => setTimeout(resolve, order.patienceMs))
  clients.close()
  const seconds = Math.ceil(phaseEndMs / 1000)
  const whole = (counts: readonly number[]): number[] =>
    Array.from({ length: seconds }, (_, second) => counts[second] ?? 0)
  return { good: whole(tally.good), shed: whole(tally.shed), rude: tally.rude, reply: tally.reply }
}

process.on('disconnect', () => process.exit(0))
process.on('message', (order: OpenLoad) => void load(order).then((result) => process.send?.(result)))
process.send?.('ready')
