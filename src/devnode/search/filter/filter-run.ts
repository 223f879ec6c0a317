import type { Cell, Column } from '../../engine/columns.ts'
import { normalizeFacet } from '../../engine/columns.ts'
import type { DevIndex } from '../../engine/dev-index.ts'
import { distanceMetres } from '../../engine/geo.ts'
import { refuse } from '../../http/refusal.ts'
import { ticks } from '../../http/shape.ts'
import { compareBytes } from '../../settings/settings.ts'
import { placeLine } from '../filter-parser.ts'
import { filterablePatterns, filterRule } from './attributes.ts'
import { type Filter, OPERATOR_NAMES, printFilter, type Word } from './filter-tree.ts'

type Test = (docid: number) => boolean
type CellTest = (cell: Cell) => boolean
type Leaf = Exclude<Filter, { kind: 'and' | 'or' | 'not' | 'geoRadius' | 'geoBox' }>

/** How errors are worded: searches quote the rewritten filter, the documents routes the text as it came. */
export interface FilterStyle {
  readonly code: string
  readonly rewritten: boolean
}

const DOCUMENTS_STYLE: FilterStyle = { code: 'invalid_document_filter', rewritten: false }

/** Numbers that a filter value may also mean, next to its text. */
function asNumber(text: string): number | null {
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return null
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}

/** Internal numbers of the documents that a filter keeps, ascending; all without a filter. */
export function filterDocuments(
  index: DevIndex,
  filter: Filter | null,
  style: FilterStyle = DOCUMENTS_STYLE,
): number[] {
  const test = filter === null ? null : filterTest(index, filter, style)
  const { table } = index
  const found: number[] = []
  for (let docid = 0; docid < table.end; docid++) {
    if (table.at(docid) !== undefined && (test === null || test(docid))) found.push(docid)
  }
  return found
}

/** Checks a filter against the settings and turns it into a test of documents. */
function filterTest(index: DevIndex, filter: Filter, style: FilterStyle): Test {
  const compiler = new FilterCompiler(index, filter, style)
  compiler.checkFields(filter)
  return compiler.compile(filter)
}

class FilterCompiler {
  readonly #index: DevIndex
  readonly #whole: Filter
  readonly #style: FilterStyle

  constructor(index: DevIndex, whole: Filter, style: FilterStyle) {
    this.#index = index
    this.#whole = whole
    this.#style = style
  }

