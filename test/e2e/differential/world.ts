import { join } from 'node:path'
import { type App, createApp } from '../../../src/app.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { startDevNode } from '../../../src/devnode/devnode.ts'
import { createLogger } from '../../../src/telemetry/log.ts'
import {
  type Answer,
  CLIENT_KEY,
  Client,
  eventually,
  freePorts,
  NODE_KEY,
  NodeProcess,
  type Place,
  proxyEnvironment,
  removeFolder,
  type Shape,
  temporaryFolder,
} from '../processes.ts'

/* One node and a proxy in front of many; everything is done to both. */

export interface Step {
  readonly method: string
  readonly path: string
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly type?: string
  readonly encoding?: string
}

interface Ending {
  close(): Promise<void>
}

/** Members that two runs of one node would not agree on, each with what stands for it. */
const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/"processingTimeMs":\d+/g, '"processingTimeMs":0'],
  [/"(requestUid|queryUid)":"[^"]*"/g, '"$1":""'],
  [/"(uid|taskUid|batchUid)":\d+/g, '"$1":0'],
  [/"(enqueuedAt|startedAt|finishedAt|createdAt|updatedAt)":"[^"]*"/g, '"$1":""'],
  [/"duration":"[^"]*"/g, '"duration":""'],
  [/"(rawDocumentDbSize|avgDocumentSize)":\d+/g, '"$1":0'],
]

/** An answer without what may differ. */
export function comparable(answer: Pick<Answer, 'status' | 'text'>): string {
  const text = VOLATILE.reduce((left, [pattern, stand]) => left.replace(pattern, stand), answer.text)
  return `${answer.status} ${text.replace(SPELLED, spelledAlike)}`
}

/**
 * Counts of a facet whose values are spelled in several ways; each node shows the spelling of its first
 * document.
 */
const SPELLED = /"tags":\{[^}]*\}|"facetHits":\[[^\]]*\]/g

function spelledAlike(facet: string): string {
  return facet.normalize('NFKD').toLowerCase()
}

export class DifferentialWorld {
  readonly single: Client
  readonly proxy: Client
  readonly #app: App
  readonly #endings: readonly Ending[]
  readonly #folder: string

  constructor(
    clients: { single: Client; proxy: Client },
    app: App,
    endings: readonly Ending[],
    folder: string,
  ) {
    this.single = clients.single
    this.proxy = clients.proxy
    this.#app = app
    this.#endings = endings
    this.#folder = folder
  }

  /** `binary` null: embedded nodes in this process. */
  static async start(shape: Shape, binary: string | null): Promise<DifferentialWorld> {
    const folder = temporaryFolder()
    const count = shape.groups * shape.nodesPerGroup
    const started = await startNodes(count + 1, folder, binary)
    const [first, ...others] = started.map(({ address }) => address)
    const places: Place[] = others.map((address, at) => ({
      id: `node-${at}`,
      address,
      group: Math.floor(at / shape.nodesPerGroup),
    }))
    const [port] = await freePorts(1)
    const env = proxyEnvironment(shape, places, join(folder, 'miroir.db'))
    const { config } = loadConfig({
      file: null,
      env: { ...env, MIROIR_SERVER__PORT: String(port) },
      sets: [],
    })
    const app = await createApp({ config, logger: createLogger({ level: 'warn' }) })
    const proxy = new Client(`http://127.0.0.1:${app.server.port}`, CLIENT_KEY)
    await eventually(
      'the proxy is ready',
      async () => (await proxy.call('GET', '/_miroir/ready')).status === 200,
    )
    return new DifferentialWorld({ single: new Client(first ?? '', NODE_KEY), proxy }, app, started, folder)
  }

  async stop(): Promise<void> {
    await this.#app.close()
    for (const ending of this.#endings) await ending.close()
    removeFolder(this.#folder)
  }

  both(step: Step): Promise<[Answer, Answer]> {
    const { method, path, ...options } = step
    return Promise.all([this.single.call(method, path, options), this.proxy.call(method, path, options)])
  }

  /** Does a write to both, waits for its tasks, compares answers and tasks. */
  async write(step: Step): Promise<string | null> {
    const [single, proxy] = await this.both(step)
    const found = difference(step, comparable(single), comparable(proxy))
    if (found !== null || single.status !== 202) return found
    const [one, other] = await Promise.all([taskOf(this.single, single), taskOf(this.proxy, proxy)])
    return difference(step, one, other)
  }
}

async function taskOf(client: Client, answer: Answer): Promise<string> {
  const { taskUid } = JSON.parse(answer.text) as { taskUid: number }
  const task = await client.task(taskUid)
  return comparable({ status: 200, text: JSON.stringify(task) })
}

/** The difference between two answers in words; null when there is none. */
export function difference(step: Step, single: string, proxy: string): string | null {
  if (single === proxy) return null
  const at = [...single].findIndex((character, place) => character !== proxy[place])
  const from = Math.max(0, at - 200)
  const show = (text: string): string => text.slice(from, from + 700)
  const body = step.body === undefined ? '' : ` ${Buffer.from(step.body).toString().slice(0, 600)}`
  return `${step.method} ${step.path}${body}\n  one node: …${show(single)}\n  proxy:    …${show(proxy)}`
}

async function startNodes(
  count: number,
  folder: string,
  binary: string | null,
): Promise<(Ending & { address: string })[]> {
  if (binary === null) {
    return Promise.all(
      Array.from({ length: count }, () => startDevNode({ port: 0, dataDir: null, masterKey: NODE_KEY })),
    )
  }
  const ports = await freePorts(count)
  return Promise.all(
    ports.map(async (port, at) => {
      const place = { id: `node-${at}`, group: 0, port, data: join(folder, `node-${at}`), binary }
      const node = new NodeProcess(place)
      await node.start()
      return { address: node.client.address, close: () => node.kill() }
    }),
  )
}
