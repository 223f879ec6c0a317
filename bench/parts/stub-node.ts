import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { type AnswerSize, partOf, sizeWanted, wholeOf } from './sized-answers.ts'

/*
 * Stands for nodes in benches, in a process of its own: answers searches as recorded with as little work as
 * possible, and what the proxy's probes ask. Anything else ends the process: a 404 would look like speed.
 */

const HEAD_END = '\r\n\r\n'
const WANTS_DETAILS = '"showRankingScoreDetails":true'
const VERSION = { commitSha: '', commitDate: '', pkgVersion: '1.50.0' }
const NO_HITS = { hits: [], processingTimeMs: 0, limit: 20, offset: 0, estimatedTotalHits: 0 }
const NO_TASKS = { results: [], total: 0, limit: 1, from: null, next: null }

interface Answers {
  readonly part: Readonly<Record<AnswerSize, Buffer>>
  readonly whole: Readonly<Record<AnswerSize, Buffer>>
  readonly health: Buffer
  readonly version: Buffer
  readonly tasks: Buffer
  readonly federation: Buffer
  /** Sends the answer to a search when the node has got to it. */
  readonly pace: (send: () => void) => void
}

/** So many searches at once, each so long; others wait. A duration of 0 is no pace at all. */
function pacing(parallel: number, serviceMs: number): (send: () => void) => void {
  if (serviceMs === 0) return (send) => send()
  const waiting: (() => void)[] = []
  let busy = 0
  const next = (): void => {
    const send = busy < parallel ? waiting.shift() : undefined
    if (send === undefined) return
    busy += 1
    setTimeout(() => {
      busy -= 1
      send()
      next()
    }, serviceMs)
    next()
  }
  return (send) => {
    waiting.push(send)
    next()
  }
}

function answerOf(body: string): Buffer {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nvary: Origin\r\n'
  return Buffer.from(`${head}content-length: ${Buffer.byteLength(body)}${HEAD_END}${body}`)
}

function inEverySize(text: (size: AnswerSize) => string): Record<AnswerSize, Buffer> {
  const answer = (size: AnswerSize): Buffer => answerOf(text(size))
  return { '1 KB': answer('1 KB'), '10 KB': answer('10 KB'), '100 KB': answer('100 KB') }
}

function answerTo(answers: Answers, head: string, body: string): Buffer {
  if (/^POST \/indexes\/[^/]+\/search HTTP/.test(head))
    return (body.includes(WANTS_DETAILS) ? answers.part : answers.whole)[sizeWanted(body)]
  if (head.startsWith('GET /health ')) return answers.health
  if (head.startsWith('GET /version ')) return answers.version
  if (head.startsWith('GET /tasks?')) return answers.tasks
  if (head.startsWith('POST /multi-search ')) return answers.federation
  throw new Error(`the stub has no answer to: ${head.slice(0, head.indexOf('\r\n'))}`)
}

function serve(socket: Socket, answers: Answers): void {
  let pending = ''
  socket.setNoDelay(true)
  socket.setEncoding('latin1')
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: string) => {
    pending += chunk
    for (;;) {
      const end = pending.indexOf(HEAD_END)
      if (end < 0) return
      const head = pending.slice(0, end)
      const start = end + HEAD_END.length
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
      if (pending.length < start + length) return
      const answer = answerTo(answers, head, pending.slice(start, start + length))
      if (head.startsWith('POST /indexes/')) answers.pace(() => socket.write(answer))
      else socket.write(answer)
      pending = pending.slice(start + length)
    }
  })
}

async function listen(answers: Answers): Promise<number> {
  const server = createServer((socket) => serve(socket, answers))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** Tells the parent the ports, and ends with it. */
async function main(nodes: number, parallel: number, serviceMs: number): Promise<void> {
  const shared = {
    whole: inEverySize(wholeOf),
    health: answerOf('{"status":"available"}'),
    version: answerOf(JSON.stringify(VERSION)),
    tasks: answerOf(JSON.stringify(NO_TASKS)),
    federation: answerOf(JSON.stringify(NO_HITS)),
  }
  const ports = await Promise.all(
    Array.from({ length: nodes }, (_, node) => {
      const part = inEverySize((size) => partOf(node, size))
      return listen({ ...shared, part, pace: pacing(parallel, serviceMs) })
    }),
  )
  process.on('disconnect', () => process.exit(0))
  process.send?.({ ports })
}

const [nodes, parallel = 1, serviceMs = 0] = process.argv.slice(2).map(Number)
await main(nodes ?? 1, parallel, serviceMs)
