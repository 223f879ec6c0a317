import { isObject } from '../std/json-values.ts'

/** Answer of `GET /_miroir/topology`, as far as `miroir status` shows it. */
export interface TopologyAnswer {
  readonly shards: number
  readonly replication_factor: number
  readonly epoch: number
  readonly fully_covered: boolean
  readonly degraded_node_count: number
  readonly rebalance_in_progress: boolean
  readonly lagging_copies: number
  readonly nodes: readonly NodeAnswer[]
  readonly indexes: readonly IndexAnswer[]
}

export interface NodeAnswer {
  readonly id: string
  readonly address: string
  readonly status: string
  readonly replica_group: number
  readonly shard_count: number
  /** Milliseconds since the node last answered; null when it never did. */
  readonly last_seen_ms: number | null
  /** Version of Meilisearch; null while unknown. */
  readonly version: string | null
  readonly error?: string
}

export interface IndexAnswer {
  readonly uid: string
  readonly shards: number
  readonly copies: { readonly current: number; readonly behind: number; readonly lagging: number }
  readonly degraded: readonly DegradedCopy[]
}

export interface DegradedCopy {
  readonly shard: number
  readonly node: string
  readonly state: string
  readonly lag: number | null
}

/**
 * Reads an answer leniently: what is missing becomes empty, so that another version can still be shown. Null:
 * not ours.
 */
export function readTopology(value: unknown): TopologyAnswer | null {
  if (!isObject(value) || typeof value['shards'] !== 'number' || !Array.isArray(value['nodes'])) return null
  return {
    shards: value['shards'],
    replication_factor: number(value['replication_factor']),
    epoch: number(value['epoch']),
    fully_covered: value['fully_covered'] === true,
    degraded_node_count: number(value['degraded_node_count']),
    rebalance_in_progress: value['rebalance_in_progress'] === true,
    lagging_copies: number(value['lagging_copies']),
    nodes: objects(value['nodes']).map(readNode),
    indexes: objects(value['indexes']).map(readIndex),
  }
}

function readNode(node: Fields): NodeAnswer {
  const known = {
    id: text(node['id']),
    address: text(node['address']),
    status: text(node['status']),
    replica_group: number(node['replica_group']),
    shard_count: number(node['shard_count']),
    last_seen_ms: typeof node['last_seen_ms'] === 'number' ? node['last_seen_ms'] : null,
    version: typeof node['version'] === 'string' ? node['version'] : null,
  }
  return typeof node['error'] === 'string' ? { ...known, error: node['error'] } : known
}

function readIndex(index: Fields): IndexAnswer {
  const copies = isObject(index['copies']) ? index['copies'] : {}
  return {
    uid: text(index['uid']),
    shards: number(index['shards']),
    copies: {
      current: number(copies['current']),
      behind: number(copies['behind']),
      lagging: number(copies['lagging']),
    },
    degraded: objects(index['degraded']).map((copy) => ({
      shard: number(copy['shard']),
      node: text(copy['node']),
      state: text(copy['state']),
      lag: typeof copy['lag'] === 'number' ? copy['lag'] : null,
    })),
  }
}

type Fields = Readonly<Record<string, unknown>>

function objects(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
