import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/* Nodes and the proxy as processes that can be killed, stopped, wiped and started again on what they left. */

export const NODE_KEY = 'masterKey-of-the-nodes'
export const CLIENT_KEY = 'masterKey-of-the-clients'
export const ADMIN_KEY = 'adminKey-of-the-tests'

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const POLLS_MAX = 1_200
const POLL_MS = 25

const running = new Set<ChildProcess>()
const folders = new Set<string>()

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/**
 * A folder of its own, in memory where the machine has a memory file system; removed at the end at the
 * latest.
 */
export function temporaryFolder(): string {
  const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
  const folder = mkdtempSync(join(base, 'miroir-processes-'))
  folders.add(folder)
  return folder
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  folders.delete(folder)
}

export function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs))
}

export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

export interface CallOptions {
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly type?: string
  /** Of the body. */
  readonly encoding?: string
  readonly timeoutMs?: number
}

/** One endpoint with its key. */
export class Client {
  readonly address: string
  readonly #key: string

  constructor(address: string, key: string) {
    this.address = address
    this.#key = key
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { body, type = 'application/json', encoding, timeoutMs = 60_000 } = options
    const headers: Record<string, string> = {
      authorization: `Bearer ${this.#key}`,
      'accept-encoding': 'identity',
    }
    if (body !== undefined) headers['content-type'] = type
    if (encoding !== undefined) headers['content-encoding'] = encoding
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(this.address + path, {
      ...{ method, headers, signal },
      ...(body === undefined ? {} : { body }),
    })
    return { status: response.status, text: await response.text(), headers: response.headers }
  }

  async json(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const options = body === undefined ? {} : { body: JSON.stringify(body) }
    return JSON.parse((await this.call(method, path, options)).text)
  }

  /** The task once it has ended. */
  async task(uid: number, pollsMax = POLLS_MAX): Promise<Record<string, unknown>> {
    for (let poll = 0; poll < pollsMax; poll++) {
      const task = await this.json('GET', `/tasks/${uid}`)
      if (task['status'] !== 'enqueued' && task['status'] !== 'processing') return task
      await pause(poll < 40 ? 5 : POLL_MS)
    }
    throw new Error(`task ${uid} of ${this.address} did not end`)
  }
}

/** Waits for a condition, a bounded number of times. */
export async function eventually(
  what: string,
  holds: () => Promise<boolean>,
  pollsMax = POLLS_MAX,
): Promise<void> {
  for (let poll = 0; poll < pollsMax; poll++) {
    if (await holds().catch(() => false)) return
    await pause(POLL_MS)
  }
  throw new Error(`never: ${what}`)
}

/** A process with one address, which it takes again whenever it is started. */
class Served {
  readonly client: Client
  readonly #program: string
  readonly #options: readonly string[]
  readonly #env: Record<string, string>
  #child: ChildProcess | null = null
  #words = ''

  constructor(client: Client, program: string, options: readonly string[], env: Record<string, string>) {
    this.client = client
    this.#program = program
    this.#options = options
    this.#env = env
  }

  /** What it last wrote on its outputs. */
  get words(): string {
    return this.#words
  }

  get isRunning(): boolean {
    return this.#child !== null
  }

  async launch(ready: () => Promise<boolean>): Promise<void> {
    const env = { PATH: process.env['PATH'] ?? '', ...this.#env }
    const child = spawn(this.#program, this.#options, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    running.add(child)
    const hear = (chunk: Buffer): void => {
      this.#words = (this.#words + chunk.toString()).slice(-20_000)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('exit', () => {
      running.delete(child)
      if (this.#child === child) this.#child = null
    })
    await eventually(`${this.client.address} is up`, async () => {
      if (this.#child !== child) throw new Error(`it ended: ${this.#words}`)
      return ready()
    })
  }

  /** SIGKILL unless told otherwise; resolves when the process is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (child === null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await gone
  }

  /** SIGSTOP and SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal)
  }
}

/** A node: embedded, or real when a binary is named. */
export class NodeProcess extends Served {
  readonly id: string
  readonly group: number
  readonly #data: string

  constructor(place: { id: string; group: number; port: number; data: string; binary: string | null }) {
    const { id, group, port, data, binary } = place
    const client = new Client(`http://127.0.0.1:${port}`, NODE_KEY)
    const embedded = [MAIN, 'devnode', '--port', String(port), '--data', data]
    const options = binary === null ? embedded : realOptions(port, data)
    super(client, binary ?? process.execPath, options, { MEILI_MASTER_KEY: NODE_KEY })
    this.id = id
    this.group = group
    this.#data = data
  }

  async start(): Promise<void> {
    mkdirSync(this.#data, { recursive: true })
    await this.launch(
      async () => (await this.client.call('GET', '/health', { timeoutMs: 1_000 })).status === 200,
    )
  }

  /** Its volume is lost. */
  async wipe(): Promise<void> {
    await this.kill()
    rmSync(this.#data, { recursive: true, force: true })
  }
}

function realOptions(port: number, data: string): string[] {
  return [
    ...['--db-path', join(data, 'db'), '--dump-dir', join(data, 'dumps')],
    ...['--snapshot-dir', join(data, 'snapshots'), '--http-addr', `127.0.0.1:${port}`],
    ...['--no-analytics', '--log-level', 'ERROR', '--env', 'development'],
    ...['--max-indexing-memory', '256MiB', '--max-indexing-threads', '1'],
    // Embedders of tests live here.
    ...['--experimental-allowed-ip-networks', '127.0.0.1/32'],
  ]
}

export class ProxyProcess extends Served {
  constructor(port: number, env: Record<string, string>) {
    const client = new Client(`http://127.0.0.1:${port}`, CLIENT_KEY)
    super(client, process.execPath, [MAIN, 'serve', '--port', String(port)], env)
  }

  async start(): Promise<void> {
    await this.launch(
      async () => (await this.client.call('GET', '/_miroir/ready', { timeoutMs: 1_000 })).status === 200,
    )
  }
}

export interface Shape {
  readonly groups: number
  readonly nodesPerGroup: number
  readonly replicationFactor: number
  readonly shards: number
}

export interface Place {
  readonly id: string
  readonly address: string
  readonly group: number
}

/** Configuration of a proxy as environment variables. */
export function proxyEnvironment(
  shape: Shape,
  places: readonly Place[],
  store: string,
): Record<string, string> {
  const nodes = places.map(({ id, address, group }) => ({ id, address, replica_group: group }))
  return {
    MIROIR_MASTER_KEY: CLIENT_KEY,
    MIROIR_NODE_MASTER_KEY: NODE_KEY,
    MIROIR_ADMIN_API_KEY: ADMIN_KEY,
    MIROIR_SHARDS: String(shape.shards),
    MIROIR_REPLICATION_FACTOR: String(shape.replicationFactor),
    MIROIR_REPLICA_GROUPS: String(shape.groups),
    MIROIR_NODES: JSON.stringify(nodes),
    MIROIR_TASK_STORE__PATH: store,
    MIROIR_HEALTH__INTERVAL_MS: '400',
    MIROIR_HEALTH__TIMEOUT_MS: '400',
    MIROIR_METRICS__ENABLED: 'false',
    MIROIR_WRITES__NODE_TIMEOUT_MS: '3000',
    MIROIR_SCATTER__NODE_TIMEOUT_MS: '1500',
    MIROIR_LOG__LEVEL: 'warn',
  }
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject)
          server.listen(0, '127.0.0.1', () => {
            const place = server.address()
            if (place !== null && typeof place === 'object') resolve(place.port)
            else reject(new Error('no port'))
          })
        }),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
