import { multiSearch } from '../../flows/multi-search.ts'
import type { ReadDeps } from '../../flows/read-deps.ts'
import type { Call, Reply, Route } from '../../model/call.ts'
import { readContext } from '../read-context.ts'
import { requireJson } from '../request/object-body.ts'

/** Several searches in one request. */
export function multiSearchRoutes(deps: ReadDeps): Route[] {
  const access = { kind: 'action', action: 'search' } as const
  return [{ method: 'POST', template: '/multi-search', access, handler: (call) => byBody(deps, call) }]
}

async function byBody(deps: ReadDeps, call: Call): Promise<Reply> {
  const text = requireJson(call)
  const client = { method: 'POST', route: 'multi-search', body: call.body, operation: 'search' } as const
  return multiSearch(deps, { text, client }, readContext(call))
}
