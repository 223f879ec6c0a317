import type { Broken, Comparison, Filter, Word } from './filter.ts'
import { decoded } from './unescape.ts'

/*
 * The filter language of Meilisearch 1.50 as real nodes were found to take it. White space is of two kinds:
 * between words only the four plain characters, before a name or value any of Unicode's.
 *
 *   or        = and ("OR" and)*
 *   and       = not ("AND" not)*
 *   not       = "NOT" not | "(" or ")" | geo | condition
 *   condition = word operator…
 *
 * `OR`, `AND` and `NOT` must not run into the word behind them; other key words may. Text that ends in white
 * space is refused after operators that take nothing, as on a node.
 */

const PLAIN_SPACE = /[ \t\r\n]*/y
const ANY_SPACE = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*/y
const BLANK = new RegExp(`^${ANY_SPACE.source}$`)
const WORD = /[\p{Alphabetic}\p{N}_\-.]+/uy
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const OPERATOR = />=|<=|!=|[=><]/y
const MEMBERSHIP = /(NOT[ \t\r\n]+)?IN[ \t\r\n]*\[/y
const NEEDLE = /(NOT[ \t\r\n]+)?(CONTAINS|STARTS WITH)/y
const PRESENCE = /(NOT[ \t\r\n]+)?EXISTS|IS[ \t\r\n]+(NOT[ \t\r\n]+)?(NULL|EMPTY)/y
const TO = /TO[ \t\r\n]+/y

/** Never a bare name or value. */
const RESERVED = new Set([
  ...['TO', 'AND', 'OR', 'NOT', 'EXISTS', 'IN', 'IS', 'NULL', 'EMPTY', 'CONTAINS', 'STARTS', 'WITH'],
  ...['_geo', '_geoRadius', '_geoBoundingBox'],
])
/** Nor is what begins like this. */
const RESERVED_START = /^_geo(?:Point|Distance)/
/** Filters of their own kind that nodes take with a switched-on feature only. */
const SPECIAL = /^(?:_vectors(?:\..*)?|_foreign)$/s

/** How deep a node goes, and what a pair of parentheses costs there; a `NOT` costs 1. */
const DEPTH_MAX = 147
const PARENTHESES_DEPTH = 4

export type Parsed = { readonly filter: Filter | null } | Broken

/** Reads one expression. A blank one filters nothing: null. */
export function parseFilter(source: string): Parsed {
  if (BLANK.test(source)) return { filter: null }
  try {
    return { filter: new Parser(source).parse() }
  } catch (error) {
    if (error instanceof Refused) return error.broken
    throw error
  }
}

class Refused extends Error {
  readonly broken: Broken

  constructor(reason: string, at: number) {
    super(reason)
    this.broken = { reason, at }
  }
}

class Parser {
  readonly #source: string
  #at = 0
  #depth = 0

  constructor(source: string) {
    this.#source = source
  }

  parse(): Filter {
    const filter = this.#or()
    if (this.#at < this.#source.length) throw this.#refused('text after the end of the filter')
    return filter
  }

  #refused(reason: string, at = this.#at): Refused {
    return new Refused(reason, at)
  }

  /** Takes what matches here; null when nothing does. */
  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#source)
    if (found !== null) this.#at += found[0].length
    return found
  }

  #space(): void {
    this.#take(PLAIN_SPACE)
  }

  #peekWord(): string {
    WORD.lastIndex = this.#at
    return WORD.exec(this.#source)?.[0] ?? ''
  }

  /** Takes white space and a character; nothing when it does not come next. */
  #symbol(symbol: string): boolean {
    const before = this.#at
    this.#space()
    if (this.#source.charAt(this.#at) === symbol) {
      this.#at++
      return true
    }
    this.#at = before
    return false
  }

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

  #deeper<T>(by: number, read: () => T): T {
    this.#depth += by
    if (this.#depth > DEPTH_MAX) throw this.#refused('nested too deeply')
    const found = read()
    this.#depth -= by
    return found
  }

  #chain(kind: 'and' | 'or', read: () => Filter): Filter {
    const first = read()
    const parts = [first]
    while (this.#keyword(kind.toUpperCase())) parts.push(read())
    return parts.length === 1 ? first : { kind, parts, start: first.start, end: this.#at }
  }

  #or(): Filter {
    return this.#chain('or', () => this.#chain('and', () => this.#not()))
  }

  #not(): Filter {
    this.#space()
    const start = this.#at
    if (this.#keyword('NOT')) {
      const part = this.#deeper(1, () => this.#not())
      return { kind: 'not', part, start, end: this.#at }
    }
    if (!this.#symbol('(')) return this.#geo(start) ?? this.#condition(start)
    const inner = this.#deeper(PARENTHESES_DEPTH, () => this.#or())
    if (!this.#symbol(')')) throw this.#refused('`)` expected')
    this.#space()
    return inner
  }

  #geo(start: number): Filter | null {
    const kind = /^_(geoRadius|geoBoundingBox|geoPolygon)$/.exec(this.#peekWord())?.[1]
    if (kind === undefined) return null
    this.#at += kind.length + 1
    if (this.#source.charAt(this.#at) !== '(') throw this.#refused('`(` expected')
    this.#at++
    if (kind === 'geoRadius') {
      const numbers = this.#numbers(')')
      if (numbers.length !== 3 && numbers.length !== 4) throw this.#refused('3 or 4 numbers expected')
      return { kind, numbers, start, end: this.#at }
    }
    const points = this.#points(kind === 'geoPolygon')
    const fits = kind === 'geoPolygon' ? points.length >= 3 : points.length === 2
    if (!fits) throw this.#refused('another number of points expected')
    return { kind: kind === 'geoPolygon' ? kind : 'geoBoundingBox', points, start, end: this.#at }
  }

  #points(trailingComma: boolean): (readonly [string, string])[] {
    const points: (readonly [string, string])[] = []
    do {
      if (trailingComma && points.length > 0 && this.#symbol(')')) return points
      if (!this.#symbol('[')) throw this.#refused('`[` expected')
      const [latitude, longitude, more] = this.#numbers(']')
      if (latitude === undefined || longitude === undefined || more !== undefined)
        throw this.#refused('2 coordinates expected')
      points.push([latitude, longitude])
    } while (this.#symbol(','))
    if (!this.#symbol(')')) throw this.#refused('`)` expected')
    return points
  }

  /** Numbers between commas and the bracket behind them. */
  #numbers(close: string): string[] {
    const numbers: string[] = []
    do {
      this.#space()
      const found = this.#take(NUMBER)
      if (found === null) throw this.#refused('a number expected')
      numbers.push(found[0])
    } while (this.#symbol(','))
    if (!this.#symbol(close)) throw this.#refused(`\`${close}\` expected`)
    return numbers
  }

  #condition(start: number): Filter {
    const field = this.#word('field')
    const operator = this.#take(OPERATOR)?.[0] as Comparison | undefined
    if (operator !== undefined) {
      const value = this.#word('value')
      return { kind: 'compare', field, operator, value, start, end: value.end }
    }
    return this.#named(field, start) ?? this.#between(field, start)
  }

  #named(field: Word, start: number): Filter | null {
    const membership = this.#take(MEMBERSHIP)
    if (membership !== null) {
      const values = this.#list()
      const end = this.#at
      this.#space()
      return { kind: 'in', field, negated: membership[1] !== undefined, values, start, end }
    }
    const needle = this.#take(NEEDLE)
    if (needle !== null) {
      const kind = needle[2] === 'CONTAINS' ? 'contains' : 'startsWith'
      const value = this.#word('value')
      return { kind, field, negated: needle[1] !== undefined, value, start, end: value.end }
    }
    const presence = this.#take(PRESENCE)
    if (presence === null) return null
    const [, notExists, isNot, what] = presence
    const kind = what === undefined ? 'exists' : what === 'NULL' ? 'null' : 'empty'
    return { kind, field, negated: (notExists ?? isNot) !== undefined, start, end: this.#at }
  }

  #between(field: Word, start: number): Filter {
    const from = this.#word('operator')
    if (this.#take(TO) === null) throw this.#refused('an operator expected', from.start)
    const to = this.#word('value')
    return { kind: 'between', field, from, to, start, end: to.end }
  }

  /** Values up to `]`; a comma may stand behind the last one. */
  #list(): Word[] {
    const values: Word[] = []
    do {
      if (this.#symbol(']')) return values
      values.push(this.#word('value'))
    } while (this.#symbol(','))
    if (!this.#symbol(']')) throw this.#refused('`]` expected')
    return values
  }

  /** A name or value and the white space behind it. */
  #word(what: 'field' | 'value' | 'operator'): Word {
    this.#take(ANY_SPACE)
    const start = this.#at
    const quote = this.#source.charAt(start)
    if (quote === '"' || quote === "'") return this.#quoted(quote)
    const text = this.#peekWord()
    if (text === '' || RESERVED.has(text) || RESERVED_START.test(text))
      throw this.#refused(`${what} expected`)
    if (what === 'field' && SPECIAL.test(text)) throw this.#refused('a filter of a special kind')
    this.#at += text.length
    const end = this.#at
    this.#space()
    return { text, start, end }
  }

  #quoted(quote: string): Word {
    const start = this.#at
    let at = start + 1
    while (at < this.#source.length && this.#source.charAt(at) !== quote)
      at += this.#source.charAt(at) === '\\' ? 2 : 1
    if (at >= this.#source.length) throw this.#refused('a quote that does not end')
    const text = decoded(this.#source.slice(start + 1, at))
    if (text === null) throw this.#refused('an unknown escape')
    this.#at = at + 1
    this.#space()
    return { text, start, end: at + 1 }
  }
}
