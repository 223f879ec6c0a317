import { isUtf8 } from 'node:buffer'
import { printDouble } from '../../std/json-values.ts'

/** A CSV payload that cannot be read, in the words of real nodes. */
export class CsvFault extends Error {
  override readonly name = 'CsvFault'
}

/**
 * Turns CSV into raw JSON documents; a header cell may end in `:string`, `:number` or `:boolean`. Bytes are
 * one character each until a cell is looked at.
 */
export function readCsv(body: Uint8Array, delimiter: string): string[] {
  const bytes = Buffer.from(body).toString('latin1')
  const [header, ...records] = splitRecords(bytes, delimiter)
  if (header === undefined) return []
  const columns = decoded(header, 0, bytes).map(readHeader)
  return records.map((record, at) => {
    if (record.cells.length !== columns.length) {
      const counts = `found record with ${record.cells.length} fields, but the previous record has ${columns.length} fields`
      const place = `record ${at + 1} (line: ${lineOf(bytes, record)}, byte: ${record.byte})`
      throw new CsvFault(`CSV error: ${place}: ${counts}`)
    }
    const cells = decoded(record, at + 1, bytes)
    const members = columns.map(({ name, kind }, index) => {
      return `${JSON.stringify(name)}:${printCell(cells[index] ?? '', kind, at + 1)}`
    })
    return `{${members.join(',')}}`
  })
}

interface CsvRecord {
  readonly cells: readonly string[]
  /** Where its reading began. */
  readonly byte: number
}

/** Splits by the rules of the reader that real nodes use, one character after another. */
function splitRecords(bytes: string, delimiter: string): CsvRecord[] {
  const records: CsvRecord[] = []
  let at = bytes.startsWith('\u00ef\u00bb\u00bf') ? 3 : 0
  let byte = 0
  for (;;) {
    while (bytes[at] === '\n' || bytes[at] === '\r') at++
    if (at >= bytes.length) return records
    const cells: string[] = []
    for (let more = true; more; at++) {
      const cell = readCell(bytes, at, delimiter)
      cells.push(cell.value)
      at = cell.end
      more = bytes[at] === delimiter
    }
    at = Math.min(at, bytes.length)
    records.push({ cells, byte })
    byte = at
  }
}

/** A quote counts at the start of a cell only; what follows the closing one belongs to the cell. */
function readCell(bytes: string, start: number, delimiter: string): { value: string; end: number } {
  let value = ''
  let at = start
  if (bytes[at] === '"') {
    at++
    while (at < bytes.length && (bytes[at] !== '"' || bytes[at + 1] === '"')) {
      value += bytes[at]
      at += bytes[at] === '"' ? 2 : 1
    }
    at++
  }
  while (at < bytes.length && bytes[at] !== delimiter && bytes[at] !== '\n' && bytes[at] !== '\r') {
    value += bytes[at++]
  }
  return { value, end: at }
}

function decoded({ cells, byte }: CsvRecord, record: number, bytes: string): string[] {
  return cells.map((cell, field) => {
    const value = Buffer.from(cell, 'latin1')
    if (isUtf8(value)) return value.toString('utf8')
    let valid = value.length
    while (!isUtf8(value.subarray(0, valid))) valid--
    const place = `record ${record} (line ${lineOf(bytes, { cells, byte })}, field: ${field}, byte: ${byte})`
    throw new CsvFault(
      `CSV parse error: ${place}: invalid utf-8: invalid UTF-8 in field ${field} near byte index ${valid}`,
    )
  })
}

function lineOf(bytes: string, { byte }: CsvRecord): number {
  return bytes.slice(0, byte).split('\n').length
}

type Kind = 'string' | 'number' | 'boolean'

function readHeader(cell: string): { readonly name: string; readonly kind: Kind } {
  const match = /^(.*):(string|number|boolean)$/s.exec(cell)
  return match === null ? { name: cell, kind: 'string' } : { name: match[1] ?? '', kind: match[2] as Kind }
}

const BLANK = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/

function trimmed(cell: string): string {
  let [start, end] = [0, cell.length]
  while (start < end && BLANK.test(cell[start] ?? '')) start++
  while (end > start && BLANK.test(cell[end - 1] ?? '')) end--
  return cell.slice(start, end)
}

function printCell(cell: string, kind: Kind, record: number): string {
  if (cell === '') return 'null'
  if (kind === 'string') return JSON.stringify(cell)
  const value = trimmed(cell)
  if (value === '') return 'null'
  if (kind === 'boolean') {
    if (value === 'true' || value === 'false') return value
    const reason = 'provided string was not `true` or `false`'
    throw new CsvFault(`Error parsing boolean ${debugText(cell)} at line ${record}: ${reason}`)
  }
  const number = printNumber(value.toLowerCase())
  if (number !== null) return number
  throw new CsvFault(`Error parsing number ${debugText(cell)} at line ${record}: invalid float literal`)
}

/** An integer of 64 bits, else a double; null for what is neither. */
function printNumber(value: string): string | null {
  const digits = value.replace(/^\+/, '')
  if (/^[-+]?\d+$/.test(value) && BigInt.asIntN(64, BigInt(digits)) === BigInt(digits)) {
    return BigInt(digits).toString()
  }
  if (['inf', 'infinity', 'nan'].includes(value.replace(/^[-+]/, ''))) return 'null'
  if (!/\d/.test(value) || !/^[-+]?\d*\.?\d*(e[-+]?\d+)?$/.test(value) || /^[-+]?\.?e/.test(value))
    return null
  return Number.isFinite(Number(value)) ? printDouble(Number(value)) : 'null'
}

/** A text as the nodes' language prints it for people who look for faults. */
function debugText(text: string): string {
  const names = new Map([...'\0\t\r\n"\\'].map((each, at) => [each, `\\${'0trn"\\'[at]}`]))
  const shown = [...text].map((each) => {
    const plain = each === ' ' || !/[\p{C}\p{Z}\p{Grapheme_Extend}]/u.test(each)
    return names.get(each) ?? (plain ? each : `\\u{${each.codePointAt(0)?.toString(16)}}`)
  })
  return `"${shown.join('')}"`
}
