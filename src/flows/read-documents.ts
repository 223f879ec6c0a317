import { type MergedDocuments, mergeList, stripDocument } from '../merge/documents.ts'
import type { Answers, TargetFailure } from '../model/answers.ts'
import type { Reply } from '../model/call.ts'
import { fail } from '../model/errors.ts'
import type { IndexUid, NodeId, ShardId } from '../model/ids.ts'
import {
  documentTargets,
  type ListScope,
  planList,
  retargetDocument,
  retargetList,
  standInList,
} from '../plan/documents.ts'
import { narrowed } from '../plan/filter/narrow.ts'
import { type ListRequest, parseListRequest } from '../plan/request/documents-request.ts'
import { allShards } from '../plan/targets.ts'
import { runScatter } from '../scatter/run.ts'
import { coverageHeaders, unavailable } from './coverage.ts'
import { missingIndex } from './missing-index.ts'
import { type ClientRequest, mentionsOwnFields, nodeOpinion, refusalReply } from './native-error.ts'
import { refuseNetwork, usesNetwork } from './network-mask.ts'
import { narrowOf, noteNarrowing, type ReadContext, type ReadDeps, scatterDeps } from './read-deps.ts'

/** Plans made for one request: a copy that lies, or the only copy failing, costs one each. */
const PLANS_MAX = 3

/**
 * A request for a list of documents; `text` is its body form, or null when it is no UTF-8 or no such form
 * exists.
 */
export interface ListCall {
  readonly uid: IndexUid
  readonly text: string | null
  readonly client: ClientRequest
}

export interface DocumentCall {
  readonly uid: IndexUid
  readonly id: string
  /** The client's query string, empty or without its `?`. */
  readonly query: string
  readonly client: ClientRequest
}

/** A page of documents in the order asked for, or in that of their last writes. Throws `MiroirError`. */
export async function listDocuments(deps: ReadDeps, call: ListCall, context: ReadContext): Promise<Reply> {
  const { uid, client } = call
  const view = deps.views.current()
  if (usesNetwork(call.text)) return refuseNetwork(deps, { view, uid, client, context })
  const index = view.indexes.get(uid) ?? null
  const request = call.text === null ? null : parseListRequest(call.text)
  if (request === null || (index !== null && mentionsOwnFields(call.text))) {
    const opinion = await nodeOpinion(deps, { view, index, uid, request: client, context })
    if (opinion !== null) return opinion
    if (request === null && index !== null)
      throw fail('miroir_unsupported', { feature: 'This form of a documents request' })
  }
  if (request === null || index === null) throw missingIndex(uid)
  return listCopies(deps, { call, request, context })
}

interface Listing {
  readonly call: ListCall
  readonly request: ListRequest
  readonly context: ReadContext
}

async function listCopies(deps: ReadDeps, ask: Listing): Promise<Reply> {
  const { call, request, context } = ask
  const failed = new Set<NodeId>()
  const failures: TargetFailure[] = []
  for (let round = 1; ; round++) {
    const view = deps.views.current()
    const index = view.indexes.get(call.uid)
    if (index === undefined) throw missingIndex(call.uid)
    const usable = (node: NodeId): boolean => !failed.has(node) && deps.reachability.readable(node)
    const choice = deps.scores
    const where = { index, nodes: view.nodes, usable, draw: deps.random.next(), choice, request }
    const scope = { ...where, shards: shardsOf(deps, where) }
    const plan = planList(scope)
    deps.observe?.planned?.('documents', plan.targets.length, plan.merge.whole)
    const failedBefore = failed.size
    const retarget = retargetList(scope, plan)
    const { targets, uncovered } = plan
    const standIn = standInList(scope, plan)
    const { deadline } = context
    const how = { retarget, standIn, deadline, operation: 'documents', failed, failures }
    const answers = await runScatter(scatterDeps(deps), { targets, uncovered, ...how })
    const [refusal] = answers.refusals
    if (refusal !== undefined) return refusalReply(deps, refusal, { index, request: call.client, context })
    const again = round < PLANS_MAX && deps.clock.now() < context.deadline.at
    if (again && retarget === null && failed.size > failedBefore) continue
    const headers = coverageHeaders(index, answers, deps)
    const merged = await mergeList(deps.kernel, bodiesOf(answers), plan.merge)
    if (merged.kind === 'merged')
      return json(merged.body, { headers, facts: { nodeCount: plan.targets.length } })
    passOver(failed, answers, { merged, again })
  }
}

/** Shards that can hold the documents asked for. */
function shardsOf(deps: ReadDeps, where: Omit<ListScope, 'shards'>): readonly ShardId[] {
  const { index, request } = where
  const narrowing = narrowed({ ...where, filters: request.filters, narrow: narrowOf(deps) })
  noteNarrowing(deps, narrowing, index.shards)
  const shards = narrowing.shards ?? allShards(index)
  if (request.ids === null || request.ids.length === 0) return shards
  const named = new Set(request.ids.map((id) => deps.kernel.shardOf(id, index.shards)))
  const both = shards.filter((shard) => named.has(shard))
  // Somebody must be asked: the filter may be one that nodes refuse.
  return both.length > 0 ? both : shards.slice(0, 1)
}

/** One document by its primary key, from any current copy of its shard. Throws `MiroirError`. */
export async function getDocument(deps: ReadDeps, call: DocumentCall, context: ReadContext): Promise<Reply> {
  const failed = new Set<NodeId>()
  const failures: TargetFailure[] = []
  for (let round = 1; ; round++) {
    const view = deps.views.current()
    const index = view.indexes.get(call.uid)
    if (index === undefined) throw missingIndex(call.uid)
    const usable = (node: NodeId): boolean => !failed.has(node) && deps.reachability.readable(node)
    const shard = deps.kernel.shardOf(call.id, index.shards)
    const { id, query } = call
    const choice = deps.scores
    const scope = { index, nodes: view.nodes, usable, draw: deps.random.next(), choice, shard, id, query }
    const found = documentTargets(scope)
    const answers = await runScatter(scatterDeps(deps), {
      ...found,
      retarget: retargetDocument(scope),
      standIn: retargetDocument(scope),
      deadline: context.deadline,
      operation: 'documents',
      failed,
      failures,
    })
    const [refusal] = answers.refusals
    if (refusal !== undefined) return refusalReply(deps, refusal, { index, request: call.client, context })
    const [answer] = answers.answers
    if (answer === undefined) throw unavailable(index, answers)
    const merged = await stripDocument(deps.kernel, answer.body)
    if (merged.kind === 'merged') return json(merged.body, { facts: { nodeCount: 1 } })
    passOver(failed, answers, { merged, again: round < PLANS_MAX })
  }
}

function json(body: Uint8Array, more: Pick<Reply, 'headers' | 'facts'>): Reply {
  return { status: 200, contentType: 'application/json', body, ...more }
}

function bodiesOf(answers: Answers): Uint8Array[] {
  return answers.answers.map((answer) => answer.body)
}

/** Excludes the node whose answer could not be used; throws when there is no further try. */
function passOver(
  failed: Set<NodeId>,
  answers: Answers,
  end: { readonly merged: Exclude<MergedDocuments, { kind: 'merged' }>; readonly again: boolean },
): void {
  const { merged, again } = end
  if (merged.kind === 'no-room') throw fail('miroir_overloaded', { resource: 'memory to merge answers' })
  const liar = answers.answers[merged.input]?.target.node.id
  if (liar === undefined)
    throw fail('internal', { message: `an answer could not be merged: ${merged.reason}` })
  if (!again) throw fail('miroir_node_answer', { node: liar, reason: merged.reason })
  failed.add(liar)
}
