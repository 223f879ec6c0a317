import type { JsonObject } from '../model/view.ts'
import type { SettingsChange } from '../model/writes.ts'
import { isObject, isStringList, memberOf, parsedJson } from '../std/json-values.ts'
import { SETTINGS, settingByRoute } from './setting-table.ts'

/** Lists that nodes keep as sets: sorted by bytes, without repetitions. */
const SETS = ['sortableAttributes', 'stopWords', 'nonSeparatorTokens', 'separatorTokens', 'dictionary']

const EMBEDDER_MEMBERS = [
  'source',
  'model',
  'revision',
  'pooling',
  'apiKey',
  'dimensions',
  'binaryQuantized',
  'documentTemplate',
  'documentTemplateMaxBytes',
  'url',
  'indexingFragments',
  'searchFragments',
  'request',
  'response',
  'headers',
  'searchEmbedder',
  'indexingEmbedder',
  'distribution',
]

/** Details of the task of a settings request, as a node shows them: the client's values in a node's order. */
export function changeDetails(change: SettingsChange): JsonObject | null {
  const values = changedValues(change)
  if (values === null) return null
  const set = SETTINGS.filter(({ name }) => Object.hasOwn(values, name))
  return Object.fromEntries(set.map(({ name }) => [name, detail(name, values[name])]))
}

function changedValues(change: SettingsChange): JsonObject | null {
  const setting = change.route === null ? null : settingByRoute(change.route)
  if (change.method === 'DELETE')
    return Object.fromEntries((setting ? [setting] : SETTINGS).map(({ name }) => [name, null]))
  const value = parsedJson(new TextDecoder().decode(change.body.slice()))
  if (value === undefined || setting === undefined) return null
  if (setting !== null) return { [setting.name]: value }
  return isObject(value) ? value : null
}

function detail(name: string, value: unknown): unknown {
  // Resets of these two are told as what they lead to.
  if (value === null) return name === 'displayedAttributes' || name === 'searchableAttributes' ? ['*'] : null
  if (SETS.includes(name)) return sortedSet(value)
  switch (name) {
    case 'filterableAttributes':
      return Array.isArray(value) ? value.map(filterable) : value
    case 'typoTolerance':
      return isObject(value) ? typoTolerance(value) : value
    case 'faceting':
      return isObject(value) ? faceting(value) : value
    case 'localizedAttributes':
      return Array.isArray(value)
        ? value.map((rule) => ordered(rule, ['attributePatterns', 'locales']))
        : value
    case 'synonyms':
      return sortedKeys(value)
    case 'embedders':
      return isObject(value) ? embedders(value) : value
    default:
      return value
  }
}

function filterable(rule: unknown): unknown {
  if (!isObject(rule)) return rule
  const features = isObject(rule['features']) ? rule['features'] : {}
  const filter = isObject(features['filter']) ? features['filter'] : {}
  return {
    attributePatterns: rule['attributePatterns'],
    features: {
      facetSearch: features['facetSearch'] ?? false,
      filter: { equality: filter['equality'] ?? true, comparison: filter['comparison'] ?? false },
    },
  }
}

function typoTolerance(value: JsonObject): unknown {
  const members = [
    'enabled',
    'minWordSizeForTypos',
    'disableOnWords',
    'disableOnAttributes',
    'disableOnNumbers',
  ]
  return mapped(ordered(value, members), (key, member) => {
    if (key === 'minWordSizeForTypos') return ordered(member, ['oneTypo', 'twoTypos'])
    return key === 'disableOnWords' || key === 'disableOnAttributes' ? sortedSet(member) : member
  })
}

function faceting(value: JsonObject): unknown {
  return mapped(ordered(value, ['maxValuesPerFacet', 'sortFacetValuesBy']), (key, member) =>
    key === 'sortFacetValuesBy' ? sortedKeys(member) : member,
  )
}

function embedders(value: JsonObject): unknown {
  return mapped(sortedKeys(value), (_name, embedder) =>
    mapped(ordered(embedder, EMBEDDER_MEMBERS), (key, member) => {
      if (key === 'apiKey' && typeof member === 'string') return masked(member)
      return key === 'headers' ? sortedKeys(member) : member
    }),
  )
}

/** A secret as nodes print it. */
function masked(secret: string): string {
  const bytes = Buffer.byteLength(secret)
  if (bytes < 10) return 'XXX...'
  if (bytes < 20) return `${secret.slice(0, 2)}XXXX...`
  return bytes < 30 ? `${secret.slice(0, 3)}XXXXX...` : `${secret.slice(0, 5)}XXXXXX...`
}

function ordered(value: unknown, keys: readonly string[]): unknown {
  if (!isObject(value)) return value
  const present = keys.filter((key) => Object.hasOwn(value, key))
  return Object.fromEntries(present.map((key) => [key, memberOf(value, key)]))
}

function mapped(value: unknown, change: (key: string, member: unknown) => unknown): unknown {
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, change(key, member)]))
}

function sortedSet(value: unknown): unknown {
  return isStringList(value) ? [...new Set(value)].sort(byBytes) : value
}

function sortedKeys(value: unknown): unknown {
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => byBytes(one, other)))
}

function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}
