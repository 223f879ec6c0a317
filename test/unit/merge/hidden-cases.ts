import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Kernel } from '../../../src/kernel/kernel.ts'
import { mergeList } from '../../../src/merge/documents.ts'
import { mergeSearch } from '../../../src/merge/search.ts'
import type { Learned, ListPlan, SearchPlan } from '../../../src/model/plan.ts'
import { planList } from '../../../src/plan/documents.ts'
import { parseListRequest } from '../../../src/plan/request/documents-request.ts'
import { parseSearchRequest } from '../../../src/plan/request/search-request.ts'
import { planSearch } from '../../../src/plan/search.ts'
import { text, utf8 } from '../../../src/std/bytes.ts'
import { randomInteger, seededRandom } from '../../../src/std/random.ts'
import { seqText, viewOf } from '../flows/read-world.ts'

/*
 * Searches and lists that are ordered by fields which hits do not show, over three shards and over one node.
 */

export const SHARDS = 3
/** How the index is called on shards. */
export const SHARD_INDEX = 'films__g1_0'

const DISPLAYED = ['id', 'Title', 'MPAA Rating']
const RULES = ['words', 'sort', 'typo', 'proximity', 'attributeRank', 'wordPosition', 'exactness']
const CUSTOM = ['IMDB Votes:desc', 'Title:asc']
const FILTERABLE = ['Major Genre', 'MPAA Rating', 'IMDB Rating', 'Distributor', 'tags']
const SORTABLE = [
  ...['IMDB Rating', 'Worldwide Gross', 'Director', 'Title', 'tags', 'Running Time min', '_geo'],
]

/** Settings of the one node, and what shards have beside them. */
export const SETTINGS = {
  displayedAttributes: DISPLAYED,
  filterableAttributes: FILTERABLE,
  sortableAttributes: SORTABLE,
  searchableAttributes: ['Title', 'Director', 'Distributor', 'Major Genre'],
  rankingRules: [...RULES, ...CUSTOM],
}
export const SHARD_SETTINGS = {
  ...SETTINGS,
  displayedAttributes: [...DISPLAYED, '_miroir_shard', '_miroir_seq'],
  filterableAttributes: [...FILTERABLE, '_miroir_shard', '_miroir_seq'],
  sortableAttributes: [...SORTABLE, '_miroir_seq'],
  rankingRules: [...RULES, ...CUSTOM, '_miroir_seq:asc'],
  faceting: { maxValuesPerFacet: 1000 },
}

const FILMS = 1_200

/**
 * Films with tags, some several and some none, and places in groups of less than a metre. No value is null:
 * a node loses such documents from sorted lists, and counts them in offsets all the same.
 */
export function documents(): Record<string, unknown>[] {
  const raw = gunzipSync(readFileSync(new URL('../../data/films.json.gz', import.meta.url))).toString()
  return (JSON.parse(raw) as { id: number }[]).slice(0, FILMS).map((film) => {
    const { id } = film
    const tags = [`Tag ${id % 7}`, `tag ${id % 5}`, 'Ünï'].slice(0, 1 + (id % 3))
    const known = Object.entries(film).filter(([, value]) => value !== null)
    const place = id % 9 === 0 ? {} : { _geo: { lat: (id % 40) * 0.0002 + (id % 3) * 0.000002, lng: 0 } }
    return { ...Object.fromEntries(known), ...(id % 6 === 0 ? {} : { tags }), ...place }
  })
}

/** The same as shards have them: in order of insertion. */
export function shardDocuments(shard: number): Record<string, unknown>[] {
  const stamped = documents().map((film, place) => ({
    _miroir_shard: '!!!!',
    _miroir_seq: seqText(place),
    ...film,
  }))
  return stamped.filter((_, place) => (place * 7 + (place >> 4)) % SHARDS === shard)
}

export type Query = Readonly<Record<string, unknown>>

export interface HiddenCase {
  readonly kind: 'search' | 'list'
  readonly query: Query
  /** The one node's answer. */
  readonly single: string
  /** The shards' answers to what the plan asks them. */
  readonly answers: readonly string[]
}

const SORTS = [
  ...['IMDB Rating:desc', 'IMDB Rating:asc', 'Worldwide Gross:desc', 'Director:asc', 'Director:desc'],
  ...['tags:asc', 'tags:desc', 'Running Time min:asc', 'Title:desc'],
  ...['_geoPoint(0, 0):asc', '_geoPoint(0.004, 0):desc'],
]
const WORDS = ['the', 'love', 'star', 'man', 'paramount', 'drama', 'of', 'dead', 'comedy', 'spielberg']
const FILTERS = [
  ...[
    '"IMDB Rating" > 6',
    '"Major Genre" = Drama',
    '"MPAA Rating" != R',
    'tags NOT EXISTS OR tags = "tag 3"',
  ],
]

