import { limits } from '../config/limits.ts'
import { fail } from '../model/errors.ts'
import type { JsonObject } from '../model/view.ts'
import type { SettingsChange } from '../model/writes.ts'
import { membersOf, objectText } from '../std/json-members.ts'
import { isObject, memberOf, parsedJson, widenedArray } from '../std/json-values.ts'
import { embeddersText, fullEmbedders, shownEmbedders } from './embedders.ts'
import { hasShape, mergedSetting } from './merged-settings.ts'
import {
  isOwnRule,
  OWN_FIELDS,
  OWN_RULES,
  ownRulesFirst,
  refuseReserved,
  SEQ_FIELD,
  SEQ_RANKING_RULE,
} from './own-attributes.ts'
import {
  DEFAULT_FACET_VALUES_MAX,
  DEFAULT_RANKING_RULES,
  SETTINGS,
  type Setting,
  settingByName,
  settingByRoute,
} from './setting-table.ts'

export { changeDetails } from './change-details.ts'
export { searchFacts } from './search-facts.ts'

/*
 * Clients see their settings; nodes have *derived* ones: the client's and what makes our fields work. What a
 * client wrote is spliced, not re-written, so that a node judges it in its own words and numbers.
 */

export interface DerivedChange {
  readonly method: SettingsChange['method']
  /** Follows `/indexes/{name}/settings`. */
  readonly suffix: string
  readonly body: string | null
  /** What the client has set once the change has succeeded. */
  readonly raw: JsonObject
}

/**
 * Facet values asked of nodes for each that the client wants, so that a merged top list is exact more often.
 */
const FACET_VALUES_FACTOR = 4

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What to send to a node for a client's settings request. Throws for what would break our fields. */
export function deriveChange(change: SettingsChange, raw: JsonObject): DerivedChange {
  const setting = change.route === null ? null : (settingByRoute(change.route) ?? null)
  const suffix = change.route === null ? '' : `/${change.route}`
  if (change.method === 'DELETE') return derivedReset(setting, suffix, raw)
  const text = bodyText(change.body)
  const value = parsedJson(text)
  const untouched = { method: change.method, suffix, body: text, raw }
  if (value === undefined) return untouched
  if (setting === null)
    return isObject(value) ? { ...untouched, ...derivedMembers(text, value, raw) } : untouched
  const next = mergedOrSame(raw, setting.name, value)
  return { ...untouched, body: valueText(setting.name, text, next), raw: next }
}

function bodyText(body: Uint8Array): string {
  try {
    return strict.decode(body.buffer instanceof SharedArrayBuffer ? body.slice() : body)
  } catch {
    const message = 'The json payload provided is malformed. `invalid unicode code point`.'
    throw fail('malformed_payload', { message })
  }
}

function derivedReset(setting: Setting | null, suffix: string, raw: JsonObject): DerivedChange {
  if (setting === null) return { method: 'PATCH', suffix, body: JSON.stringify(deriveAll({})), raw: {} }
  const next = mergedSetting(raw, setting.name, null)
  const reset = valueText(setting.name, 'null', next)
  // A reset that must leave something of ours behind is an update.
  return reset === 'null'
    ? { method: 'DELETE', suffix, body: null, raw: next }
    : { method: setting.verb, suffix, body: reset, raw: next }
}

function derivedMembers(
  text: string,
  values: JsonObject,
  raw: JsonObject,
): { body: string; raw: JsonObject } {
  let next = raw
  for (const [name, value] of Object.entries(values)) next = mergedOrSame(next, name, value)
  const members = membersOf(text).map(({ key, value }) => ({ key, value: valueText(key, value, next) }))
  return { body: objectText(members), raw: next }
}

/** Refuses reserved names; leaves `raw` alone when a node will refuse the value. */
function mergedOrSame(raw: JsonObject, name: string, value: unknown): JsonObject {
  const setting = settingByName(name)
  if (setting === undefined || setting.gated === true || !hasShape(name, value)) return raw
  refuseReserved(name, value)
  return mergedSetting(raw, name, value)
}

/**
 * One setting's value for nodes. Both the text and what it says are the client's; `merged` has it applied.
 */
function valueText(name: string, text: string, merged: JsonObject): string {
  const value = parsedJson(text)
  switch (name) {
    case 'filterableAttributes':
      return listText(text, value, {
        ours: OWN_RULES,
        initial: [],
        front: Array.isArray(value) && ownRulesFirst(value),
      })
    case 'sortableAttributes':
      return listText(text, value, { ours: [SEQ_FIELD], initial: [], front: false })
    case 'rankingRules':
      return listText(text, value, { ours: [SEQ_RANKING_RULE], initial: DEFAULT_RANKING_RULES, front: false })
    case 'displayedAttributes':
      return Array.isArray(value) && !value.includes('*')
        ? listText(text, value, { ours: OWN_FIELDS, initial: [], front: false })
        : text
    case 'faceting':
      return facetingText(text, value)
    case 'embedders': {
      const embedders = memberOf(merged, 'embedders')
      return isObject(value) ? embeddersText(text, isObject(embedders) ? embedders : {}) : text
    }
    default:
      return text
  }
}

