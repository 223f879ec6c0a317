import type { CopyMark } from '../../../src/model/operation.ts'
import type { IndexRow, NameRow, StoreSnapshot } from '../../../src/model/store.ts'
import type { SearchFacts } from '../../../src/model/view.ts'

export const FACTS: SearchFacts = {
  maxTotalHits: 1_000,
  maxValuesPerFacet: 100,
  sortFacetValuesBy: { '*': 'alpha' },
  displayedAttributes: null,
  customRuleFields: [],
  distinctAttribute: null,
  filterableAttributes: [],
  sortableAttributes: [],
  usesGeo: false,
  embedders: [],
}

export function indexRow(change: Partial<IndexRow> = {}): IndexRow {
  return {
    ...{ uid: 'films', generation: 3, shards: 2, primaryKey: 'id', settingsVersion: 1 },
    ...{ createdAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-02T00:00:00Z' },
    settings: { rankingRules: [] },
    rawSettings: {},
    ...change,
  }
}

export function nameRow(node: string, change: Partial<NameRow> = {}): NameRow {
  const fence = change.fence ?? 0
  return {
    ...{ uid: 'films', generation: 3, node, fence, settingsVersion: 1, name: `films__g3_${fence}` },
    ...change,
  }
}

export function mark(node: string, change: Partial<CopyMark> = {}): CopyMark {
  return { indexUid: 'films', generation: 3, shard: 0, node, state: 'lagging', lag: 41, ...change }
}

/** Two groups of two nodes; shard 0 on a and c, shard 1 on b and d. */
export function snapshot(change: Partial<StoreSnapshot> = {}): StoreSnapshot {
  return {
    ...{ clusterId: 'c1', fresh: false, epoch: 7, shards: 2, replicationFactor: 1 },
    nodes: ['a', 'b', 'c', 'd'].map((id, at) => ({
      id,
      address: `http://${id}:7700`,
      group: Math.floor(at / 2),
    })),
    placements: [
      { shards: 2, shard: 0, nodes: ['a', 'c'] },
      { shards: 2, shard: 1, nodes: ['b', 'd'] },
      { shards: 1, shard: 0, nodes: ['a', 'd'] },
    ],
    indexes: [indexRow()],
    names: ['a', 'b', 'c', 'd'].map((node) => nameRow(node)),
    ...{ copies: [], openOperations: [], tails: new Map(), identities: new Map() },
    createdMs: 0,
    features: [],
    defaultKeyUids: { search: 's', admin: 'd' },
    ...change,
  }
}

/** Makes a value read-only all the way down: a change in place throws, of maps and sets too. */
export function frozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  const inner: unknown[] = value instanceof Map || value instanceof Set ? [...value] : Object.values(value)
  if (value instanceof Map || value instanceof Set) {
    const refuse = (): never => {
      throw new TypeError('this collection is read-only')
    }
    Object.assign(value, { set: refuse, add: refuse, delete: refuse, clear: refuse })
  }
  Object.freeze(value)
  for (const entry of inner) frozen(entry)
  return value
}
