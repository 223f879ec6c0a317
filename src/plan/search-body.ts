import type { Ask } from '../model/plan.ts'
import { type JsonMember, objectText } from '../std/json-members.ts'
import type { SearchRequest } from './search-request.ts'
import type { ReadScope } from './targets.ts'

export interface SearchScope extends ReadScope {
  readonly request: SearchRequest
  /** Filters of the caller's own (tenants): JSON texts of elements of the outer filter array. */
  readonly extraFilters: readonly string[]
  /** Values that nodes list of a facet, at least, before they cut it off. */
  readonly nodeFacetValues: number
}

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

/** One of several nodes: the first hits of its shards, with what they are ordered by. */
export function askBody(scope: SearchScope, shardFilter: string | null, ask: Ask): string {
  const { request, extraFilters } = scope
  const own = Object.entries(ask.members)
  const given = request.members.filter(({ key }) => !OWNED.includes(key) && !Object.hasOwn(ask.members, key))
  const members = [...given]
  const filters = [...request.filters, ...extraFilters, ...ask.filters]
  if (shardFilter !== null) filters.push(JSON.stringify(shardFilter))
  if (filters.length > 0) members.push(filterMember(filters))
  const reach = String(ask.reach)
  if (request.echo.kind === 'page')
    members.push({ key: 'page', value: '1' }, { key: 'hitsPerPage', value: reach })
  else members.push({ key: 'offset', value: '0' }, { key: 'limit', value: reach })
  members.push({ key: 'showRankingScoreDetails', value: 'true' })
  for (const [key, value] of own) if (value !== null) members.push({ key, value })
  return objectText(members)
}

function filterMember(elements: readonly string[]): JsonMember {
  return { key: 'filter', value: `[${elements.join(',')}]` }
}

function replaced(members: readonly JsonMember[], changes: readonly JsonMember[]): JsonMember[] {
  const keys = new Set(changes.map((change) => change.key))
  return [...members.filter((member) => !keys.has(member.key)), ...changes]
}