  #errorAt(word: Word, message: string) {
    if (!this.#style.rewritten) {
      return refuse(this.#style.code, message + placeLine(word.source, word.start, word.end))
    }
    const { text, places } = printFilter(this.#whole)
    const start = places.get(word) ?? 0
    return refuse(this.#style.code, message + placeLine(text, start, start + word.text.length))
  }

  /** Every attribute must be filterable, before anything else is looked at. */
  checkFields(filter: Filter): void {
    if (filter.kind === 'and' || filter.kind === 'or') for (const part of filter.parts) this.checkFields(part)
    else if (filter.kind === 'not') this.checkFields(filter.part)
    else if (filter.kind === 'geoRadius' || filter.kind === 'geoBox') {
      const [word] = filter.values
      if (word !== undefined && filterRule(this.#index.settings, '_geo') === null) {
        throw this.#errorAt(word, this.#notFilterable('_geo'))
      }
    } else if (filterRule(this.#index.settings, filter.field.text) === null) {
      throw this.#errorAt(filter.field, this.#notFilterable(filter.field.text))
    }
  }

  #notFilterable(attribute: string): string {
    const patterns = filterablePatterns(this.#index.settings)
    const known =
      patterns.length === 0
        ? 'This index does not have configured filterable attributes.'
        : `Available filterable attribute patterns are: ${ticks(patterns)}.`
    return `Attribute \`${attribute}\` is not filterable. ${known}`
  }

  compile(filter: Filter): Test {
    switch (filter.kind) {
      case 'and': {
        const tests = filter.parts.map((part) => this.compile(part))
        return (docid) => tests.every((test) => test(docid))
      }
      case 'or': {
        const tests = filter.parts.map((part) => this.compile(part))
        return (docid) => tests.some((test) => test(docid))
      }
      case 'not': {
        const test = this.compile(filter.part)
        return (docid) => !test(docid)
      }
      case 'geoRadius':
        return this.#geoRadius(filter.values)
      case 'geoBox':
        return this.#geoBox(filter.values)
      default:
        return this.#leaf(filter)
    }
  }

  #leaf(filter: Leaf): Test {
    const attribute = filter.field.text
    const column = this.#index.columns.get(attribute)
    this.#checkOperator(filter, attribute, column)
    if (filter.kind === 'exists') return (docid) => column[docid] !== undefined
    const test = cellTest(filter)
    if (filter.kind === 'compare' && filter.operator === '!=') {
      return (docid) => {
        const cell = column[docid]
        return cell === undefined || !test(cell)
      }
    }
    return (docid) => {
      const cell = column[docid]
      return cell !== undefined && test(cell)
    }
  }

  #checkOperator(filter: Leaf, attribute: string, column: Column): void {
    const rule = filterRule(this.#index.settings, attribute)
    if (rule === null || filter.kind in OPERATOR_NAMES) return
    const { equality, comparison } = rule.features.filter
    const compares =
      filter.kind === 'between' || (filter.kind === 'compare' && !/^!?=$/.test(filter.operator))
    if (compares ? comparison : equality) return
    // A field that no document has is never looked up, so a node does not complain.
    if (!column.some((cell) => cell !== undefined)) return
    const operators = ['OR', 'AND', 'NOT']
    if (equality) operators.push('=', '!=', 'IN')
    if (comparison) operators.push('<', '>', '<=', '>=', 'TO')
    operators.push('IS EMPTY', 'IS NULL', 'EXISTS')
    const position = `rule #${rule.position}`
    const missing = compares ? 'comparison' : 'equality'
    throw refuse(
      this.#style.code,
      `Filter operator \`${operatorName(filter)}\` is not allowed for the attribute \`${attribute}\`.\n` +
        `  - Note: allowed operators: ${operators.join(', ')}.\n` +
        `  - Note: field \`${attribute}\` matched ${position} in \`filterableAttributes\`\n` +
        `  - Hint: enable ${missing} in ${position} by modifying the features.filter object\n` +
        `  - Hint: prepend another rule matching \`${attribute}\` with appropriate filter features before ${position}`,
    )
  }

  #angle(word: Word | undefined, name: 'latitude' | 'longitude'): number {
    const value = Number(word?.text)
    const limit = name === 'latitude' ? 90 : 180
    if (word === undefined || Math.abs(value) <= limit) return value
    const title = name === 'latitude' ? 'Latitude' : 'Longitude'
    const turned = ((((value + 180) % 360) + 360) % 360) - 180
    const hint = name === 'longitude' ? ` Hint: try using \`${turned}\` instead.` : ''
    const range = `between -${limit} and ${limit} degrees`
    throw this.#errorAt(word, `Bad ${name} \`${word.text}\`. ${title} must be contained ${range}.${hint}`)
  }

  #geoRadius(values: readonly Word[]): Test {
    const center = { lat: this.#angle(values[0], 'latitude'), lng: this.#angle(values[1], 'longitude') }
    const radius = Number(values[2]?.text)
    const points = this.#index.columns.points()
    return (docid) => {
      const point = points[docid]
      return point !== null && point !== undefined && distanceMetres(center, point) <= radius
    }
  }

  #geoBox(values: readonly Word[]): Test {
    const top = this.#angle(values[0], 'latitude')
    const right = this.#angle(values[1], 'longitude')
    const bottom = this.#angle(values[2], 'latitude')
    const left = this.#angle(values[3], 'longitude')
    const last = values[3]
    if (top < bottom && last !== undefined) {
      const text = `The top latitude \`${top}\` is below the bottom latitude \`${bottom}\`.`
      throw this.#errorAt(last, text)
    }
    const points = this.#index.columns.points()
    return (docid) => {
      const point = points[docid]
      if (point === null || point === undefined || point.lat > top || point.lat < bottom) return false
      // A box whose left edge is east of its right edge goes around the back of the earth.
      if (left > right) return point.lng >= left || point.lng <= right
      return point.lng >= left && point.lng <= right
    }
  }
}

function operatorName(filter: Leaf): string {
  if (filter.kind === 'compare') return filter.operator
  if (filter.kind === 'between') return 'TO'
  return filter.kind === 'in' ? 'IN' : 'STARTS WITH'
}

function cellTest(filter: Exclude<Leaf, { kind: 'exists' }>): CellTest {
  switch (filter.kind) {
    case 'null':
      return (cell) => cell.isNull
    case 'empty':
      return (cell) => cell.isEmpty
    case 'in':
      return anyValue(filter.values)
    case 'startsWith': {
      if (filter.value.text === '') return () => true
      const prefix = normalizeFacet(filter.value.text)
      return (cell) => cell.strings.some((text) => text.startsWith(prefix))
    }
    case 'between':
      return rangeTest(
        filter.from.text,
        filter.to.text,
        (order) => order >= 0,
        (order) => order <= 0,
      )
    case 'compare':
      return compareTest(filter.operator, filter.value)
  }
}

function anyValue(values: readonly Word[]): CellTest {
  const strings = new Set(values.map(({ text }) => normalizeFacet(text)))
  const numbers = new Set(values.flatMap(({ text }) => asNumber(text) ?? []))
  return (cell) =>
    cell.strings.some((text) => strings.has(text)) || cell.numbers.some((value) => numbers.has(value))
}

function compareTest(operator: string, value: Word): CellTest {
  const { text } = value
  switch (operator) {
    case '>':
      return rangeTest(text, null, (order) => order > 0, null)
    case '>=':
      return rangeTest(text, null, (order) => order >= 0, null)
    case '<':
      return rangeTest(null, text, null, (order) => order < 0)
    case '<=':
      return rangeTest(null, text, null, (order) => order <= 0)
    default:
      return anyValue([value])
  }
}

type Bound = ((order: number) => boolean) | null

/** Numbers are compared with the bound as a number, strings with it as text. */
function rangeTest(low: string | null, high: string | null, above: Bound, below: Bound): CellTest {
  const lowNumber = low === null ? null : asNumber(low)
  const highNumber = high === null ? null : asNumber(high)
  const numeric = (low === null || lowNumber !== null) && (high === null || highNumber !== null)
  const lowText = low === null ? null : normalizeFacet(low)
  const highText = high === null ? null : normalizeFacet(high)
  const numberFits = (value: number): boolean =>
    (above === null || above(value - (lowNumber ?? 0))) &&
    (below === null || below(value - (highNumber ?? 0)))
  const textFits = (value: string): boolean =>
    (above === null || above(compareBytes(value, lowText ?? ''))) &&
    (below === null || below(compareBytes(value, highText ?? '')))
  return (cell) => (numeric && cell.numbers.some(numberFits)) || cell.strings.some(textFits)
}
