import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Traffic {
  readonly requests: number
  /** Bytes of bodies; heads are left out. */
  readonly sentBytes: number
  readonly answeredBytes: number
}

/** What a request is for: searches and reads, document writes, questions about tasks, anything else. */
export type Purpose = 'read' | 'write' | 'poll' | 'other'

export const NO_TRAFFIC: Traffic = { requests: 0, sentBytes: 0, answeredBytes: 0 }

const READS = [
  /^GET \/indexes\/[^/]+\/documents/,
  /^POST \/indexes\/[^/]+\/(?:search|facet-search|documents\/fetch)(?:\?|$)/,
  /^POST \/multi-search/,
]
const WRITE = /^(?:POST|PUT|PATCH|DELETE) \/indexes\/[^/]+\/documents/

function purposeOf(method: string, path: string): Purpose {
  const line = `${method} ${path}`
  if (READS.some((read) => read.test(line))) return 'read'
  if (WRITE.test(line)) return 'write'
  return path.startsWith('/tasks') ? 'poll' : 'other'
}

export function plus(one: Traffic, other: Traffic): Traffic {
  return {
    requests: one.requests + other.requests,
    sentBytes: one.sentBytes + other.sentBytes,
    answeredBytes: one.answeredBytes + other.answeredBytes,
  }
}

export function minus(one: Traffic, other: Traffic): Traffic {
  return {
    requests: one.requests - other.requests,
    sentBytes: one.sentBytes - other.sentBytes,
    answeredBytes: one.answeredBytes - other.answeredBytes,
  }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

/** Between the proxy and one node: passes every exchange on and counts it once it was answered. */
export class CountingProxy {
  readonly #counts = new Map<Purpose, Traffic>()
  readonly #agent = new Agent({ keepAlive: true })
  readonly #server: Server
  readonly #node: URL

  private constructor(node: URL) {
    this.#node = node
    this.#server = createServer((incoming, outgoing) => {
      this.#pass(incoming, outgoing).catch(() => outgoing.destroy())
    })
  }

  static async before(address: string): Promise<CountingProxy> {
    const proxy = new CountingProxy(new URL(address))
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  counted(purpose: Purpose): Traffic {
    return this.#counts.get(purpose) ?? NO_TRAFFIC
  }

  async stop(): Promise<void> {
    this.#agent.destroy()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = incoming
    const body = await bodyOf(incoming)
    const { hostname, port } = this.#node
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const options = { hostname, port, method, path: url, headers, agent: this.#agent }
      request(options, resolve).once('error', reject).end(body)
    })
    const answered = await bodyOf(answer)
    const purpose = purposeOf(method, url)
    const exchange = { requests: 1, sentBytes: body.length, answeredBytes: answered.length }
    // Counted before it is passed on: who has the answer finds it counted.
    this.#counts.set(purpose, plus(this.counted(purpose), exchange))
    const { 'transfer-encoding': _chunked, ...head } = answer.headers
    outgoing.writeHead(answer.statusCode ?? 502, { ...head, 'content-length': answered.length })
    outgoing.end(answered)
  }
}
