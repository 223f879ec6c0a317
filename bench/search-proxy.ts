import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { INDEX, PRIMARY_KEY } from './search-case.ts'

/* The proxy as it is shipped, in a process of its own so that its CPU time can be told apart. */

export interface ProxyUsage {
  /** CPU of the main thread and of all threads, in microseconds since the start. */
  readonly mainUs: number
  readonly allUs: number
  readonly rssBytes: number
}

type AppModule = typeof import('../src/app.ts')
type ConfigModule = typeof import('../src/config/load.ts')
type LogModule = typeof import('../src/telemetry/log.ts')
type SettingsModule = typeof import('../src/catalogue/settings.ts')
type StoreModule = typeof import('../src/state/sqlite/store.ts')

const MASTER_KEY = 'a-master-key-for-benches'
const READY_MS = 20_000

function compiled<Module>(path: string): Promise<Module> {
  return import(new URL(`../dist/${path}`, import.meta.url).href) as Promise<Module>
}

interface Place {
  readonly id: string
  readonly address: string
  readonly group: number
}

/** An index that is there, so that nothing has to be written to nodes which only answer searches. */
async function fillStore(path: string, nodes: readonly Place[]): Promise<void> {
  const { createSqliteStore } = await compiled<StoreModule>('state/sqlite/store.js')
  const { defaultSettings } = await compiled<SettingsModule>('catalogue/settings.js')
  const store = createSqliteStore({ path })
  const shards = nodes.length
  const placements = nodes.map(({ id }, shard) => ({ shards, shard, nodes: [id] }))
  await store.open({ nodes, shards, replicationFactor: 1, placements })
  const at = '2026-01-01T00:00:00Z'
  const row = { uid: INDEX, shards, primaryKey: PRIMARY_KEY, createdAt: at, updatedAt: at }
  const settings = { settings: defaultSettings(), rawSettings: {}, settingsVersion: 1 }
  const ids = nodes.map(({ id }) => id)
  const { index } = await store.createIndex({ ...row, ...settings }, ids)
  for (const id of ids) {
    await store.setSettingsApplied(INDEX, index.generation, id, 1)
    await store.setNodeIdentity(id, `key-of-${id}`)
  }
  await store.close()
}

async function startProxy(folder: string, ports: readonly number[]) {
  const nodes = ports.map((port, at) => ({
    id: `node-${at}`,
    address: `http://127.0.0.1:${port}`,
    group: 0,
  }))
  const path = join(folder, 'miroir.db')
  await fillStore(path, nodes)
  const { loadConfig } = await compiled<ConfigModule>('config/load.js')
  const { createLogger } = await compiled<LogModule>('telemetry/log.js')
  const { createApp } = await compiled<AppModule>('app.js')
  const listed = nodes.map(({ id, address }) => ({ id, address, replica_group: 0 }))
  const env = {
    MIROIR_MASTER_KEY: MASTER_KEY,
    MIROIR_NODE_MASTER_KEY: 'a-node-key-for-benches',
    MIROIR_SHARDS: String(nodes.length),
    MIROIR_NODES: JSON.stringify(listed),
    MIROIR_TASK_STORE__PATH: path,
    MIROIR_SERVER__BIND: '127.0.0.1',
    // The load is one search over and over; what is measured is each of them.
    MIROIR_SEARCH__COALESCE: 'false',
  }
  const { config: loaded } = loadConfig({ file: null, env, sets: [] })
  // Any free port, which a configuration cannot ask for.
  const config = { ...loaded, server: { ...loaded.server, port: 0 } }
  return createApp({ config, logger: createLogger({ level: 'warn' }) })
}

async function ready(port: number): Promise<void> {
  const until = performance.now() + READY_MS
  while (performance.now() < until) {
    if ((await fetch(`http://127.0.0.1:${port}/_miroir/ready`)).ok) return
    await pause(20)
  }
  throw new Error('the proxy does not get ready')
}

/** The kernel's count for the main thread, where there is one; else all threads stand for it. */
function usage(): ProxyUsage {
  const { user, system } = process.cpuUsage()
  const allUs = user + system
  const rssBytes = process.memoryUsage.rss()
  try {
    const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')
    return { mainUs: Number(nanoseconds) / 1000, allUs, rssBytes }
  } catch {
    return { mainUs: allUs, allUs, rssBytes }
  }
}

async function main(folder: string, ports: readonly number[]): Promise<void> {
  const app = await startProxy(folder, ports)
  await ready(app.server.port)
  process.on('disconnect', () => process.exit(0))
  process.on('message', (message) => {
    if (message === 'usage') process.send?.(usage())
    else void app.close().then(() => process.exit(0))
  })
  process.send?.({ port: app.server.port, key: MASTER_KEY, engine: app.server.engine })
}

const [folder = '', ...ports] = process.argv.slice(2)
await main(folder, ports.map(Number))
