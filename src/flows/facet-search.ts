import { limits } from '../config/limits.ts'
import { mergeFacetSearch } from '../merge/facet-search.ts'
import type { Reply } from '../model/call.ts'
import { fail } from '../model/errors.ts'
import type { IndexUid } from '../model/ids.ts'
import type { FacetSearchPlan } from '../model/plan.ts'
import {
  type FacetSearchRequest,
  type FacetSearchScope,
  parseFacetSearchRequest,
  planFacetSearch,
  retargetFacetSearch,
} from '../plan/facet-search.ts'
import type { ReadScope } from '../plan/targets.ts'
import { askCopies, type CopiesRead } from './ask-copies.ts'
import { coverageHeaders } from './coverage.ts'
import { missingIndex } from './missing-index.ts'
import { type ClientRequest, mentionsOwnFields, nodeOpinion } from './native-error.ts'
import { refuseNetwork, usesNetwork } from './network-mask.ts'
import type { ReadContext, ReadDeps } from './read-deps.ts'

/** A facet search as the client made it. `text` is its body, or null when it is no UTF-8. */
export interface FacetSearchCall {
  readonly uid: IndexUid
  readonly text: string | null
  readonly client: ClientRequest
}

/**
 * Values of a facet that fit a query, with the number of documents found that have them. Throws
 * `MiroirError`.
 */
export async function facetSearch(
  deps: ReadDeps,
  call: FacetSearchCall,
  context: ReadContext,
): Promise<Reply> {
  const { uid, client } = call
  const view = deps.views.current()
  if (usesNetwork(call.text)) return refuseNetwork(deps, { view, uid, client, context })
  const index = view.indexes.get(uid) ?? null
  const request = call.text === null ? null : parseFacetSearchRequest(call.text)
  if (request === null || (index !== null && mentionsOwnFields(call.text))) {
    const opinion = await nodeOpinion(deps, { view, index, uid, request: client, context })
    if (opinion !== null) return opinion
    if (request === null && index !== null)
      throw fail('miroir_unsupported', { feature: 'This form of a facet search' })
  }
  if (request === null || index === null) throw missingIndex(uid)
  return askCopies(deps, { uid, client, context, ...reading(deps, request, context) })
}

function reading(
  deps: ReadDeps,
  request: FacetSearchRequest,
  { extraFilters }: ReadContext,
): Pick<CopiesRead<FacetSearchPlan>, 'operation' | 'plan' | 'retarget' | 'fold'> {
  const nodeFacetValues = limits.nodeFacetValuesMin
  const scopeOf = (scope: ReadScope): FacetSearchScope => ({
    ...scope,
    ...{ request, extraFilters, nodeFacetValues },
  })
  return {
    operation: 'facet-search',
    plan: (scope) => planFacetSearch(scopeOf(scope)),
    retarget: (scope, plan) => (plan.merge.whole ? null : retargetFacetSearch(scopeOf(scope))),
    fold: ({ index, plan, answers }) => {
      const headers = [...coverageHeaders(index, answers, deps)]
      const bodies = answers.answers.map((answer) => answer.body)
      const merged = mergeFacetSearch(bodies, plan.merge)
      if (merged.kind === 'fault') return merged
      if (!merged.exact || plan.merge.countsApproximate) headers.push(['X-Miroir-Approximate', 'facets'])
      return { status: 200, contentType: 'application/json', body: merged.body, headers }
    },
  }
}
