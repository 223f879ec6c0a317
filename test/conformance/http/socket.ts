import { connect, type Socket } from 'node:net'

export interface RawReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Every header line's name, lower-case, in order. */
  readonly names: readonly string[]
  readonly body: Buffer
}

/** A connection that sends bytes as they are and takes replies apart by their length. */
export class RawClient {
  readonly #socket: Socket
  readonly #methods: string[]
  #received: Buffer = Buffer.alloc(0)
  #waiting: (() => void)[] = []
  readonly replies: RawReply[] = []
  closed = false

  private constructor(socket: Socket, methods: string[]) {
    this.#socket = socket
    this.#methods = methods
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#parse()
      this.#wake()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
      this.#wake()
    })
  }

  /** `methods` of the requests to come: a reply to HEAD has no body. */
  static open(port: number, methods: readonly string[] = []): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () =>
        resolve(new RawClient(socket, [...methods])),
      )
      socket.once('error', reject)
    })
  }

  send(bytes: string | Buffer): void {
    this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Resolves when `count` replies are in; rejects when the connection ends before. */
  async replied(count: number): Promise<readonly RawReply[]> {
    while (this.replies.length < count) {
      if (this.closed) throw new Error(`closed after ${this.replies.length} of ${count} replies`)
      await this.#next()
    }
    return this.replies
  }

  async ended(): Promise<void> {
    while (!this.closed) await this.#next()
  }

  /** Resolves with the first reply or the end of the connection. */
  async settled(count: number): Promise<void> {
    while (!this.closed && this.replies.length < count) await this.#next()
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume()
  }

  #parse(): void {
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n')
      if (end < 0) return
      const [first = '', ...lines] = this.#received.subarray(0, end).toString('latin1').split('\r\n')
      const status = Number(first.split(' ')[1])
      const pairs = lines.map((line) => {
        const colon = line.indexOf(':')
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const
      })
      const headers = Object.fromEntries(pairs)
      const bodiless = status < 200 || status === 204 || status === 304 || this.#methods[0] === 'HEAD'
      const length = bodiless ? 0 : Number(headers['content-length'] ?? 0)
      if (this.#received.length < end + 4 + length) return
      const body = this.#received.subarray(end + 4, end + 4 + length)
      this.#received = this.#received.subarray(end + 4 + length)
      if (status < 200) continue
      this.#methods.shift()
      this.replies.push({ status, headers, names: pairs.map(([name]) => name), body })
    }
  }
}

/** A client that reads as little as it is told to. */
export class TrickleReader {
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', () => socket.destroy())
  }

  static async open(port: number, request: string): Promise<TrickleReader> {
    const socket = connect({ port, host: '127.0.0.1' })
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
    socket.write(request)
    return new TrickleReader(socket)
  }

  /** Reads about so many bytes, fewer when the connection ends; answers how many. */
  async take(bytes: number): Promise<number> {
    let taken = 0
    while (taken < bytes) {
      const chunk = this.#socket.read() as Buffer | null
      taken += chunk?.length ?? 0
      if (chunk !== null) continue
      if (this.#socket.destroyed || this.#socket.readableEnded) return taken
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    return taken
  }

  destroy(): void {
    this.#socket.destroy()
  }
}
