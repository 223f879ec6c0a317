import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

const EMBEDDER_DIMENSIONS = 6

/** A tiny embedder: the same text always gives the same vector, and every text asked for is counted. */
export class Embedder {
  readonly #server: Server
  readonly #asked = new Map<string, number>()

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<Embedder> {
    const server = createServer()
    const embedder = new Embedder(server)
    server.on('request', (request, response) => {
      const pieces: Buffer[] = []
      request.on('data', (piece: Buffer) => pieces.push(piece))
      request.on('end', () => {
        const { input } = JSON.parse(Buffer.concat(pieces).toString()) as { input: string }
        embedder.#asked.set(input, embedder.times(input) + 1)
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify({ embedding: vectorOf(input) }))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return embedder
  }

  get settings(): object {
    const { port } = this.#server.address() as AddressInfo
    return {
      source: 'rest',
      url: `http://127.0.0.1:${port}`,
      dimensions: EMBEDDER_DIMENSIONS,
      request: { input: '{{text}}' },
      response: { embedding: '{{embedding}}' },
    }
  }

  times(text: string): number {
    return this.#asked.get(text) ?? 0
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

function vectorOf(text: string): number[] {
  let state = 2166136261
  for (const byte of Buffer.from(text)) state = Math.imul(state ^ byte, 16777619) >>> 0
  return Array.from({ length: EMBEDDER_DIMENSIONS }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}
