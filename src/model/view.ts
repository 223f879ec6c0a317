import type { GroupId, IndexUid, NodeId, Seq, ShardId } from './ids.ts'

/** *current*: written and read · *behind*: written, not read · *lagging*: missed an operation, neither. */
export type CopyState = 'current' | 'behind' | 'lagging'

export interface CopyView {
  readonly node: NodeId
  readonly group: GroupId
  readonly state: CopyState
  /** Last operation the copy surely holds; null while it is current. 0 means: rebuild from nothing. */
  readonly lag: Seq | null
}

export interface NodeView {
  readonly id: NodeId
  /** Origin without trailing slash, e.g. `http://10.0.0.7:7700`. */
  readonly address: string
  readonly group: GroupId
}

/** Facts about an index's settings that planning and merging need; computed once per settings version. */
export interface SearchFacts {
  /** Client's `pagination.maxTotalHits`. */
  readonly maxTotalHits: number
  /** Client's `faceting.maxValuesPerFacet`; the nodes carry a larger one. */
  readonly maxValuesPerFacet: number
  /** `*` and attribute names → order. */
  readonly sortFacetValuesBy: Readonly<Record<string, 'alpha' | 'count'>>
  /** Null when every attribute is displayed. */
  readonly displayedAttributes: readonly string[] | null
  /** Fields of custom ranking rules `field:asc|desc`, without direction. */
  readonly customRuleFields: readonly string[]
  readonly distinctAttribute: string | null
  /** Client's filterable attributes, as the client set them (strings or rules). */
  readonly filterableAttributes: readonly unknown[]
  readonly sortableAttributes: readonly string[]
  /** True when `_geo` is filterable or sortable: bad `_geo` values must be refused before dispatch. */
  readonly usesGeo: boolean
  /** Names of embedders; empty when there are none. */
  readonly embedders: readonly string[]
}

export type JsonObject = { readonly [key: string]: unknown }

export interface IndexView {
  readonly uid: IndexUid
  readonly generation: number
  readonly shards: number
  readonly primaryKey: string | null
  /** RFC 3339. */
  readonly createdAt: string
  readonly updatedAt: string
  readonly settingsVersion: number
  /** Settings as the client sees them: every key, normal form, secrets masked. */
  readonly settings: JsonObject
  readonly facts: SearchFacts
  /** `copies[shard]`: one entry per assigned node, in placement order. */
  readonly copies: readonly (readonly CopyView[])[]
  /** Physical index name on each node that has (or will have) one. */
  readonly names: ReadonlyMap<NodeId, string>
  /** Shards physically present on each node: assigned, being copied, or not yet proved empty. */
  readonly holds: ReadonlyMap<NodeId, ReadonlySet<ShardId>>
}

/**
 * Immutable snapshot of topology, catalogue and copy states. A change publishes a new one with a higher
 * epoch.
 */
export interface View {
  readonly epoch: number
  readonly nodes: ReadonlyMap<NodeId, NodeView>
  readonly groups: readonly GroupId[]
  readonly indexes: ReadonlyMap<IndexUid, IndexView>
}

/** Where the present view is read. Publishing is the topology room's business. */
export interface Views {
  current(): View
}

/** Health of nodes as the reader of it needs it; changes all the time and is not part of the view. */
export interface Reachability {
  /** May be asked: answers probes, has a known version and is not amnesiac. */
  readable(node: NodeId): boolean
  /**
   * It answered an internal federated search (header `Meili-Proxy-Search`) when it was probed last: such
   * searches tell values that hits do not show. Says nothing about whether it may be read.
   */
  federates(node: NodeId): boolean
}
