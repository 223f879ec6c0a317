import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * A network between the proxy under test and one node: answers pass at once, late, or not at all while it is
 * frozen, as of a process that was stopped.
 */
export class HesitantProxy {
  /** Milliseconds by which a piece of an answer is late. */
  lateMs: (chunk: Buffer) => number = () => 0
  frozen = false
  /** Answers held back that came through in the end, and those nobody waited for. */
  late = 0
  abandoned = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(address: string) {
    const { hostname: host, port } = new URL(address)
    this.#server = createServer((client) => this.#join(client, connect({ host, port: Number(port) })))
  }

  static async before(address: string): Promise<HesitantProxy> {
    const proxy = new HesitantProxy(address)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(client: Socket, node: Socket): void {
    for (const socket of [client, node]) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        client.destroy()
        node.destroy()
      })
    }
    client.on('data', (chunk) => node.write(chunk))
    node.on('data', (chunk) => this.#pass(client, chunk))
  }

  #pass(client: Socket, chunk: Buffer): void {
    const lateMs = this.lateMs(chunk)
    if (lateMs === 0 && !this.frozen) {
      client.write(chunk)
      return
    }
    setTimeout(() => this.#passLate(client, chunk), lateMs)
  }

  #passLate(client: Socket, chunk: Buffer): void {
    if (client.destroyed) this.abandoned += 1
    else if (this.frozen) setTimeout(() => this.#passLate(client, chunk), 20)
    else {
      this.late += 1
      client.write(chunk)
    }
  }
}
