import { printDouble } from '../../std/json-values.ts'

export type ColumnKind = 'string' | 'number' | 'boolean'

const I64_MIN = -9_223_372_036_854_775_808n
const I64_MAX = 9_223_372_036_854_775_807n
const INTEGER = /^[+-]?[0-9]+$/
const FLOAT = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/
const NO_NUMBER = /^[+-]?(?:inf|infinity|nan)$/i

/** White space as nodes trim it: unlike `trim`, with U+0085 and without U+FEFF. */
const BLANKS = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'
const EDGES = new RegExp(`^${BLANKS}|${BLANKS}$`, 'g')

/** A header cell: what follows its last colon may be a type, else it belongs to the name. */
export function readHeader(cell: string): { readonly name: string; readonly kind: ColumnKind } {
  const colon = cell.lastIndexOf(':')
  const kind = colon < 0 ? '' : cell.slice(colon + 1)
  if (kind === 'string' || kind === 'number' || kind === 'boolean')
    return { name: cell.slice(0, colon), kind }
  return { name: cell, kind: 'string' }
}

/**
 * The JSON of a cell of a typed column, `null` for an empty one; undefined when it is none. A number that is
 * no integer of 64 bits goes through a double, in a node's spelling; infinite ones and "not a number" are
 * null.
 */
export function typedCell(kind: 'number' | 'boolean', cell: string): string | undefined {
  if (kind === 'boolean' && (cell === 'true' || cell === 'false')) return cell
  const value = cell.replace(EDGES, '')
  if (value === '') return 'null'
  if (kind === 'boolean') return value === 'true' || value === 'false' ? value : undefined
  if (INTEGER.test(value)) {
    const integer = BigInt(value.replace('+', ''))
    if (integer >= I64_MIN && integer <= I64_MAX) return String(integer)
  }
  if (NO_NUMBER.test(value)) return 'null'
  if (!FLOAT.test(value)) return undefined
  const double = Number(value)
  return Number.isFinite(double) ? printDouble(double) : 'null'
}

/** `record` counts documents from 1. */
export function cellFault(kind: 'number' | 'boolean', cell: string, record: number): string {
  const reason = kind === 'number' ? 'invalid float literal' : 'provided string was not `true` or `false`'
  return `Error parsing ${kind} ${debugText(cell)} at line ${record}: ${reason}`
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\0': '\\0',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
}
/** What has no shape of its own on paper. */
const HIDDEN = /["\\]|(?! )[\p{C}\p{Z}\p{Grapheme_Extend}]/gu

/** A text in quotes as a node's errors spell it. */
function debugText(text: string): string {
  const shown = text.replace(HIDDEN, (character) => {
    return SHORT[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
  })
  return `"${shown}"`
}
