/** A CSV payload that cannot be read, in the words of real nodes. */
export class CsvFault extends Error {
  override readonly name = 'CsvFault'
}

type Kind = 'string' | 'number' | 'boolean'

interface Column {
  readonly name: string
  readonly kind: Kind
}

/** Turns CSV into raw JSON documents; a header cell may end in `:string`, `:number` or `:boolean`. */
export function readCsv(text: string, delimiter: string): string[] {
  const [header, ...records] = splitRecords(text, delimiter)
  const columns = (header?.cells ?? []).map(readHeader)
  return records.map(({ cells, line, byte }, at) => {
    if (cells.length !== columns.length) {
      const counts = `found record with ${cells.length} fields, but the previous record has ${columns.length} fields`
      throw new CsvFault(`CSV error: record ${at + 1} (line: ${line}, byte: ${byte}): ${counts}`)
    }
    const members = columns.map(({ name, kind }, index) => {
      return `${JSON.stringify(name)}:${printCell(cells[index] ?? '', kind, at + 1)}`
    })
    return `{${members.join(',')}}`
  })
}

function readHeader(cell: string): Column {
  const match = /^(.*):(string|number|boolean)$/s.exec(cell)
  return match === null ? { name: cell, kind: 'string' } : { name: match[1] ?? '', kind: match[2] as Kind }
}

function printCell(cell: string, kind: Kind, record: number): string {
  const trimmed = cell.trim()
  if (trimmed === '') return 'null'
  if (kind === 'string') return JSON.stringify(cell)
  if (kind === 'boolean') {
    if (trimmed === 'true' || trimmed === 'false') return trimmed
    const reason = 'provided string was not `true` or `false`'
    throw new CsvFault(`Error parsing boolean "${cell}" at line ${record}: ${reason}`)
  }
  if (/^-?(?:0|[1-9]\d*)$/.test(trimmed)) return trimmed
  const value = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(trimmed) ? Number(trimmed) : Number.NaN
  if (!Number.isFinite(value)) {
    throw new CsvFault(`Error parsing number "${cell}" at line ${record}: invalid float literal`)
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}

interface CsvRecord {
  readonly cells: string[]
  readonly line: number
  readonly byte: number
}

/** Splits by RFC 4180: quotes hold delimiters, line ends and doubled quotes; empty lines are skipped. */
function splitRecords(text: string, delimiter: string): CsvRecord[] {
  const records: CsvRecord[] = []
  let at = 0
  let line = 1
  while (at < text.length) {
    const start = { line, byte: Buffer.byteLength(text.slice(0, at)) }
    const cells: string[] = []
    for (;;) {
      const cell = readCell(text, at, delimiter)
      line += text.slice(at, cell.end).split('\n').length - 1
      at = cell.end
      cells.push(cell.value)
      if (text.charAt(at) !== delimiter) break
      at++
    }
    if (text.charAt(at) === '\r') at++
    if (text.charAt(at) === '\n') at++
    line++
    if (cells.length > 1 || cells[0] !== '') records.push({ cells, ...start })
  }
  return records
}

function readCell(text: string, start: number, delimiter: string): { value: string; end: number } {
  if (text.charAt(start) !== '"') {
    let end = start
    while (end < text.length && text.charAt(end) !== delimiter && !/[\r\n]/.test(text.charAt(end))) end++
    return { value: text.slice(start, end), end }
  }
  let value = ''
  let at = start + 1
  while (at < text.length) {
    if (text.charAt(at) !== '"') value += text.charAt(at++)
    else if (text.charAt(at + 1) === '"') {
      value += '"'
      at += 2
    } else {
      at++
      break
    }
  }
  return { value, end: at }
}
