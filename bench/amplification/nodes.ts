import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { startDevNode } from '../../src/devnode/devnode.ts'
import {
  Client,
  freePorts,
  NODE_KEY,
  NodeProcess,
  removeFolder,
  temporaryFolder,
} from '../../test/e2e/processes.ts'
import { meilisearchBinary } from '../../test/e2e/real-node.ts'

import { INDEX } from './load.ts'

export interface BenchNode {
  readonly address: string
  readonly key: string
  /** Ends it and says how much it stores beyond what it stored at its start. */
  end(): Promise<number>
}

export type NodeSource = 'embedded' | 'real' | { readonly address: string; readonly key: string }

export async function startNode(source: NodeSource): Promise<BenchNode> {
  if (source === 'embedded') return embedded()
  if (source === 'real') return real()
  const client = new Client(source.address, source.key)
  return reported(client, source.key, () => removeOurs(client))
}

/** Its size is that of its files once it has closed them: SQLite has then folded its log in. */
async function embedded(): Promise<BenchNode> {
  const folder = temporaryFolder()
  await (await startDevNode({ port: 0, dataDir: folder, masterKey: NODE_KEY })).close()
  const before = bytesIn(folder)
  const node = await startDevNode({ port: 0, dataDir: folder, masterKey: NODE_KEY })
  const end = async (): Promise<number> => {
    await node.close()
    const stored = bytesIn(folder) - before
    removeFolder(folder)
    return stored
  }
  return { address: node.address, key: NODE_KEY, end }
}

async function real(): Promise<BenchNode> {
  const binary = meilisearchBinary()
  if (binary === null)
    throw new Error('no meilisearch binary: put one on this machine or name it in MEILISEARCH_BIN')
  const [port = 0] = await freePorts(1)
  const data = temporaryFolder()
  const node = new NodeProcess({ id: 'node', group: 0, port, data, binary })
  await node.start()
  return reported(node.client, NODE_KEY, async () => {
    await node.kill()
    removeFolder(data)
  })
}

/** A node that is not ours keeps no index of the bench. */
async function removeOurs(client: Client): Promise<void> {
  const { results } = (await client.json('GET', '/indexes?limit=1000')) as { results: { uid: string }[] }
  for (const { uid } of results.filter((index) => index.uid.startsWith(INDEX))) {
    const { taskUid } = await client.json('DELETE', `/indexes/${uid}`)
    await client.task(Number(taskUid))
  }
}

/** Its size is what it reports as in use by its databases. */
async function reported(client: Client, key: string, stop: () => Promise<void>): Promise<BenchNode> {
  const used = async (): Promise<number> => Number((await client.json('GET', '/stats'))['usedDatabaseSize'])
  const before = await used()
  const end = async (): Promise<number> => {
    const stored = (await used()) - before
    await stop()
    return stored
  }
  return { address: client.address, key, end }
}

function bytesIn(folder: string): number {
  const sizes = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name)).size)
  return sizes.reduce((sum, size) => sum + size, 0)
}
