import { createServer, type Server, type Socket } from 'node:net'
import type { NodeView } from '../../../src/model/view.ts'

/** One request as it came over the wire. */
export interface WireRequest {
  readonly line: string
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  /** Number of the connection it came over, from 0. */
  readonly connection: number
}

/** Answers a complete request on its socket; must write, wait or destroy, as the case wants. */
export type Script = (socket: Socket, request: WireRequest, count: number) => void

/** A raw TCP server on 127.0.0.1 that understands just enough HTTP to know when a request is complete. */
export class ScriptedServer {
  readonly requests: WireRequest[] = []
  readonly sockets: Socket[] = []
  script: Script
  /** Called as soon as a connection is made, before any byte. */
  onConnection: (socket: Socket) => void = () => {}
  readonly #server: Server
  #waiters: (() => void)[] = []

  private constructor(script: Script) {
    this.script = script
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket))
  }

  static async listen(script: Script): Promise<ScriptedServer> {
    const made = new ScriptedServer(script)
    await new Promise<void>((resolve) => made.#server.listen(0, '127.0.0.1', resolve))
    return made
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening')
    return address.port
  }

  node(id = 'n1'): NodeView {
    return { id, address: `http://127.0.0.1:${this.port}`, group: 0 }
  }

  /** Resolves when `condition` holds; checked after every event on the server. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.push(resolve))
  }

  /** Resolves once `count` requests have arrived in full. */
  received(count: number): Promise<void> {
    return this.until(() => this.requests.length >= count)
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #accept(socket: Socket): void {
    const connection = this.sockets.push(socket) - 1
    let pending = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('close', () => this.#wake())
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk])
      for (;;) {
        const parsed = parse(pending, connection)
        if (parsed === null) break
        pending = pending.subarray(parsed.length)
        this.requests.push(parsed.request)
        this.script(socket, parsed.request, this.requests.length)
      }
      this.#wake()
    })
    this.onConnection(socket)
    this.#wake()
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) waiter()
  }
}

function parse(bytes: Buffer, connection: number): { request: WireRequest; length: number } | null {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return null
  const [line = '', ...rest] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n')
  const headers = new Map(
    rest.map((text) => {
      const colon = text.indexOf(':')
      return [text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim()] as const
    }),
  )
  const length = headEnd + 4 + Number(headers.get('content-length') ?? '0')
  if (bytes.length < length) return null
  return { request: { line, headers, body: bytes.subarray(headEnd + 4, length), connection }, length }
}

/** A well-formed answer with a length. */
export function answer(body: string, status = '200 OK', extra = ''): string {
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\n${extra}`
  return `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}
