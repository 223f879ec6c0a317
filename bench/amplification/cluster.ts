import { join } from 'node:path'
import { createApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import {
  CLIENT_KEY,
  Client,
  eventually,
  proxyEnvironment,
  removeFolder,
  type Shape,
  temporaryFolder,
} from '../../test/e2e/processes.ts'
import { CountingProxy, NO_TRAFFIC, type Purpose, plus, type Traffic } from './counting-proxy.ts'
import { type BenchNode, type NodeSource, startNode } from './nodes.ts'

export interface CountedCluster {
  readonly client: Client
  /** Over all nodes since the start. */
  counted(purpose: Purpose): Traffic
  /** Ends everything and says what all nodes store. */
  end(): Promise<number>
}

/** Alone on the road: no hedges, no shared answers, and probes so rarely that they meet nothing. */
const QUIET = {
  MIROIR_SEARCH__COALESCE: 'false',
  MIROIR_SCATTER__HEDGE__ENABLED: 'false',
  MIROIR_HEALTH__INTERVAL_MS: '60000',
  MIROIR_HEALTH__TIMEOUT_MS: '10000',
  MIROIR_WRITES__NODE_TIMEOUT_MS: '60000',
  MIROIR_SCATTER__NODE_TIMEOUT_MS: '30000',
  MIROIR_LOG__LEVEL: 'error',
}

/** A proxy in this process, nodes behind it, and a counter on each way between them. */
export async function startCounted(shape: Shape, sources: readonly NodeSource[]): Promise<CountedCluster> {
  const closers: (() => Promise<void>)[] = []
  const nodes: BenchNode[] = []
  const counters: CountingProxy[] = []
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  const end = async (): Promise<number> => {
    await closeAll()
    const sizes = await Promise.all(nodes.splice(0).map((node) => node.end()))
    return sizes.reduce((sum, size) => sum + size, 0)
  }
  try {
    for (const source of sources) {
      const node = await startNode(source)
      nodes.push(node)
      const counter = await CountingProxy.before(node.address)
      counters.push(counter)
      closers.push(() => counter.stop())
    }
    const proxy = await startProxy(shape, counters, nodes[0]?.key ?? '')
    closers.push(proxy.close)
    const counted = (purpose: Purpose): Traffic =>
      counters.map((counter) => counter.counted(purpose)).reduce(plus, NO_TRAFFIC)
    return { client: proxy.client, counted, end }
  } catch (error) {
    await end()
    throw error
  }
}

async function startProxy(shape: Shape, counters: readonly CountingProxy[], nodeKey: string) {
  const places = counters.map(({ address }, at) => ({
    id: `node-${at}`,
    address,
    group: Math.floor(at / shape.nodesPerGroup),
  }))
  const folder = temporaryFolder()
  const env = {
    ...proxyEnvironment(shape, places, join(folder, 'miroir.db')),
    ...QUIET,
    MIROIR_NODE_MASTER_KEY: nodeKey,
    MIROIR_SERVER__ENGINE: 'node',
    MIROIR_SERVER__BIND: '127.0.0.1',
  }
  const { config: loaded } = loadConfig({ file: null, env, sets: [] })
  // Any free port, which a configuration cannot ask for.
  const config = { ...loaded, server: { ...loaded.server, port: 0 } }
  const app = await createApp({ config, logger: createLogger({ level: 'error' }) })
  const client = new Client(`http://127.0.0.1:${app.server.port}`, CLIENT_KEY)
  const close = async (): Promise<void> => {
    await app.close()
    removeFolder(folder)
  }
  const isReady = async (): Promise<boolean> => (await client.call('GET', '/_miroir/ready')).status === 200
  await eventually('the proxy is ready', isReady)
  return { client, close }
}
