import type { IndexUid, NodeId, ShardId } from './ids.ts'
import type { NodeView } from './view.ts'

/**
 * One request to one node, for the shards it answers for. Positions in `targets` are positions of answers.
 */
export interface ReadTarget {
  readonly node: NodeView
  /** Physical index name on that node. */
  readonly name: string
  readonly shards: readonly ShardId[]
  /** The expression that keeps other shards of the node out; null when it holds nothing else. */
  readonly shardFilter: string | null
  readonly method: 'GET' | 'POST'
  /** Path with query. */
  readonly path: string
  /** JSON text, or the client's bytes where they are passed as they came; null = none. */
  readonly body: string | Uint8Array | null
  /**
   * Hits asked for, where that is only this node's likely part of the page: the merge tells whether they
   * were enough. Absent: the node was asked for all that the page can need of it.
   */
  readonly depth?: number
  /** Sent as a proxy's own request: answers tell in `_federation` what hits are ordered by. */
  readonly internal?: boolean
}

export interface ReadTargets {
  readonly targets: readonly ReadTarget[]
  /** Wanted shards that no usable copy holds, ascending. */
  readonly uncovered: readonly ShardId[]
}

/** How a page is described in the reply; the texts are the client's own spelling of the numbers. */
export type PageEcho =
  | { readonly kind: 'offset'; readonly offset: string; readonly limit: string }
  | { readonly kind: 'page'; readonly page: string; readonly hitsPerPage: string }

export interface FacetOrder {
  /** `*` and attribute names → order. */
  readonly sortBy: Readonly<Record<string, 'alpha' | 'count'>>
  /** Values shown per facet. */
  readonly valuesMax: number
  /** Values in a node's list from which on the node may have cut it off. */
  readonly fullAt: number
}

/** What to do with the answers of a search. */
export interface SearchMerge {
  readonly uid: IndexUid
  readonly primaryKey: string | null
  /** One node answers for the whole index and already paged: its hits pass in its order. */
  readonly whole: boolean
  /** Merged hits to skip and to emit, within `maxTotalHits`. */
  readonly offset: number
  readonly limit: number
  readonly echo: PageEcho
  readonly keepDetails: boolean
  /** All hits of all answers, as they come. */
  readonly everything: boolean
  readonly facets: FacetOrder
  /** Attribute whose values may show up only once, to be enforced between answers; null = nothing to do. */
  readonly distinct: DistinctMerge | null
  /**
   * Answers are those of internal federated searches; `query` is the JSON text that a plain search would
   * have answered as its own. Null: plain searches.
   */
  readonly internal: { readonly query: string } | null
  /** Least score of a hit, to be looked at by the merge; null = nothing to do. */
  readonly threshold: ThresholdMerge | null
  /** The client did not ask for scores. */
  readonly hideScore: boolean
  /** Most hits that a node gives. */
  readonly hitsMax: number
}

export interface ThresholdMerge {
  readonly least: number
  /** Hits come by falling score. */
  readonly monotone: boolean
}

export interface DistinctMerge {
  readonly attribute: string
  /** First name of its path. */
  readonly root: string
  /** The client did not ask to see the attribute: cut its root out of hits. */
  readonly hide: boolean
  /** Also out of `_formatted`. */
  readonly hideFormatted: boolean
  /** Filters may name it. */
  readonly filterable: boolean
}

/** One search of a further question: the client's own, but for what is named here. */
export interface Ask {
  /** Hits wanted of each node, from the first on. */
  readonly reach: number
  /** JSON texts of elements of the outer filter array, beside the client's. */
  readonly filters: readonly string[]
  /** JSON texts of members that take the place of the client's; null = left out. */
  readonly members: Readonly<Record<string, string | null>>
  /**
   * Asked as an internal federated search: hits tell in `_federation.weightedScoreValues` what they are
   * ordered by, displayed or not. With `distinct`, the name of an attribute that is distinct in place of the
   * client's, `_federation.extra_document` has its values too. Absent: a plain search.
   */
  readonly internal?: { readonly distinct: string | null }
}

/** What the fold wants to know beyond the first answers, asked of every node that answered. */
export interface Question {
  /** What the fold finds the answers under. */
  readonly name: string
  readonly ask: Ask
}

/** Answers to further questions by name, one per node; null = no complete set of answers was to be had. */
export type Learned = ReadonlyMap<string, readonly Uint8Array[] | null>

/** Which shards a request must be asked of, and why. */
export interface Narrowing {
  /** Ascending; null = all of them. */
  readonly shards: readonly ShardId[] | null
  readonly reason: NarrowingReason
}

export type NarrowingReason =
  /** The filter names primary keys: only their shards can hold a match. */
  | 'key-pinned'
  /** Switched off, or of no use for this kind of request. */
  | 'off'
  | 'no-filter'
  /** The index has no primary key yet, or one with dots. */
  | 'no-plain-key'
  | 'key-not-in-filter'
  /** It is there, but other documents may match too. */
  | 'key-not-pinned'
  | 'too-many-keys'
  /** Something that no filter reads; a node will say what. */
  | 'unreadable'
  /** Rules of `filterableAttributes` restrict operators, which nodes judge by the fields they have seen. */
  | 'restricted-operators'
  /** Nodes answer `facets` and `attributesToSearchOn` by the fields they have seen. */
  | 'fields-of-nodes'

export interface SearchPlan extends ReadTargets {
  readonly kind: 'search'
  readonly narrowing: Narrowing
  readonly merge: SearchMerge
}

/** The request asks for something that cannot be answered exactly over these copies. */
export interface Refusal {
  readonly kind: 'refusal'
  /** Completes "… is not supported by this proxy yet." */
  readonly feature: string
}

/** How to find other copies for shards whose copy failed. */
export type Retarget = (shards: readonly ShardId[], failed: ReadonlySet<NodeId>) => ReadTargets

/** What to do with the answers of a document listing. */
export interface ListMerge {
  readonly whole: boolean
  readonly offset: number
  readonly limit: number
  readonly echo: { readonly offset: string; readonly limit: string }
  /** By the values that documents tell in `_federation`, else by the last writes. */
  readonly sorted: boolean
}

export interface ListPlan extends ReadTargets {
  readonly kind: 'list'
  readonly merge: ListMerge
}

/** What to do with the answers of a facet search. */
export interface FacetSearchMerge {
  /** One node answers for the whole index: its order stays. */
  readonly whole: boolean
  readonly order: 'alpha' | 'count'
  /** Values were looked up by a query, if an empty one. */
  readonly hasQuery: boolean
  readonly valuesMax: number
  /** Values in a node's list from which on the node may have cut it off. */
  readonly fullAt: number
  /** Counts are no exact sums (a score threshold stops nodes early). */
  readonly countsApproximate: boolean
}

export interface FacetSearchPlan extends ReadTargets {
  readonly kind: 'facet-search'
  readonly merge: FacetSearchMerge
}
