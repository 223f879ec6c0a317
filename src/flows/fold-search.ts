import { type Merged, mergeSearch } from '../merge/search.ts'
import type { Answers } from '../model/answers.ts'
import type { Question, SearchPlan } from '../model/plan.ts'
import { questionTargets, retargetQuestion } from '../plan/question.ts'
import type { SearchScope } from '../plan/search-scope.ts'
import { runScatter } from '../scatter/run.ts'
import { type ReadContext, type ReadDeps, scatterDeps } from './read-deps.ts'

/** Rounds of further questions for one search; what is open then stays open and is said to be. */
const ROUNDS_MAX = 6

export interface SearchFindings {
  readonly scope: SearchScope
  readonly plan: SearchPlan
  readonly answers: Answers
  readonly context: ReadContext
  readonly uids: { readonly request: string; readonly query: string }
}

/** Folds answers into one; what they leave open is asked of the same copies, in as few rounds as it takes. */
export async function foldSearch(
  deps: ReadDeps,
  found: SearchFindings,
): Promise<Exclude<Merged, { kind: 'ask' }>> {
  const bodies = found.answers.answers.map((answer) => answer.body)
  const depths = found.answers.answers.map((answer) => answer.target.depth)
  const learned = new Map<string, readonly Uint8Array[] | null>()
  for (let round = 0; ; round++) {
    const fold = { merge: found.plan.merge, uids: found.uids, depths, learned }
    const merged = await mergeSearch(deps.kernel, bodies, fold)
    if (merged.kind !== 'ask') return merged
    const asking = round < ROUNDS_MAX ? (question: Question) => ask(deps, found, question) : async () => null
    const replies = await Promise.all(merged.questions.map(asking))
    for (const [at, { name }] of merged.questions.entries()) learned.set(name, replies[at] ?? null)
  }
}

/** Null when not all shards that answered before answer now. */
async function ask(
  deps: ReadDeps,
  { scope, answers, context }: SearchFindings,
  question: Question,
): Promise<readonly Uint8Array[] | null> {
  const answered = answers.answers.map((answer) => answer.target)
  const targets = questionTargets(scope, answered, question)
  deps.observe?.askedAgain?.('search', targets.length)
  const again = await runScatter(scatterDeps(deps), {
    targets,
    uncovered: [],
    retarget: retargetQuestion(scope, question),
    deadline: context.deadline,
    headers: context.headers,
    operation: 'search',
    failed: new Set(),
    failures: [],
  })
  if (again.uncovered.length > 0 || again.refusals.length > 0) return null
  return again.answers.map((answer) => answer.body)
}
