import type { JsonMember } from '../../std/json-members.ts'
import { normalizeFacet } from '../facet-values.ts'

/** A value as nodes tell values apart: numbers by value, strings by their normal form. */
export interface FieldValue {
  readonly identity: string
  /** What a filter names it by. */
  readonly text: string
}

/**
 * The different values of an attribute in one hit, as nodes collect them: inside arrays, and by a path of
 * names through objects and arrays of them. Objects, null and empty strings are no values.
 */
export function fieldValues(hit: readonly JsonMember[], attribute: string): readonly FieldValue[] {
  const found = new Map<string, FieldValue>()
  for (const { key, value } of hit) {
    const rest = restOf(attribute, key)
    if (rest !== null) collect(JSON.parse(value), rest, found)
  }
  return [...found.values()]
}

/** What is left of a path after its first name; empty at its end, null when it begins otherwise. */
function restOf(path: string, name: string): string | null {
  if (path === name) return ''
  return path.startsWith(`${name}.`) ? path.slice(name.length + 1) : null
}

function collect(value: unknown, path: string, found: Map<string, FieldValue>): void {
  if (Array.isArray(value)) for (const element of value) collect(element, path, found)
  else if (typeof value === 'object' && value !== null) {
    if (path === '') return
    for (const [name, inner] of Object.entries(value)) {
      const rest = restOf(path, name)
      if (rest !== null) collect(inner, rest, found)
    }
  } else if (path === '' && value !== null) {
    // Nodes tell the two zeroes apart.
    const text = Object.is(value, -0) ? '-0' : String(value)
    const identity = typeof value === 'number' ? `number ${text}` : `string ${normalizeFacet(text)}`
    if (identity !== 'string ') found.set(identity, { identity, text })
  }
}
