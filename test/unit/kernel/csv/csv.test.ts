import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readCsv } from '../../../../src/kernel/csv/read-csv.ts'
import { csvOracle } from './csv-oracle.ts'

const BYTES_MAX = 1_000_000

const PIECES = [
  ...[',', ';', '"', '""', '\n', '\r\n', '\r', ':', ' ', '\t', '\\', '\0', '\x1f'],
  ...['id', 'a:number', 'b:boolean', ':string', 'true', 'false', 'é', '😀', '\u00a0', '\ufeff', '\u0301'],
  ...[
    '0',
    '-0',
    '007',
    '+5',
    '1.50',
    '0.05',
    '.5',
    '5.',
    '1e5',
    '1E400',
    '12345678901234567890',
    'NaN',
    '-inf',
  ],
  ...['123456789012345.6', '-12.340', '0.10', '00.5', '1e', '--1', 'text of some length that goes on'],
].map((piece) => Buffer.from(piece))

const broken = fc.constantFrom(...[0xff, 0xc3, 0xa9, 0x80].map((byte) => Buffer.from([byte])))
const text = fc
  .array(fc.oneof({ weight: 40, arbitrary: fc.constantFrom(...PIECES) }, { weight: 1, arbitrary: broken }))
  .map((pieces) => Buffer.concat(pieces))

/** Mostly records of equal length, so that more than the first one is read. */
const cell = fc.oneof(
  fc.constantFrom(...PIECES.slice(13)),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 4 }).map((pieces) => {
    return Buffer.from(`"${Buffer.concat(pieces).toString().replaceAll('"', '""')}"`)
  }),
)
const table = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom('\n', '\r\n', '\n\n'))
  .chain(([columns, end]) => {
    const header = fc.array(fc.constantFrom('id', 'a:number', 'b:boolean', 'c', 'd:x'), {
      minLength: columns,
      maxLength: columns,
    })
    const row = fc
      .array(cell, { minLength: columns, maxLength: columns })
      .map((cells) => cells.map(String).join())
    return fc
      .tuple(header, fc.array(row))
      .map(([names, rows]) => Buffer.from([names.join(), ...rows].join(end)))
  })

it('makes of any text what the slow reader makes of it', () => {
  const delimiter = fc.constantFrom(',', ',', ',', ';', '"', '\n', '\r', ' ', '0', 'e')
  fc.assert(
    fc.property(fc.oneof(text, table), delimiter, (body, between) => {
      const found = readCsv({ body, delimiter: between, bytesMax: BYTES_MAX })
      const wanted = csvOracle(body, between, BYTES_MAX)
      expect(inWords(found)).toEqual(inWords(wanted))
    }),
    { numRuns: 3_000 },
  )
})

function inWords(reply: object): unknown {
  return 'ndjson' in reply ? Buffer.from(reply.ndjson as Uint8Array).toString() : reply
}

it('reads bodies on shared memory and grows over any border', () => {
  const rows = Array.from({ length: 5_000 }, (_, at) => `${at},"line ${at} ""quoted""",${at / 7}`)
  const bytes = Buffer.from(`id:number,text,n:number\n${rows.join('\n')}`)
  const body = new Uint8Array(new SharedArrayBuffer(bytes.length))
  body.set(bytes)
  const found = readCsv({ body, delimiter: ',', bytesMax: 10_000_000 })
  expect(inWords(found)).toEqual(inWords(csvOracle(bytes, ',', 10_000_000)))
})
