import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A Meilisearch of our own to check derivations on, where its binary is there. */
export const realNodeBinary: string | null = [
  process.env['MEILISEARCH_BIN'],
  '/usr/local/bin/meilisearch',
].reduce<string | null>(
  (found, path) => found ?? (path !== undefined && existsSync(path) ? path : null),
  null,
)

if (realNodeBinary === null) {
  console.warn(
    'NOT CHECKED on a real node: no Meilisearch binary (set MEILISEARCH_BIN). Derived settings and texts.',
  )
}

export interface NodeAnswer {
  readonly status: number
  readonly text: string
}

/** Whatever a node answers, read without ceremony. */
// biome-ignore lint/suspicious/noExplicitAny: tests pick members out of answers
export type NodeJson = any

export interface NodeTask {
  readonly status: string
  readonly details: unknown
  readonly error: { message: string; code: string; type: string; link: string } | null
}

export class RealNode {
  readonly #process: ChildProcess
  readonly #folder: string
  readonly address: string

  private constructor(process: ChildProcess, folder: string, address: string) {
    this.#process = process
    this.#folder = folder
    this.address = address
  }

  static async start(): Promise<RealNode> {
    const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'catalogue-node-'))
    const address = `127.0.0.1:${await freePort()}`
    const own = ['--experimental-allowed-ip-networks', '127.0.0.1/32']
    const options = ['--master-key', 'masterKey', '--no-analytics', '--env', 'development', ...own]
    const args = ['--db-path', join(folder, 'data'), '--http-addr', address, ...options]
    const child = spawn(realNodeBinary ?? '', args, { cwd: folder, stdio: 'ignore' })
    const node = new RealNode(child, folder, `http://${address}`)
    for (let tries = 0; tries < 200; tries++) {
      const healthy = await fetch(`${node.address}/health`).catch(() => null)
      if (healthy?.ok) return node
      await pause(50)
    }
    throw new Error('the node did not start')
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.kill('SIGKILL')
    await ended
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async ask(method: string, path: string, body?: string): Promise<NodeAnswer> {
    const headers: Record<string, string> = { authorization: 'Bearer masterKey' }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const answer = await fetch(`${this.address}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    })
    return { status: answer.status, text: await answer.text() }
  }

  async json(method: string, path: string, body?: string): Promise<NodeJson> {
    return JSON.parse((await this.ask(method, path, body)).text)
  }

  /** A write and what became of it; a refusal is told as the answer. */
  async write(method: string, path: string, body?: string): Promise<NodeAnswer & { task: NodeTask | null }> {
    const answer = await this.ask(method, path, body)
    if (answer.status !== 202) return { ...answer, task: null }
    return { ...answer, task: await this.task(JSON.parse(answer.text).taskUid) }
  }

  async task(uid: number): Promise<NodeTask> {
    for (;;) {
      const task = await this.json('GET', `/tasks/${uid}`)
      if (task.status !== 'enqueued' && task.status !== 'processing') return task
      await pause(5)
    }
  }
}

function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs))
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
