import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { benchEnvironment, compiled, fillStore, MASTER_KEY, placesOf } from './filled-store.ts'

/* The proxy as it is shipped, in a process of its own so that its CPU time can be told apart. */

export interface ProxyUsage {
  /** CPU of the main thread and of all threads, in microseconds since the start. */
  readonly mainUs: number
  readonly allUs: number
  readonly rssBytes: number
}

type AppModule = typeof import('../../src/app.ts')
type ConfigModule = typeof import('../../src/config/load.ts')
type LogModule = typeof import('../../src/telemetry/log.ts')

const READY_MS = 20_000

async function startProxy(folder: string, ports: readonly number[]) {
  const nodes = placesOf(ports)
  const path = join(folder, 'miroir.db')
  await fillStore(path, nodes)
  const { loadConfig } = await compiled<ConfigModule>('config/load.js')
  const { createLogger } = await compiled<LogModule>('telemetry/log.js')
  const { createApp } = await compiled<AppModule>('app.js')
  const env = benchEnvironment(nodes, path)
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
