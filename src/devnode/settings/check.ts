import { refuse, refuseLacking } from '../http/refusal.ts'
import {
  expectArray,
  expectBoolean,
  expectCount,
  expectObject,
  expectOneOf,
  expectString,
  expectStrings,
  inside,
  type Loose,
  type Spot,
  unknownName,
  wrongValue,
} from '../http/shape.ts'
import { LOCALES } from './locales.ts'
import { checkRankingRules } from './ranking-rules.ts'
import { compareBytes, type FilterRule, SETTING_NAMES, type SettingsPatch } from './settings.ts'

type Check = (value: unknown, spot: Spot) => unknown

const strings: Check = expectStrings
const stringSet: Check = (value, spot) => [...new Set(expectStrings(value, spot))].sort(compareBytes)

function fields(value: unknown, spot: Spot, checks: Readonly<Record<string, Check>>): Loose {
  const object = expectObject(value, spot)
  const checked: Record<string, unknown> = {}
  for (const [name, inner] of Object.entries(object)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (check === undefined) throw unknownName('field', name, Object.keys(checks), spot)
    checked[name] = inner === null ? null : check(inner, inside(spot, name))
  }
  return Object.fromEntries(
    Object.keys(checks).flatMap((name) => (name in checked ? [[name, checked[name]]] : [])),
  )
}

const byte: Check = (value, spot) => {
  const count = expectCount(value, spot)
  if (count <= 255) return count
  const reason = `value: \`${count}\` is too large to be deserialized, maximum value authorized is \`255\``
  throw wrongValue(spot, reason)
}

const typoSizes: Check = (value, spot) => {
  const checked = fields(value, spot, { oneTypo: byte, twoTypos: byte })
  const { oneTypo, twoTypos } = checked
  if (typeof oneTypo === 'number' && typeof twoTypos === 'number' && oneTypo > twoTypos) {
    throw wrongValue(spot, typoSizesText(oneTypo, twoTypos))
  }
  return checked
}

/** Text of the refusal when the two word sizes contradict each other. */
export function typoSizesText(oneTypo: number, twoTypos: number): string {
  return (
    '`minWordSizeForTypos` setting is invalid. `oneTypo` and `twoTypos` fields should be between `0` and `255`, ' +
    'and `twoTypos` should be greater or equals to `oneTypo` ' +
    `but found \`oneTypo: ${oneTypo}\` and twoTypos: ${twoTypos}\`.`
  )
}

const typoTolerance: Check = (value, spot) =>
  fields(value, spot, {
    enabled: expectBoolean,
    minWordSizeForTypos: typoSizes,
    disableOnWords: stringSetInOrder,
    disableOnAttributes: stringSetInOrder,
    disableOnNumbers: expectBoolean,
  })

function stringSetInOrder(value: unknown, spot: Spot): unknown {
  return [...new Set(expectStrings(value, spot))].sort(compareBytes)
}

const facetOrders: Check = (value, spot) => {
  const entries = Object.entries(expectObject(value, spot))
  entries.sort(([left], [right]) => compareBytes(left, right))
  const orders = ['alpha', 'count'] as const
  return Object.fromEntries(
    entries.map(([name, order]) => [name, expectOneOf(order, orders, inside(spot, name))]),
  )
}

const faceting: Check = (value, spot) =>
  fields(value, spot, { maxValuesPerFacet: expectCount, sortFacetValuesBy: facetOrders })

const pagination: Check = (value, spot) => fields(value, spot, { maxTotalHits: expectCount })

const filterFeatures: Check = (value, spot) => {
  const found = fields(value, spot, {
    facetSearch: expectBoolean,
    filter: (inner, at) => fields(inner, at, { equality: expectBoolean, comparison: expectBoolean }),
  })
  const filter = (found['filter'] ?? {}) as Loose
  return {
    facetSearch: found['facetSearch'] ?? false,
    filter: { equality: filter['equality'] ?? true, comparison: filter['comparison'] ?? false },
  }
}

function present(rule: Loose, name: string, spot: Spot): void {
  if (rule[name] === undefined) throw refuse(spot.code, `Missing field \`${name}\` inside \`${spot.path}\``)
}

const filterable: Check = (value, spot) =>
  expectArray(value, spot).map((element, index) => {
    const at = inside(spot, index)
    if (typeof element !== 'object' || element === null || Array.isArray(element)) {
      return expectString(element, at)
    }
    const rule = fields(element, at, { attributePatterns: strings, features: filterFeatures })
    present(rule, 'attributePatterns', at)
    return {
      attributePatterns: rule['attributePatterns'],
      features: rule['features'] ?? filterFeatures({}, at),
    } as FilterRule
  })

