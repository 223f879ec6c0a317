import { explain } from '../../flows/explain.ts'
import type { ReadDeps } from '../../flows/read-deps.ts'
import type { Call, Reply, Route } from '../../model/call.ts'
import { bodyText, requireJsonBody } from '../json-body.ts'
import { readContext, uidOf } from '../read-context.ts'
import { booleanOf, parametersIn } from '../request/parameters.ts'

export interface ExplainDeps {
  readonly read: ReadDeps
  /** True when the caller may manage the cluster, and so see nodes and what they are asked. */
  readonly isOperator: (call: Call) => boolean
}

/** `POST /indexes/{uid}/explain[?execute=true]`: the body of a search, answered by the plan for it. */
export function explainRoutes(deps: ExplainDeps): Route[] {
  const access = { kind: 'action', action: 'search', orAdmin: true } as const
  const template = '/indexes/{uid}/explain'
  return [{ method: 'POST', template, access, handler: (call) => explainSearch(deps, call) }]
}

async function explainSearch({ read, isOperator }: ExplainDeps, call: Call): Promise<Reply> {
  const parameters = parametersIn(call.query, ['execute'], (name, value) => {
    booleanOf('bad_request', name, value)
  })
  requireJsonBody(call)
  const client = { method: 'POST', route: 'search', body: call.body, operation: 'search' } as const
  const ask = {
    ...{ uid: uidOf(call), text: bodyText(call.body), client },
    execute: parameters.get('execute') === 'true',
    detail: isOperator(call) ? 'operator' : 'client',
  } as const
  return explain(read, ask, readContext(call))
}
