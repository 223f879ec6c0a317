import type { NodeId, ShardId } from '../model/ids.ts'
import type {
  Ask,
  DistinctMerge,
  ReadTarget,
  ReadTargets,
  Refusal,
  Retarget,
  SearchMerge,
  SearchPlan,
} from '../model/plan.ts'
import type { IndexView } from '../model/view.ts'
import { askBody, clampedWindow, type SearchScope, wholeBody } from './search-body.ts'
import type { SearchRequest } from './search-request.ts'
import { allShards, indexPath, isWhole, targetsFor } from './targets.ts'

export type { SearchScope } from './search-body.ts'

/** Whom to ask what, and what to do with the answers. Pure: same arguments, same plan. */
export function planSearch(scope: SearchScope): SearchPlan | Refusal {
  const { index } = scope
  const merged = mergedTargets(scope, allShards(index), likelyDepth)
  const whole = isWhole(merged)
  const feature = merged.targets.length > 1 ? unsupportedFeature(scope) : null
  if (feature !== null) return { kind: 'refusal', feature }
  const targets = whole
    ? merged.targets.map((target) => ({ ...target, body: wholeBody(scope, target.shardFilter) }))
    : merged.targets
  return { kind: 'search', targets, uncovered: merged.uncovered, merge: mergeOf(scope, whole) }
}

/** The same nodes again, for all that the page can need of each. */
export function deeperSearch(scope: SearchScope, targets: readonly ReadTarget[]): ReadTargets {
  const deeper = targets.map(({ depth: _, ...target }) => ({
    ...target,
    body: askBody(scope, target.shardFilter, firstAsk(scope, reachOf(scope))),
  }))
  return { targets: deeper, uncovered: [] }
}

/**
 * Other copies for shards of a merged plan. Null where nobody can help out: one node that pages by itself,
 * or a request that only one node may answer; such a plan is made anew instead.
 */
export function retargetSearch(scope: SearchScope, plan: SearchPlan): Retarget | null {
  if (plan.merge.whole || unsupportedFeature(scope) !== null) return null
  return (shards: readonly ShardId[], failed: ReadonlySet<NodeId>) =>
    mergedTargets({ ...scope, usable: (node) => !failed.has(node) && scope.usable(node) }, shards, reachOf)
}

/** Copies that can answer in a slow one's place: of the same plan, so that either answer fits its merge. */
export function standInSearch(scope: SearchScope, plan: SearchPlan): Retarget | null {
  if (!plan.merge.whole) return retargetSearch(scope, plan)
  return (shards: readonly ShardId[], failed: ReadonlySet<NodeId>) => {
    const other = planSearch({ ...scope, usable: (node) => !failed.has(node) && scope.usable(node) })
    return other.kind === 'search' && other.merge.whole ? other : { targets: [], uncovered: shards }
  }
}

/** Hits to ask a node for that answers for so many shards. */
type DepthRule = (scope: SearchScope, shards: number) => number

function mergedTargets(scope: SearchScope, shards: readonly ShardId[], depthOf: DepthRule): ReadTargets {
  // Nodes that need no filter of their own and as many hits get the same text.
  const bodies = new Map<string, string>()
  const reach = reachOf(scope)
  return targetsFor(scope, shards, (name, shardFilter, own) => {
    const depth = depthOf(scope, own.length)
    const key = `${depth} ${shardFilter}`
    const body = bodies.get(key) ?? askBody(scope, shardFilter, firstAsk(scope, depth))
    bodies.set(key, body)
    const request = { method: 'POST', path: indexPath(name, 'search'), body } as const
    return depth < reach ? { ...request, depth } : request
  })
}

/** Hits from the first one on to the end of the page: no node can have more of them. */
function reachOf(scope: SearchScope): number {
  const { offset, limit } = clampedWindow(scope)
  return offset + limit
}

/** Up to here a node is asked for everything: less would save nothing. */
const SHALLOW_HITS = 32
/** How many standard deviations a node's part of a page may be above its share before it is asked again. */
const SPREAD = 4

/**
 * A node's likely part of a deep page: its share of the shards, and some more for chance, because documents
 * are spread evenly. Everything, where a node counts no further than it is asked, or where hits that the
 * merge drops make others follow.
 */
