import type { PageEcho } from '../../model/plan.ts'
import type { IndexView } from '../../model/view.ts'
import { type JsonMember, objectText } from '../../std/json-members.ts'
import { isObject, isStringList } from '../../std/json-values.ts'
import type { PartialSearch } from '../multi-search.ts'
import {
  givenValue,
  type RequestBody,
  readBody,
  stringList,
  toSafe,
  unsignedText,
} from '../request/request-body.ts'

/** How the hits of several searches become one list. */
export interface Federation {
  readonly echo: PageEcho
  readonly offset: number
  readonly limit: number
  /** Facets by the index they are counted in; null where none are. */
  readonly facetsByIndex: Readonly<Record<string, readonly string[] | null>>
  /** Values shown of a facet over all indexes; null = facets stay apart. */
  readonly mergedFacetValues: number | null
  readonly distinct: string | null
  /** Per search. */
  readonly weights: readonly number[]
}

const FACET_VALUES_DEFAULT = 100
/** What a search may not ask for itself when it is federated. */
const OWN_ONLY = [
  ...['offset', 'limit', 'page', 'hitsPerPage', 'facets', 'personalize'],
  ...['showPerformanceDetails', 'useNetwork'],
]
const MEMBERS = ['limit', 'offset', 'page', 'hitsPerPage', 'facetsByIndex', 'mergeFacets', 'distinct']

/** Null when a value that planning relies on has a shape only a node can judge. */
export function parseFederation(text: string, queries: readonly PartialSearch[]): Federation | null {
  const body = readBody(text)
  if (body === null || body.members.some(({ key, value }) => !MEMBERS.includes(key) && value !== 'null'))
    return null
  const window = windowOf(body)
  // A node takes no null here, unlike elsewhere.
  const facetsByIndex =
    body.texts.get('facetsByIndex') === 'null' ? null : facetsOf(givenValue(body, 'facetsByIndex'))
  const mergedFacetValues = mergedValuesOf(givenValue(body, 'mergeFacets'))
  const distinct = givenValue(body, 'distinct')
  const weights = queries.map((query) => weightOf(query, distinct !== null))
  if (window === null || facetsByIndex === null || mergedFacetValues === undefined) return null
  if (distinct !== null && typeof distinct !== 'string') return null
  const known = weights.filter((weight) => weight !== null)
  if (known.length < weights.length) return null
  return { facetsByIndex, mergedFacetValues, distinct, weights: known, ...window }
}

function windowOf(body: RequestBody): Pick<Federation, 'echo' | 'offset' | 'limit'> | null {
  const [offset, limit] = [unsignedText(body, 'offset', '0'), unsignedText(body, 'limit', '20')]
  if (offset === null || limit === null) return null
  const [hasPage, hasSize] = [givenValue(body, 'page') !== null, givenValue(body, 'hitsPerPage') !== null]
  if (!hasPage && !hasSize)
    return { offset: toSafe(offset), limit: toSafe(limit), echo: { kind: 'offset', offset, limit } }
  const page = hasPage ? unsignedText(body, 'page', '') : '1'
  const hitsPerPage = hasSize ? unsignedText(body, 'hitsPerPage', '') : '20'
  if (page === null || hitsPerPage === null) return null
  const shown = toSafe(page) === 0 ? 0 : toSafe(hitsPerPage)
  const skipped = Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, toSafe(page) - 1) * shown)
  return { offset: skipped, limit: shown, echo: { kind: 'page', page, hitsPerPage } }
}

function facetsOf(value: unknown): Federation['facetsByIndex'] | null {
  if (value === null) return {}
  if (!isObject(value)) return null
  const entries = Object.entries(value)
  if (!entries.every(([, facets]) => facets === null || isStringList(facets))) return null
  return Object.fromEntries(entries) as Federation['facetsByIndex']
}

/** Undefined when only a node can judge it. */
function mergedValuesOf(value: unknown): number | null | undefined {
  if (value === null) return null
  if (!isObject(value) || Object.keys(value).some((key) => key !== 'maxValuesPerFacet')) return undefined
  const most = value['maxValuesPerFacet'] ?? FACET_VALUES_DEFAULT
  return Number.isSafeInteger(most) && Number(most) >= 0 ? Number(most) : undefined
}

function weightOf({ text, federationOptions }: PartialSearch, distinct: boolean): number | null {
  const query = readBody(text)
  if (query === null || OWN_ONLY.some((key) => givenValue(query, key) !== null)) return null
  if (distinct && givenValue(query, 'distinct') !== null) return null
  if (federationOptions === null) return 1
  const options = readBody(federationOptions)
  if (options === null || Object.keys(options.values).some((key) => key !== 'weight')) return null
  const weight = givenValue(options, 'weight') ?? 1
  return typeof weight === 'number' && weight >= 0 ? weight : null
}

const NETWORK =
  'requires enabling the `network` experimental feature. See https://github.com/orgs/meilisearch/discussions/805'

/**
 * A node's words for an option of the feature `network`, which is off for clients and on where this proxy
 * needs it; null when none is used.
 */
export function gatedOption(queries: readonly PartialSearch[]): string | null {
  for (const [at, { text, federationOptions }] of queries.entries()) {
    const [query, options] = [readBody(text), readBody(federationOptions ?? '{}')]
    if (query === null || options === null) continue
    const inside = `Inside \`.queries[${at}]\`: `
    if (typeof givenValue(options, 'remote') === 'string')
      return `${inside}Performing a remote federated search ${NETWORK}`
    if (typeof givenValue(options, 'queryPosition') === 'number')
      return `${inside}Using \`federationOptions.queryPosition\` ${NETWORK}`
    if (typeof givenValue(query, 'useNetwork') === 'boolean')
      return `${inside}passing \`useNetwork\` in a search query ${NETWORK}`
  }
  return null
}