const synonyms: Check = (value, spot) => {
  const entries = Object.entries(expectObject(value, spot))
  entries.sort(([left], [right]) => compareBytes(left, right))
  return Object.fromEntries(
    entries.map(([word, others]) => [word, expectStrings(others, inside(spot, word))]),
  )
}

const localized: Check = (value, spot) =>
  expectArray(value, spot).map((element, index) => {
    const rule = fields(element, inside(spot, index), {
      attributePatterns: strings,
      locales: (inner, at) =>
        expectArray(inner, at).map((code, place) => expectOneOf(code, LOCALES, inside(at, place))),
    })
    present(rule, 'attributePatterns', inside(spot, index))
    present(rule, 'locales', inside(spot, index))
    return rule
  })

const SOURCES = ['openAi', 'huggingFace', 'ollama', 'userProvided', 'rest', 'composite'] as const
const EMBEDDER_FIELDS = [
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

/** Only embedders whose vectors come with the documents: this node asks nobody for others. */
const embedder: Check = (value, spot) => {
  const object = expectObject(value, spot)
  for (const name of Object.keys(object)) {
    if (!EMBEDDER_FIELDS.includes(name)) throw unknownName('field', name, EMBEDDER_FIELDS, spot)
  }
  const { source, dimensions, ...others } = object
  if (source !== undefined && source !== null) {
    const kind = expectOneOf(source, SOURCES, inside(spot, 'source'))
    if (kind !== 'userProvided') throw refuseLacking(`An embedder with source \`${kind}\``)
    if (dimensions === undefined || dimensions === null) {
      const note = 'note: this field is mandatory for source `userProvided`'
      throw refuse(spot.code, `\`.embedders${spot.path}\`: Missing field \`dimensions\` (${note})`)
    }
  }
  const [other] = Object.keys(others)
  if (other !== undefined) throw refuseLacking(`The field \`${other}\` of an embedder`)
  const count = dimensions === undefined ? undefined : expectCount(dimensions, inside(spot, 'dimensions'))
  if (count === 0)
    throw refuse(spot.code, `\`.embedders${spot.path}.dimensions\`: \`dimensions\` cannot be zero`)
  return {
    ...(source === undefined ? {} : { source }),
    ...(count === undefined ? {} : { dimensions: count }),
  }
}

const embedders: Check = (value, spot) =>
  Object.fromEntries(
    Object.entries(expectObject(value, spot)).map(([name, change]) => [
      name,
      change === null ? null : embedder(change, inside(spot, name)),
    ]),
  )

const lacking =
  (feature: string): Check =>
  () => {
    throw refuseLacking(feature)
  }

const CHECKS: Readonly<Record<(typeof SETTING_NAMES)[number], Check>> = {
  displayedAttributes: strings,
  searchableAttributes: strings,
  filterableAttributes: filterable,
  sortableAttributes: stringSet,
  foreignKeys: lacking('Setting `foreignKeys`'),
  rankingRules: checkRankingRules,
  stopWords: stringSet,
  nonSeparatorTokens: stringSet,
  separatorTokens: stringSet,
  dictionary: stringSet,
  synonyms,
  distinctAttribute: expectString,
  proximityPrecision: (value, spot) => expectOneOf(value, ['byWord', 'byAttribute'], spot),
  typoTolerance,
  faceting,
  pagination,
  embedders,
  searchCutoffMs: expectCount,
  localizedAttributes: localized,
  facetSearch: expectBoolean,
  prefixSearch: (value, spot) => expectOneOf(value, ['indexingTime', 'disabled'], spot),
  chat: lacking('Setting `chat`'),
}

const codeOf = (name: string): string =>
  `invalid_settings_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`

/** Checks the body of a sub-route and returns it as a change of that one setting. */
export function checkOne(name: (typeof SETTING_NAMES)[number], value: unknown): SettingsPatch {
  return { [name]: value === null ? null : CHECKS[name](value, { path: '', code: codeOf(name) }) }
}

/** Checks a body for all settings; the result has its members in a node's order. */
export function checkAll(body: unknown): SettingsPatch {
  const object = expectObject(body, { path: '', code: 'bad_request' })
  for (const name of Object.keys(object)) {
    if (!SETTING_NAMES.some((known) => known === name)) throw unknownName('field', name, SETTING_NAMES)
  }
  const patch: Record<string, unknown> = {}
  for (const name of SETTING_NAMES) {
    const value = object[name]
    if (value === undefined) continue
    const spot = { path: `.${name}`, code: codeOf(name) }
    patch[name] = value === null ? null : CHECKS[name](value, spot)
  }
  return patch
}
