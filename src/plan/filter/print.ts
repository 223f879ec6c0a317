import type { Filter, Word } from './filter.ts'

/** Writes a filter so that reading it gives the same filter again; all names and values are quoted. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return filter.parts.map(operand).join(` ${filter.kind.toUpperCase()} `)
    case 'not':
      return `NOT ${operand(filter.part)}`
    case 'geoRadius':
      return `_geoRadius(${filter.numbers.join(', ')})`
    case 'geoBoundingBox':
    case 'geoPolygon':
      return `_${filter.kind}(${filter.points.map((point) => `[${point.join(', ')}]`).join(', ')})`
    default:
      return `${quoted(filter.field)} ${operation(filter)}`
  }
}

/** Chains inside of something else need their parentheses. */
function operand(filter: Filter): string {
  const text = printFilter(filter)
  return filter.kind === 'and' || filter.kind === 'or' ? `(${text})` : text
}

function operation(filter: Extract<Filter, { field: Word }>): string {
  const not = 'negated' in filter && filter.negated ? 'NOT ' : ''
  switch (filter.kind) {
    case 'compare':
      return `${filter.operator} ${quoted(filter.value)}`
    case 'between':
      return `${quoted(filter.from)} TO ${quoted(filter.to)}`
    case 'in':
      return `${not}IN [${filter.values.map(quoted).join(', ')}]`
    case 'contains':
      return `${not}CONTAINS ${quoted(filter.value)}`
    case 'startsWith':
      return `${not}STARTS WITH ${quoted(filter.value)}`
    case 'exists':
      return `${not}EXISTS`
    case 'null':
    case 'empty':
      return `IS ${not}${filter.kind.toUpperCase()}`
  }
}

function quoted({ text }: Word): string {
  return `"${text.replace(/["\\]/g, (letter) => `\\${letter}`)}"`
}
