import { fail } from '../model/errors.ts'
import { isObject, isStringList } from '../std/json-values.ts'

/** Fields that every stored document carries and no client sees. */
const SHARD_FIELD = '_miroir_shard'
export const SEQ_FIELD = '_miroir_seq'
export const OWN_FIELDS: readonly string[] = [SHARD_FIELD, SEQ_FIELD]
/** The hidden last ranking rule: ties come in insertion order on every copy. */
export const SEQ_RANKING_RULE = `${SEQ_FIELD}:asc`

const RESERVED_PREFIX = '_miroir_'
/** The one field of that name that belongs to clients. */
const EXPIRY_FIELD = '_miroir_expires_at'
/** What our values are written with; a word containing one of these would make them searchable. */
const DIGITS = '!%()*:;?'

/** Rules that make our fields filterable, in the order in which they are stored. */
export const OWN_RULES: readonly unknown[] = [rule(SHARD_FIELD, false), rule(SEQ_FIELD, true)]

function rule(field: string, comparison: boolean): unknown {
  return {
    attributePatterns: [field],
    features: { facetSearch: false, filter: { equality: true, comparison } },
  }
}

export function isOwnRule(filterable: unknown): boolean {
  const patterns = isObject(filterable) ? filterable['attributePatterns'] : undefined
  return isStringList(patterns) && patterns.length === 1 && OWN_FIELDS.includes(patterns[0] ?? '')
}

/**
 * True when our rules must stand before the client's, because one of the client's patterns matches our fields
 * and the first rule that matches wins. Otherwise they stand behind, where they shift no numbers in error
 * texts.
 */
export function ownRulesFirst(filterable: readonly unknown[]): boolean {
  return filterable.every(isValidRule) && filterable.flatMap(patternsOf).some(matchesOwnField)
}

function patternsOf(filterable: unknown): readonly string[] {
  if (typeof filterable === 'string') return [filterable]
  const patterns = isObject(filterable) ? filterable['attributePatterns'] : undefined
  return isStringList(patterns) ? patterns : []
}

function matchesOwnField(pattern: string): boolean {
  if (!pattern.includes('*')) return false
  const literals = pattern.split('*').map((part) => part.replace(/[\\^$.|?+(){}[\]]/g, '\\$&'))
  const expression = new RegExp(`^${literals.join('.*')}$`)
  return OWN_FIELDS.some((field) => expression.test(field))
}

/** True when a node would take it: the numbers in its refusals must speak of the client's list. */
function isValidRule(filterable: unknown): boolean {
  if (typeof filterable === 'string') return true
  if (!isObject(filterable) || !isStringList(filterable['attributePatterns'])) return false
  if (!hasOnly(filterable, ['attributePatterns', 'features'])) return false
  const features = filterable['features'] ?? {}
  if (!isObject(features) || !hasOnly(features, ['facetSearch', 'filter'])) return false
  const filter = features['filter'] ?? {}
  if (!isObject(filter) || !hasOnly(filter, ['equality', 'comparison'])) return false
  return [features['facetSearch'], filter['equality'], filter['comparison']].every(
    (flag) => flag === undefined || typeof flag === 'boolean',
  )
}

function hasOnly(object: object, keys: readonly string[]): boolean {
  return Object.keys(object).every((key) => keys.includes(key))
}

/** Refuses settings that name our fields, or that would make their values searchable. */
export function refuseReserved(setting: string, value: unknown): void {
  const attribute = namedAttributes(setting, value).find(isReserved)
  if (attribute !== undefined) throw fail('miroir_reserved_attribute', { setting, attribute })
  const token = strings(value).find((word) => wouldBeSearchable(setting, word))
  if (token !== undefined) throw fail('miroir_reserved_separator', { setting, token })
}

function isReserved(attribute: string): boolean {
  return attribute.startsWith(RESERVED_PREFIX) && attribute !== EXPIRY_FIELD
}

/**
 * Our values hold nothing but separators. A node makes words of them when one of these characters is no
 * separator any more, or when its dictionary has a word that is made of them alone; in longer tokens and
 * words they do no harm.
 */
function wouldBeSearchable(setting: string, word: string): boolean {
  if (setting === 'nonSeparatorTokens') return word.length === 1 && DIGITS.includes(word)
  return setting === 'dictionary' && word.length > 1 && [...word].every((letter) => DIGITS.includes(letter))
}

function namedAttributes(setting: string, value: unknown): readonly string[] {
  switch (setting) {
    case 'displayedAttributes':
    case 'searchableAttributes':
    case 'sortableAttributes':
      return strings(value)
    case 'filterableAttributes':
    case 'localizedAttributes':
      return Array.isArray(value) ? (value as readonly unknown[]).flatMap(patternsOf) : []
    case 'rankingRules':
      return strings(value).map((ranking) => ranking.replace(/:(?:asc|desc)$/, ''))
    case 'distinctAttribute':
      return strings([value])
    case 'typoTolerance':
      return isObject(value) ? strings(value['disableOnAttributes']) : []
    case 'faceting': {
      const order = isObject(value) ? value['sortFacetValuesBy'] : undefined
      return isObject(order) ? Object.keys(order) : []
    }
    default:
      return []
  }
}

function strings(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return []
  return (value as readonly unknown[]).filter((element) => typeof element === 'string')
}
