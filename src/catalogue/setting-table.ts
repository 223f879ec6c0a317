/** One setting of an index: its member in `/settings`, its sub-route and what a fresh index shows. */
export interface Setting {
  readonly name: string
  readonly route: string
  readonly verb: 'PUT' | 'PATCH'
  readonly initial: unknown
  /** Behind a feature that is always off here: nodes refuse to set it and leave it out of `/settings`. */
  readonly gated?: true
}

export const DEFAULT_RANKING_RULES: readonly string[] = [
  'words',
  'typo',
  'proximity',
  'attributeRank',
  'sort',
  'wordPosition',
  'exactness',
]

export const DEFAULT_FACET_VALUES_MAX = 100

/** What nodes make of a document for an embedder when the client names no template. */
export const DEFAULT_TEMPLATE =
  '{% for field in fields %}{% if field.is_searchable and field.value != nil %}' +
  '{{ field.name }}: {{ field.value }}\n' +
  '{% endif %}{% endfor %}'

const put = (name: string, route: string, initial: unknown): Setting => ({
  name,
  route,
  verb: 'PUT',
  initial,
})
const patch = (name: string, route: string, initial: unknown): Setting => ({
  name,
  route,
  verb: 'PATCH',
  initial,
})

const INITIAL_TYPO_TOLERANCE = {
  enabled: true,
  minWordSizeForTypos: { oneTypo: 5, twoTypos: 9 },
  disableOnWords: [],
  disableOnAttributes: [],
  disableOnNumbers: false,
}

const INITIAL_CHAT = {
  description: '',
  documentTemplate: DEFAULT_TEMPLATE,
  documentTemplateMaxBytes: 400,
  searchParameters: {},
}

/** Every setting, in the order in which nodes print them. */
export const SETTINGS: readonly Setting[] = [
  put('displayedAttributes', 'displayed-attributes', ['*']),
  put('searchableAttributes', 'searchable-attributes', ['*']),
  put('filterableAttributes', 'filterable-attributes', []),
  put('sortableAttributes', 'sortable-attributes', []),
  { ...put('foreignKeys', 'foreign-keys', []), gated: true },
  put('rankingRules', 'ranking-rules', DEFAULT_RANKING_RULES),
  put('stopWords', 'stop-words', []),
  put('nonSeparatorTokens', 'non-separator-tokens', []),
  put('separatorTokens', 'separator-tokens', []),
  put('dictionary', 'dictionary', []),
  put('synonyms', 'synonyms', {}),
  put('distinctAttribute', 'distinct-attribute', null),
  put('proximityPrecision', 'proximity-precision', 'byWord'),
  patch('typoTolerance', 'typo-tolerance', INITIAL_TYPO_TOLERANCE),
  patch('faceting', 'faceting', {
    maxValuesPerFacet: DEFAULT_FACET_VALUES_MAX,
    sortFacetValuesBy: { '*': 'alpha' },
  }),
  patch('pagination', 'pagination', { maxTotalHits: 1000 }),
  patch('embedders', 'embedders', {}),
  put('searchCutoffMs', 'search-cutoff-ms', null),
  put('localizedAttributes', 'localized-attributes', null),
  put('facetSearch', 'facet-search', true),
  put('prefixSearch', 'prefix-search', 'indexingTime'),
  { ...patch('chat', 'chat', INITIAL_CHAT), gated: true },
]

export function settingByRoute(route: string): Setting | undefined {
  return SETTINGS.find((setting) => setting.route === route)
}

export function settingByName(name: string): Setting | undefined {
  return SETTINGS.find((setting) => setting.name === name)
}
