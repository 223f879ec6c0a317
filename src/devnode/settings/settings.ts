import { keptLocale } from './locales.ts'

/** What one filterable attribute rule allows. */
export interface FilterFeatures {
  readonly facetSearch: boolean
  readonly filter: { readonly equality: boolean; readonly comparison: boolean }
}

export interface FilterRule {
  readonly attributePatterns: readonly string[]
  readonly features: FilterFeatures
}

export interface LocalizedRule {
  readonly attributePatterns: readonly string[]
  readonly locales: readonly string[]
}

/** Settings of an embedder whose vectors come with the documents, the only kind this node has. */
interface Embedder {
  readonly source: 'userProvided'
  readonly dimensions: number
}

export type Embedders = Readonly<Record<string, Embedder>>

export interface TypoTolerance {
  readonly enabled: boolean
  readonly minWordSizeForTypos: { readonly oneTypo: number; readonly twoTypos: number }
  readonly disableOnWords: readonly string[]
  readonly disableOnAttributes: readonly string[]
  readonly disableOnNumbers: boolean
}

/** Every setting in normal form, in the order a node prints them. */
export interface Settings {
  readonly displayedAttributes: readonly string[]
  readonly searchableAttributes: readonly string[]
  readonly filterableAttributes: readonly (string | FilterRule)[]
  readonly sortableAttributes: readonly string[]
  readonly rankingRules: readonly string[]
  readonly stopWords: readonly string[]
  readonly nonSeparatorTokens: readonly string[]
  readonly separatorTokens: readonly string[]
  readonly dictionary: readonly string[]
  readonly synonyms: Readonly<Record<string, readonly string[]>>
  readonly distinctAttribute: string | null
  readonly proximityPrecision: string
  readonly typoTolerance: TypoTolerance
  readonly faceting: {
    readonly maxValuesPerFacet: number
    readonly sortFacetValuesBy: Readonly<Record<string, string>>
  }
  readonly pagination: { readonly maxTotalHits: number }
  readonly embedders: Embedders
  readonly searchCutoffMs: number | null
  readonly localizedAttributes: readonly LocalizedRule[] | null
  readonly facetSearch: boolean
  readonly prefixSearch: string
}

export type SettingName = keyof Settings

export const DEFAULT_SETTINGS: Settings = {
  displayedAttributes: ['*'],
  searchableAttributes: ['*'],
  filterableAttributes: [],
  sortableAttributes: [],
  rankingRules: ['words', 'typo', 'proximity', 'attributeRank', 'sort', 'wordPosition', 'exactness'],
  stopWords: [],
  nonSeparatorTokens: [],
  separatorTokens: [],
  dictionary: [],
  synonyms: {},
  distinctAttribute: null,
  proximityPrecision: 'byWord',
  typoTolerance: {
    enabled: true,
    minWordSizeForTypos: { oneTypo: 5, twoTypos: 9 },
    disableOnWords: [],
    disableOnAttributes: [],
    disableOnNumbers: false,
  },
  faceting: { maxValuesPerFacet: 100, sortFacetValuesBy: { '*': 'alpha' } },
  pagination: { maxTotalHits: 1000 },
  embedders: {},
  searchCutoffMs: null,
  localizedAttributes: null,
  facetSearch: true,
  prefixSearch: 'indexingTime',
}

/** Order in which a node names all settings; two of them exist only behind a feature. */
export const SETTING_NAMES = [
  'displayedAttributes',
  'searchableAttributes',
  'filterableAttributes',
  'sortableAttributes',
  'foreignKeys',
  'rankingRules',
  'stopWords',
  'nonSeparatorTokens',
  'separatorTokens',
  'dictionary',
  'synonyms',
  'distinctAttribute',
  'proximityPrecision',
  'typoTolerance',
  'faceting',
  'pagination',
  'embedders',
  'searchCutoffMs',
  'localizedAttributes',
  'facetSearch',
  'prefixSearch',
  'chat',
] as const

/** A checked change: null resets, absent leaves alone; nested objects are merged. */
export type SettingsPatch = { readonly [name: string]: unknown }

