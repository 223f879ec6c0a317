import type { NodeId, ShardId } from '../model/ids.ts'
import type {
  Ask,
  ReadTarget,
  ReadTargets,
  Refusal,
  Retarget,
  SearchMerge,
  SearchPlan,
} from '../model/plan.ts'
import { narrowedSearch } from './filter/narrow.ts'
import { kindOf } from './hybrid.ts'
import { askRequest, clampedWindow, wholeBody } from './search-body.ts'
import type { SearchScope } from './search-scope.ts'
import { distinctMerge, thresholdMerge, unreadableDistinct } from './selection.ts'
import { allShards, indexPath, isWhole, targetsFor } from './targets.ts'

export type { SearchScope } from './search-scope.ts'

/** Whom to ask what, and what to do with the answers. Pure: same arguments, same plan. */
export function planSearch(scope: SearchScope): SearchPlan | Refusal {
  const narrowing = narrowedSearch(scope)
  const plan = planOver(scope, narrowing.shards)
  return plan.kind === 'refusal' ? plan : { ...plan, narrowing }
}

type PlanOver = Omit<SearchPlan, 'narrowing'>

/** `narrowed` is null for all shards. Likely depths count on hits of all shards. */
function planOver(scope: SearchScope, narrowed: readonly ShardId[] | null): PlanOver | Refusal {
  const shards = narrowed ?? allShards(scope.index)
  const depthOf = narrowed === null ? likelyDepth : reachOf
  const found = mergedTargets(scope, shards, depthOf)
  if (isWhole(found) && !isCountedHere(scope)) return wholePlan(scope, found)
  const feature = found.targets.length > 1 ? unsupportedFeature(scope) : null
  if (feature !== null) return { kind: 'refusal', feature }
  const hidden = hiddenSortFields(scope)
  if (hidden.length === 0) return { kind: 'search', ...found, merge: mergeOf(scope, false) }
  const telling = mergedTargets(tellingOnly(scope), shards, depthOf)
  if (isWhole(telling) && !isCountedHere(scope)) return wholePlan(scope, telling)
  if (telling.uncovered.length > found.uncovered.length) {
    const fields = hidden.join('`, `')
    const where = 'over several nodes that do not all have the runtime flag `network`'
    return {
      kind: 'refusal',
      feature: `Sorting by a field outside \`displayedAttributes\` (\`${fields}\`) ${where}`,
    }
  }
  return { kind: 'search', ...telling, merge: mergeOf(scope, false) }
}

/** One node has everything: it answers the client's own search. */
function wholePlan(scope: SearchScope, { targets, uncovered }: ReadTargets): PlanOver {
  const asked = targets.map(({ depth: _, ...target }) => {
    const body = wholeBody(scope, target.shardFilter)
    return { ...target, path: indexPath(target.name, 'search'), body, internal: false }
  })
  return { kind: 'search', targets: asked, uncovered, merge: mergeOf(scope, true) }
}

/** The same nodes less those that do not tell hidden values. */
function tellingOnly(scope: SearchScope): SearchScope {
  return { ...scope, usable: (node) => scope.usable(node) && scope.federates(node) }
}

/** The same nodes again, for all that the page can need of each. */
export function deeperSearch(scope: SearchScope, targets: readonly ReadTarget[]): ReadTargets {
  const deeper = targets.map(({ depth: _, ...target }) => ({
    ...target,
    ...askRequest(scope, target, firstAsk(scope, reachOf(scope))),
  }))
  return { targets: deeper, uncovered: [] }
}

/**
 * Other copies for shards of a merged plan. Null where nobody can help out: one node that pages by itself,
 * or a request that only one node may answer; such a plan is made anew instead.
 */
export function retargetSearch(scope: SearchScope, plan: SearchPlan): Retarget | null {
  if (plan.merge.whole || unsupportedFeature(scope) !== null) return null
  const { usable } = plan.merge.internal === null ? scope : tellingOnly(scope)
  return (shards: readonly ShardId[], failed: ReadonlySet<NodeId>) =>
    mergedTargets({ ...scope, usable: (node) => !failed.has(node) && usable(node) }, shards, reachOf)
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
  // Nodes that call the index alike, need no filter and as many hits get the same text.
  const requests = new Map<string, ReturnType<typeof askRequest>>()
  const reach = reachOf(scope)
  return targetsFor(scope, shards, (name, shardFilter, own) => {
    const depth = depthOf(scope, own.length)
    const key = `${name} ${depth} ${shardFilter}`
    const request = requests.get(key) ?? askRequest(scope, { name, shardFilter }, firstAsk(scope, depth))
    requests.set(key, request)
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
  if (reach <= SHALLOW_HITS || request.threshold !== null || kindOf(request) !== 'words') return reach
  if (distinctMerge(scope) !== null) return reach
  const share = (reach * shards) / index.shards
  return Math.min(reach, Math.ceil(share + SPREAD * Math.sqrt(share)) + 1)
}

/** The first hits. */
function firstAsk(scope: SearchScope, reach: number): Ask {
  const ask = { reach, filters: [], members: {} }
  return hiddenSortFields(scope).length === 0 ? ask : { ...ask, internal: { distinct: null } }
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
    everything: scope.everything === true,
    distinct: whole ? null : distinctMerge(scope),
    internal: whole || hiddenSortFields(scope).length === 0 ? null : { query: JSON.stringify(request.query) },
    threshold: whole ? null : thresholdMerge(scope),
    hideScore: !request.wantsScore,
    hitsMax: index.facts.maxTotalHits,
  }
}

/**
 * A node counts hits of one rank together when it drops repeated values, and its hidden last rule leaves no
 * two in one rank: such totals are this proxy's, also where one node has everything.
 */
function isCountedHere(scope: SearchScope): boolean {
  const { echo } = scope.request
  return echo.kind === 'offset' && distinctMerge(scope) !== null && unsupportedFeature(scope) === null
}

/** Names what several nodes cannot answer exactly; null when nothing stands in the way. */
function unsupportedFeature(scope: SearchScope): string | null {
  const { request } = scope
  const near = nearFeature(scope)
  if (near !== null) return near
  if (request.delegated) return '`personalize` over several nodes'
  return unreadableDistinct(scope)
}

/** A search near a vector takes several nodes only with that vector, a hybrid one in two steps. */
function nearFeature(scope: SearchScope): string | null {
  const { request, everything } = scope
  if (request.media) return 'A search by media over several nodes'
  const kind = kindOf(request)
  if (kind === 'words') return null
  if (distinctMerge(scope) !== null) return '`distinct` in a search by vectors over several nodes'
  if (request.threshold !== null) return '`rankingScoreThreshold` in a search by vectors over several nodes'
  if (hiddenSortFields(scope).length > 0)
    return 'Sorting by a field outside `displayedAttributes` in a search by vectors over several nodes'
  if (everything === true) return null
  if (kind === 'hybrid') return 'A hybrid search in one step over several nodes'
  return request.vector === null ? 'A semantic search without a vector over several nodes' : null
}

/** Nodes blank out the values of these in what hits are ordered by; internal searches tell them. */
function hiddenSortFields({ index, request }: SearchScope): string[] {
  const { displayedAttributes, customRuleFields } = index.facts
  if (displayedAttributes === null || displayedAttributes.includes('*')) return []
  const asked = request.sort
    .filter((rule) => !rule.startsWith('_geoPoint('))
    .map((rule) => rule.replace(/:(?:asc|desc)$/, ''))
  return [...new Set([...customRuleFields, ...asked])].filter((field) => !displayedAttributes.includes(field))
}
