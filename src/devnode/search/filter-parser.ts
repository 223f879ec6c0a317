import { refuse, refuseLacking, type SwitchedOff, switchedOffText } from '../http/refusal.ts'
import type { Comparison, Filter, Word } from './filter/filter-tree.ts'

const OPERATIONS =
  '`=`, `!=`, `>=`, `>`, `<=`, `<`, `IN`, `NOT IN`, `TO`, `EXISTS`, `NOT EXISTS`, `IS NULL`, `IS NOT NULL`, ' +
  '`IS EMPTY`, `IS NOT EMPTY`, `CONTAINS`, `NOT CONTAINS`, `STARTS WITH`, `NOT STARTS WITH`, `_geoRadius`, ' +
  '`_geoBoundingBox` or `_geoPolygon`'

const RESERVED = new Set([
  'TO',
  'AND',
  'OR',
  'NOT',
  'EXISTS',
  'IN',
  'IS',
  'NULL',
  'EMPTY',
  'CONTAINS',
  'STARTS',
  'WITH',
  '_geoRadius',
  '_geoBoundingBox',
  '_geoPolygon',
])

const WORD = /[\p{Alphabetic}\p{N}_\-.]+/uy
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const DEPTH_MAX = 150

const GEO_RADIUS_FORM =
  'The `_geoRadius` filter must be in the form: `_geoRadius(latitude, longitude, radius, optionalResolution)`.'
const GEO_BOX_FORM =
  'The `_geoBoundingBox` filter expects two pairs of arguments: ' +
  '`_geoBoundingBox([latitude, longitude], [latitude, longitude])`.'

