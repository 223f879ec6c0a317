import type { MiroirError } from '../../model/errors.ts'
import { refuse, refuseLacking, refuseSwitchedOff } from '../http/refusal.ts'
import {
  expectArray,
  expectBoolean,
  expectCount,
  expectNumber,
  expectObject,
  expectOneOf,
  expectString,
  expectStrings,
  inside,
  type Spot,
  unknownName,
  wrongValue,
} from '../http/shape.ts'
import { LOCALES } from '../settings/locales.ts'
import { checkTogether, expectHybrid, expectVector, type HybridOptions } from './near/vector-request.ts'

/** A checked search request; absent members have their defaults. */
export interface SearchRequest {
  readonly q: string | null
  readonly offset: number
  readonly limit: number
  readonly page: number | null
  readonly hitsPerPage: number | null
  readonly attributesToRetrieve: readonly string[]
  readonly attributesToCrop: readonly string[] | null
  readonly cropLength: number
  readonly cropMarker: string
  readonly attributesToHighlight: readonly string[] | null
  readonly highlightPreTag: string
  readonly highlightPostTag: string
  readonly showMatchesPosition: boolean
  readonly showRankingScore: boolean
  readonly showRankingScoreDetails: boolean
  readonly filter: unknown
  readonly sort: readonly string[]
  readonly distinct: string | null
  readonly facets: readonly string[] | null
  readonly matchingStrategy: 'last' | 'all' | 'frequency'
  readonly attributesToSearchOn: readonly string[] | null
  readonly rankingScoreThreshold: number | null
  readonly hybrid: HybridOptions | null
  readonly vector: readonly number[] | null
  readonly media: unknown
  readonly retrieveVectors: boolean
}

type Check = (value: unknown, spot: Spot) => unknown

const threshold: Check = (value, spot) => {
  const found = expectNumber(value, spot)
  if (found >= 0 && found <= 1) return found
  throw wrongValue(
    spot,
    'the value of `rankingScoreThreshold` is invalid, expected a float between `0.0` and `1.0`.',
  )
}

const locales: Check = (value, spot) =>
  expectArray(value, spot).map((code, index) => expectOneOf(code, LOCALES, inside(spot, index)))

const falseOnly =
  (feature: string): Check =>
  (value, spot) => {
    if (expectBoolean(value, spot)) throw refuseLacking(feature)
    return false
  }

/** Members of a search in the order a node names them. */
export const SEARCH_CHECKS: Readonly<Record<string, Check>> = {
  q: expectString,
  offset: expectCount,
  limit: expectCount,
  page: expectCount,
  hitsPerPage: expectCount,
  attributesToRetrieve: expectStrings,
  attributesToCrop: expectStrings,
  cropLength: expectCount,
  cropMarker: expectString,
  attributesToHighlight: expectStrings,
  highlightPreTag: expectString,
  highlightPostTag: expectString,
  showMatchesPosition: expectBoolean,
  filter: (value) => value,
  sort: expectStrings,
  distinct: expectString,
  facets: expectStrings,
  matchingStrategy: (value, spot) => expectOneOf(value, ['last', 'all', 'frequency'], spot),
  attributesToSearchOn: expectStrings,
  rankingScoreThreshold: threshold,
  locales,
  hybrid: (value, { path }) => expectHybrid(value, { path, code: 'invalid_search_hybrid_query' }),
  vector: expectVector,
  retrieveVectors: expectBoolean,
  media: (value) => value,
  personalize: () => {
    throw refuseSwitchedOff('reranking search results', 'personalization')
  },
  useNetwork: (value, spot) => {
    expectBoolean(value, spot)
    throw refuseSwitchedOff('passing `useNetwork` in a search query', 'network')
  },
  showRankingScore: expectBoolean,
  showRankingScoreDetails: expectBoolean,
  showPerformanceDetails: falseOnly('`showPerformanceDetails`'),
}

const DEFAULTS: SearchRequest = {
  q: null,
  offset: 0,
  limit: 20,
  page: null,
  hitsPerPage: null,
  attributesToRetrieve: ['*'],
  attributesToCrop: null,
  cropLength: 10,
  cropMarker: '…',
  attributesToHighlight: null,
  highlightPreTag: '<em>',
  highlightPostTag: '</em>',
  showMatchesPosition: false,
  showRankingScore: false,
  showRankingScoreDetails: false,
  filter: null,
  sort: [],
  distinct: null,
  facets: null,
  matchingStrategy: 'last',
  attributesToSearchOn: null,
  rankingScoreThreshold: null,
  hybrid: null,
  vector: null,
  media: null,
  retrieveVectors: false,
}

const searchCode = (name: string): string =>
  `invalid_search_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`

