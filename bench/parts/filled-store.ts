import { INDEX, PRIMARY_KEY } from './search-case.ts'

/* What the proxy finds at its start in benches: nodes of one group and an index that is there already. */

type SettingsModule = typeof import('../../src/catalogue/settings.ts')
type StoreModule = typeof import('../../src/state/sqlite/store.ts')

export const MASTER_KEY = 'a-master-key-for-benches'

/** A module as it is shipped. */
export function compiled<Module>(path: string): Promise<Module> {
  return import(new URL(`../../dist/${path}`, import.meta.url).href) as Promise<Module>
}

export interface Place {
  readonly id: string
  readonly address: string
  readonly group: number
}

/** An index that is there, so that nothing has to be written to nodes which only answer searches. */
export async function fillStore(path: string, nodes: readonly Place[]): Promise<void> {
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

/** Nodes of one group on this machine. */
export function placesOf(ports: readonly number[]): Place[] {
  return ports.map((port, at) => ({ id: `node-${at}`, address: `http://127.0.0.1:${port}`, group: 0 }))
}

/** The configuration as environment variables; each node has one shard. */
export function benchEnvironment(nodes: readonly Place[], storePath: string): Record<string, string> {
  const listed = nodes.map(({ id, address }) => ({ id, address, replica_group: 0 }))
  return {
    MIROIR_MASTER_KEY: MASTER_KEY,
    MIROIR_NODE_MASTER_KEY: 'a-node-key-for-benches',
    MIROIR_SHARDS: String(nodes.length),
    MIROIR_NODES: JSON.stringify(listed),
    MIROIR_TASK_STORE__PATH: storePath,
    MIROIR_SERVER__BIND: '127.0.0.1',
    // The load is one search over and over; what is measured is each of them.
    MIROIR_SEARCH__COALESCE: 'false',
  }
}
