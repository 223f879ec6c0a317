import { FOREIGN_PREFIX, OWN_PREFIX } from '../model/injected.ts'
import type { FacetSearchPlan, ReadTargets, Refusal, Retarget } from '../model/plan.ts'
import { type JsonMember, objectText } from '../std/json-members.ts'
import { filterElements, givenValue, readBody } from './request/request-body.ts'
import { constantScale } from './selection.ts'
import { allShards, indexPath, isWhole, type ReadScope, targetsFor } from './targets.ts'

/** What planning must know of a facet search; everything else travels as text. */
export interface FacetSearchRequest {
  readonly members: readonly JsonMember[]
  readonly facetName: string
  readonly hasQuery: boolean
  readonly query: string
  readonly matchesAllWords: boolean
  readonly filters: readonly string[]
  readonly semantic: boolean
  readonly threshold: boolean
  readonly exhaustive: boolean
}

export interface FacetSearchScope extends ReadScope {
  readonly request: FacetSearchRequest
  /** Filters of the caller's own (tenants): JSON texts of elements of the outer filter array. */
  readonly extraFilters: readonly string[]
  /** Values that nodes list of a facet, at least, before they cut it off. */
  readonly nodeFacetValues: number
}

/** Null when a value that planning relies on has a shape only a node can judge. */
export function parseFacetSearchRequest(text: string): FacetSearchRequest | null {
  const body = readBody(text)
  if (body === null) return null
  const facetName = givenValue(body, 'facetName')
  const facetQuery = givenValue(body, 'facetQuery')
  const query = givenValue(body, 'q') ?? ''
  const filters = filterElements(body)
  if (typeof facetName !== 'string' || typeof query !== 'string' || filters === null) return null
  if (facetQuery !== null && typeof facetQuery !== 'string') return null
  // Only where a feature is on that clients cannot switch on: its refusal is a node's.
  if (givenValue(body, 'useNetwork') !== null) return null
  return {
    members: body.members,
    facetName,
    hasQuery: facetQuery !== null,
    query,
    matchesAllWords: givenValue(body, 'matchingStrategy') === 'all',
    filters,
    semantic: ['hybrid', 'vector', 'media'].some((key) => givenValue(body, key) !== null),
    threshold: givenValue(body, 'rankingScoreThreshold') !== null,
    exhaustive: givenValue(body, 'exhaustiveFacetCount') === true,
  }
}

/** Whom to ask for the values of a facet. Pure: same arguments, same plan. */
export function planFacetSearch(scope: FacetSearchScope): FacetSearchPlan | Refusal {
  const { index, request } = scope
  const found = facetTargets(scope, allShards(index))
  const feature = found.targets.length > 1 ? unsupportedFeature(request) : null
  if (feature !== null) return { kind: 'refusal', feature }
  const { sortFacetValuesBy, maxValuesPerFacet } = index.facts
  const named = Object.hasOwn(sortFacetValuesBy, request.facetName)
  const whole = isWhole(found)
  return {
    kind: 'facet-search',
    ...found,
    merge: {
      whole,
      order: sortFacetValuesBy[named ? request.facetName : '*'] ?? 'alpha',
      hasQuery: request.hasQuery,
      valuesMax: maxValuesPerFacet,
      fullAt: scope.nodeFacetValues,
      countsApproximate: !whole && request.threshold && !request.exhaustive,
    },
  }
}

/** Other copies for shards whose copy failed; null where only one node may answer. */
export function retargetFacetSearch(scope: FacetSearchScope): Retarget | null {
  if (unsupportedFeature(scope.request) !== null) return null
  return (shards, failed) =>
    facetTargets({ ...scope, usable: (node) => !failed.has(node) && scope.usable(node) }, shards)
}

function facetTargets(scope: FacetSearchScope, shards: ReturnType<typeof allShards>): ReadTargets {
  return targetsFor(scope, shards, (name, shardFilter) => ({
    method: 'POST',
    path: indexPath(name, 'facet-search'),
    body: bodyText(scope, shardFilter),
  }))
}

function bodyText({ request, extraFilters }: FacetSearchScope, shardFilter: string | null): string {
  const { members, facetName } = request
  const changes: JsonMember[] = []
  const added = shardFilter === null ? extraFilters : [...extraFilters, JSON.stringify(shardFilter)]
  if (added.length > 0)
    changes.push({ key: 'filter', value: `[${[...request.filters, ...added].join(',')}]` })
  // Our fields are no client's facet: a name that no document has finds as little as one node would.
  if (facetName.startsWith(OWN_PREFIX))
    changes.push({ key: 'facetName', value: JSON.stringify(facetName.replace(OWN_PREFIX, FOREIGN_PREFIX)) })
  const keys = new Set(changes.map((change) => change.key))
  return objectText([...members.filter((member) => !keys.has(member.key)), ...changes])
}

/** Names what several nodes cannot answer exactly; null when nothing stands in the way. */
function unsupportedFeature(request: FacetSearchRequest): string | null {
  if (request.semantic) return 'A facet search in hybrid or vector results over several nodes'
  if (request.threshold && !constantScale(request))
    return '`rankingScoreThreshold` for a query of several words over several nodes'
  return null
}
