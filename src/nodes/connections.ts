import type { Socket } from 'node:net'
import { buildConnector, Client } from 'undici'
import { limits } from '../config/limits.ts'
import type { Exchange } from './exchange.ts'

/** Idle connections are given up after this long; a node's own hint may extend it to the maximum. */
const KEEP_ALIVE_MS = 15_000
const KEEP_ALIVE_MAX_MS = 30_000
const CONNECT_TIMEOUT_MS = 3_000
/** TCP probes on silent connections, the only thing that ends a parked write whose node has vanished. */
const TCP_PROBE_DELAY_MS = 15_000
const ANSWER_HEADER_BYTES_MAX = 16_384

/** One undici client, which is one connection at a time, and what undici does not tell about it. */
export class Connection {
  readonly client: Client
  #socket: Socket | null = null
  #served = 0

  constructor(address: string) {
    const open = buildConnector({
      timeout: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelay: TCP_PROBE_DELAY_MS,
    })
    this.client = new Client(address, {
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
      // Our own deadlines rule, on the injected clock.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: ANSWER_HEADER_BYTES_MAX,
      allowH2: false,
      connect: (options, callback) =>
        open(options, (...result) => {
          this.#socket = result[1] as Socket | null
          this.#served = 0
          callback(...result)
        }),
    })
  }

  /** True when the present connection has carried a complete exchange before. */
  reused(): boolean {
    return this.#served > 0
  }

  /** Bytes of the request are still in our memory, not yet the kernel's. */
  unflushed(): boolean {
    return this.#socket !== null && this.#socket.writableLength > 0
  }

  /** Closes the connection at once; unsent bytes are dropped. */
  cut(): void {
    this.#socket?.destroy()
  }

  /** The present connection is known to be broken; the next dispatch opens another. */
  forget(): void {
    this.#served = 0
  }

  served(): void {
    this.#served++
  }
}

/**
 * The connections to one node. At most `connectionsMax` exchanges are under way, the others wait here, where
 * they can still be withdrawn (a request in undici's own queue could not). Writes never hold all connections,
 * because parked ones may hold theirs for long, and reads and probes must still get through.
 */
export class NodeConnections {
  readonly address: string
  readonly #connectionsMax: number
  readonly #writesMax: number
  /** Last used last, so that few connections stay warm. */
  readonly #idle: Connection[] = []
  readonly #underWay = new Set<Exchange>()
  readonly #waitingReads = new Set<Exchange>()
  readonly #waitingWrites = new Set<Exchange>()
  #writes = 0
  #writesTurn = false
  #closed = false
  #drained: (() => void) | null = null

  constructor(address: string, connectionsMax: number) {
    this.address = address
    this.#connectionsMax = connectionsMax
    this.#writesMax = Math.max(1, connectionsMax - Math.ceil(connectionsMax / 4))
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Starts the exchange now or as soon as a connection is free. */
  enter(exchange: Exchange): void {
    if (this.#closed) {
      exchange.refuse('closed', 'the transport was closed')
    } else if (this.#waitingReads.size + this.#waitingWrites.size >= limits.concurrentRequestsMax) {
      exchange.refuse('queued', 'too many requests wait for this node')
    } else {
      const queue = exchange.write ? this.#waitingWrites : this.#waitingReads
      queue.add(exchange)
      this.#pump()
    }
  }

  leaveQueue(exchange: Exchange): void {
    this.#waitingReads.delete(exchange)
    this.#waitingWrites.delete(exchange)
  }

  release(connection: Connection, exchange: Exchange, complete: boolean): void {
    this.#underWay.delete(exchange)
    if (exchange.write) this.#writes--
    if (complete) {
      connection.served()
      this.#idle.push(connection)
    } else this.#idle.unshift(connection)
    if (this.#closed) this.#finishClosing()
    else this.#pump()
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      for (const exchange of [...this.#waitingReads, ...this.#waitingWrites]) {
        this.leaveQueue(exchange)
        exchange.refuse('closed', 'the transport was closed')
      }
      for (const exchange of [...this.#underWay]) exchange.unpark()
    }
    if (this.#underWay.size > 0)
      await new Promise<void>((resolve) => {
        const earlier = this.#drained
        this.#drained = () => {
          earlier?.()
          resolve()
        }
      })
    await Promise.all(this.#idle.map((connection) => connection.client.destroy()))
  }

  #finishClosing(): void {
    if (this.#underWay.size === 0) this.#drained?.()
  }

  #pump(): void {
    while (this.#underWay.size < this.#connectionsMax) {
      const exchange = this.#nextWaiting()
      if (exchange === null) return
      const connection = this.#takeConnection()
      if (connection === null) {
        this.leaveQueue(exchange)
        exchange.refuse('invalid', 'the address of the node is not a valid origin')
        continue
      }
      this.leaveQueue(exchange)
      this.#underWay.add(exchange)
      if (exchange.write) this.#writes++
      exchange.begin(connection)
    }
  }

  /** Reads and writes take turns while both wait. */
  #nextWaiting(): Exchange | null {
    const [read] = this.#waitingReads
    const [write] = this.#writes < this.#writesMax ? this.#waitingWrites : []
    if (read === undefined || write === undefined) return read ?? write ?? null
    this.#writesTurn = !this.#writesTurn
    return this.#writesTurn ? write : read
  }

  #takeConnection(): Connection | null {
    const idle = this.#idle.pop()
    if (idle !== undefined) return idle
    try {
      return new Connection(this.address)
    } catch {
      return null
    }
  }
}