/** One of the searches, for its first hits and all that putting them in line needs. */
export function federatedQuery(
  query: PartialSearch,
  federation: Federation,
  index: IndexView | null,
): string {
  const { echo, offset, limit, facetsByIndex, distinct } = federation
  const reach = String(Math.min(Number.MAX_SAFE_INTEGER, offset + limit))
  const facets = Object.hasOwn(facetsByIndex, query.uid) ? facetsByIndex[query.uid] : null
  const changes: JsonMember[] = [
    { key: 'showRankingScore', value: 'true' },
    { key: 'showRankingScoreDetails', value: 'true' },
    ...(echo.kind === 'offset'
      ? [{ key: 'limit', value: reach }]
      : [
          { key: 'page', value: '1' },
          { key: 'hitsPerPage', value: reach },
        ]),
  ]
  if (facets !== null && facets !== undefined) changes.push({ key: 'facets', value: JSON.stringify(facets) })
  if (distinct !== null) changes.push({ key: 'distinct', value: JSON.stringify(distinct) })
  const added = addedAttributes(query, federation, index)
  const body = readBody(query.text)
  const shown = body === null ? null : givenValue(body, 'attributesToRetrieve')
  if (isStringList(shown) && added.length > 0)
    changes.push({ key: 'attributesToRetrieve', value: JSON.stringify([...shown, ...added]) })
  const keys = changes.map(({ key }) => key)
  return objectText([...(body?.members ?? []).filter(({ key }) => !keys.includes(key)), ...changes])
}

/** Attributes that hits must show for the merge and the client did not ask for. */
export function addedAttributes(
  query: PartialSearch,
  { distinct }: Federation,
  index: IndexView | null,
): readonly string[] {
  const body = readBody(query.text)
  const shown = body === null ? null : givenValue(body, 'attributesToRetrieve')
  if (!isStringList(shown) || shown.includes('*')) return []
  const wanted = [index?.primaryKey ?? null, distinct].filter((name) => name !== null)
  return [...new Set(wanted)].filter((name) => !shown.includes(name))
}

/** One of a search's rules as far as hits of other searches can be compared by it. */
export type RuleKind = 'relevance' | `sort ${string}` | `geo ${string}`

/** A search's rules in order, neighbours of one kind of relevance taken together. */
export function ruleKinds(query: PartialSearch, rules: readonly string[]): RuleKind[] {
  const body = readBody(query.text)
  const words = body === null ? '' : (givenValue(body, 'q') ?? '')
  const sort = body === null ? [] : (givenValue(body, 'sort') ?? [])
  const placeholder = String(words).trim() === ''
  const kinds: RuleKind[] = []
  for (const rule of rules.flatMap((name) => (name === 'sort' ? (sort as readonly string[]) : [name]))) {
    const direction = /:(asc|desc)$/.exec(rule)?.[1]
    if (direction !== undefined)
      kinds.push(rule.startsWith('_geoPoint(') ? `geo ${direction}` : `sort ${direction}`)
    else if (!placeholder && kinds.at(-1) !== 'relevance') kinds.push('relevance')
  }
  return kinds
}

/** True when hits of all the searches can be put in line: rules of one place are of one kind. */
export function areComparable(searches: readonly (readonly RuleKind[])[]): boolean {
  return searches.every((one, at) =>
    searches
      .slice(at + 1)
      .every((other) => one.every((kind, place) => place >= other.length || kind === other[place])),
  )
}

/**
 * Names what cannot be put in line exactly, though each search by itself can be answered; null when nothing
 * stands in the way.
 */
export function unsupportedFederation(
  queries: readonly PartialSearch[],
  federation: Federation,
  indexes: ReadonlyMap<string, IndexView>,
): string | null {
  const { distinct } = federation
  for (const [at, { uid, text }] of queries.entries()) {
    const index = indexes.get(uid)
    const body = readBody(text)
    if (index === undefined || body === null) continue
    const isHidden = (name: string): boolean => index.facts.displayedAttributes?.includes(name) === false
    if (distinct !== null && (distinct.includes('.') || isHidden(distinct)))
      return `\`federation.distinct\` by \`${distinct}\`, which hits do not show,`
    if (queries.length === 1) continue
    if (['hybrid', 'vector', 'media'].some((key) => givenValue(body, key) !== null))
      return 'A hybrid or vector search among federated ones'
    const fields = (stringList(body, 'sort') ?? [])
      .filter((rule) => !rule.startsWith('_geoPoint('))
      .map((rule) => rule.replace(/:(?:asc|desc)$/, ''))
    const hidden = [...fields, ...index.facts.customRuleFields].find(isHidden)
    if (hidden !== undefined) return `Sorting federated searches by \`${hidden}\`, which hits do not show,`
    const kinds = ruleKinds(queries[at] ?? { uid, text, federationOptions: null }, rulesOf(index))
    if (kinds.filter((kind) => kind === 'relevance').length > 1)
      return 'Sorting between rules of relevance in several federated searches'
    const again = queries.some((other, place) => place !== at && other.uid === uid)
    if (again && isHidden(index.primaryKey ?? ''))
      return 'Several federated searches in an index whose primary key hits do not show'
  }
  return null
}

/** An index's ranking rules as the client set them. */
export function rulesOf({ settings }: IndexView): readonly string[] {
  const rules = settings['rankingRules']
  return isStringList(rules) ? rules : DEFAULT_RULES
}

const DEFAULT_RULES = ['words', 'typo', 'proximity', 'attributeRank', 'sort', 'wordPosition', 'exactness']
