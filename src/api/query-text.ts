import { type JsonMember, objectText } from '../std/json-members.ts'

/** How a query parameter becomes a member of the body form of the same request. */
export type ParameterKind = 'text' | 'list' | 'sort' | 'integer' | 'number' | 'boolean' | 'filter' | 'numbers'

/** Parameters by name; the last value of a repeated one counts, as on a node. */
export function parametersOf(query: string): ReadonlyMap<string, string> {
  return new Map(new URLSearchParams(query))
}

/**
 * The body form of a request made by query parameters; null when a parameter is unknown or has a value that
 * only a node can judge.
 */
export function bodyFromQuery(
  parameters: ReadonlyMap<string, string>,
  kinds: Readonly<Record<string, ParameterKind>>,
): string | null {
  const members: JsonMember[] = []
  for (const [key, value] of parameters) {
    const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined
    const text = kind === undefined ? null : valueText(kind, value)
    if (text === null) return null
    members.push({ key, value: text })
  }
  return objectText(members)
}

function valueText(kind: ParameterKind, value: string): string | null {
  switch (kind) {
    case 'text':
      return JSON.stringify(value)
    case 'list':
      return JSON.stringify(value.split(',').filter((element) => element !== ''))
    case 'sort':
      return JSON.stringify(sortRules(value))
    case 'integer':
      return /^\+?\d{1,20}$/.test(value) ? String(BigInt(value.replace('+', ''))) : null
    case 'number':
      return numberText(value)
    case 'numbers': {
      const numbers = value.split(',').map(numberText)
      return numbers.includes(null) ? null : `[${numbers.join(',')}]`
    }
    case 'boolean':
      return value === 'true' || value === 'false' ? value : null
    case 'filter':
      return filterText(value)
  }
}

function numberText(value: string): string | null {
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value)) return null
  const number = Number(value)
  return Number.isFinite(number) ? String(number) : null
}

/** A filter is JSON where it can be read as such, else an expression. */
function filterText(value: string): string | null {
  try {
    const filter: unknown = JSON.parse(value)
    return typeof filter === 'string' || Array.isArray(filter) ? value : null
  } catch {
    return JSON.stringify(value)
  }
}

/** Splits at commas outside of `_geoPoint(…)`. */
function sortRules(value: string): string[] {
  const rules: string[] = []
  let rule = ''
  for (const part of value.split(',')) {
    rule = rule === '' ? part : `${rule},${part}`
    const inGeoPoint = rule.trimStart().startsWith('_geoPoint(') && !rule.includes(')')
    if (inGeoPoint) continue
    rules.push(rule)
    rule = ''
  }
  if (rule !== '' || rules.length === 0) rules.push(rule)
  return rules
}