/** Seeded queries; always the same ones. */
export function queries(): { kind: HiddenCase['kind']; query: Query }[] {
  const random = seededRandom(20)
  const below = (bound: number): number => randomInteger(random, bound)
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T
  const some = (most: number): string[] => {
    const rules = Array.from({ length: 1 + below(most) }, () => pick(SORTS))
    return rules.filter((rule, at) => rules.findIndex((one) => fieldOf(one) === fieldOf(rule)) === at)
  }
  const search = (): Query => ({
    q: below(3) === 0 ? '' : Array.from({ length: 1 + below(2) }, () => pick(WORDS)).join(' '),
    ...(below(5) === 0 ? {} : { sort: some(3) }),
    ...(below(3) === 0 ? { filter: pick(FILTERS) } : {}),
    ...(below(4) === 0
      ? { facets: pick([['MPAA Rating'], ['Distributor', 'Major Genre'], ['IMDB Rating']]) }
      : {}),
    ...(below(4) === 0
      ? { page: 1 + below(3), hitsPerPage: below(9) }
      : { limit: below(12), offset: below(20) }),
    ...(below(4) === 0 ? { attributesToRetrieve: ['Title'] } : {}),
    ...(below(6) === 0 ? { showMatchesPosition: false, retrieveVectors: false } : {}),
  })
  const list = (): Query => ({
    sort: some(3),
    limit: below(12),
    offset: below(40),
    ...(below(2) === 0 ? { fields: ['id', 'tags'] } : { fields: ['Title', 'Director', 'IMDB Rating'] }),
    ...(below(3) === 0 ? { filter: pick(FILTERS) } : {}),
    ...(below(5) === 0 ? { ids: Array.from({ length: 20 }, (_, at) => at * 13 + below(13)) } : {}),
  })
  return [
    ...Array.from({ length: 120 }, () => ({ kind: 'search' as const, query: search() })),
    ...Array.from({ length: 80 }, () => ({ kind: 'list' as const, query: list() })),
  ]
}

const fieldOf = (rule: string): string => rule.replace(/\(.*|:.*/, '')

/** What is asked of the shards. */
export function planOf({ kind, query }: { kind: HiddenCase['kind']; query: Query }): SearchPlan | ListPlan {
  const placement = Object.fromEntries(['a', 'b', 'c'].map((id, at) => [id, { group: 0, shards: [at] }]))
  const view = viewOf(placement, {
    displayedAttributes: DISPLAYED,
    customRuleFields: CUSTOM.map((rule) => rule.replace(/:\w+$/, '')),
  })
  const index = view.indexes.get('films')
  if (index === undefined) throw new Error('no index')
  const scope = { index, nodes: view.nodes, usable: () => true, draw: 0 }
  if (kind === 'list') {
    const request = parseListRequest(JSON.stringify(query))
    if (request === null) throw new Error('no plan')
    return planList({ ...scope, request, shards: [0, 1, 2] })
  }
  const request = parseSearchRequest(JSON.stringify(query))
  if (request === null) throw new Error('no plan')
  const more = { federates: () => true, extraFilters: [], nodeFacetValues: 1000 }
  const plan = planSearch({ ...scope, ...more, request })
  if (plan.kind === 'refusal') throw new Error(plan.feature)
  return plan
}

/** Recordings answer no further question. */
const NOTHING = { get: () => null } as unknown as Learned

/** The merged answer, with what is new in every answer taken out. */
export async function mergedText(kernel: Kernel, golden: HiddenCase): Promise<string> {
  const plan = planOf(golden)
  const answers = golden.answers.map(utf8)
  const uids = { request: 'r', query: 'q' }
  const merged =
    plan.kind === 'list'
      ? await mergeList(kernel, answers, plan.merge)
      : await mergeSearch(kernel, answers, { merge: plan.merge, uids, learned: NOTHING })
  return merged.kind === 'merged' ? stable(text(merged.body)) : JSON.stringify(merged)
}

export function stable(answer: string): string {
  return answer
    .replace(/"processingTimeMs":\d+/, '"processingTimeMs":0')
    .replace(/"requestUid":"[^"]*"/, '"requestUid":""')
}
