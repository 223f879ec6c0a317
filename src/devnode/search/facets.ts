import type { DevIndex } from '../engine/dev-index.ts'
import { refuse } from '../http/refusal.ts'
import { printDouble } from '../json/canonical.ts'
import { compareBytes } from '../settings/settings.ts'
import { filterablePatterns, filterRule, matchesPattern } from './filter/attributes.ts'

interface Group {
  /** As shown: the spelling of the first document that has it. */
  readonly shown: string
  count: number
}

/** JSON texts: objects would put integer-like names first. */
export interface FacetAnswer {
  readonly distribution: string
  readonly stats: string
}

/** Above this many candidates a node walks its facet tree, where numbers are in numeric order. */
const SCAN_MAX = 3000

/** Numbers as facet keys: without the `.0` of whole numbers. */
function numberKey(value: number): string {
  const text = Math.abs(value) >= 1e16 ? plainDigits(value) : printDouble(value)
  return text.endsWith('.0') ? text.slice(0, -2) : text
}

function plainDigits(value: number): string {
  return Number.isInteger(value) ? BigInt(value).toString() : String(value)
}

/** Attributes of the documents that `facets` names, with what is inside them; `*` is every filterable one. */
export function facetAttributes(index: DevIndex, facets: readonly string[]): string[] {
  const { settings } = index
  const patterns = filterablePatterns(settings)
  const wrong = facets.filter((name) => name !== '*' && filterRule(settings, name) === null)
  if (wrong.length > 0) {
    const known =
      patterns.length === 0
        ? 'This index does not have configured filterable attributes.'
        : `Available filterable attributes patterns are: \`${patterns.join(', ')}\`.`
    const text = `Invalid facet distribution: Pattern \`${wrong[0]}\` is not filterable. ${known}`
    throw refuse('invalid_search_facets', text)
  }
  return index.columns
    .paths()
    .filter(
      (field) => filterRule(settings, field) !== null && facets.some((name) => matchesPattern(name, field)),
    )
    .sort(compareBytes)
}

/** Counts the values of attributes over the candidates, which are in ascending order. */
export function countFacets(
  index: DevIndex,
  attributes: readonly string[],
  docids: readonly number[],
): FacetAnswer {
  const distribution: string[] = []
  const stats: string[] = []
  for (const attribute of attributes) {
    const { numbers, strings } = groupValues(index, attribute, docids)
    const shown = shownGroups(index, attribute, { numbers, strings, candidates: docids.length })
    distribution.push(`${JSON.stringify(attribute)}:${printCounts(shown)}`)
    if (numbers.size > 0) {
      let min = Number.POSITIVE_INFINITY
      let max = Number.NEGATIVE_INFINITY
      for (const value of numbers.keys()) {
        min = Math.min(min, value)
        max = Math.max(max, value)
      }
      stats.push(`${JSON.stringify(attribute)}:{"min":${printDouble(min)},"max":${printDouble(max)}}`)
    }
  }
  return { distribution: `{${distribution.join(',')}}`, stats: `{${stats.join(',')}}` }
}

/** Groups the values of one attribute: numbers by value, strings by their normal form. */
export function groupValues(index: DevIndex, attribute: string, docids: readonly number[]) {
  const column = index.columns.get(attribute)
  const numbers = new Map<number, Group>()
  const strings = new Map<string, Group>()
  for (const docid of docids) {
    const cell = column[docid]
    if (cell === undefined) continue
    for (const value of cell.numbers) {
      const group = numbers.get(value)
      if (group === undefined) numbers.set(value, { shown: numberKey(value), count: 1 })
      else group.count++
    }
    cell.strings.forEach((key, at) => {
      const group = strings.get(key)
      if (group === undefined) strings.set(key, { shown: cell.spellings[at] ?? key, count: 1 })
      else group.count++
    })
  }
  return { numbers, strings }
}

interface Groups {
  readonly numbers: ReadonlyMap<number, Group>
  readonly strings: ReadonlyMap<string, Group>
  readonly candidates: number
}

function shownGroups(index: DevIndex, attribute: string, groups: Groups): ReadonlyMap<string, number> {
  const { maxValuesPerFacet, sortFacetValuesBy } = index.settings.faceting
  const byCount = (sortFacetValuesBy[attribute] ?? sortFacetValuesBy['*']) === 'count'
  const numbers = [...groups.numbers]
  const strings = [...groups.strings]
  if (byCount) {
    numbers.sort(([a, left], [b, right]) => right.count - left.count || b - a)
    strings.sort(([a, left], [b, right]) => right.count - left.count || compareBytes(b, a))
  } else {
    const inTree = groups.candidates > SCAN_MAX
    numbers.sort(([a, left], [b, right]) => (inTree ? a - b : compareBytes(left.shown, right.shown)))
    strings.sort(([a], [b]) => compareBytes(a, b))
  }
  const shown: (readonly [unknown, Group])[] = numbers.slice(0, maxValuesPerFacet)
  // By count, a node stops at exactly the limit: numbers that reach it let all strings follow.
  const isFull = shown.length >= maxValuesPerFacet
  if (!isFull) shown.push(...strings.slice(0, maxValuesPerFacet - shown.length))
  else if (byCount) shown.push(...strings)
  return new Map(shown.map(([, { shown: name, count }]) => [name, count]))
}

function printCounts(counts: ReadonlyMap<string, number>): string {
  return `{${Array.from(counts, ([name, count]) => `${JSON.stringify(name)}:${count}`).join(',')}}`
}
