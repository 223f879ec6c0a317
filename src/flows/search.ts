import { limits } from '../config/limits.ts'
import type { Answers, TargetFailure, TargetRefusal } from '../model/answers.ts'
import type { HeaderList, Reply } from '../model/call.ts'
import { fail } from '../model/errors.ts'
import type { IndexUid, NodeId } from '../model/ids.ts'
import type { ReadTarget, ReadTargets, SearchPlan } from '../model/plan.ts'
import type { IndexView, View } from '../model/view.ts'
import type { MadePlan } from '../plan/explain.ts'
import { kindOf } from '../plan/hybrid.ts'
import { parseSearchRequest, type SearchRequest } from '../plan/request/search-request.ts'
import { deeperSearch, planSearch, retargetSearch, type SearchScope, standInSearch } from '../plan/search.ts'
import { runScatter, withAnswers } from '../scatter/run.ts'
import { uuidv7 } from '../std/random.ts'
import { coverageHeaders } from './coverage.ts'
import { foldSearch } from './fold-search.ts'
import { missingIndex } from './missing-index.ts'
import { type ClientRequest, mentionsOwnFields, nodeOpinion, refusalReply } from './native-error.ts'
import { type NearSearch, nearSearch } from './near/hybrid.ts'
import { refuseNetwork, usesNetwork } from './network-mask.ts'
import {
  METADATA_HEADER,
  narrowOf,
  noteNarrowing,
  type ReadContext,
  type ReadDeps,
  scatterDeps,
} from './read-deps.ts'

/** Plans made for one request: a copy that lies, or the only copy failing, costs one each. */
const PLANS_MAX = 3

/**
 * A search as the client made it. `text` is its body, or null when it is no UTF-8; `client` is for error
 * texts.
 */
export interface SearchCall {
  readonly uid: IndexUid
  readonly text: string | null
  readonly client: ClientRequest
}

/** Search: read the request, choose copies, ask them at once, fold the answers. Throws `MiroirError`. */
export async function search(deps: ReadDeps, call: SearchCall, context: ReadContext): Promise<Reply> {
  const request = plainSearch(deps, call) ?? (await acceptSearch(deps, call, context))
  if ('status' in request) return request
  const ask: Search = { call, request, context }
  if (kindOf(request) === 'words') return searchCopies(deps, ask)
  const { uid, client } = call
  const instead = (): Promise<Reply> => nearSearch(deps, { uid, client, ...nearParts(deps, ask) })
  return searchCopies(deps, { ...ask, instead })
}

/** Most requests, without a turn of the event loop; null for those that take a closer look. */
function plainSearch(deps: ReadDeps, { uid, text }: SearchCall): SearchRequest | null {
  if (text === null || usesNetwork(text) || mentionsOwnFields(text)) return null
  return deps.views.current().indexes.has(uid) ? parseSearchRequest(text) : null
}

/** The request of a search that can be planned, else what a node says to it. Throws `MiroirError`. */
export async function acceptSearch(
  deps: ReadDeps,
  call: SearchCall,
  context: ReadContext,
): Promise<SearchRequest | Reply> {
  const { uid, client } = call
  const view = deps.views.current()
  if (usesNetwork(call.text)) return refuseNetwork(deps, { view, uid, client, context })
  const index = view.indexes.get(uid) ?? null
  const request = call.text === null ? null : parseSearchRequest(call.text)
  if (request === null || (index !== null && mentionsOwnFields(call.text))) {
    const opinion = await nodeOpinion(deps, { view, index, uid, request: client, context })
    if (opinion !== null) return opinion
    if (request === null && index !== null)
      throw fail('miroir_unsupported', { feature: 'This form of a search request' })
  }
  if (request === null || index === null) throw missingIndex(uid)
  return request
}

export interface Search {
  readonly call: SearchCall
  readonly request: SearchRequest
  readonly context: ReadContext
  /** All hits of all nodes are wanted, for a merge of its own. */
  readonly everything?: boolean
  /** What to do when no node has everything. */
  readonly instead?: () => Promise<Reply>
}

/** A search by vectors over several nodes is made of others, each run like any. */
function nearParts(deps: ReadDeps, ask: Search): Pick<NearSearch, 'request' | 'context' | 'run'> {
  const { call, request, context } = ask
  const run = (body: string, everything: boolean): Promise<Reply> => {
    const made = parseSearchRequest(body)
    if (made === null) throw fail('internal', { message: 'a search made here cannot be read' })
    return searchCopies(deps, { call, request: made, context, everything })
  }
  return { request, context, run }
}

interface ScopedPlan extends MadePlan {
  readonly view: View
  readonly scope: SearchScope
}

/** The plan for a search as things are now. Throws `MiroirError`. */
export function makePlan(deps: ReadDeps, ask: Search, failed: ReadonlySet<NodeId> = new Set()): ScopedPlan {
  const view = deps.views.current()
  const index = view.indexes.get(ask.call.uid)
  if (index === undefined) throw missingIndex(ask.call.uid)
  const scope = scopeOf(deps, { view, index, failed }, ask)
  return { view, index, scope, epoch: view.epoch, request: ask.request, plan: planSearch(scope) }
}

