import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { recordedSearch } from './search-case.ts'

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
  readonly part: Buffer
  readonly whole: Buffer
  readonly health: Buffer
  readonly version: Buffer
  readonly tasks: Buffer
  readonly federation: Buffer
}

function answerOf(body: string): Buffer {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nvary: Origin\r\n'
  return Buffer.from(`${head}content-length: ${Buffer.byteLength(body)}${HEAD_END}${body}`)
}

function answerTo(answers: Answers, head: string, body: string): Buffer {
  if (/^POST \/indexes\/[^/]+\/search HTTP/.test(head))
    return body.includes(WANTS_DETAILS) ? answers.part : answers.whole
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
      socket.write(answerTo(answers, head, pending.slice(start, start + length)))
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
async function main(nodes: number): Promise<void> {
  const { parts, whole } = recordedSearch()
  const shared = {
    whole: answerOf(whole),
    health: answerOf('{"status":"available"}'),
    version: answerOf(JSON.stringify(VERSION)),
    tasks: answerOf(JSON.stringify(NO_TASKS)),
    federation: answerOf(JSON.stringify(NO_HITS)),
  }
  const ports = await Promise.all(
    parts.slice(0, nodes).map((part) => listen({ ...shared, part: answerOf(part) })),
  )
  process.on('disconnect', () => process.exit(0))
  process.send?.({ ports })
}

await main(Number(process.argv[2]))
