import type { Socket } from 'node:net'
import { buildConnector, Client } from 'undici'
import { limits } from '../config/limits.ts'
import type { ExchangeError } from './failures.ts'

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

/** An exchange as its connections see it. */
export interface Guest {
  readonly write: boolean
  /** Takes the connection that was assigned to it. */
  begin(connection: Connection): void
  /** Will never get one. */
  refuse(error: ExchangeError, reason: string): void
  /** Ends now if it is a parked write. */
  unpark(): void
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
  readonly #underWay = new Set<Guest>()
  readonly #waitingReads = new Set<Guest>()
  readonly #waitingWrites = new Set<Guest>()
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
  enter(guest: Guest): void {
    if (this.#closed) {
      guest.refuse('closed', 'the transport was closed')
    } else if (this.#waitingReads.size + this.#waitingWrites.size >= limits.concurrentRequestsMax) {
      guest.refuse('queued', 'too many requests wait for this node')
    } else {
      const queue = guest.write ? this.#waitingWrites : this.#waitingReads
      queue.add(guest)
      this.#pump()
    }
  }

  leaveQueue(guest: Guest): void {
    this.#waitingReads.delete(guest)
    this.#waitingWrites.delete(guest)
  }

  release(connection: Connection, guest: Guest, complete: boolean): void {
    this.#underWay.delete(guest)
    if (guest.write) this.#writes--
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
      for (const guest of [...this.#waitingReads, ...this.#waitingWrites]) {
        this.leaveQueue(guest)
        guest.refuse('closed', 'the transport was closed')
      }
      for (const guest of [...this.#underWay]) guest.unpark()
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
      const guest = this.#nextWaiting()
      if (guest === null) return
      const connection = this.#takeConnection()
      if (connection === null) {
        this.leaveQueue(guest)
        guest.refuse('invalid', 'the address of the node is not a valid origin')
        continue
      }
      this.leaveQueue(guest)
      this.#underWay.add(guest)
      if (guest.write) this.#writes++
      guest.begin(connection)
    }
  }

  /** Reads and writes take turns while both wait. */
  #nextWaiting(): Guest | null {
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