/** Byte order, as a node keeps its sets. */
export function compareBytes(left: string, right: string): number {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index)
    const b = right.charCodeAt(index)
    if (a === b) continue
    // Surrogates stand for characters above U+FFFF, which sort after the rest of UTF-16.
    const aHigh = a >= 0xd800 && a < 0xe000
    const bHigh = b >= 0xd800 && b < 0xe000
    if (aHigh !== bHigh) return aHigh ? 1 : -1
    return a - b
  }
  return left.length - right.length
}

const sortedSet = (values: readonly string[]): string[] => [...new Set(values)].sort(compareBytes)

function sortedRecord<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([left], [right]) => compareBytes(left, right)))
}

const starOr = (values: readonly string[]): readonly string[] =>
  values.includes('*') ? ['*'] : [...new Set(values)]

/** Applies a checked change and returns the new normal form. */
export function applyPatch(settings: Settings, patch: SettingsPatch): Settings {
  const next: Record<string, unknown> = { ...settings }
  for (const [name, value] of Object.entries(patch)) {
    if (!(name in DEFAULT_SETTINGS)) continue
    next[name] = value === null ? DEFAULT_SETTINGS[name as SettingName] : merged(name, value, settings)
  }
  return next as unknown as Settings
}

function merged(name: string, value: unknown, settings: Settings): unknown {
  switch (name) {
    case 'displayedAttributes':
    case 'searchableAttributes':
      return starOr(value as string[])
    case 'synonyms':
      return sortedRecord(value as Record<string, string[]>)
    case 'localizedAttributes':
      return (value as LocalizedRule[]).map(keptRule)
    case 'typoTolerance':
      return mergeTypo(settings.typoTolerance, value as Partial<TypoTolerance>)
    case 'faceting':
      return mergeFaceting(settings.faceting, value as Partial<Settings['faceting']>)
    case 'pagination':
      return { maxTotalHits: or(value, 'maxTotalHits', settings.pagination.maxTotalHits, 1000) }
    case 'embedders':
      return mergeEmbedders(settings.embedders, value as Readonly<Record<string, Partial<Embedder> | null>>)
    default:
      return value
  }
}

function mergeEmbedders(
  current: Embedders,
  patch: Readonly<Record<string, Partial<Embedder> | null>>,
): Embedders {
  const next = new Map(Object.entries(current))
  for (const [name, change] of Object.entries(patch)) {
    const dimensions = change?.dimensions ?? current[name]?.dimensions
    if (change === null || dimensions === undefined) next.delete(name)
    else next.set(name, { source: 'userProvided', dimensions })
  }
  return sortedRecord(Object.fromEntries(next))
}

const keptRule = ({ attributePatterns, locales }: LocalizedRule): LocalizedRule => ({
  attributePatterns,
  locales: locales.map(keptLocale),
})

/** A nested member: absent keeps `current`, null takes the default. */
function or<T>(value: unknown, name: string, current: T, whenNull: T): T {
  const found = (value as { [key: string]: unknown })[name]
  if (found === undefined) return current
  return found === null ? whenNull : (found as T)
}

function mergeTypo(current: TypoTolerance, patch: unknown): TypoTolerance {
  const base = DEFAULT_SETTINGS.typoTolerance
  const sizes = or<object>(patch, 'minWordSizeForTypos', {}, base.minWordSizeForTypos)
  return {
    enabled: or(patch, 'enabled', current.enabled, true),
    minWordSizeForTypos: {
      oneTypo: or(sizes, 'oneTypo', current.minWordSizeForTypos.oneTypo, 5),
      twoTypos: or(sizes, 'twoTypos', current.minWordSizeForTypos.twoTypos, 9),
    },
    disableOnWords: sortedSet(
      or(patch, 'disableOnWords', current.disableOnWords, []).map((word) => word.toLowerCase()),
    ),
    disableOnAttributes: sortedSet(or(patch, 'disableOnAttributes', current.disableOnAttributes, [])),
    disableOnNumbers: or(patch, 'disableOnNumbers', current.disableOnNumbers, false),
  }
}

function mergeFaceting(current: Settings['faceting'], patch: unknown): Settings['faceting'] {
  const base = DEFAULT_SETTINGS.faceting
  const order = or(patch, 'sortFacetValuesBy', null, base.sortFacetValuesBy)
  return {
    maxValuesPerFacet: or(patch, 'maxValuesPerFacet', current.maxValuesPerFacet, 100),
    sortFacetValuesBy: order === null ? current.sortFacetValuesBy : sortedRecord({ '*': 'alpha', ...order }),
  }
}
