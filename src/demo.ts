import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type App, createApp } from './app.ts'
import type { DemoOptions } from './cli/context.ts'
import { loadConfig } from './config/load.ts'
import { type DevNode, startDevNode } from './devnode/devnode.ts'
import { sleep, systemClock } from './std/clock.ts'
import { systemRandom } from './std/random.ts'
import { createLogger } from './telemetry/log.ts'

const GROUPS = 2
const NODES_PER_GROUP = 3
const SHARDS = 12
const BATCH_DOCUMENTS = 800
const SAMPLE = new URL('../scripts/sample/films.json.gz', import.meta.url)
const SETTINGS = {
  searchableAttributes: ['title', 'director', 'distributor', 'genre'],
  filterableAttributes: ['genre', 'rating', 'year', 'director', 'certificate'],
  sortableAttributes: ['rating', 'year', 'gross', 'title'],
}

interface DemoKeys {
  readonly master: string
  readonly admin: string
  readonly node: string
}

/** Six embedded nodes in two groups behind a real proxy, with a sample of real films, until Ctrl-C. */
export async function demo(options: DemoOptions): Promise<void> {
  const folder = options.keepDir ?? mkdtempSync(join(tmpdir(), 'miroir-demo-'))
  mkdirSync(folder, { recursive: true })
  const stopped = interrupted()
  const say = (line: string): void => void process.stdout.write(`${line}\n`)
  const keys = demoKeys(folder)
  const nodes: DevNode[] = []
  let app: App | null = null
  try {
    say(`Starting ${GROUPS * NODES_PER_GROUP} embedded nodes in ${GROUPS} groups …`)
    for (let at = 0; at < GROUPS * NODES_PER_GROUP; at++) {
      nodes.push(await startDevNode({ port: 0, dataDir: join(folder, `node-${at}`), masterKey: keys.node }))
    }
    app = await startProxy(options.port, folder, keys, nodes)
    const url = `http://127.0.0.1:${app.server.port}`
    await ready(url)
    if (options.sample) await loadSample(url, keys.master, say)
    say(welcome(url, keys, app.keys.searchKey ?? '', options.sample))
    await stopped
    say('\nStopping …')
  } finally {
    await app?.close()
    for (const node of nodes) await node.close()
    if (options.keepDir === null) rmSync(folder, { recursive: true, force: true })
  }
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}

/** Random keys, kept with the data so that they stay the same with `--keep`. */
function demoKeys(folder: string): DemoKeys {
  const file = join(folder, 'keys.json')
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as DemoKeys
  } catch {
    const make = (): string => Buffer.from(systemRandom.bytes(16)).toString('hex')
    const keys: DemoKeys = { master: make(), admin: make(), node: make() }
    writeFileSync(file, JSON.stringify(keys), { mode: 0o600 })
    return keys
  }
}

async function startProxy(
  port: number,
  folder: string,
  keys: DemoKeys,
  nodes: readonly DevNode[],
): Promise<App> {
  const listed = nodes.map((node, at) => ({
    id: `node-${at}`,
    address: node.address,
    replica_group: Math.floor(at / NODES_PER_GROUP),
  }))
  const env = {
    MIROIR_MASTER_KEY: keys.master,
    MIROIR_NODE_MASTER_KEY: keys.node,
    MIROIR_ADMIN_API_KEY: keys.admin,
    MIROIR_SHARDS: String(SHARDS),
    MIROIR_REPLICA_GROUPS: String(GROUPS),
    MIROIR_NODES: JSON.stringify(listed),
    MIROIR_TASK_STORE__PATH: join(folder, 'miroir.db'),
    MIROIR_SERVER__PORT: String(port),
    MIROIR_HEALTH__INTERVAL_MS: '1000',
    MIROIR_HEALTH__TIMEOUT_MS: '1000',
  }
  const { config } = loadConfig({ file: null, env, sets: [] })
  const logger = createLogger({ level: 'warn' })
  return createApp({ config, logger })
}

async function ready(url: string): Promise<void> {
  while (!(await fetch(`${url}/_miroir/ready`)).ok) await sleepAwake(50)
}

/** A pause that keeps the process alive. */
function sleepAwake(delayMs: number): Promise<void> {
  return sleep(systemClock, delayMs)
}

/** Through the proxy, as a client would; nothing is done when a kept folder has it already. */
async function loadSample(url: string, key: string, say: (line: string) => void): Promise<void> {
  const call = async (
    method: string,
    path: string,
    body?: string,
  ): Promise<{ taskUid?: number; status?: string }> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body }),
    })
    if (!answer.ok && answer.status !== 404) throw new Error(`${method} ${path}: ${await answer.text()}`)
    return (await answer.json()) as { taskUid?: number }
  }
  const known = await call('GET', '/indexes/movies')
  if ('uid' in known) return say('The index `movies` is there already.')
  await call('PATCH', '/indexes/movies/settings', JSON.stringify(SETTINGS))
  // One film a line, so that batches can be cut without reading the documents.
  const lines = gunzipSync(readFileSync(SAMPLE)).toString('utf8').split('\n').slice(1, -2)
  const films = lines.map((line) => line.replace(/,$/, ''))
  let last = 0
  for (let from = 0; from < films.length; from += BATCH_DOCUMENTS) {
    const batch = films.slice(from, from + BATCH_DOCUMENTS)
    const { taskUid } = await call('POST', '/indexes/movies/documents?primaryKey=id', `[${batch.join(',')}]`)
    last = taskUid ?? last
    say(`Loading films: ${Math.min(films.length, from + BATCH_DOCUMENTS)} of ${films.length} sent`)
  }
  for (;;) {
    const { status } = await call('GET', `/tasks/${last}`)
    if (status === 'succeeded') return
    if (status === 'failed') throw new Error('the sample could not be loaded')
    await sleepAwake(50)
  }
}

function welcome(url: string, keys: DemoKeys, searchKey: string, sample: boolean): string {
  const auth = (key: string): string => `-H 'Authorization: Bearer ${key}'`
  const lines = [
    '',
    `  miroir is ready at ${url}`,
    '',
    `  master key  ${keys.master}`,
    `  admin key   ${keys.admin}`,
    `  search key  ${searchKey}`,
    '',
  ]
  if (sample) {
    lines.push(
      `  curl -s ${auth(searchKey)} '${url}/indexes/movies/search?q=dark+knigt&limit=3'`,
      `  curl -s ${auth(searchKey)} -H 'Content-Type: application/json' '${url}/indexes/movies/search' \\`,
      `    -d '{"filter":"genre = Comedy AND rating > 8","sort":["year:desc"],"facets":["genre"],"limit":3}'`,
      `  curl -s ${auth(keys.admin)} '${url}/_miroir/topology'`,
      '',
    )
  }
  lines.push('  Embedded nodes are for trying out only. Ctrl-C stops everything.')
  return lines.join('\n')
}
