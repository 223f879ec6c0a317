import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { startServer } from '../src/http/server.ts'
import type { Call, Reply, SlabPool } from '../src/model/call.ts'
import { fail } from '../src/model/errors.ts'
import { systemClock } from '../src/std/clock.ts'
import { systemRandom } from '../src/std/random.ts'
import { createLogger } from '../src/telemetry/log.ts'
import { createMetrics } from '../src/telemetry/metrics.ts'
import { observeRequests } from '../src/telemetry/requests.ts'

export interface BenchRow {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly target: string
  readonly holds: boolean
  /** Of what was measured: equal hashes mean equal answers. */
  readonly hash: string
}

interface Load {
  readonly requests: number
  readonly seconds: number
  readonly hash: string
}

const CONNECTIONS = 32
const BODY = JSON.stringify({ q: 'a small search', limit: 20, filter: ['genres = Drama'] })

const EXPECTED_HASH = createHash('sha256').update(BODY).digest('hex').slice(0, 12)

/**
 * The generator has a thread of its own and knows nothing but sockets: it sends the same bytes again as soon
 * as an answer is complete. Every answer of one engine is equally long, so it counts bytes.
 */
const GENERATOR = `
const { parentPort, workerData } = require('node:worker_threads')
const { createHash } = require('node:crypto')
const { connect } = require('node:net')
const { port, request, connections, requests } = workerData
let sent = 0, received = 0, hash = '', start = 0, answerLength = 0
const open = () => new Promise((resolve) => { const s = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(s)) })
const first = (socket) => new Promise((resolve) => {
  let text = ''
  const onData = (chunk) => {
    text += chunk.toString('latin1')
    const end = text.indexOf('\\r\\n\\r\\n')
    const length = Number(/content-length: (\\d+)/i.exec(text)?.[1])
    if (end < 0 || text.length < end + 4 + length) return
    socket.off('data', onData)
    hash = createHash('sha256').update(text.slice(end + 4)).digest('hex').slice(0, 12)
    resolve(text.length)
  }
  socket.on('data', onData)
  socket.write(request)
})
const finish = (sockets) => {
  const seconds = (performance.now() - start) / 1000
  for (const socket of sockets) socket.destroy()
  parentPort.postMessage({ requests: received, seconds, hash })
}
const main = async () => {
  const sockets = await Promise.all(Array.from({ length: connections }, open))
  answerLength = await first(sockets[0])
  start = performance.now()
  for (const socket of sockets) {
    let pending = 0
    socket.on('data', (chunk) => {
      pending += chunk.length
      if (pending < answerLength) return
      pending -= answerLength
      received += 1
      if (received === requests) return finish(sockets)
      if (sent < requests) { sent += 1; socket.write(request) }
    })
    sent += 1
    socket.write(request)
  }
}
main()
`

/** Requests per second of both engines, with router, key check, ids, metrics and a quiet log, in one run. */
export async function run(size: 'small' | 'full'): Promise<BenchRow[]> {
  const requests = size === 'small' ? 6_000 : 200_000
  const turns = size === 'small' ? 1 : 3
  const rates = new Map<string, number[]>()
  const hashes = new Map<string, string>()
  // Alternating, so that other work on the machine meets both.
  for (let turn = 0; turn < turns; turn++) {
    for (const engine of ['node', 'uws'] as const) {
      const load = await measure(engine, requests)
      rates.set(engine, [...(rates.get(engine) ?? []), load.requests / load.seconds])
      hashes.set(engine, load.hash)
    }
  }
  const node = Math.max(...(rates.get('node') ?? [0]))
  const uws = Math.max(...(rates.get('uws') ?? [0]))
  const hash = hashes.get('uws') ?? ''
  const same = hash === EXPECTED_HASH && hashes.get('node') === EXPECTED_HASH
  return [
    row('http: node, small POST', node, 'requests/s', {
      target: '',
      holds: same,
      hash: hashes.get('node') ?? '',
    }),
    row('http: uws, small POST', uws, 'requests/s', { target: '', holds: same, hash }),
    row('http: uws over node', uws / node, '×', { target: '≥ 1.5', holds: same && uws / node >= 1.5, hash }),
  ]
}

type Verdict = Pick<BenchRow, 'target' | 'holds' | 'hash'>

function row(name: string, value: number, unit: string, verdict: Verdict): BenchRow {
  return { name, value: Math.round(value * 100) / 100, unit, ...verdict }
}

async function measure(engine: 'node' | 'uws', requests: number): Promise<Load> {
  const metrics = createMetrics({ process: false })
  const logger = createLogger({ level: 'warn', write: () => {} })
  const server = await startServer({
    engine,
    bind: '127.0.0.1',
    port: 0,
    maxBodyBytes: 1_000_000,
    requestTimeoutMs: 30_000,
    maxConcurrentRequests: 1_000,
    routes: [
      { method: 'POST', template: '/indexes/{uid}/search', access: { kind: 'public' }, handler: echo },
    ],
    authorize: (caller) => (caller.header('authorization') === 'Bearer key' ? null : fail('invalid_api_key')),
    slabs: recyclingSlabs(),
    clock: systemClock,
    random: systemRandom,
    observer: observeRequests(metrics, logger),
    logger,
  })
  if (server.engine !== engine) throw new Error(`the engine ${engine} is not available here`)
  try {
    return await generate(server.port, requests)
  } finally {
    await server.drain(1_000)
  }
}

function echo(call: Call): Reply {
  return { status: 200, contentType: 'application/json', body: call.body }
}

async function generate(port: number, requests: number): Promise<Load> {
  const request =
    'POST /indexes/films/search HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer key\r\n' +
    `Content-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`
  const workerData = { port, request, connections: CONNECTIONS, requests }
  const worker = new Worker(GENERATOR, { eval: true, workerData })
  const [load] = (await once(worker, 'message')) as [Load]
  await worker.terminate()
  return load
}

/** Slabs of one small size, used again. */
function recyclingSlabs(): SlabPool {
  const free: Uint8Array[] = []
  return {
    take: () => {
      const memory = free.pop() ?? new Uint8Array(new SharedArrayBuffer(16_384))
      return { memory, release: () => void free.push(memory) }
    },
  }
}
