import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { limits } from '../config/limits.ts'
import { malformedRequest } from './encode.ts'
import type { Engine, Listener, RequestHead, Sink, Wire, WireReply } from './engine.ts'
import type { UnsentReply } from './overload/unsent-replies.ts'
import { targetFromLatin1 } from './target.ts'

const SERVER_OPTIONS = {
  insecureHTTPParser: false,
  // A missing Host is refused with the other unsound heads, in the same form.
  requireHostHeader: false,
  maxHeaderSize: limits.headBytesMax,
  headersTimeout: limits.headMs,
  keepAliveTimeout: limits.idleConnectionMs,
  // The exchange watches bodies itself, by their pace.
  requestTimeout: 0,
  connectionsCheckingInterval: 2_000,
  noDelay: true,
} as const

/** What is open on one connection; a pipelining client has several exchanges at once. */
interface Connection {
  readonly sinks: Set<Sink>
  /** Set when a head on it was refused: nothing more of it is served. */
  refused: boolean
}

interface Incoming {
  readonly listener: Listener
  readonly connection: Connection
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The client waits for `100 Continue` before it sends its body. */
  readonly asks: boolean
}

/** The engine on node:http: slower, and strict about every byte. */
export function nodeEngine(listener: Listener): Engine {
  const connections = new WeakMap<Duplex, Connection>()
  const onRequest = (asks: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    const connection = connections.get(request.socket)
    if (connection === undefined || connection.refused) return
    serve({ listener, connection, request, response, asks })
  }
  const server = createServer(SERVER_OPTIONS)
  server.on('connection', (socket) => connections.set(socket, track(socket)))
  server.on('request', onRequest(false))
  server.on('checkContinue', onRequest(true))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code !== 'ECONNRESET') listener.refused('syntax')
    refuseConnection(socket, connections.get(socket), error.code)
  })
  return {
    name: 'node',
    listen: (bind, port) => listen(server, bind, port),
    stopAccepting: () => void server.close(),
    closeAll: () => server.closeAllConnections(),
  }
}

function listen(server: Server, bind: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: bind, port, backlog: limits.listenBacklog }, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function track(socket: Duplex): Connection {
  const connection: Connection = { sinks: new Set(), refused: false }
  // A queued answer of a pipelined request hears nothing of the end of its connection by itself.
  socket.on('close', () => {
    for (const sink of connection.sinks) sink.gone()
    connection.sinks.clear()
  })
  return connection
}

function serve(incoming: Incoming): void {
  const { listener, request, response, connection } = incoming
  const wire = new NodeWire(incoming)
  response.on('error', ignore)
  request.on('error', ignore)
  // Chunks in a version of the protocol that has none: two readers may disagree where the body ends.
  if (request.httpVersionMinor === 0 && request.headers['transfer-encoding'] !== undefined) {
    listener.refused('transfer_encoding')
    wire.refuse()
    return
  }
  const sink = listener.open(headOf(request), wire)
  if (sink === null) return
  connection.sinks.add(sink)
  const forget = (): void => {
    if (request.complete && response.closed) connection.sinks.delete(sink)
  }
  if (incoming.asks && sink.awaitsBody()) response.writeContinue()
  request.on('data', (chunk: Uint8Array) => sink.data(chunk))
  request.on('end', () => {
    sink.end()
    forget()
  })
  response.on('close', forget)
}

function headOf(request: IncomingMessage): RequestHead {
  const headers = request.rawHeaders
  for (let at = 0; at < headers.length; at += 2) headers[at] = (headers[at] ?? '').toLowerCase()
  return { method: request.method ?? '', target: targetFromLatin1(request.url ?? ''), headers }
}

function ignore(): void {}

/** Ends a connection whose bytes never became a request; with an answer, unless others are owed first. */
function refuseConnection(socket: Duplex, connection: Connection | undefined, code?: string): void {
  if (connection !== undefined) connection.refused = true
  const [owed, ...more] = connection?.sinks ?? []
  const outOfTurn = more.length > 0 || owed?.awaitsBody() === false
  if (!socket.writable || outOfTurn || code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const error = malformedRequest(code)
  const text = JSON.stringify(error.body)
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`, () => socket.destroy())
}

class NodeWire implements Wire {
  readonly #incoming: Incoming
  #unsent: UnsentReply | null = null

  constructor(incoming: Incoming) {
    this.#incoming = incoming
  }

  send(reply: WireReply, done: () => void): void {
    const { response } = this.#incoming
    const finish = (): void => {
      this.#unsent?.over()
      response.off('finish', finish)
      response.off('close', finish)
      done()
    }
    response.on('finish', finish)
    response.on('close', finish)
    response.writeHead(reply.status, this.#headersOf(reply))
    this.#write(reply.body ?? new Uint8Array(0), 0)
  }

  refuse(): void {
    refuseConnection(this.#incoming.request.socket, this.#incoming.connection)
  }

  drop(): void {
    this.#incoming.request.socket.destroy()
  }

  #headersOf(reply: WireReply): string[] {
    const { asks, response } = this.#incoming
    const headers = [...reply.headers]
    if (reply.contentLength !== null) headers.push('content-length', String(reply.contentLength))
    // A client told not to send its body may send it all the same: only a new connection is unambiguous.
    const unread = asks && !response.writableEnded && !this.#incoming.request.complete
    if (reply.close || unread) headers.push('connection', 'close')
    return headers
  }

  /** Sends from `at` on, a piece at a time, so that a client that stops reading is noticed. */
  #write(body: Uint8Array, at: number): void {
    const { response } = this.#incoming
    if (response.destroyed) return
    const next = at + limits.replyPieceBytes
    if (next >= body.length) response.end(body.subarray(at))
    else response.write(body.subarray(at, next), () => this.#write(body, next))
    const { socket } = response
    const left = body.length - at
    if (socket === null) response.once('socket', () => this.#unsentIs(left))
    else if (socket.writableLength > 0) this.#unsentIs(left)
  }

  #unsentIs(bytes: number): void {
    const { listener, request } = this.#incoming
    if (this.#unsent === null) this.#unsent = listener.unsent.hold(bytes, () => request.socket.destroy())
    else this.#unsent.left(bytes)
  }
}
