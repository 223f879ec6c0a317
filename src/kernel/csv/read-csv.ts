import { isUtf8 } from 'node:buffer'
import { firstBadByte, utf8 } from '../../std/bytes.ts'
import { type ColumnKind, cellFault, readHeader, typedCell } from './csv-cell.ts'
import { CsvFields } from './csv-fields.ts'
import { JsonOutput } from './json-output.ts'

export interface CsvRequest {
  readonly body: Uint8Array
  /** One ASCII character. */
  readonly delimiter: string
  /** Most bytes of JSON to make: a short record may stand for many long names. */
  readonly bytesMax: number
}

export interface CsvResult {
  readonly documents: number
  /** One JSON object a line, on shared memory. */
  readonly ndjson: Uint8Array
}

export interface CsvRefusal {
  /** What is wrong, in a node's words; null: the JSON would be longer than `bytesMax`. */
  readonly refusal: string | null
}

interface Column {
  readonly kind: ColumnKind
  /** What stands before each of its values: `{"name":` or `,"name":`. */
  readonly prefix: Uint8Array
}

const NULL = utf8('null')
const RECORD_END = utf8('}\n')

/**
 * Turns CSV with a header into JSON documents: their values are what a node would make of the same CSV. The
 * first fault in the text counts, and within a record a wrong number of fields, then bytes that are no UTF-8,
 * then cells from left to right.
 */
export function readCsv({ body, delimiter, bytesMax }: CsvRequest): CsvResult | CsvRefusal {
  const fields = new CsvFields(body, delimiter.charCodeAt(0))
  const check = isUtf8(body) ? null : badField
  const header = readHeaderRecord(fields, check)
  if ('fault' in header) return { refusal: inText(header.fault, body, fields.recordAt, 0) }
  const columns = header.map(columnOf)
  const output = new JsonOutput(bytesMax)
  let documents = 0
  while (columns.length > 0 && fields.nextRecord()) {
    documents++
    const fault = readRecord(fields, columns, { output, check, record: documents })
    if (fault !== null) return { refusal: inText(fault, body, fields.recordAt, documents) }
    if (output.isFull) return { refusal: null }
  }
  return { documents, ndjson: output.bytes() }
}

/** A fault that is told by its words, or by its place in the text. */
type Fault =
  | { readonly cell: string }
  | { readonly fields: number; readonly expected: number }
  | { readonly field: number; readonly byte: number }

const SHORT_BYTES = 24

/** Unlike a decoder's, with a byte order mark where there is one. */
function textOf({ source, start, end }: CsvFields): string {
  let ascii = ''
  let at = end - start > SHORT_BYTES ? end : start
  for (; at < end && (source[at] as number) < 0x80; at++) ascii += String.fromCharCode(source[at] as number)
  if (at === end && ascii.length === end - start) return ascii
  return Buffer.from(source.buffer, source.byteOffset + start, end - start).toString('utf8')
}

type Check = (fields: CsvFields, field: number) => Fault | null

function badField({ source, start, end }: CsvFields, field: number): Fault | null {
  const value = source.subarray(start, end)
  return isUtf8(value) ? null : { field, byte: firstBadByte(value) }
}

function readHeaderRecord(fields: CsvFields, check: Check | null): string[] | { readonly fault: Fault } {
  const cells: string[] = []
  let fault: Fault | null = null
  if (!fields.nextRecord()) return cells
  let more = true
  while (more) {
    more = fields.field()
    fault ??= check?.(fields, cells.length) ?? null
    cells.push(textOf(fields))
  }
  return fault === null ? cells : { fault }
}

function columnOf(cell: string, at: number): Column {
  const { name, kind } = readHeader(cell)
  return { kind, prefix: utf8(`${at === 0 ? '{' : ','}${JSON.stringify(name)}:`) }
}

interface Target {
  readonly output: JsonOutput
  readonly check: Check | null
  readonly record: number
}

function readRecord(fields: CsvFields, columns: readonly Column[], target: Target): Fault | null {
  const { output, check, record } = target
  let count = 0
  let badUtf8: Fault | null = null
  let badCell: Fault | null = null
  let more = true
  while (more) {
    more = fields.field()
    const column = columns[count]
    if (check !== null) badUtf8 ??= check(fields, count)
    if (column !== undefined && badCell === null) badCell = writeCell(fields, column, output, record)
    count++
  }
  if (count !== columns.length) return { fields: count, expected: columns.length }
  output.put(RECORD_END)
  return badUtf8 ?? badCell
}

function writeCell(fields: CsvFields, column: Column, output: JsonOutput, record: number): Fault | null {
  const { source, start, end } = fields
  output.put(column.prefix)
  if (start === end) output.put(NULL)
  else if (column.kind === 'string') output.putString(source, start, end, fields.odd)
  else if (column.kind === 'boolean' || !output.putPlainNumber(source, start, end)) {
    const cell = textOf(fields)
    const json = typedCell(column.kind, cell)
    if (json === undefined) return { cell: cellFault(column.kind, cell, record) }
    output.putAscii(json)
  }
  return null
}

/** A fault in words. Nodes count lines by line feeds alone, and from where they began to look. */
function inText(fault: Fault, body: Uint8Array, at: number, record: number): string {
  if ('cell' in fault) return fault.cell
  let line = 1
  for (let byte = 0; byte < at; byte++) if (body[byte] === 0x0a) line++
  if ('expected' in fault) {
    const counts = `found record with ${fault.fields} fields, but the previous record has ${fault.expected} fields`
    return `CSV error: record ${record} (line: ${line}, byte: ${at}): ${counts}`
  }
  const place = `record ${record} (line ${line}, field: ${fault.field}, byte: ${at})`
  const reason = `invalid UTF-8 in field ${fault.field} near byte index ${fault.byte}`
  return `CSV parse error: ${place}: invalid utf-8: ${reason}`
}