interface ListAddition {
  readonly ours: readonly unknown[]
  /** What a reset leaves of the client's. */
  readonly initial: readonly unknown[]
  readonly front: boolean
}

function listText(text: string, value: unknown, addition: ListAddition): string {
  if (value === null) return JSON.stringify([...addition.initial, ...addition.ours])
  if (!Array.isArray(value)) return text
  const ours = addition.ours.map((element) => JSON.stringify(element))
  return widenedArray(text, ours, addition.front ? 'front' : 'back')
}

function facetingText(text: string, value: unknown): string {
  if (value === null)
    return JSON.stringify({ maxValuesPerFacet: nodeFacetValuesMax(null), sortFacetValuesBy: null })
  if (!isObject(value)) return text
  const members = membersOf(text).map((member) => {
    const isCount = member.value === 'null' || /^[0-9]+$/.test(member.value)
    if (member.key !== 'maxValuesPerFacet' || !isCount) return member
    return { key: member.key, value: nodeFacetValuesText(member.value) }
  })
  return objectText(members)
}

function nodeFacetValuesText(text: string): string {
  const wanted: unknown = JSON.parse(text)
  const raised = nodeFacetValuesMax(wanted)
  // Beyond what a double counts exactly there is nothing to raise.
  return Number.isSafeInteger(raised) ? String(raised) : text
}

function nodeFacetValuesMax(wanted: unknown): number {
  const count = typeof wanted === 'number' ? wanted : DEFAULT_FACET_VALUES_MAX
  return Math.max(count * FACET_VALUES_FACTOR, limits.nodeFacetValuesMin)
}

/**
 * A whole `PATCH /settings` for a node: what the client has set, explicit nulls for the rest, and ours.
 * Applying it twice changes nothing. `replaced` is what the client had set on the node before, for what only
 * goes away by name.
 */
export function deriveAll(raw: JsonObject, replaced: JsonObject = {}): JsonObject {
  const open = SETTINGS.filter((setting) => setting.gated !== true)
  return Object.fromEntries(
    open.map(({ name }) => [name, nodeValue(name, memberOf(raw, name) ?? null, replaced)]),
  )
}

function nodeValue(name: string, value: unknown, replaced: JsonObject): unknown {
  switch (name) {
    case 'typoTolerance':
      return isObject(value) ? fullTypoTolerance(value) : null
    case 'faceting': {
      const faceting = isObject(value) ? value : {}
      const raised = nodeFacetValuesMax(faceting['maxValuesPerFacet'])
      return { maxValuesPerFacet: raised, sortFacetValuesBy: faceting['sortFacetValuesBy'] ?? null }
    }
    case 'embedders':
      return nodeEmbedders(value, memberOf(replaced, name))
    default:
      return JSON.parse(valueText(name, JSON.stringify(value), {}))
  }
}

function fullTypoTolerance(value: JsonObject): JsonObject {
  const members = ['enabled', 'disableOnWords', 'disableOnAttributes', 'disableOnNumbers']
  const sizes = value['minWordSizeForTypos']
  const size = (key: string): unknown => (isObject(sizes) ? (sizes[key] ?? null) : null)
  return {
    ...Object.fromEntries(members.map((key) => [key, value[key] ?? null])),
    minWordSizeForTypos: { oneTypo: size('oneTypo'), twoTypos: size('twoTypos') },
  }
}

/** Embedders that are to vanish must be named, unless none is left. */
function nodeEmbedders(value: unknown, replaced: unknown): unknown {
  if (!isObject(value) || Object.keys(value).length === 0) return null
  const gone = isObject(replaced) ? Object.keys(replaced).filter((name) => !Object.hasOwn(value, name)) : []
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...fullEmbedders(value) }
}

/**
 * Settings as the client sees them, from a node's `GET /settings`: ours removed, virtual values the client's.
 */
export function clientView(nodeSettings: JsonObject, raw: JsonObject): JsonObject {
  const shown = Object.entries(nodeSettings).filter(([name]) => settingByName(name)?.gated !== true)
  return Object.fromEntries(shown.map(([name, value]) => [name, shownValue(name, value, raw)]))
}

function shownValue(name: string, value: unknown, raw: JsonObject): unknown {
  const list: readonly unknown[] = Array.isArray(value) ? value : []
  switch (name) {
    case 'filterableAttributes':
      return list.filter((element) => !isOwnRule(element))
    case 'sortableAttributes':
    case 'displayedAttributes':
      return list.filter((element) => !OWN_FIELDS.some((field) => field === element))
    case 'rankingRules':
      return list.filter((element) => element !== SEQ_RANKING_RULE)
    case 'faceting': {
      const wanted = memberOf(raw, 'faceting')
      const own = isObject(wanted) ? memberOf(wanted, 'maxValuesPerFacet') : undefined
      return isObject(value) ? { ...value, maxValuesPerFacet: own ?? DEFAULT_FACET_VALUES_MAX } : value
    }
    case 'embedders':
      return isObject(value) ? shownEmbedders(value) : value
    default:
      return value
  }
}

/** What a fresh index shows. */
export function defaultSettings(): JsonObject {
  const open = SETTINGS.filter((setting) => setting.gated !== true)
  return Object.fromEntries(open.map(({ name, initial }) => [name, structuredClone(initial)]))
}
