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
  const places = new Map<Word, number>()
  let text = ''
  const quoted = (word: Word): void => {
    places.set(word, text.length + 1)
    text += `"${word.text.replaceAll('"', '\\"')}"`
  }
  const plain = (word: Word, index: number): void => {
    if (index > 0) text += ', '
    places.set(word, text.length)
    text += word.text
  }
  const wrapped = (inner: Filter): void => {
    text += '('
    print(inner)
    text += ')'
  }
  const printGroup = (parts: readonly Filter[], joint: string): void => {
    parts.forEach((part, index) => {
      if (index > 0) text += joint
      wrapped(part)
    })
  }
  const printGeo = (inner: Extract<Filter, { kind: 'geoRadius' | 'geoBox' }>): void => {
    if (inner.kind === 'geoRadius') {
      text += '_geoRadius('
      inner.values.forEach(plain)
      text += ')'
      return
    }
    text += '_geoBoundingBox(['
    inner.values.slice(0, 2).forEach(plain)
    text += '], ['
    inner.values.slice(2).forEach(plain)
    text += '])'
  }
  const printIn = (inner: Extract<Filter, { kind: 'in' }>): void => {
    quoted(inner.field)
    text += ' IN ['
    inner.values.forEach((value, index) => {
      if (index > 0) text += ', '
      quoted(value)
    })
    text += ']'
  }
  const printLeaf = (inner: Filter): void => {
    if (inner.kind === 'compare' || inner.kind === 'startsWith') {
      quoted(inner.field)
      text += inner.kind === 'compare' ? ` ${inner.operator} ` : ' STARTS WITH '
      quoted(inner.value)
    } else if (inner.kind === 'between') {
      quoted(inner.field)
      text += ' '
      quoted(inner.from)
      text += ' TO '
      quoted(inner.to)
    } else if (inner.kind === 'null' || inner.kind === 'empty' || inner.kind === 'exists') {
      quoted(inner.field)
      text += ` ${OPERATOR_NAMES[inner.kind]}`
    }
  }
  const print = (inner: Filter): void => {
    if (inner.kind === 'and' || inner.kind === 'or') printGroup(inner.parts, ` ${inner.kind.toUpperCase()} `)
    else if (inner.kind === 'not') {
      text += 'NOT '
      wrapped(inner.part)
    } else if (inner.kind === 'geoRadius' || inner.kind === 'geoBox') printGeo(inner)
    else if (inner.kind === 'in') printIn(inner)
    else printLeaf(inner)
  }
  print(filter)
  return { text, places }
}
