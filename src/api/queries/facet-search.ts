import { facetSearch } from '../../flows/facet-search.ts'
import type { ReadDeps } from '../../flows/read-deps.ts'
import type { Call, Reply, Route } from '../../model/call.ts'
import { bodyText, requireJsonBody } from '../json-body.ts'
import { readContext, uidOf } from '../read-context.ts'

/** Searches for values of a facet. */
export function facetSearchRoutes(deps: ReadDeps): Route[] {
  const access = { kind: 'action', action: 'search' } as const
  const template = '/indexes/{uid}/facet-search'
  return [{ method: 'POST', template, access, handler: (call) => byBody(deps, call) }]
}

async function byBody(deps: ReadDeps, call: Call): Promise<Reply> {
  requireJsonBody(call)
  const client = { method: 'POST', route: 'facet-search', body: call.body, operation: 'search' } as const
  return facetSearch(deps, { uid: uidOf(call), text: bodyText(call.body), client }, readContext(call))
}
