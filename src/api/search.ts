import type { ReadDeps } from '../flows/read-deps.ts'
import { sharedSearch } from '../flows/shared-search.ts'
import type { Call, Reply, Route } from '../model/call.ts'
import { type JsonMember, membersOf, objectText } from '../std/json-members.ts'
import { bodyText, requireJsonBody } from './json-body.ts'
import { bodyFromQuery, type ParameterKind, parametersOf } from './query-text.ts'
import { readContext, uidOf } from './read-context.ts'

/** Query parameters of a search by GET. `media` has none. */
const PARAMETERS: Readonly<Record<string, ParameterKind>> = {
  q: 'text',
  offset: 'integer',
  limit: 'integer',
  page: 'integer',
  hitsPerPage: 'integer',
  attributesToRetrieve: 'list',
  attributesToCrop: 'list',
  cropLength: 'integer',
  cropMarker: 'text',
  attributesToHighlight: 'list',
  highlightPreTag: 'text',
  highlightPostTag: 'text',
  showMatchesPosition: 'boolean',
  filter: 'filter',
  sort: 'sort',
  distinct: 'text',
  facets: 'list',
  matchingStrategy: 'text',
  attributesToSearchOn: 'list',
  rankingScoreThreshold: 'number',
  locales: 'list',
  hybridEmbedder: 'text',
  hybridSemanticRatio: 'number',
  vector: 'numbers',
  retrieveVectors: 'boolean',
  personalizeUserContext: 'text',
  useNetwork: 'boolean',
  showRankingScore: 'boolean',
  showRankingScoreDetails: 'boolean',
  showPerformanceDetails: 'boolean',
}

/** Searches of one index, by body and by query parameters. */
export function searchRoutes(deps: ReadDeps): Route[] {
  const access = { kind: 'action', action: 'search' } as const
  const template = '/indexes/{uid}/search'
  return [
    { method: 'POST', template, access, handler: (call) => searchByBody(deps, call) },
    { method: 'GET', template, access, handler: (call) => searchByQuery(deps, call) },
  ]
}

async function searchByBody(deps: ReadDeps, call: Call): Promise<Reply> {
  requireJsonBody(call)
  const client = { method: 'POST', route: 'search', body: call.body, operation: 'search' } as const
  return sharedSearch(deps, { uid: uidOf(call), text: bodyText(call.body), client }, readContext(call))
}

async function searchByQuery(deps: ReadDeps, call: Call): Promise<Reply> {
  const route = call.query === '' ? 'search' : `search?${call.query}`
  const client = { method: 'GET', route, body: null, operation: 'search' } as const
  const text = bodyFromQuery(parametersOf(call.query), PARAMETERS)
  const body = text === null ? null : gathered(text)
  return sharedSearch(deps, { uid: uidOf(call), text: body, client }, readContext(call))
}

/** Parameters that are members of an object in a body; null when one is missing that the others need. */
function gathered(text: string): string | null {
  const members = new Map(membersOf(text).map(({ key, value }) => [key, value]))
  const embedder = members.get('hybridEmbedder')
  const ratio = members.get('hybridSemanticRatio')
  const userContext = members.get('personalizeUserContext')
  if (embedder === undefined && (ratio !== undefined || members.has('vector'))) return null
  const plain = ['hybridEmbedder', 'hybridSemanticRatio', 'personalizeUserContext']
  const kept: JsonMember[] = membersOf(text).filter(({ key }) => !plain.includes(key))
  if (embedder !== undefined) {
    const semanticRatio = ratio === undefined ? '' : `,"semanticRatio":${ratio}`
    kept.push({ key: 'hybrid', value: `{"embedder":${embedder}${semanticRatio}}` })
  }
  if (userContext !== undefined) kept.push({ key: 'personalize', value: `{"userContext":${userContext}}` })
  return objectText(kept)
}