/** Escapes as the node's messages do. */
const escaped = (text: string): string =>
  text
    .replace(/["'\\]/g, (quote) => `\\${quote}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')

/** Line of an error text that shows where in the filter it is. */
export function placeLine(source: string, start: number, end: number): string {
  const column = Array.from(source.slice(source.lastIndexOf('\n', start - 1) + 1, start)).length + 1
  const length = Array.from(source.slice(start, end)).length
  return `\n${column}:${column + length} ${source}`
}

/** Reads one filter expression; null when it is blank. */
export function parseFilterText(source: string, code: string): Filter | null {
  return new FilterParser(source, code).parse()
}

class FilterParser {
  readonly #source: string
  readonly #code: string
  #at = 0
  #depth = 0

  constructor(source: string, code: string) {
    this.#source = source
    this.#code = code
  }

  parse(): Filter | null {
    this.#space()
    if (this.#at >= this.#source.length) return null
    const filter = this.#or()
    const rest = this.#source.slice(this.#at)
    if (rest.trim() === '') return filter
    const hint = 'You probably forgot an `OR` or an `AND` rule.'
    throw this.#error(
      `Found unexpected characters at the end of the filter: \`${escaped(rest)}\`. ${hint}`,
      this.#at,
    )
  }

  #error(message: string, start: number, end = this.#source.length) {
    return refuse(this.#code, message + placeLine(this.#source, start, end))
  }

  #lacking(feature: string, flag: SwitchedOff, start: number, end: number) {
    const place = placeLine(this.#source, start, end)
    return refuse('feature_not_enabled', switchedOffText(feature, flag) + place)
  }

  #space(): void {
    while (/\s/.test(this.#source.charAt(this.#at))) this.#at++
  }

  /** Takes `text` when it comes next, after white space. */
  #take(text: string): boolean {
    const before = this.#at
    this.#space()
    if (this.#source.startsWith(text, this.#at)) {
      this.#at += text.length
      return true
    }
    this.#at = before
    return false
  }

  /** Takes a key word that is not the beginning of a longer word. */
  #keyword(name: string): boolean {
    const before = this.#at
    this.#space()
    if (this.#peekWord() === name) {
      this.#at += name.length
      return true
    }
    this.#at = before
    return false
  }

  #keywords(...names: readonly string[]): boolean {
    const before = this.#at
    for (const name of names) {
      if (this.#keyword(name)) continue
      this.#at = before
      return false
    }
    return true
  }

  #peekWord(): string {
    WORD.lastIndex = this.#at
    return WORD.exec(this.#source)?.[0] ?? ''
  }

  #deeper<T>(read: () => T): T {
    if (++this.#depth > DEPTH_MAX) {
      const hint = 'Try rewriting the filter so that it contains fewer nested conditions.'
      throw this.#error(`The filter exceeded the maximum depth limit. ${hint}`, this.#at)
    }
    const result = read()
    this.#depth--
    return result
  }

  #or(): Filter {
    const parts = [this.#and()]
    while (this.#keyword('OR')) parts.push(this.#and())
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'or', parts }
  }

  #and(): Filter {
    const parts = [this.#not()]
    while (this.#keyword('AND')) parts.push(this.#not())
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'and', parts }
  }

  #not(): Filter {
    if (!this.#keyword('NOT')) return this.#primary()
    const part = this.#deeper(() => this.#not())
    return part.kind === 'not' ? part.part : { kind: 'not', part }
  }

  #primary(): Filter {
    this.#space()
    const start = this.#at
    if (this.#take('(')) {
      const inner = this.#deeper(() => this.#or())
      if (this.#take(')')) {
        this.#space()
        return inner
      }
      this.#space()
      if (this.#at < this.#source.length) return inner
      const expression = escaped(this.#source.slice(start))
      throw this.#error(
        `Expression \`${expression}\` is missing the following closing delimiter: \`)\`.`,
        start,
      )
    }
    return this.#geo(start) ?? this.#condition(start)
  }

  #geo(start: number): Filter | null {
    const word = this.#peekWord()
    if (word === '_geoRadius') return this.#geoRadius(word)
    if (word === '_geoBoundingBox') return this.#geoBox(word)
    if (word === '_geoPolygon') throw refuseLacking('Filtering with `_geoPolygon`')
    if (word === '_geo' || word === '_geoPoint' || word === '_geoDistance') {
      const rules =
        '`_geoRadius(latitude, longitude, distance)` or `_geoBoundingBox([latitude, longitude], [latitude, longitude])`'
      throw this.#error(
        `\`${word}\` is a reserved keyword and thus can't be used as a filter expression. Use the ${rules} built-in rules to filter on \`_geo\` coordinates.`,
        start,
      )
    }
    for (const [name, what, flag] of [
      ['_vectors', 'vector', 'multimodal'],
      ['_shard', 'shard', 'network'],
    ] as const) {
      if (word === name || word.startsWith(`${name}.`)) {
        throw this.#lacking(`using a ${what} filter`, flag, start, start + name.length)
      }
    }
    if (word === '_foreign') throw refuseLacking('Filtering with `_foreign`')
    return null
  }

  /** Comma-separated numbers up to `close`; null when the form is broken. */
  #numbers(close: string): Word[] | null {
    const values: Word[] = []
    for (;;) {
      const before = this.#at
      this.#space()
      const start = this.#at
      NUMBER.lastIndex = start
      const text = NUMBER.exec(this.#source)?.[0]
      if (text === undefined) {
        this.#at = before
        return null
      }
      this.#at += text.length
      values.push({ text, start, end: this.#at, source: this.#source })
      if (this.#take(close)) return values
      if (!this.#take(',')) return null
    }
  }

  #geoRadius(word: string): Filter {
    this.#at += word.length
    const before = this.#at
    if (!this.#take('(')) throw this.#error(GEO_RADIUS_FORM, before)
    const inside = this.#at
    const values = this.#numbers(')')
    if (values === null) throw this.#error(GEO_RADIUS_FORM, Math.max(this.#at, inside))
    if (values.length !== 3 && values.length !== 4) {
      const text = `Was expecting 3 or 4 arguments for \`_geoRadius\`, but instead found ${values.length}.`
      throw this.#error(text, this.#at)
    }
    this.#space()
    return { kind: 'geoRadius', values }
  }

  #geoBox(word: string): Filter {
    this.#at += word.length
    if (!this.#take('(')) throw this.#error(GEO_BOX_FORM, this.#at)
    const first = this.#pair()
    if (!this.#take(',')) throw this.#error(GEO_BOX_FORM, this.#at)
    const second = this.#pair()
    if (!this.#take(')')) throw this.#error(GEO_BOX_FORM, this.#at)
    this.#space()
    return { kind: 'geoBox', values: [...first, ...second] }
  }

  #pair(): Word[] {
    if (!this.#take('[')) throw this.#error(GEO_BOX_FORM, this.#at)
    const start = this.#at
    const values = this.#numbers(']')
    if (values === null) throw this.#error(GEO_BOX_FORM, start)
    if (values.length === 2) return values
    const end = values.at(-1)?.end ?? start
    throw this.#error(`Was expecting 2 coordinates but instead found ${values.length}.`, end - 1, end)
  }

  /** A field name or value, with the white space after it. */
  #value(): Word {
    this.#space()
    const start = this.#at
    const quote = this.#source.charAt(start)
    if (quote === '"' || quote === "'") return this.#quoted(quote, start)
    const text = this.#peekWord()
    if (text === '') {
      const found = /[^\s=<>!]*/y
      found.lastIndex = start
      const got = found.exec(this.#source)?.[0] ?? ''
      const what = got === '' ? 'nothing' : `\`${escaped(got)}\``
      throw this.#error(`Was expecting a value but instead got ${what}.`, start, start + got.length)
    }
    if (RESERVED.has(text)) {
      const hint = `To use \`${text}\` as a field name or a value, surround it by quotes.`
      throw this.#error(
        `Was expecting a value but instead got \`${text}\`, which is a reserved keyword. ${hint}`,
        start,
        start + text.length,
      )
    }
    this.#at = start + text.length
    const word = { text, start, end: this.#at, source: this.#source }
    this.#space()
    return word
  }

  #quoted(quote: string, start: number): Word {
    let end = start + 1
    while (end < this.#source.length && this.#source.charAt(end) !== quote) {
      end += this.#source.charAt(end) === '\\' ? 2 : 1
    }
    if (end >= this.#source.length) {
      const expression = escaped(this.#source.slice(start))
      throw this.#error(
        `Expression \`${expression}\` is missing the following closing delimiter: \`${quote}\`.`,
        start,
      )
    }
    const text = this.#source.slice(start + 1, end).replaceAll(`\\${quote}`, quote)
    this.#at = end + 1
    this.#space()
    return { text, start: start + 1, end, source: this.#source }
  }

  #condition(start: number): Filter {
    const rest = this.#source.slice(start)
    if (rest === '') throw this.#noOperation(start)
    const first = rest.charAt(0)
    if (first !== '"' && first !== "'" && this.#peekWord() === '') throw this.#noOperation(start)
    const field = this.#value()
    return this.#compare(field) ?? this.#wordOperator(field) ?? this.#between(field, start)
  }

  #noOperation(start: number) {
    const rest = this.#source.slice(start)
    const found = rest === '' ? 'but instead got nothing' : `at \`${escaped(rest)}\``
    return this.#error(`Was expecting an operation ${OPERATIONS} ${found}.`, start)
  }

  #compare(field: Word): Filter | null {
    const operators: readonly Comparison[] = ['>=', '<=', '!=', '=', '>', '<']
    for (const operator of operators) {
      if (this.#take(operator)) return { kind: 'compare', field, operator, value: this.#value() }
    }
    return null
  }

  #wordOperator(field: Word): Filter | null {
    if (this.#keywords('NOT', 'IN')) return { kind: 'not', part: this.#in(field) }
    if (this.#keyword('IN')) return this.#in(field)
    if (this.#keywords('NOT', 'EXISTS')) return { kind: 'not', part: { kind: 'exists', field } }
    if (this.#keyword('EXISTS')) return { kind: 'exists', field }
    if (this.#keywords('IS', 'NOT', 'NULL')) return { kind: 'not', part: { kind: 'null', field } }
    if (this.#keywords('IS', 'NULL')) return { kind: 'null', field }
    if (this.#keywords('IS', 'NOT', 'EMPTY')) return { kind: 'not', part: { kind: 'empty', field } }
    if (this.#keywords('IS', 'EMPTY')) return { kind: 'empty', field }
    if (this.#keywords('NOT', 'STARTS', 'WITH')) {
      return { kind: 'not', part: { kind: 'startsWith', field, value: this.#value() } }
    }
    if (this.#keywords('STARTS', 'WITH')) return { kind: 'startsWith', field, value: this.#value() }
    if (this.#keywords('NOT', 'CONTAINS') || this.#keyword('CONTAINS')) {
      const end = this.#at
      throw this.#lacking('Using `CONTAINS` in a filter', 'contains filter', end - 'CONTAINS'.length, end)
    }
    return null
  }

  #in(field: Word): Filter {
    if (!this.#take('[')) {
      this.#space()
      throw this.#error('Expected `[` after `IN` keyword.', this.#at)
    }
    const values: Word[] = []
    for (;;) {
      this.#space()
      if (this.#take(']')) break
      if (this.#at >= this.#source.length) {
        throw this.#error('Expected matching `]` after the list of field names given to `IN[`', this.#at)
      }
      const next = this.#source.charAt(this.#at)
      if (next !== '"' && next !== "'" && this.#peekWord() === '') throw this.#strayInList()
      values.push(this.#value())
      if (this.#take(',')) continue
      this.#space()
      if (this.#at < this.#source.length && this.#source.charAt(this.#at) !== ']') throw this.#strayInList()
    }
    this.#space()
    return { kind: 'in', field, values }
  }

  #strayInList() {
    const rest = escaped(this.#source.slice(this.#at))
    const text = `Expected only comma-separated field names inside \`IN[..]\` but instead found \`${rest}\`.`
    return this.#error(text, this.#at)
  }

  #between(field: Word, start: number): Filter {
    const next = this.#source.charAt(this.#at)
    const word = this.#peekWord()
    if (next !== '"' && next !== "'" && (word === '' || RESERVED.has(word))) throw this.#noOperation(start)
    const from = this.#value()
    if (!this.#keyword('TO')) throw this.#noOperation(start)
    this.#space()
    if (this.#at >= this.#source.length) throw this.#noOperation(start)
    return { kind: 'between', field, from, to: this.#value() }
  }
}
