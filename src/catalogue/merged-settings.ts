import type { JsonObject } from '../model/view.ts'
import { isObject, memberOf, withMember } from '../std/json-values.ts'
import { mergedEmbedders } from './embedders.ts'
import { settingByName } from './setting-table.ts'

/**
 * True when the value has the outer shape that a node wants; anything else goes to a node as it is, to be
 * refused.
 */
export function hasShape(name: string, value: unknown): boolean {
  if (value === null) return true
  const initial = settingByName(name)?.initial
  if (Array.isArray(initial)) return Array.isArray(value)
  return isObject(initial) ? isObject(value) : true
}

/**
 * What the client has set after one more setting, as a node merges it. Holds only what was set: null, at any
 * place where a node takes it, removes.
 */
export function mergedSetting(raw: JsonObject, name: string, value: unknown): JsonObject {
  const old = memberOf(raw, name)
  switch (name) {
    case 'typoTolerance':
    case 'faceting':
    case 'pagination':
      return withMember(raw, name, unlessEmpty(isObject(value) ? mergedObject(old, value) : null))
    case 'embedders':
      return withMember(raw, name, unlessEmpty(isObject(value) ? mergedEmbedders(old, value) : null))
    default:
      return withMember(raw, name, value ?? undefined)
  }
}

function mergedObject(old: unknown, change: JsonObject): JsonObject {
  let merged: JsonObject = isObject(old) ? old : {}
  for (const [key, value] of Object.entries(change)) {
    const nested = key === 'minWordSizeForTypos' && isObject(value)
    const next = nested ? unlessEmpty(mergedObject(memberOf(merged, key), value)) : (value ?? undefined)
    merged = withMember(merged, key, next)
  }
  return merged
}

function unlessEmpty(object: JsonObject | null): JsonObject | undefined {
  return object === null || Object.keys(object).length === 0 ? undefined : object
}
