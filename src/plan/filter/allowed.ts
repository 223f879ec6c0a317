import { isObject } from '../../std/json-values.ts'
import type { Filter } from './filter.ts'

/**
 * True when no rule of `filterableAttributes` can stand in the way of a filter. A node refuses an operator
 * only for a field that it has seen, so where rules restrict operators it matters which nodes are asked.
 */
export function isAllowedEverywhere(filter: Filter, rules: readonly unknown[]): boolean {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.every((part) => isAllowedEverywhere(part, rules))
    case 'not':
      return isAllowedEverywhere(filter.part, rules)
    case 'geoRadius':
    case 'geoBoundingBox':
    case 'geoPolygon':
      return true
    default:
      return isFree(filter.field.text, needsComparison(filter), rules)
  }
}

function needsComparison(filter: Filter): boolean {
  if (filter.kind === 'compare') return filter.operator !== '=' && filter.operator !== '!='
  return !['in', 'exists', 'null', 'empty'].includes(filter.kind)
}

/** Rules that are names allow everything; which of the others comes first for a field is not looked at. */
function isFree(field: string, comparison: boolean, rules: readonly unknown[]): boolean {
  for (const rule of rules) {
    if (typeof rule !== 'string') {
      if (!allows(rule, comparison)) return false
    } else if (rule === field || field.startsWith(`${rule}.`)) return true
  }
  return true
}

function allows(rule: unknown, comparison: boolean): boolean {
  const features = isObject(rule) && isObject(rule['features']) ? rule['features'] : {}
  const filter = isObject(features['filter']) ? features['filter'] : {}
  return filter['equality'] !== false && (!comparison || filter['comparison'] === true)
}