async function searchCopies(deps: ReadDeps, ask: Search): Promise<Reply> {
  const failed = new Set<NodeId>()
  const failures: TargetFailure[] = []
  for (let round = 1; ; round++) {
    const made = makePlan(deps, ask, failed)
    const { view, index, scope, plan } = made
    deps.observe?.made?.(made)
    if (plan.kind === 'refusal' && ask.instead !== undefined) return ask.instead()
    if (plan.kind === 'refusal') return unsupported(deps, { view, index, feature: plan.feature }, ask)
    deps.observe?.planned?.('search', plan.targets.length, plan.merge.whole)
    noteNarrowing(deps, plan.narrowing, index.shards)
    const failedBefore = failed.size
    const retarget = retargetSearch(scope, plan)
    const { deadline, headers } = ask.context
    const standIn = standInSearch(scope, plan)
    const how = { retarget, standIn, deadline, headers, operation: 'search', failed, failures }
    let answers: Answers | null = null
    let asked: ReadTargets = plan
    for (;;) {
      answers = withAnswers(answers, asked, await runScatter(scatterDeps(deps), { ...asked, ...how }))
      const refusal = firstRefusal(answers)
      if (refusal !== undefined)
        return refusalReply(deps, refusal, { index, request: ask.call.client, context: ask.context })
      const again = round < PLANS_MAX && deps.clock.now() < deadline.at
      if (again && retarget === null && failed.size > failedBefore) break
      const folded = await fold(deps, { scope, plan, answers, context: ask.context })
      if (folded.kind === 'reply') return folded.reply
      if (folded.kind === 'liar') {
        failed.add(folded.node)
        if (!again) throw fail('miroir_node_answer', { node: folded.node, reason: folded.reason })
        break
      }
      deps.observe?.askedAgain?.('search', folded.targets.length)
      asked = deeperSearch(scope, folded.targets)
    }
  }
}

/** What the fold of the answers comes to. `more`: these targets must be asked again, for more hits. */
type Folded =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'liar'; readonly node: NodeId; readonly reason: string }
  | { readonly kind: 'more'; readonly targets: readonly ReadTarget[] }

/**
 * What one node refuses is told in its words; else the request is fine and it is this proxy that cannot do
 * it.
 */
async function unsupported(
  deps: ReadDeps,
  found: { readonly view: View; readonly index: IndexView; readonly feature: string },
  ask: Search,
): Promise<Reply> {
  const { view, index, feature } = found
  const { uid, client } = ask.call
  const opinion = await nodeOpinion(deps, { view, index, uid, request: client, context: ask.context })
  if (opinion !== null) return opinion
  throw fail('miroir_unsupported', { feature })
}

/**
 * The refusal that is the client's answer. A copy that never saw a sub-field refuses to search in it, though
 * others have it: no document of its shards has the field, so it has no hits.
 */
function firstRefusal({ answers, refusals }: Answers): TargetRefusal | undefined {
  const ignored = answers.length > 0 ? 'invalid_search_attributes_to_search_on' : null
  return refusals.find(({ code }) => code !== ignored)
}

function scopeOf(
  deps: ReadDeps,
  place: { readonly view: View; readonly index: IndexView; readonly failed: ReadonlySet<NodeId> },
  ask: Search,
): SearchScope {
  return {
    index: place.index,
    nodes: place.view.nodes,
    usable: (node) => !place.failed.has(node) && deps.reachability.readable(node),
    federates: (node) => deps.reachability.federates(node),
    draw: deps.random.next(),
    choice: deps.scores,
    request: ask.request,
    extraFilters: ask.context.extraFilters,
    nodeFacetValues: limits.nodeFacetValuesMin,
    narrow: narrowOf(deps),
    everything: ask.everything === true,
  }
}

async function fold(
  deps: ReadDeps,
  found: {
    readonly scope: SearchScope
    readonly plan: SearchPlan
    readonly answers: Answers
    readonly context: ReadContext
  },
): Promise<Folded> {
  const { scope, plan, answers, context } = found
  const headers = coverageHeaders(scope.index, answers, deps)
  const uids = {
    request: context.requestUid ?? uid(deps),
    query: context.headers[METADATA_HEADER] === undefined ? '' : uid(deps),
  }
  const started = deps.clock.now()
  const merged = await foldSearch(deps, { ...found, uids })
  deps.observe?.folded?.(deps.clock.now() - started)
  if (merged.kind === 'merged') {
    if (answers.uncovered.length > 0) deps.observe?.uncovered?.('search', answers.uncovered.length)
    const reply = {
      status: 200,
      contentType: 'application/json',
      body: merged.body,
      headers: [...headers, ...approximateHeader(merged.approximate)],
      facts: { nodeCount: plan.targets.length, estimatedHits: merged.total },
    }
    return { kind: 'reply', reply }
  }
  if (merged.kind === 'more')
    return { kind: 'more', targets: merged.inputs.flatMap((input) => answers.answers[input]?.target ?? []) }
  if (merged.kind === 'no-room') throw fail('miroir_overloaded', { resource: 'memory to merge answers' })
  if (merged.kind === 'unsupported') throw fail('miroir_unsupported', { feature: merged.feature })
  const liar = answers.answers[merged.input]?.target.node.id
  if (liar === undefined)
    throw fail('internal', { message: `an answer could not be merged: ${merged.reason}` })
  return { kind: 'liar', node: liar, reason: merged.reason }
}

function uid(deps: ReadDeps): string {
  return uuidv7(deps.clock.wall(), deps.random)
}

/** Says which parts of an answer one node might have given otherwise. */
function approximateHeader(parts: readonly string[]): HeaderList {
  return parts.length === 0 ? [] : [['X-Miroir-Approximate', parts.join(',')]]
}
