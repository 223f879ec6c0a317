import type { Store } from '../../../src/model/store.ts'
import { createMemoryStore } from '../state/memory-store.ts'

export async function openedMemoryStore(): Promise<Store> {
  const store = createMemoryStore()
  await store.open({ nodes: [], shards: 1, replicationFactor: 1, placements: [] })
  return store
}