/** Checks a search body; members named in `others` are the caller's. */
export function readSearch(body: unknown, path = '', others: readonly string[] = []): SearchRequest {
  const object = expectObject(body, { path, code: 'bad_request' })
  const request: Record<string, unknown> = { ...DEFAULTS }
  for (const [name, value] of Object.entries(object)) {
    if (others.includes(name)) continue
    const check = Object.hasOwn(SEARCH_CHECKS, name) ? SEARCH_CHECKS[name] : undefined
    if (check === undefined) {
      const accepted = [...others, ...Object.keys(SEARCH_CHECKS)]
      throw unknownName('field', name, accepted, { path, code: 'bad_request' })
    }
    if (value !== null) request[name] = check(value, { path: `${path}.${name}`, code: searchCode(name) })
  }
  const checked = request as unknown as SearchRequest
  checkTogether(checked)
  return checked
}

const GET_NAMES = [
  ...Object.keys(SEARCH_CHECKS).filter((name) => !['hybrid', 'media', 'personalize'].includes(name)),
]
GET_NAMES.splice(GET_NAMES.indexOf('vector'), 0, 'hybridEmbedder', 'hybridSemanticRatio')
GET_NAMES.splice(GET_NAMES.indexOf('useNetwork'), 0, 'personalizeUserContext')

const LISTS = new Set([
  'attributesToRetrieve',
  'attributesToCrop',
  'attributesToHighlight',
  'facets',
  'attributesToSearchOn',
  'locales',
])
const COUNTS = new Set(['offset', 'limit', 'page', 'hitsPerPage', 'cropLength'])
const FLAGS = new Set([
  'showMatchesPosition',
  'showRankingScore',
  'showRankingScoreDetails',
  'showPerformanceDetails',
  'retrieveVectors',
  'useNetwork',
])

/** Reads the query parameters of a search by GET. */
export function readSearchQuery(query: ReadonlyMap<string, string>): SearchRequest {
  const body: Record<string, unknown> = {}
  for (const [name, text] of query) {
    if (!GET_NAMES.includes(name)) throw unknownName('parameter', name, GET_NAMES)
    if (name === 'personalizeUserContext')
      throw refuseSwitchedOff('reranking search results', 'personalization')
    if (name.startsWith('hybrid')) continue
    if (name === 'vector') body[name] = vectorParameter(text)
    else if (LISTS.has(name)) body[name] = text.split(',')
    else if (COUNTS.has(name)) body[name] = parameterNumber(name, text, /^\d+$/, 'a positive integer')
    else if (FLAGS.has(name)) body[name] = parameterFlag(name, text)
    else if (name === 'rankingScoreThreshold')
      body[name] = parameterNumber(name, text, /^[\d.]+$/, 'a number')
    else if (name === 'filter') body[name] = filterParameter(text)
    else if (name === 'sort') body[name] = splitSort(text)
    else body[name] = text
  }
  const hybrid = hybridParameters(query)
  return readSearch(hybrid === null ? body : { ...body, hybrid })
}

function vectorParameter(text: string): number[] {
  const numbers = text.split(',').map((part) => (/^\s*$/.test(part) ? Number.NaN : Number(part)))
  if (numbers.some(Number.isNaN)) throw badParameter('vector', 'invalid float literal')
  return numbers
}

function hybridParameters(query: ReadonlyMap<string, string>): object | null {
  const embedder = query.get('hybridEmbedder')
  const ratio = query.get('hybridSemanticRatio')
  if (embedder === undefined) {
    const given = ratio === undefined ? 'vector' : 'hybridSemanticRatio'
    if (!query.has(given)) return null
    const code = ratio === undefined ? 'missing_search_hybrid' : 'invalid_search_hybrid_query'
    throw refuse(code, `\`hybridEmbedder\` is mandatory when \`${given}\` is present`)
  }
  if (ratio === undefined) return { embedder }
  const semanticRatio = Number(ratio)
  if (semanticRatio >= 0 && semanticRatio <= 1) return { embedder, semanticRatio }
  const reason = 'the value of `semanticRatio` is invalid, expected a float between `0.0` and `1.0`.'
  const message = `Invalid value in parameter \`hybridSemanticRatio\`: ${reason}`
  throw refuse('invalid_search_semantic_ratio', message)
}

function badParameter(name: string, reason: string): MiroirError {
  return refuse(searchCode(name), `Invalid value in parameter \`${name}\`: ${reason}`)
}

function parameterNumber(name: string, text: string, form: RegExp, what: string): number {
  if (form.test(text)) return Number(text)
  throw badParameter(name, `could not parse \`${text}\` as ${what}`)
}

function parameterFlag(name: string, text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  throw badParameter(name, `could not parse \`${text}\` as a boolean, expected either \`true\` or \`false\``)
}

/** A filter in a query string may be a JSON array. */
export function filterParameter(text: string): unknown {
  if (!text.trimStart().startsWith('[')) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Splits at commas, but not inside `_geoPoint(…)`. */
export function splitSort(text: string): string[] {
  return text.split(/,(?![^(]*\))/)
}
