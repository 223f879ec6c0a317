import type { Ask, ReadTarget } from '../model/plan.ts'
import { type JsonMember, membersOf, memberValue, objectText } from '../std/json-members.ts'
import type { SearchScope } from './search-scope.ts'
import { selectionMembers } from './selection.ts'
import { indexPath } from './targets.ts'

/** Members of the body that planning writes itself. */
const OWNED = ['offset', 'limit', 'page', 'hitsPerPage', 'filter', 'showRankingScoreDetails']

/** Page bounds after `maxTotalHits`, which a node applies to its own hits only. */
export function clampedWindow({ index, request }: SearchScope): { offset: number; limit: number } {
  const most = index.facts.maxTotalHits
  const offset = Math.min(request.offset, most)
  return { offset, limit: Math.min(request.limit, most - offset) }
}

/**
 * One node has everything and pages itself: the client's own text, with what only this proxy knows written
 * in.
 */
export function wholeBody(scope: SearchScope, shardFilter: string | null): string {
  const { request, extraFilters } = scope
  const changes: JsonMember[] = []
  const added = shardFilter === null ? extraFilters : [...extraFilters, JSON.stringify(shardFilter)]
  if (added.length > 0) changes.push(filterMember([...request.filters, ...added]))
  return changes.length === 0 ? request.text : objectText(replaced(request.members, changes))
}

/** One of several nodes and the shards that it is asked for. */
export interface AskedPlace {
  /** Physical index name. */
  readonly name: string
  readonly shardFilter: string | null
}

type AskRequest = Required<Pick<ReadTarget, 'path' | 'internal'>> & {
  readonly method: 'POST'
  readonly body: string
}

/** The request to one of several nodes: the first hits of its shards, with what they are ordered by. */
export function askRequest(scope: SearchScope, place: AskedPlace, ask: Ask): AskRequest {
  const { name, shardFilter } = place
  const internal = ask.internal !== undefined
  const body = askBody(scope, shardFilter, ask)
  if (!internal) return { method: 'POST', path: indexPath(name, 'search'), body, internal }
  const federated = federatedBody(membersOf(body), name, ask.internal.distinct)
  return { method: 'POST', path: '/multi-search', body: federated, internal }
}

/** Members that a search may not have itself when it is federated. */
const FEDERATED = ['offset', 'limit', 'page', 'hitsPerPage', 'showPerformanceDetails']

/** A search as the only one of a federated search, which answers the same hits in the same order. */
function federatedBody(members: readonly JsonMember[], name: string, distinct: string | null): string {
  const index = JSON.stringify(name)
  const federation = members.filter(({ key }) => FEDERATED.includes(key))
  const facets = memberValue(members, 'facets')
  // No facets of a plain search are no answer about facets; here they would be an empty one.
  if (facets !== undefined && /[^\s[\]]/.test(facets) && facets !== 'null')
    federation.push({ key: 'facetsByIndex', value: `{${index}:${facets}}` })
  const given = distinct === null ? [] : [{ key: 'distinct', value: JSON.stringify(distinct) }]
  const left = [...FEDERATED, 'facets', ...given.map(({ key }) => key)]
  const query = [{ key: 'indexUid', value: index }, ...members.filter(({ key }) => !left.includes(key))]
  return `{"queries":[${objectText(query)}],"federation":${objectText([...federation, ...given])}}`
}

function askBody(scope: SearchScope, shardFilter: string | null, ask: Ask): string {
  const { request, extraFilters } = scope
  const own = { ...selectionMembers(scope), ...ask.members }
  const members = request.members.filter(({ key }) => !OWNED.includes(key) && !Object.hasOwn(own, key))
  const filters = [...request.filters, ...extraFilters, ...ask.filters]
  if (shardFilter !== null) filters.push(JSON.stringify(shardFilter))
  if (filters.length > 0) members.push(filterMember(filters))
  const reach = String(ask.reach)
  if (request.echo.kind === 'page')
    members.push({ key: 'page', value: '1' }, { key: 'hitsPerPage', value: reach })
  else members.push({ key: 'offset', value: '0' }, { key: 'limit', value: reach })
  members.push({ key: 'showRankingScoreDetails', value: 'true' })
  for (const [key, value] of Object.entries(own)) if (value !== null) members.push({ key, value })
  return objectText(members)
}

function filterMember(elements: readonly string[]): JsonMember {
  return { key: 'filter', value: `[${elements.join(',')}]` }
}

function replaced(members: readonly JsonMember[], changes: readonly JsonMember[]): JsonMember[] {
  const keys = new Set(changes.map((change) => change.key))
  return [...members.filter((member) => !keys.has(member.key)), ...changes]
}
