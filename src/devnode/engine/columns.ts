import { eachReached, parseValue } from '../json/pick.ts'
import type { DocumentTable, DocumentWatcher, StoredDocument } from './documents.ts'
import { geoOrNull, type Point } from './geo.ts'

/** What one document holds under one attribute, as filters, sorts and facets see it. */
export interface Cell {
  readonly numbers: readonly number[]
  /** Normalised: NFKD, trimmed, lower case. */
  readonly strings: readonly string[]
  /** Spellings in the document, one for each of `strings`. */
  readonly spellings: readonly string[]
  readonly isNull: boolean
  readonly isEmpty: boolean
}

/** The key under which strings are equal for a node. */
export function normalizeFacet(text: string): string {
  if (PLAIN.test(text)) return text
  return text.trim().normalize('NFKD').toLowerCase()
}

/** Printable characters that the normal form leaves alone. */
const PLAIN = /^[!-@[-`{-~]*[!-@[-~]$/

/** Longest key a node keeps of a string, in bytes. */
const KEY_BYTES_MAX = 468

function facetKey(text: string): string {
  const key = normalizeFacet(text)
  if (key.length * 3 <= KEY_BYTES_MAX) return key
  let bytes = 0
  let kept = ''
  for (const character of key) {
    bytes += Buffer.byteLength(character)
    if (bytes > KEY_BYTES_MAX) break
    kept += character
  }
  return kept
}

/** Values of one attribute for all documents, built on first use and kept up to date. */
export type Column = (Cell | undefined)[]

export class ColumnStore implements DocumentWatcher {
  readonly #table: DocumentTable
  readonly #columns = new Map<string, Column>()
  #paths: Set<string> | null = null
  #points: (Point | null | undefined)[] | null = null

  constructor(table: DocumentTable) {
    this.#table = table
    table.watch(this)
  }

  get(attribute: string): Column {
    const found = this.#columns.get(attribute)
    if (found !== undefined) return found
    const column: Column = []
    for (const document of this.#table.all()) column[document.docid] = readCell(document, attribute)
    this.#columns.set(attribute, column)
    return column
  }

  /** Positions by internal number. */
  points(): readonly (Point | null | undefined)[] {
    if (this.#points !== null) return this.#points
    const points: (Point | null | undefined)[] = []
    for (const document of this.#table.all()) points[document.docid] = geoOrNull(document)
    this.#points = points
    return points
  }

  /** Every attribute path that a document has or had. */
  paths(): string[] {
    if (this.#paths === null) {
      this.#paths = new Set()
      for (const document of this.#table.all()) notePaths(document, this.#paths)
    }
    return [...this.#paths]
  }

  changed(docid: number, _before: StoredDocument | undefined, after: StoredDocument | undefined): void {
    if (this.#paths !== null && after !== undefined) notePaths(after, this.#paths)
    if (this.#points !== null) this.#points[docid] = after === undefined ? undefined : geoOrNull(after)
    for (const [attribute, column] of this.#columns) {
      column[docid] = after === undefined ? undefined : readCell(after, attribute)
    }
  }

  cleared(): void {
    this.forget()
  }

  /** Columns that no setting needs any more would only cost time. */
  forget(): void {
    this.#columns.clear()
    this.#points = null
    this.#paths = null
  }
}

function notePaths({ names, values }: StoredDocument, paths: Set<string>): void {
  const walk = (value: unknown, path: string): void => {
    if (Array.isArray(value)) for (const element of value) walk(element, path)
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        paths.add(`${path}.${key}`)
        walk(inner, `${path}.${key}`)
      }
    }
  }
  names.forEach((name, at) => {
    paths.add(name)
    const text = values[at] ?? 'null'
    if (text.startsWith('{') || text.startsWith('[')) walk(parseValue(text), name)
  })
}

/** Undefined when the document does not have the attribute. */
function readCell(document: StoredDocument, attribute: string): Cell | undefined {
  const own = onlyScalar(document, attribute)
  if (own === '') return undefined
  if (own !== null && own !== 'null') return scalarCell(own)
  let found = false
  let isNull = false
  let isEmpty = false
  const numbers: number[] = []
  const strings: string[] = []
  const spellings: string[] = []
  const take = (value: unknown): void => {
    if (typeof value === 'number') {
      if (!numbers.includes(value)) numbers.push(value)
    } else if (typeof value === 'string' || typeof value === 'boolean') {
      const spelling = String(value)
      const key = facetKey(spelling)
      if (key === '') return
      if (strings.includes(key)) return
      strings.push(key)
      spellings.push(spelling)
    } else if (Array.isArray(value)) for (const element of value) take(element)
  }
  eachReached(document, attribute, (value) => {
    found = true
    if (value === null) isNull = true
    if (isEmptyValue(value)) isEmpty = true
    take(value)
  })
  return found ? { numbers, strings, spellings, isNull, isEmpty } : undefined
}

const NO_NUMBERS: readonly number[] = []
const NO_STRINGS: readonly string[] = []

/** The common case: one string, number or boolean. */
function scalarCell(text: string): Cell {
  const first = text.charCodeAt(0)
  const isWord = first === 34 || first === 116 || first === 102
  if (!isWord) {
    const numbers = [Number(text)]
    return { numbers, strings: NO_STRINGS, spellings: NO_STRINGS, isNull: false, isEmpty: false }
  }
  const spelling = first === 34 ? text.slice(1, -1) : text
  const key = facetKey(spelling)
  const strings = key === '' ? NO_STRINGS : [key]
  const spellings = key === spelling ? strings : [spelling]
  return { numbers: NO_NUMBERS, strings, spellings, isNull: false, isEmpty: spelling === '' }
}

/**
 * The text of a plain value that needs no parsing; empty when nothing can be there, null when parsing is
 * needed.
 */
function onlyScalar({ names, values }: StoredDocument, attribute: string): string | null {
  const dotted = attribute.includes('.')
  if (dotted) return null
  const at = names.indexOf(attribute)
  if (at === -1) return ''
  const text = values[at] ?? 'null'
  const first = text.charCodeAt(0)
  return first === 123 || first === 91 || text.includes('\\') ? null : text
}

function isEmptyValue(value: unknown): boolean {
  if (value === '') return true
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
