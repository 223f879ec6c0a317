import { refuse, refuseLacking, refuseSwitchedOff } from '../http/refusal.ts'
import {
  expectBoolean,
  expectCount,
  expectNumber,
  expectObject,
  expectString,
  expectStrings,
  inside,
  type Loose,
  type Spot,
  unknownName,
  wrongValue,
} from '../http/shape.ts'

/** How the hits of several searches become one list. */
export interface Federation {
  readonly offset: number
  readonly limit: number
  readonly page: number | null
  readonly hitsPerPage: number | null
  readonly facetsByIndex: Readonly<Record<string, readonly string[]>>
  readonly distinct: string | null
}

/** A search's place among the others. */
export interface FederationOptions {
  readonly weight: number
  readonly queryPosition: number | null
}

const FIELDS = [
  ...['limit', 'offset', 'page', 'hitsPerPage', 'facetsByIndex', 'mergeFacets', 'distinct'],
  ...['showPerformanceDetails', 'personalize'],
]

const PAGING = ['limit', 'offset', 'page', 'hitsPerPage']

const code = (name: string): string => {
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return PAGING.includes(name) ? `invalid_search_${snake}` : `invalid_multi_search_${snake}`
}

export function readFederation(value: unknown): Federation {
  const body = expectObject(value, { path: '.federation', code: 'bad_request' })
  for (const name of Object.keys(body)) {
    if (!FIELDS.includes(name)) {
      throw unknownName('field', name, FIELDS, { path: '.federation', code: 'bad_request' })
    }
  }
  const read = <T>(name: string, check: (given: unknown, spot: Spot) => T): T | null => {
    const given = body[name]
    const spot = { path: `.federation.${name}`, code: code(name) }
    return given === undefined || given === null ? null : check(given, spot)
  }
  if (read('mergeFacets', expectObject) !== null) throw refuseLacking('Merging facets (`mergeFacets`)')
  if (read('showPerformanceDetails', expectBoolean) === true) throw refuseLacking('`showPerformanceDetails`')
  if (read('personalize', expectObject) !== null)
    throw refuseSwitchedOff('reranking search results', 'personalization')
  return {
    offset: read('offset', expectCount) ?? 0,
    limit: read('limit', expectCount) ?? 20,
    page: read('page', expectCount),
    hitsPerPage: read('hitsPerPage', expectCount),
    facetsByIndex: read('facetsByIndex', readFacets) ?? {},
    distinct: read('distinct', expectString),
  }
}

function readFacets(value: unknown, spot: Spot): Record<string, readonly string[]> {
  const body = expectObject(value, spot)
  return Object.fromEntries(
    Object.entries(body).map(([uid, names]) => [
      uid,
      names === null ? [] : expectStrings(names, inside(spot, uid)),
    ]),
  )
}

const OPTIONS = ['weight', 'remote', 'queryPosition']

export function readOptions(value: unknown, path: string, network: boolean): FederationOptions {
  if (value === undefined || value === null) return { weight: 1, queryPosition: null }
  const spot = { path: `${path}.federationOptions`, code: 'invalid_multi_search_federation_options' }
  const body = expectObject(value, spot) as Loose & Record<'weight' | 'remote' | 'queryPosition', unknown>
  for (const name of Object.keys(body)) {
    if (!OPTIONS.includes(name)) throw unknownName('field', name, OPTIONS, { ...spot, code: 'bad_request' })
  }
  const { weight, remote = null, queryPosition = null } = body
  if (!network) {
    if (remote !== null) throw refuseSwitchedOff('Performing a remote federated search', 'network')
    if (queryPosition !== null) throw refuseSwitchedOff('Using `federationOptions.queryPosition`', 'network')
  }
  if (remote !== null) throw refuseLacking('Searching a network (`remote`)')
  const weightSpot = { path: `${spot.path}.weight`, code: 'invalid_multi_search_weight' }
  const found = weight === undefined || weight === null ? 1 : expectNumber(weight, weightSpot)
  if (found < 0)
    throw wrongValue(weightSpot, 'the value of `weight` is invalid, expected a positive float (>= 0.0).')
  const position = { path: `${spot.path}.queryPosition`, code: 'invalid_multi_search_query_position' }
  return {
    weight: found,
    queryPosition: queryPosition === null ? null : expectCount(queryPosition, position),
  }
}

/** What a search may not ask for itself when it is federated. */
export function checkFederated(uid: string, query: Loose): void {
  const given = (name: string): boolean => query[name] !== undefined && query[name] !== null
  const paging = PAGING.find(given)
  if (paging !== undefined) {
    throw refuse(
      'invalid_multi_search_query_pagination',
      `Using pagination options is not allowed in federated queries.\n - Hint: remove \`${paging}\` from the query or remove \`federation\` from the request\n - Hint: pass \`federation.limit\` and \`federation.offset\` for pagination in federated search`,
    )
  }
  if (given('facets')) {
    const names = JSON.stringify(query['facets']).replaceAll('","', '", "')
    throw refuse(
      'invalid_multi_search_query_facets',
      `Using facet options is not allowed in federated queries.\n - Hint: remove \`facets\` from the query or remove \`federation\` from the request\n - Hint: pass \`federation.facetsByIndex.${uid}: ${names}\` for facets in federated search`,
    )
  }
}
