/** A word of a filter with its place in the text it came from. */
export interface Word {
  readonly text: string
  readonly start: number
  readonly end: number
  readonly source: string
}

export type Comparison = '=' | '!=' | '>' | '>=' | '<' | '<='

export type Filter =
  | { readonly kind: 'and'; readonly parts: readonly Filter[] }
  | { readonly kind: 'or'; readonly parts: readonly Filter[] }
  | { readonly kind: 'not'; readonly part: Filter }
  | { readonly kind: 'compare'; readonly field: Word; readonly operator: Comparison; readonly value: Word }
  | { readonly kind: 'between'; readonly field: Word; readonly from: Word; readonly to: Word }
  | { readonly kind: 'in'; readonly field: Word; readonly values: readonly Word[] }
  | { readonly kind: 'startsWith'; readonly field: Word; readonly value: Word }
  | { readonly kind: 'null'; readonly field: Word }
  | { readonly kind: 'empty'; readonly field: Word }
  | { readonly kind: 'exists'; readonly field: Word }
  | { readonly kind: 'geoRadius'; readonly values: readonly Word[] }
  | { readonly kind: 'geoBox'; readonly values: readonly Word[] }

export const OPERATOR_NAMES: Readonly<Record<'null' | 'empty' | 'exists', string>> = {
  null: 'IS NULL',
  empty: 'IS EMPTY',
  exists: 'EXISTS',
}

/** Prints a filter the way a node rewrites it for its error texts, and notes where each word went. */
export function printFilter(filter: Filter): { text: string; places: ReadonlyMap<Word, number> } {
  const printer = new FilterPrinter()
  printer.print(filter)
  return printer
}

class FilterPrinter {
  readonly places = new Map<Word, number>()
  text = ''

  print(filter: Filter): void {
    switch (filter.kind) {
      case 'and':
      case 'or':
        return this.#joined(filter.parts, ` ${filter.kind.toUpperCase()} `, (part) => this.#wrapped(part))
      case 'not':
        this.text += 'NOT '
        return this.#wrapped(filter.part)
      case 'geoRadius':
        return this.#plainList('_geoRadius(', filter.values, ')')
      case 'geoBox':
        this.#plainList('_geoBoundingBox([', filter.values.slice(0, 2), '], [')
        return this.#plainList('', filter.values.slice(2), '])')
      default:
        this.#quoted(filter.field)
        return this.#condition(filter)
    }
  }

  /** What follows the name of a field. */
  #condition(filter: Extract<Filter, { field: Word }>): void {
    switch (filter.kind) {
      case 'compare':
        this.text += ` ${filter.operator} `
        return this.#quoted(filter.value)
      case 'startsWith':
        this.text += ' STARTS WITH '
        return this.#quoted(filter.value)
      case 'between':
        this.text += ' '
        this.#quoted(filter.from)
        this.text += ' TO '
        return this.#quoted(filter.to)
      case 'in':
        this.text += ' IN ['
        this.#joined(filter.values, ', ', (value) => this.#quoted(value))
        this.text += ']'
        return
      default:
        this.text += ` ${OPERATOR_NAMES[filter.kind]}`
    }
  }

  #wrapped(filter: Filter): void {
    this.text += '('
    this.print(filter)
    this.text += ')'
  }

  #joined<Part>(parts: readonly Part[], joint: string, print: (part: Part) => void): void {
    parts.forEach((part, index) => {
      if (index > 0) this.text += joint
      print(part)
    })
  }

  #plainList(open: string, words: readonly Word[], close: string): void {
    this.text += open
    this.#joined(words, ', ', (word) => {
      this.places.set(word, this.text.length)
      this.text += word.text
    })
    this.text += close
  }

  #quoted(word: Word): void {
    this.places.set(word, this.text.length + 1)
    this.text += `"${word.text.replaceAll('"', '\\"')}"`
  }
}
