import type { Reply } from '../model/call.ts'
import { type Detail, type Execution, explanation, type MadePlan, warningsOf } from '../plan/explain.ts'
import type { ReadContext, ReadDeps } from './read-deps.ts'
import { acceptSearch, makePlan, type SearchCall, search } from './search.ts'

export interface ExplainCall extends SearchCall {
  /** Also carry the plan out, and tell how it did. */
  readonly execute: boolean
  readonly detail: Detail
}

/**
 * The plan that a search would run by, as data; with `execute` the one it did run by. What a search would
 * refuse is refused alike, but for what only this proxy cannot do, which is explained. Throws `MiroirError`.
 */
export async function explain(deps: ReadDeps, call: ExplainCall, context: ReadContext): Promise<Reply> {
  const request = await acceptSearch(deps, call, context)
  if ('status' in request) return request
  const planned = makePlan(deps, { call, request, context })
  if (!call.execute || planned.plan.kind === 'refusal') return explained(deps, call, planned, null)
  const run = await traced(deps, call, context)
  if (run.reply.status !== 200) return run.reply
  return explained(deps, call, run.made ?? planned, run.execution)
}

function explained(
  deps: ReadDeps,
  { detail }: ExplainCall,
  made: MadePlan,
  execution: Execution | null,
): Reply {
  const types = warningsOf(made).map((warning) => warning.type)
  deps.observe?.explained?.(types, execution !== null)
  return { status: 200, contentType: 'application/json', body: explanation(made, detail, execution) }
}

interface Run {
  readonly reply: Reply
  /** The plan whose answers became the reply; null when none was made. */
  readonly made: MadePlan | null
  readonly execution: Execution
}

/** Searches, and notes what happens on the way. */
async function traced(deps: ReadDeps, call: SearchCall, context: ReadContext): Promise<Run> {
  const exchanges: Execution['exchanges'][number][] = []
  const made: MadePlan[] = []
  let mergeMs = 0
  const observe: ReadDeps['observe'] = {
    ...deps.observe,
    exchange(node, outcome, tookMs) {
      deps.observe?.exchange?.(node, outcome, tookMs)
      exchanges.push({ node, outcome, tookMs })
    },
    made: (plan) => made.push(plan),
    folded: (tookMs) => {
      mergeMs += tookMs
    },
  }
  const started = deps.clock.now()
  const reply = await search({ ...deps, observe }, call, context)
  const header = (name: string): string | null =>
    reply.headers?.find(([given]) => given === name)?.[1] ?? null
  const execution: Execution = {
    exchanges,
    tookMs: deps.clock.now() - started,
    mergeMs,
    plans: made.length,
    status: reply.status,
    estimatedHits: reply.facts?.estimatedHits ?? null,
    degraded: header('X-Miroir-Degraded'),
    approximate: header('X-Miroir-Approximate'),
  }
  return { reply, made: made.at(-1) ?? null, execution }
}
