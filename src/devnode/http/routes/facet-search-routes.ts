import { searchFacetValues } from '../../search/facet-search.ts'
import { readSearch, SEARCH_CHECKS } from '../../search/request.ts'
import { indexUidOf, jsonBody, type NodeCall, type NodeReply, reply } from '../call.ts'
import { refuse } from '../refusal.ts'
import { expectObject, expectString } from '../shape.ts'

/** Members of a search that choose the documents whose values are counted; the others are ignored. */
const SHARED = ['q', 'filter', 'matchingStrategy', 'attributesToSearchOn', 'rankingScoreThreshold', 'locales']
const REFUSED = ['vector', 'media', 'hybrid', 'useNetwork']

export function facetSearch(call: NodeCall): NodeReply {
  const uid = indexUidOf(call)
  const body = expectObject(jsonBody(call), { path: '', code: 'bad_request' })
  const { facetName, facetQuery } = body as { facetName?: unknown; facetQuery?: unknown }
  if (facetName === undefined) {
    throw refuse('missing_facet_search_facet_name', 'Missing field `facetName`')
  }
  const name = expectString(facetName, { path: '.facetName', code: 'invalid_facet_search_facet_name' })
  const query =
    facetQuery === undefined || facetQuery === null
      ? null
      : expectString(facetQuery, { path: '.facetQuery', code: 'invalid_facet_search_query' })
  const shared = Object.entries(body).filter(
    ([key]) => Object.hasOwn(SEARCH_CHECKS, key) && [...SHARED, ...REFUSED].includes(key),
  )
  const request = readSearch(Object.fromEntries(shared))
  const { clock } = call.engine
  const started = clock.now()
  const facetHits = searchFacetValues(call.engine.index(uid), request, { name, query })
  return reply({ facetHits, facetQuery: query, processingTimeMs: Math.floor(clock.now() - started) })
}
