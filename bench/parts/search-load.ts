import { connect, type Socket } from 'node:net'

/*
 * Sends the same search again as soon as an answer is complete, on every connection, in a process of its own.
 * It knows nothing but sockets: all answers are equally long, so it counts bytes.
 */

export interface LoadOrder {
  readonly port: number
  readonly key: string
  readonly path: string
  readonly body: string
  readonly connections: number
  readonly requests: number
}

export interface LoadResult {
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Body of the first answer. */
  readonly reply: string
}

const STATUS_OK = 'HTTP/1.1 200'
const LOAD_MS_MAX = 60_000

function requestText({ key, path, body }: LoadOrder): string {
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\n`
  return `${head}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** One exchange whose answer is read in full, to learn how long all the others will be. */
async function firstAnswer(socket: Socket, request: string): Promise<{ bytes: number; reply: string }> {
  socket.write(request)
  const parts: Buffer[] = []
  for (;;) {
    parts.push(await new Promise<Buffer>((resolve) => socket.once('data', resolve)))
    const text = Buffer.concat(parts)
    const end = text.indexOf('\r\n\r\n')
    const length = Number(/content-length: (\d+)/i.exec(text.toString('latin1', 0, Math.max(0, end)))?.[1])
    if (end < 0 || text.length < end + 4 + length) continue
    if (!text.toString('latin1').startsWith(STATUS_OK)) throw new Error(`answered: ${text}`)
    return { bytes: text.length, reply: text.toString('utf8', end + 4) }
  }
}

interface Round {
  readonly request: string
  readonly answerBytes: number
  readonly requests: number
  /** Milliseconds, one a request. */
  readonly took: Float64Array
}

/** Keeps all connections busy until every request was answered. */
function saturate(sockets: readonly Socket[], round: Round): Promise<void> {
  const { request, answerBytes, requests, took } = round
  let sent = 0
  let received = 0
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the load takes too long')), LOAD_MS_MAX)
    for (const socket of sockets) {
      let pending = 0
      let startedMs = 0
      const ask = (): void => {
        if (sent === requests) return
        sent += 1
        startedMs = performance.now()
        socket.write(request)
      }
      socket.on('data', (chunk: Buffer) => {
        if (pending === 0 && chunk.toString('latin1', 0, STATUS_OK.length) !== STATUS_OK)
          reject(new Error(`answered: ${chunk}`))
        pending += chunk.length
        if (pending < answerBytes) return
        pending -= answerBytes
        took[received] = performance.now() - startedMs
        received += 1
        if (received < requests) return ask()
        clearTimeout(late)
        resolve()
      })
      ask()
    }
  })
}

async function load(order: LoadOrder): Promise<LoadResult> {
  const request = requestText(order)
  const sockets = await Promise.all(Array.from({ length: order.connections }, () => open(order.port)))
  try {
    const { bytes, reply } = await firstAnswer(sockets[0]!, request)
    const took = new Float64Array(order.requests)
    const startedMs = performance.now()
    await saturate(sockets, { request, answerBytes: bytes, requests: order.requests, took })
    const seconds = (performance.now() - startedMs) / 1000
    took.sort()
    const quantile = (share: number): number => took[Math.floor(share * (took.length - 1))] ?? 0
    return { seconds, p50Ms: quantile(0.5), p99Ms: quantile(0.99), reply }
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

process.on('disconnect', () => process.exit(0))
process.on('message', (order: LoadOrder) => void load(order).then((result) => process.send?.(result)))
process.send?.('ready')