function likelyDepth(scope: SearchScope, shards: number): number {
  const reach = reachOf(scope)
  const { request, index } = scope
  if (reach <= SHALLOW_HITS || request.threshold || request.semantic) return reach
  if (distinctMerge(scope) !== null) return reach
  const share = (reach * shards) / index.shards
  return Math.min(reach, Math.ceil(share + SPREAD * Math.sqrt(share)) + 1)
}

/** The first hits, and the value that tells them apart. */
function firstAsk(scope: SearchScope, reach: number): Ask {
  const distinct = distinctMerge(scope)
  const shown = [...(scope.request.attributesToRetrieve ?? []), distinct?.attribute]
  const members = distinct?.hide === true ? { attributesToRetrieve: JSON.stringify(shown) } : {}
  return { reach, filters: [], members }
}

function mergeOf(scope: SearchScope, whole: boolean): SearchMerge {
  const { index, request } = scope
  const window = clampedWindow(scope)
  return {
    uid: index.uid,
    primaryKey: index.primaryKey,
    whole,
    offset: whole ? 0 : window.offset,
    limit: window.limit,
    echo: request.echo,
    keepDetails: request.wantsDetails,
    facets: {
      sortBy: index.facts.sortFacetValuesBy,
      valuesMax: index.facts.maxValuesPerFacet,
      fullAt: scope.nodeFacetValues,
    },
    distinct: whole ? null : distinctMerge(scope),
    totalsApproximate: !whole && request.threshold && request.echo.kind === 'offset',
  }
}

/** Each node drops what its own hits repeat; what hits of several nodes repeat is dropped by the merge. */
function distinctMerge({ index, request }: SearchScope): DistinctMerge | null {
  const attribute = request.distinct ?? index.facts.distinctAttribute
  if (attribute === null) return null
  const shown = request.attributesToRetrieve
  const hide = shown !== null && !shown.includes('*') && !shown.includes(attribute)
  const formatted = request.formatted.includes('*') || request.formatted.includes(attribute)
  return { attribute, hide, hideFormatted: hide && !formatted }
}

/** Names what several nodes cannot answer exactly; null when nothing stands in the way. */
function unsupportedFeature(scope: SearchScope): string | null {
  const { index, request } = scope
  if (request.semantic) return 'A hybrid or vector search over several nodes'
  if (request.delegated) return '`personalize` or `useNetwork` over several nodes'
  const distinct = distinctMerge(scope)
  if (distinct !== null && !isReadable(distinct, scope))
    return `\`distinct\` by \`${distinct.attribute}\`, which hits do not show, over several nodes`
  if (request.threshold && !constantScale(request))
    return '`rankingScoreThreshold` for a query of several words over several nodes'
  const hidden = hiddenSortFields(index, request)
  if (hidden.length > 0)
    return `Sorting by a field outside \`displayedAttributes\` (\`${hidden.join('`, `')}\`) over several nodes`
  return null
}

/** Hits must carry the value where it can be found. */
function isReadable(distinct: DistinctMerge, { index }: SearchScope): boolean {
  const { displayedAttributes } = index.facts
  if (distinct.attribute.includes('.')) return false
  return displayedAttributes === null || displayedAttributes.includes(distinct.attribute)
}

/**
 * Scores of different nodes are on one scale when no rule's maximum depends on the words a node has:
 * without a query, for a single word, or when all words must match.
 */
export function constantScale(request: Pick<SearchRequest, 'query' | 'matchesAllWords'>): boolean {
  const query = request.query.trim()
  if (query === '' || request.matchesAllWords) return true
  return /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]+$/u.test(query)
}

/** Nodes blank out the values of these in what hits are ordered by. */
function hiddenSortFields(index: IndexView, request: SearchRequest): string[] {
  const { displayedAttributes, customRuleFields } = index.facts
  if (displayedAttributes === null || displayedAttributes.includes('*')) return []
  const asked = request.sort
    .filter((rule) => !rule.startsWith('_geoPoint('))
    .map((rule) => rule.replace(/:(?:asc|desc)$/, ''))
  return [...new Set([...customRuleFields, ...asked])].filter((field) => !displayedAttributes.includes(field))
}
