import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type App, createApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import { startDevNode } from '../../src/devnode/devnode.ts'
import { createLogger } from '../../src/telemetry/log.ts'
import { meilisearchBinary, NODE_KEY, RealNode } from './real-node.ts'

/* A whole proxy in this process in front of nodes of its own; nothing is left behind. */

export const MASTER_KEY = 'masterKey'
const ADMIN_KEY = 'adminKey-of-tests'
const SHARDS = 12

export type NodeKind = 'embedded' | 'real'

export interface ClusterOptions {
  readonly kind: NodeKind
  readonly groups: number
  readonly nodesPerGroup: number
  readonly engine?: 'uws' | 'node'
  /** Puts something between the proxy and a node; null = nothing. */
  readonly before?: (address: string, at: number) => Promise<{ readonly address: string } | null>
  /** Further settings, as the environment spells them. */
  readonly environment?: Readonly<Record<string, string>>
  /** Takes every log line of the proxy from level info on. */
  readonly log?: (line: string) => void
}

export interface Cluster {
  readonly url: string
  readonly app: App
  close(): Promise<void>
}

interface RunningNode {
  readonly address: string
  readonly stop: () => Promise<void>
}

/** True when real nodes can be started here; else says, where nobody can miss it, what is not tested. */
export function realNodesOrWarn(what: string): boolean {
  if (meilisearchBinary() !== null) return true
  const line = '!'.repeat(100)
  console.warn(`${line}\nSKIPPED: ${what} is NOT tested against real Meilisearch nodes: no binary.`)
  console.warn(`Put meilisearch 1.50 on this machine or name it in MEILISEARCH_BIN.\n${line}`)
  return false
}

/** Starts nodes and proxy, and waits until the proxy is ready. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'miroir-cluster-'))
  const nodes: RunningNode[] = []
  let app: App | null = null
  const close = async (): Promise<void> => {
    await app?.close()
    await Promise.all(nodes.map((node) => node.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    for (let at = 0; at < options.groups * options.nodesPerGroup; at++) {
      const node = await startNode(options)
      const address = (await options.before?.(node.address, at))?.address ?? node.address
      nodes.push({ ...node, address })
    }
    app = await startProxy(options, folder, nodes)
    const url = `http://127.0.0.1:${app.server.port}`
    await ready(url)
    return { url, app, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function startNode({ kind }: ClusterOptions): Promise<RunningNode> {
  if (kind === 'embedded') {
    const node = await startDevNode({ port: 0, dataDir: null, masterKey: NODE_KEY })
    return { address: node.address, stop: () => node.close() }
  }
  const binary = meilisearchBinary()
  if (binary === null) throw new Error('no meilisearch binary')
  const node = await RealNode.start(binary)
  return { address: node.address, stop: () => node.stop() }
}

async function startProxy(
  { groups, nodesPerGroup, engine, environment, log }: ClusterOptions,
  folder: string,
  nodes: readonly RunningNode[],
): Promise<App> {
  const listed = nodes.map(({ address }, at) => ({
    id: `node-${at}`,
    address,
    replica_group: Math.floor(at / nodesPerGroup),
  }))
  const env = {
    MIROIR_MASTER_KEY: MASTER_KEY,
    MIROIR_NODE_MASTER_KEY: NODE_KEY,
    MIROIR_ADMIN_API_KEY: ADMIN_KEY,
    MIROIR_SHARDS: String(SHARDS),
    MIROIR_REPLICA_GROUPS: String(groups),
    MIROIR_NODES: JSON.stringify(listed),
    MIROIR_TASK_STORE__PATH: join(folder, 'miroir.db'),
    MIROIR_SERVER__ENGINE: engine ?? 'node',
    MIROIR_HEALTH__INTERVAL_MS: '1000',
    MIROIR_HEALTH__TIMEOUT_MS: '1000',
    ...environment,
  }
  const { config } = loadConfig({ file: null, env, sets: [] })
  // Any free port, which a file may not ask for.
  const anyPort = { ...config, server: { ...config.server, port: 0 } }
  const logger =
    log === undefined ? createLogger({ level: 'error' }) : createLogger({ level: 'info', write: log })
  return createApp({ config: anyPort, logger })
}

async function ready(url: string): Promise<void> {
  while (!(await fetch(`${url}/_miroir/ready`)).ok) await new Promise((resolve) => setTimeout(resolve, 20))
}
