import type { NodeId } from '../model/ids.ts'
import type { Narrow } from './filter/narrow.ts'
import type { SearchRequest } from './request/search-request.ts'
import type { ReadScope } from './targets.ts'

export interface SearchScope extends ReadScope {
  readonly request: SearchRequest
  /** Answers internal federated searches. */
  readonly federates: (node: NodeId) => boolean
  /** Filters of the caller's own (tenants): JSON texts of elements of the outer filter array. */
  readonly extraFilters: readonly string[]
  /** Values that nodes list of a facet, at least, before they cut it off. */
  readonly nodeFacetValues: number
  readonly narrow?: Narrow
  /** All hits of all answers are wanted, as they come: what is made of them is not a page yet. */
  readonly everything?: boolean
}
