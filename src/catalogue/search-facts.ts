import type { JsonObject, SearchFacts } from '../model/view.ts'
import { isObject, isStringList } from '../std/json-values.ts'
import { GEO_FIELD } from './geo-field.ts'
import { DEFAULT_FACET_VALUES_MAX } from './setting-table.ts'

const DEFAULT_TOTAL_HITS_MAX = 1000

/** Facts that planning and merging need, from settings as shown to the client. */
export function searchFacts(shown: JsonObject): SearchFacts {
  const displayed = list(shown['displayedAttributes'])
  const filterable = shown['filterableAttributes']
  const filterableAttributes: readonly unknown[] = Array.isArray(filterable) ? filterable : []
  const sortableAttributes = list(shown['sortableAttributes'])
  const distinct = shown['distinctAttribute']
  return {
    maxTotalHits: numberIn(shown['pagination'], 'maxTotalHits', DEFAULT_TOTAL_HITS_MAX),
    maxValuesPerFacet: numberIn(shown['faceting'], 'maxValuesPerFacet', DEFAULT_FACET_VALUES_MAX),
    sortFacetValuesBy: facetOrders(shown['faceting']),
    displayedAttributes: displayed.includes('*') ? null : displayed,
    customRuleFields: list(shown['rankingRules']).flatMap(customField),
    distinctAttribute: typeof distinct === 'string' ? distinct : null,
    filterableAttributes,
    sortableAttributes,
    // Patterns never make a node read `_geo`; only the plain name does.
    usesGeo: filterableAttributes.includes(GEO_FIELD) || sortableAttributes.includes(GEO_FIELD),
    embedders: isObject(shown['embedders']) ? Object.keys(shown['embedders']) : [],
  }
}

function list(value: unknown): readonly string[] {
  return isStringList(value) ? value : []
}

function numberIn(object: unknown, key: string, initial: number): number {
  const value = isObject(object) ? object[key] : undefined
  return typeof value === 'number' ? value : initial
}

function facetOrders(faceting: unknown): Readonly<Record<string, 'alpha' | 'count'>> {
  const orders = isObject(faceting) ? faceting['sortFacetValuesBy'] : undefined
  const known = Object.entries(isObject(orders) ? orders : {}).flatMap(([facet, order]) =>
    order === 'alpha' || order === 'count' ? [[facet, order] as const] : [],
  )
  return Object.fromEntries(known)
}

function customField(ranking: string): readonly string[] {
  const field = ranking.replace(/:(?:asc|desc)$/, '')
  return field === ranking ? [] : [field]
}
