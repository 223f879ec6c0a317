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
        this.#group(filter.parts, ` ${filter.kind.toUpperCase()} `)
        break
      case 'not':
        this.text += 'NOT '
        this.#wrapped(filter.part)
        break
      case 'geoRadius':
        this.text += '_geoRadius('
        this.#numbers(filter.values)
        this.text += ')'
        break
      case 'geoBox':
        this.text += '_geoBoundingBox(['
        this.#numbers(filter.values.slice(0, 2))
        this.text += '], ['
        this.#numbers(filter.values.slice(2))
        this.text += '])'
        break
      default:
        this.#quoted(filter.field)
        this.#operation(filter)
    }
  }

  #operation(filter: Extract<Filter, { field: Word }>): void {
    switch (filter.kind) {
      case 'compare':
        this.text += ` ${filter.operator} `
        this.#quoted(filter.value)
        break
      case 'startsWith':
        this.text += ' STARTS WITH '
        this.#quoted(filter.value)
        break
      case 'between':
        this.text += ' '
        this.#quoted(filter.from)
        this.text += ' TO '
        this.#quoted(filter.to)
        break
      case 'in':
        this.text += ' IN ['
        filter.values.forEach((value, at) => {
          if (at > 0) this.text += ', '
          this.#quoted(value)
        })
        this.text += ']'
        break
      default:
        this.text += ` ${OPERATOR_NAMES[filter.kind]}`
    }
  }

  #group(parts: readonly Filter[], joint: string): void {
    parts.forEach((part, at) => {
      if (at > 0) this.text += joint
      this.#wrapped(part)
    })
  }

  #wrapped(filter: Filter): void {
    this.text += '('
    this.print(filter)
    this.text += ')'
  }

  #quoted(word: Word): void {
    this.places.set(word, this.text.length + 1)
    this.text += `"${word.text.replaceAll('"', '\\"')}"`
  }

  #numbers(words: readonly Word[]): void {
    words.forEach((word, at) => {
      if (at > 0) this.text += ', '
      this.places.set(word, this.text.length)
      this.text += word.text
    })
  }
}
