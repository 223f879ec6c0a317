import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The Meilisearch binary to test with; null when this machine has none. */
export function meilisearchBinary(): string | null {
  const named = process.env['MEILISEARCH_BIN'] ?? '/usr/local/bin/meilisearch'
  return existsSync(named) ? named : null
}

export interface NodeAnswer {
  readonly status: number
  readonly text: string
}

export const NODE_KEY = 'masterKey-of-tests'

/** One real node in a directory of its own, in memory where the machine has a memory file system. */
export class RealNode {
  readonly address: string
  readonly #process: ChildProcess
  readonly #directory: string

  constructor(address: string, process_: ChildProcess, directory: string) {
    this.address = address
    this.#process = process_
    this.#directory = directory
  }

  static async start(binary: string): Promise<RealNode> {
    const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
    const directory = mkdtempSync(join(base, 'miroir-node-'))
    mkdirSync(directory, { recursive: true })
    const port = await freePort()
    const options = [
      ...['--db-path', join(directory, 'db'), '--dump-dir', join(directory, 'dumps')],
      ...['--snapshot-dir', join(directory, 'snapshots'), '--http-addr', `127.0.0.1:${port}`],
      ...['--master-key', NODE_KEY, '--no-analytics', '--log-level', 'ERROR'],
    ]
    const child = spawn(binary, options, { cwd: directory, stdio: 'ignore' })
    const node = new RealNode(`http://127.0.0.1:${port}`, child, directory)
    await node.#healthy()
    return node
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.kill('SIGKILL')
    await ended
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<NodeAnswer> {
    const raw = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
    const response = await fetch(this.address + path, {
      method,
      headers: { authorization: `Bearer ${NODE_KEY}`, 'accept-encoding': 'identity', ...type, ...headers },
      ...raw,
    })
    return { status: response.status, text: await response.text() }
  }

  /** Sends a write and waits until its task has succeeded. */
  async apply(method: string, path: string, body: unknown): Promise<void> {
    const { text } = await this.send(method, path, body)
    const { taskUid } = JSON.parse(text) as { taskUid: number }
    for (;;) {
      const task = JSON.parse((await this.send('GET', `/tasks/${taskUid}`)).text) as { status: string }
      if (task.status === 'succeeded') return
      if (task.status === 'failed') throw new Error(JSON.stringify(task))
      await new Promise((resolve) => setTimeout(resolve, 15))
    }
  }

  async #healthy(): Promise<void> {
    for (let attempt = 0; attempt < 400; attempt++) {
      try {
        if ((await fetch(`${this.address}/health`)).ok) return
      } catch {
        // Not listening yet.
      }
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error('node did not start')
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const place = server.address()
      server.close(() => (place !== null && typeof place === 'object' ? resolve(place.port) : reject()))
    })
  })
}
