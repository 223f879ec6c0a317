import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { SearchMerge } from '../../../src/model/plan.ts'
import { parseSearchRequest } from '../../../src/plan/request/search-request.ts'
import { planSearch } from '../../../src/plan/search.ts'
import { membersOf, memberValue } from '../../../src/std/json-members.ts'
import { viewOf } from '../flows/read-world.ts'

/* Recorded answers of one node and of three shards to the same query. */

export interface GoldenSettings {
  readonly rankingRules?: readonly string[]
  readonly faceting?: {
    readonly maxValuesPerFacet: number
    readonly sortFacetValuesBy: Readonly<Record<string, 'alpha' | 'count'>>
  }
}

export interface GoldenCase {
  readonly query: Readonly<Record<string, unknown>>
  /** One node's answer. */
  readonly single: string
  readonly answers: readonly string[]
}

export interface GoldenFile {
  readonly primaryKey: string
  readonly settings: GoldenSettings
  readonly cases: readonly GoldenCase[]
}

export const CORPORA = ['cities-plain', 'movies-plain', 'movies-ranked'] as const
const FOLDER = new URL('../../golden/', import.meta.url)

export function goldenFile(corpus: string): GoldenFile {
  const raw = gunzipSync(readFileSync(new URL(`${corpus}.jsonl.gz`, FOLDER))).toString()
  const [head, ...cases] = raw
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  return { primaryKey: head.primaryKey, settings: head.settings, cases }
}

export type Part = 'ids' | 'hits' | 'totals' | 'facets' | 'facet-ties' | 'stats' | 'members'

/** `corpus → case number → parts that may differ, and why`. */
export function knownDifferences(): Record<string, Record<string, { parts: Part[]; why: string }>> {
  return JSON.parse(readFileSync(new URL('known-differences.json', FOLDER), 'utf8'))
}

/** How the planner has a case merged over three shards on three nodes. */
export function mergeOf(file: GoldenFile, query: GoldenCase['query']): SearchMerge {
  const rules = (file.settings.rankingRules ?? []).filter((rule) => rule.includes(':'))
  const { faceting } = file.settings
  const view = viewOf(
    { a: { group: 0, shards: [0] }, b: { group: 0, shards: [1] }, c: { group: 0, shards: [2] } },
    { customRuleFields: rules.map((rule) => rule.replace(/:\w+$/, '')), ...faceting },
  )
  const index = view.indexes.get('films')
  // Thresholds on several words are refused when planned; how they merge is of interest all the same.
  const { rankingScoreThreshold: _threshold, ...rest } = query
  const request = parseSearchRequest(JSON.stringify(rest))
  if (index === undefined || request === null) throw new Error('no plan')
  const scope = {
    index,
    nodes: view.nodes,
    usable: () => true,
    federates: () => true,
    draw: 0,
    request,
    extraFilters: [],
    nodeFacetValues: 1000,
  }
  const plan = planSearch(scope)
  if (plan.kind !== 'search') throw new Error(plan.feature)
  return plan.merge
}

/** Parts of a merged reply that are not, byte for byte, those of the one node. */
export function differingParts(merged: string, single: string, primaryKey: string): Part[] {
  const [left, right] = [membersOf(merged), membersOf(single)]
  const value = (members: typeof left, key: string): string => memberValue(members, key) ?? ''
  const differs = (...keys: string[]): boolean => keys.some((key) => value(left, key) !== value(right, key))
  const ids = (members: typeof left): unknown =>
    JSON.parse(value(members, 'hits')).map((hit: Record<string, unknown>) => hit[primaryKey] ?? null)
  const parts: Part[] = []
  if (left.map(({ key }) => key).join() !== right.map(({ key }) => key).join()) parts.push('members')
  if (differs('query', 'limit', 'offset', 'page', 'hitsPerPage')) parts.push('members')
  if (JSON.stringify(ids(left)) !== JSON.stringify(ids(right))) parts.push('ids')
  else if (differs('hits')) parts.push('hits')
  if (differs('estimatedTotalHits', 'totalHits', 'totalPages')) parts.push('totals')
  if (differs('facetStats')) parts.push('stats')
  if (differs('facetDistribution'))
    parts.push(
      onlyTies(value(left, 'facetDistribution'), value(right, 'facetDistribution')) ? 'facet-ties' : 'facets',
    )
  return parts
}

/** True when both lists have the same counts, and the same values wherever counts settle which are shown. */
function onlyTies(merged: string, single: string): boolean {
  const [left, right] = [membersOf(merged), membersOf(single)]
  if (left.map(({ key }) => key).join() !== right.map(({ key }) => key).join()) return false
  return left.every(({ value }, place) => {
    const [ours, theirs] = [membersOf(value), membersOf(right[place]?.value ?? '{}')]
    if (ours.map((member) => member.value).join() !== theirs.map((member) => member.value).join())
      return false
    const least = ours.at(-1)?.value
    const settled = (members: typeof ours): string =>
      members
        .filter((member) => member.value !== least)
        .map((member) => `${member.value} ${member.key}`)
        .sort()
        .join()
    return settled(ours) === settled(theirs)
  })
}
