import {
  type HybridMerge,
  type HybridPage,
  mergeFast,
  mergeHybrid,
  readAnswer,
  wordsPage,
  wordsSuffice,
} from '../../merge/hybrid.ts'
import { weightsOf } from '../../merge/ranked-hits.ts'
import type { HeaderList, Reply } from '../../model/call.ts'
import { fail } from '../../model/errors.ts'
import type { IndexView } from '../../model/view.ts'
import {
  bothBody,
  kindOf,
  type ListScope,
  needsOpinion,
  neighboursBody,
  reachOf,
  withVector,
  wordsBody,
} from '../../plan/hybrid.ts'
import type { SearchRequest } from '../../plan/request/search-request.ts'
import { missingIndex } from '../missing-index.ts'
import { type ClientRequest, nodeOpinion } from '../native-error.ts'
import type { ReadContext, ReadDeps } from '../read-deps.ts'
import { queryVector } from './query-vector.ts'

/** A search over several nodes that needs a vector. */
export interface NearSearch {
  readonly uid: string
  readonly client: ClientRequest
  readonly request: SearchRequest
  readonly context: ReadContext
  /** Runs a search made from this one over all shards. `everything`: all hits of all nodes. */
  readonly run: (body: string, everything: boolean) => Promise<Reply>
}

/**
 * Semantic and hybrid searches: the query becomes a vector once, at one node, then all nodes are asked with
 * that vector. A hybrid search is two searches, by words and by the vector, each merged over all nodes, and
 * the two lists merged as one node does.
 */
export async function nearSearch(deps: ReadDeps, ask: NearSearch): Promise<Reply> {
  const { request, context, uid, client } = ask
  const view = deps.views.current()
  const index = view.indexes.get(uid)
  if (index === undefined) throw missingIndex(uid)
  if (needsOpinion(request, index)) {
    const opinion = await nodeOpinion(deps, { view, index, uid, request: client, context })
    if (opinion !== null) return opinion
    if (request.media) throw fail('miroir_unsupported', { feature: 'A search by media over several nodes' })
  }
  if (kindOf(request) === 'hybrid') return hybrid(deps, ask, index)
  const vector = await queryVector(deps, ask, index)
  if (vector !== null) return ask.run(withVector(request, vector), false)
  const opinion = await nodeOpinion(deps, { view, index, uid, request: client, context })
  if (opinion !== null) return opinion
  throw fail('miroir_unsupported', { feature: 'A semantic search without a vector over several nodes' })
}

async function hybrid(deps: ReadDeps, ask: NearSearch, index: IndexView): Promise<Reply> {
  const { request } = ask
  const merge = mergeOf(request, index)
  const shown = merge.hidesKey ? [merge.primaryKey] : []
  const scope: ListScope = { request, reach: reachOf(request, index), shown }
  if (deps.config.hybridMode === 'fast')
    return fastForm(ask, scope, {
      merge,
      vector: await queryVector(deps, ask, index),
    })
  const words = await ask.run(wordsBody(scope), false)
  if (words.status !== 200) return words
  const byWords = readAnswer(bytesOf(words), merge.weights)
  if (wordsSuffice(byWords, scope.reach, merge.weights)) return reply([words], wordsPage(byWords, merge), [])
  const vector = await queryVector(deps, ask, index)
  // As on a node: without a vector the words decide alone.
  if (vector === null) return reply([words], wordsPage(byWords, merge), [])
  const near = await ask.run(neighboursBody(scope, vector), true)
  if (near.status !== 200) return near
  const page = mergeHybrid(readAnswer(bytesOf(near), merge.weights), byWords, merge)
  return reply([near, words], page, page.orderExact ? [] : ['hits'])
}

/** Each node merges its own two lists; what it found good enough, others may not have. */
async function fastForm(
  ask: NearSearch,
  scope: ListScope,
  { merge, vector }: { readonly merge: HybridMerge; readonly vector: string | null },
): Promise<Reply> {
  const both = await ask.run(bothBody(scope, vector), true)
  if (both.status !== 200) return both
  const page = mergeFast(readAnswer(bytesOf(both), merge.weights), merge)
  return reply([both], page, ['hits', 'total', 'facets'])
}

/** How the lists are merged; refuses what the merge could not see in hits. */
function mergeOf(request: SearchRequest, index: IndexView): HybridMerge {
  const { offset, limit, echo, hybrid: given } = request
  const most = index.facts.maxTotalHits
  const primaryKey = index.primaryKey ?? ''
  const { displayedAttributes } = index.facts
  const { rankingRules } = index.settings
  const isShown = displayedAttributes === null || displayedAttributes.includes(primaryKey)
  if (primaryKey.includes('.') || (primaryKey !== '' && !isShown))
    throw fail('miroir_unsupported', {
      feature: 'A hybrid search that hides the primary key over several nodes',
    })
  if (
    Array.isArray(rankingRules) &&
    rankingRules.every((rule) => rule === 'sort' || String(rule).includes(':'))
  )
    throw fail('miroir_unsupported', {
      feature: 'A hybrid search without rules of relevance over several nodes',
    })
  const retrieved = request.attributesToRetrieve
  const hidesKey = retrieved !== null && !retrieved.includes('*') && !retrieved.includes(primaryKey)
  return {
    offset: Math.min(offset, most),
    limit: Math.min(limit, most - Math.min(offset, most)),
    echo,
    primaryKey,
    weights: weightsOf(given?.ratio ?? 0),
    hidesKey: hidesKey && primaryKey !== '',
    formattedKey: request.formatted.includes('*') || request.formatted.includes(primaryKey),
    showScore: request.wantsScore,
    showDetails: request.wantsDetails,
  }
}

function bytesOf({ body }: Reply): Uint8Array | string {
  return body instanceof Uint8Array || typeof body === 'string' ? body : ''
}

const APPROXIMATE = 'X-Miroir-Approximate'

/** One reply with what the searches it was made of say of themselves. */
function reply(parts: readonly Reply[], page: HybridPage, approximate: readonly string[]): Reply {
  const [first] = parts
  const given: HeaderList = parts.flatMap(({ headers = [] }) => headers)
  const labels = given.flatMap(([name, value]) => (name === APPROXIMATE ? value.split(',') : []))
  const all = [...new Set([...approximate, ...labels])]
  const others = new Map(given.filter(([name]) => name !== APPROXIMATE))
  if (all.length > 0) others.set(APPROXIMATE, all.join(','))
  return {
    status: 200,
    contentType: 'application/json',
    body: page.body,
    headers: [...others],
    ...(first?.facts === undefined ? {} : { facts: { ...first.facts, estimatedHits: page.total } }),
  }
}
