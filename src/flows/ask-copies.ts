import type { Unmerged } from '../merge/search.ts'
import type { Answers, TargetFailure } from '../model/answers.ts'
import type { Reply } from '../model/call.ts'
import { fail } from '../model/errors.ts'
import type { IndexUid, NodeId } from '../model/ids.ts'
import type { ReadTargets, Refusal, Retarget } from '../model/plan.ts'
import type { IndexView } from '../model/view.ts'
import type { ReadScope } from '../plan/targets.ts'
import { runScatter } from '../scatter/run.ts'
import { missingIndex } from './missing-index.ts'
import { type ClientRequest, nodeOpinion, refusalReply } from './native-error.ts'
import { type ReadContext, type ReadDeps, type ReadOperation, scatterDeps } from './read-deps.ts'

/** Plans made for one request: a copy that lies, or the only copy failing, costs one each. */
const PLANS_MAX = 3

/**
 * A read of one index whose answers are folded at once: how it is planned and what becomes of the answers.
 */
export interface CopiesRead<Plan extends ReadTargets, Result extends object = Reply> {
  readonly uid: IndexUid
  readonly client: ClientRequest
  readonly context: ReadContext
  readonly operation: ReadOperation
  readonly plan: (scope: ReadScope) => Plan | Refusal
  /** Null: nobody can help out, a new plan is made instead. */
  readonly retarget: (scope: ReadScope, plan: Plan) => Retarget | null
  /** What the answers come to, or the position of one that cannot be used. */
  readonly fold: (found: {
    readonly index: IndexView
    readonly plan: Plan
    readonly answers: Answers
  }) => Result | Unmerged
}

/**
 * Chooses copies, asks them at once and folds their answers; plans anew, without the nodes that failed,
 * where one failed that nobody could stand in for or gave an answer that cannot be used. A node's refusal is
 * a reply in its words. Throws `MiroirError`.
 */
export async function askCopies<
  Plan extends ReadTargets & { readonly kind: string },
  Result extends object = Reply,
>(deps: ReadDeps, read: CopiesRead<Plan, Result>): Promise<Result | Reply> {
  const { uid, client, context } = read
  const failed = new Set<NodeId>()
  const failures: TargetFailure[] = []
  for (let round = 1; ; round++) {
    const view = deps.views.current()
    const index = view.indexes.get(uid)
    if (index === undefined) throw missingIndex(uid)
    const usable = (node: NodeId): boolean => !failed.has(node) && deps.reachability.readable(node)
    const scope: ReadScope = {
      ...{ index, nodes: view.nodes, usable },
      ...{ draw: deps.random.next(), choice: deps.scores },
    }
    const plan = read.plan(scope)
    if (isRefusal(plan)) {
      const opinion = await nodeOpinion(deps, { view, index, uid, request: client, context })
      if (opinion !== null) return opinion
      throw fail('miroir_unsupported', { feature: plan.feature })
    }
    deps.observe?.planned?.(read.operation, plan.targets.length, plan.targets.length === 1)
    const failedBefore = failed.size
    const retarget = read.retarget(scope, plan)
    const { targets, uncovered } = plan
    const { deadline, headers } = context
    const how = {
      retarget,
      standIn: retarget,
      deadline,
      headers,
      operation: client.operation,
      failed,
      failures,
    }
    const answers = await runScatter(scatterDeps(deps), { targets, uncovered, ...how })
    const [refusal] = answers.refusals
    if (refusal !== undefined) return refusalReply(deps, refusal, { index, request: client, context })
    const again = round < PLANS_MAX && deps.clock.now() < deadline.at
    if (again && retarget === null && failed.size > failedBefore) continue
    const folded = read.fold({ index, plan, answers })
    if (!isUnmerged(folded)) return folded
    passOver(failed, answers, { folded, again })
  }
}

function isRefusal(plan: { readonly kind: string }): plan is Refusal {
  return plan.kind === 'refusal'
}

function isUnmerged(folded: object): folded is Unmerged {
  return 'kind' in folded && (folded.kind === 'fault' || folded.kind === 'no-room')
}

/** Excludes the node whose answer could not be used; throws when there is no further try. */
function passOver(
  failed: Set<NodeId>,
  answers: Answers,
  { folded, again }: { readonly folded: Unmerged; readonly again: boolean },
): void {
  if (folded.kind === 'no-room') throw fail('miroir_overloaded', { resource: 'memory to merge answers' })
  const liar = answers.answers[folded.input]?.target.node.id
  if (liar === undefined)
    throw fail('internal', { message: `an answer could not be merged: ${folded.reason}` })
  if (!again) throw fail('miroir_node_answer', { node: liar, reason: folded.reason })
  failed.add(liar)
}
