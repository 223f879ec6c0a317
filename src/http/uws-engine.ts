import { STATUS_CODES } from 'node:http'
import type { Engine, Listener, RequestHead, Sink, Wire, WireReply } from './engine.ts'
import { fieldOf } from './hygiene.ts'
import type { UnsentReply } from './overload/unsent-replies.ts'
import type { UwsApp, UwsModule, UwsRequest, UwsResponse } from './uws-module.ts'

/** The package closes idle connections after about ten seconds; clients that read this leave earlier. */
const KEEP_ALIVE = 'timeout=5'
/** Up to here the package may copy what the socket does not take at once. */
const COPIED_BYTES_MAX = 65_536
const BODY_METHODS = new Set(['POST', 'PUT', 'PATCH'])

/** The engine on uWebSockets.js: fast, and lax about some bytes; docs/http.md lists them. */
export function uwsEngine(uws: UwsModule, listener: Listener): Engine {
  const app = uws.App()
  const turns = new Turns()
  let listening: unknown = null
  app.any('/*', (response, request) => serve({ listener, turns, response }, request))
  return {
    name: 'uws',
    async listen(bind, port) {
      listening = await listen(app, uws, bind, port)
      return uws.us_socket_local_port(listening)
    },
    stopAccepting() {
      if (listening !== null) uws.us_listen_socket_close(listening)
      listening = null
    },
    closeAll: () => void app.close(),
  }
}

function listen(app: UwsApp, uws: UwsModule, bind: string, port: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    // Exclusive: otherwise two processes would share the port without a word.
    app.listen(bind, port, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, (socket) => {
      if (socket) resolve(socket)
      else reject(new Error(`cannot listen on ${bind}:${port}: the address is in use or not ours`))
    })
  })
}

/**
 * Holds replies back until the current turn of the event loop is over. While a reply is owed, the package
 * closes a connection that sends another request; so a request hidden in the bytes of the one before it is
 * never served when both arrived together.
 */
class Turns {
  #open = false
  #held: (() => void)[] = []

  /** Called whenever the package hands us bytes. */
  enter(): void {
    if (this.#open) return
    this.#open = true
    setImmediate(() => {
      this.#open = false
      for (const send of this.#held.splice(0)) send()
    })
  }

  afterTurn(send: () => void): void {
    if (this.#open) this.#held.push(send)
    else send()
  }
}

interface Incoming {
  readonly listener: Listener
  readonly turns: Turns
  readonly response: UwsResponse
}

function serve(incoming: Incoming, request: UwsRequest): void {
  const { response, listener, turns } = incoming
  const wire = new UwsWire(incoming)
  let sink: Sink | null = null
  // First of all: leaving this function without a reply and without this handler ends the process.
  response.onAborted(() => {
    wire.aborted()
    sink?.gone()
  })
  turns.enter()
  const head = headOf(request)
  wire.closes = endsUnframed(head)
  sink = listener.open(head, wire)
  if (sink === null) return
  const open = sink
  response.onData((chunk, isLast) => {
    turns.enter()
    if (chunk.byteLength > 0) open.data(new Uint8Array(chunk))
    if (isLast) open.end()
  })
}

/** The request is only readable now: everything is copied. */
function headOf(request: UwsRequest): RequestHead {
  const headers: string[] = []
  request.forEach((name, value) => {
    headers.push(name, value)
  })
  const query = request.getQuery() ?? ''
  const url = request.getUrl()
  const target = query === '' ? url : `${url}?${query}`
  return { method: request.getCaseSensitiveMethod(), target, headers }
}

/**
 * True for a request that usually has a body and shows no length: the parser hides all headers behind an
 * empty field name, so the length may be among them and the next bytes may be its body.
 */
function endsUnframed(head: RequestHead): boolean {
  if (!BODY_METHODS.has(head.method)) return false
  return (
    fieldOf(head.headers, 'content-length') === undefined &&
    fieldOf(head.headers, 'transfer-encoding') === undefined
  )
}

class UwsWire implements Wire {
  readonly #incoming: Incoming
  #done: (() => void) | null = null
  #unsent: UnsentReply | null = null
  /** False once the reply is through or the connection is gone: the response must not be touched then. */
  #alive = true
  /** The connection ends after the reply, whatever the reply says. */
  closes = false

  constructor(incoming: Incoming) {
    this.#incoming = incoming
  }

  send(reply: WireReply, done: () => void): void {
    this.#done = done
    this.#incoming.turns.afterTurn(() => {
      if (this.#alive) this.#incoming.response.cork(() => this.#write(reply))
    })
  }

  refuse(): void {
    if (this.#alive) this.#incoming.response.close()
  }

  drop(): void {}

  aborted(): void {
    this.#finish()
  }

  #write(reply: WireReply): void {
    const { response } = this.#incoming
    const { body, contentLength, headers } = reply
    const close = reply.close || this.closes
    response.writeStatus(`${reply.status} ${STATUS_CODES[reply.status] ?? ''}`)
    for (let at = 0; at + 1 < headers.length; at += 2) {
      response.writeHeader(headers[at] ?? '', headers[at + 1] ?? '')
    }
    if (!close) response.writeHeader('keep-alive', KEEP_ALIVE)
    if (body !== null && body.length <= COPIED_BYTES_MAX) {
      response.end(body, close)
      this.#finish()
      return
    }
    // Only `end` can close by itself; elsewhere the client is asked to.
    if (close) response.writeHeader('connection', 'close')
    if (body !== null) {
      this.#stream(body)
      return
    }
    if (contentLength !== null) response.writeHeader('content-length', String(contentLength))
    response.endWithoutBody()
    this.#finish()
  }

  /** Sends a large body at the pace of its reader, without copying what the socket does not take. */
  #stream(body: Uint8Array): void {
    const { response } = this.#incoming
    const [, done] = response.tryEnd(body, body.length)
    if (done) {
      this.#finish()
      return
    }
    response.onWritable((offset) => {
      const [ok, complete] = response.tryEnd(body.subarray(offset), body.length)
      if (complete) this.#finish()
      else this.#unsent?.left(body.length - offset)
      return ok
    })
    // Last: it may be this very reply that is one too many.
    const { unsent } = this.#incoming.listener
    this.#unsent = unsent.hold(body.length, () => {
      if (this.#alive) response.close()
    })
  }

  #finish(): void {
    if (!this.#alive) return
    this.#alive = false
    this.#unsent?.over()
    this.#done?.()
  }
}
