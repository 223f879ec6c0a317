import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CsvSplitter } from '../../../src/transfer/files/csv.ts'
import { JsonSplitter } from '../../../src/transfer/files/json.ts'
import { NdjsonSplitter } from '../../../src/transfer/files/ndjson.ts'
import type { RawRecord, Splitter } from '../../../src/transfer/files/splitter.ts'

const RECORD_BYTES_MAX = 100_000

/** Cuts a text into pieces at these places and feeds them one by one. */
function split(splitter: Splitter, text: string | Uint8Array, cuts: readonly number[] = []): RawRecord[] {
  const bytes = Buffer.from(text)
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort(
    (one, other) => one - other,
  )
  const records: RawRecord[] = []
  let from = 0
  for (const place of places) {
    records.push(...splitter.push(bytes.subarray(from, place)))
    from = place
  }
  return [...records, ...splitter.end()]
}

const texts = (records: readonly RawRecord[]): string[] => records.map(({ text }) => text)
const document = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }))
const cuts = fc.array(fc.nat(10_000), { maxLength: 12 })
const space = fc.constantFrom('', ' ', '\n', '\r\n\t')

describe('JSON', () => {
  const json = (): JsonSplitter => new JsonSplitter('a.json', RECORD_BYTES_MAX)

  it('finds each document of a list, wherever the chunks end', () => {
    fc.assert(
      fc.property(
        fc.array(document),
        space,
        cuts,
        fc.constantFrom(undefined, 2),
        (list, blank, places, indent) => {
          const parts = list.map((value) => JSON.stringify(value, null, indent))
          const text = `${blank}[${blank}${parts.join(`${blank},${blank}`)}${blank}]${blank}`
          expect(texts(split(json(), text, places))).toEqual(parts)
        },
      ),
    )
  })

  it('takes one document for a list of one', () => {
    expect(texts(split(json(), ' {"a":"}"} '))).toEqual(['{"a":"}"}'])
  })

  it('knows the line of each document', () => {
    expect(split(json(), '[\n{"a":1},\n\n{"b":\n2},{"c":3}]').map(({ line }) => line)).toEqual([2, 4, 5])
  })

  it.each([
    ['[{"a":1}', 'line 1: the file ends in the middle of the list'],
    ['[\n{"a":1', 'line 2: the file ends in the middle of the list'],
    ['[{"a":1}\n{"b":1}]', 'line 2: found `{` where `,` or `]` was expected'],
    ['[1]', 'line 1: found `1` where a document `{…}` was expected'],
    ['"a"', 'line 1: found `"` where a list of documents or a document was expected'],
    [
      '{"a":1}\n{"b":1}',
      'line 2: found `{` where nothing more was expected; one document a line is --format ndjson',
    ],
  ])('refuses %j with its place', (text, message) => {
    expect(() => split(json(), text)).toThrow(`a.json: ${message}`)
  })
})

describe('NDJSON', () => {
  const ndjson = (): NdjsonSplitter => new NdjsonSplitter('a.ndjson', RECORD_BYTES_MAX)

  it('finds each line, wherever the chunks end', () => {
    fc.assert(
      fc.property(
        fc.array(document),
        fc.constantFrom('\n', '\r\n', '\n\n'),
        fc.boolean(),
        cuts,
        (list, end, last, places) => {
          const lines = list.map((value) => JSON.stringify(value))
          const text = lines.join(end) + (last ? end : '')
          expect(texts(split(ndjson(), text, places))).toEqual(lines)
        },
      ),
    )
  })

  it('knows the line of each document', () => {
    expect(split(ndjson(), '{"a":1}\n\n{"b":2}\n').map(({ line }) => line)).toEqual([1, 3])
  })

  it('refuses what is no UTF-8, and what is too long, with the line', () => {
    expect(() => split(ndjson(), Buffer.from([0x7b, 0x7d, 0x0a, 0xff, 0x0a]))).toThrow(
      'a.ndjson: line 2: this record is not UTF-8',
    )
    expect(() => split(new NdjsonSplitter('b', 10), '{}\n{"a":"long, longer"}', [8])).toThrow(
      'b: line 2: this record is longer than 10 bytes',
    )
  })
})

describe('CSV', () => {
  const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`

  it('finds each row, with quotes, delimiters and line ends inside, wherever the chunks end', () => {
    const row = fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r') }), {
      minLength: 1,
      maxLength: 3,
    })
    fc.assert(
      fc.property(fc.array(row), fc.constantFrom('\n', '\r\n'), cuts, (rows, end, places) => {
        const lines = rows.map((fields) => fields.map(quoted).join(','))
        const splitter = new CsvSplitter('a.csv', RECORD_BYTES_MAX)
        expect(texts(split(splitter, ['id,title', ...lines].join(end), places))).toEqual(lines)
        expect(splitter.header).toBe('id,title')
      }),
    )
  })

  it('knows the line of each row, drops a byte order mark, and refuses a quote that never ends', () => {
    const splitter = new CsvSplitter('a.csv', RECORD_BYTES_MAX)
    expect(split(splitter, '\ufeffid,t\r\n1,"a\nb"\n2,c').map(({ line }) => line)).toEqual([2, 4])
    expect(splitter.header).toBe('id,t')
    expect(() => split(new CsvSplitter('a.csv', RECORD_BYTES_MAX), 'id\n1\n"2\n3\n')).toThrow(
      'a.csv: line 3: the quote that is opened in this row is never closed',
    )
  })
})
