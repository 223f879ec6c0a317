import type { IndexView } from '../model/view.ts'
import { type JsonMember, objectText } from '../std/json-members.ts'
import { isObject } from '../std/json-values.ts'
import type { SearchRequest } from './request/search-request.ts'

/** What a search looks for, as a node decides it. Only the last two kinds need a vector. */
export type SearchKind = 'words' | 'semantic' | 'hybrid'

/** Smallest share of the words above nothing that a node can tell from it (a 32-bit number). */
const NEARLY_ALL = '0.99999994'

export function kindOf({ hybrid, query, vector, media }: SearchRequest): SearchKind {
  if (hybrid === null || hybrid.ratio === 0) return 'words'
  const hasQuery = query.trim() !== ''
  if (!hasQuery && vector === null && !media) return 'words'
  return hasQuery && hybrid.ratio < 1 ? 'hybrid' : 'semantic'
}

/**
 * True when only a node can say what is wrong with the vector's embedder or length, or that nothing is; some
 * embedders' lengths are known to nodes alone.
 */
export function needsOpinion({ hybrid, vector, media }: SearchRequest, index: IndexView): boolean {
  if (media || hybrid === null) return true
  const { embedders } = index.settings
  const known = isObject(embedders) && Object.hasOwn(embedders, hybrid.embedder)
  const embedder: unknown = known ? embedders[hybrid.embedder] : null
  if (!isObject(embedder)) return true
  return vector !== null && embedder['dimensions'] !== vector.length
}

/** Hits that either list of a hybrid search must have, after the index's own bound. */
export function reachOf({ offset, limit }: SearchRequest, index: IndexView): number {
  const most = index.facts.maxTotalHits
  return Math.min(Math.min(offset, most) + limit, most)
}

export interface ListScope {
  readonly request: SearchRequest
  readonly reach: number
  /** Attributes that hits must show for the merge. */
  readonly shown: readonly string[]
}

/** The search for words alone that a hybrid one begins with. */
export function wordsBody(scope: ListScope): string {
  return bodyOf(scope, { hybrid: null, vector: null })
}

/**
 * The search for neighbours. It keeps a trace of the words: a node leaves out unwanted words and marks the
 * others in hits only where both count.
 */
export function neighboursBody(scope: ListScope, vector: string): string {
  return bodyOf(scope, { hybrid: hybridText(scope.request, NEARLY_ALL), vector })
}

/** Both at once, as every node merges them by itself. */
export function bothBody(scope: ListScope, vector: string | null): string {
  const { hybrid } = scope.request
  return bodyOf(scope, { hybrid: hybridText(scope.request, String(hybrid?.ratio)), vector })
}

/** The same search with its vector, so that nodes need not make it. */
export function withVector({ members }: SearchRequest, vector: string): string {
  return objectText([...members.filter(({ key }) => key !== 'vector'), { key: 'vector', value: vector }])
}

/** What one node is asked to learn the vector of a query. */
export function embeddingBody(request: SearchRequest): string {
  return objectText([
    { key: 'q', value: JSON.stringify(request.query) },
    { key: 'hybrid', value: hybridText(request, '1.0') },
    { key: 'limit', value: '1' },
    { key: 'retrieveVectors', value: 'true' },
    { key: 'attributesToRetrieve', value: '[]' },
  ])
}

function hybridText({ hybrid }: SearchRequest, ratio: string): string {
  return `{"embedder":${JSON.stringify(hybrid?.embedder)},"semanticRatio":${ratio}}`
}

const REPLACED = ['hybrid', 'vector', 'offset', 'limit', 'page', 'hitsPerPage']
const SCORES = ['showRankingScore', 'showRankingScoreDetails']

function bodyOf(
  { request, reach, shown }: ListScope,
  given: Readonly<Record<string, string | null>>,
): string {
  const { attributesToRetrieve: retrieve } = request
  const members: JsonMember[] = request.members.filter(
    ({ key }) => !REPLACED.includes(key) && !SCORES.includes(key) && key !== 'attributesToRetrieve',
  )
  if (retrieve !== null)
    members.push({ key: 'attributesToRetrieve', value: JSON.stringify([...retrieve, ...shown]) })
  if (request.echo.kind === 'offset') members.push({ key: 'limit', value: String(reach) })
  else members.push({ key: 'page', value: '1' }, { key: 'hitsPerPage', value: String(reach) })
  for (const key of SCORES) members.push({ key, value: 'true' })
  for (const [key, value] of Object.entries(given)) if (value !== null) members.push({ key, value })
  return objectText(members)
}
