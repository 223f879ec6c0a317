import { expect, it } from 'vitest'
import type { Kernel } from '../../../src/kernel/kernel.ts'

const BYTES_MAX = 10_000

/** What any carrier makes of CSV; every line was asked of a real node. */
export function csvSuite(kernel: () => Kernel): void {
  const read = async (csv: string | Uint8Array, delimiter = ','): Promise<string[] | string | null> => {
    const body = typeof csv === 'string' ? Buffer.from(csv) : csv
    const reply = await kernel().readCsv({ body, delimiter, bytesMax: BYTES_MAX })
    if ('refusal' in reply) return reply.refusal
    if ('fault' in reply) throw new Error(reply.fault)
    const lines = Buffer.from(reply.ndjson).toString().split('\n')
    expect([lines.length - 1, lines.at(-1)]).toEqual([reply.documents, ''])
    return lines.slice(0, -1)
  }

  it('reads typed columns', async () => {
    const csv = 'id,a:number,b:boolean,c,d:string,e:foo,f:\n1,5,true,x,y,z,w\n2, +5 , false ," x ",,"",  \n'
    expect(await read(csv)).toEqual([
      '{"id":"1","a":5,"b":true,"c":"x","d":"y","e:foo":"z","f:":"w"}',
      '{"id":"2","a":5,"b":false,"c":" x ","d":null,"e:foo":null,"f:":"  "}',
    ])
  })

  it.each([
    ['007', '7'],
    ['-0', '0'],
    ['-0.0', '-0.0'],
    ['1.50', '1.5'],
    ['1.00', '1.0'],
    ['0.5', '0.5'],
    ['0.00001', '0.00001'],
    ['9223372036854775807', '9223372036854775807'],
    ['9223372036854775808', '9.223372036854775807e+18'.replace('5807', '6')],
    ['1e5', '100000.0'],
    ['1E16', '1e+16'],
    ['1e-7', '1e-7'],
    ['NaN', 'null'],
    ['-Infinity', 'null'],
    ['1e400', 'null'],
    ['.5', '0.5'],
    ['5.', '5.0'],
    ['1e-400', '0.0'],
    ['\u30005\u00a0', '5'],
    ['  ', 'null'],
    ['27798993918.757374', '27798993918.757374'],
  ])('writes the number %s as %s', async (cell, json) => {
    expect(await read(`a:number\n${cell}\n`)).toEqual([`{"a":${json}}`])
  })

  it('reads quotes as a node does', async () => {
    expect(await read('id,"x"y,"a""b",z\n1,"p"q,"r\ns",  "t"\n')).toEqual([
      '{"id":"1","xy":"pq","a\\"b":"r\\ns","z":"  \\"t\\""}',
    ])
    expect(await read('id,x\n1,"a')).toEqual(['{"id":"1","x":"a"}'])
    expect(await read('a,b\n"\u0000\u001f\u007f\\",é\n')).toEqual([
      '{"a":"\\u0000\\u001f\u007f\\\\","b":"é"}',
    ])
  })

  it('takes any line ends and skips empty lines', async () => {
    const three = ['{"id":"1","x":"2"}', '{"id":"3","x":"4"}', '{"id":"5","x":null}']
    expect(await read('\n\nid,x\r1,2\r\r\n\n3,4\n\r5,')).toEqual(three)
    for (const nothing of ['', '\n', '\r\n\n', 'id', 'id\n']) expect(await read(nothing)).toEqual([])
  })

  it('drops a byte order mark', async () => {
    expect(await read('\ufeffid,\ufeffa\n1,\ufeff2\n')).toEqual(['{"id":"1","\ufeffa":"\ufeff2"}'])
    expect(await read('\ufeffid,name\n1\n')).toBe(
      'CSV error: record 1 (line: 2, byte: 11): found record with 1 fields, but the previous record has 2 fields',
    )
  })

  it.each([
    [';', 'id;x\n1;2\n'],
    ['\t', 'id\tx\n1\t2\n'],
    ['"', 'id"x\n1"2\n'],
    ['\r', 'id\rx\n1\r2\n'],
  ])('takes %j between fields', async (delimiter, csv) => {
    expect(await read(csv, delimiter)).toEqual(['{"id":"1","x":"2"}'])
  })

  it('splits a header at its last colon, also where colons are between fields', async () => {
    expect(await read('a:b:number\n1\n')).toEqual(['{"a:b":1}'])
    expect(await read('id:x:number\n1:2:3\n', ':')).toEqual(['{"id":"1","x":"2","number":"3"}'])
  })

  it('tells wrong numbers of fields by record, line and byte', async () => {
    const told = (record: number, line: number, byte: number, found: number): string =>
      `CSV error: record ${record} (line: ${line}, byte: ${byte}): found record with ${found} fields, but the previous record has 2 fields`
    expect(await read('id,name\n1,a,b\n')).toBe(told(1, 2, 8, 3))
    expect(await read('id,name\r\n1\r\n')).toBe(told(1, 1, 8, 1))
    expect(await read('id,name\r\n1,2\r\n3\r\n')).toBe(told(2, 2, 13, 1))
    expect(await read('id,name\n1,"a\nb"\n2\n')).toBe(told(2, 4, 16, 1))
    expect(await read('\n\nid,name\n1\n')).toBe(told(1, 4, 10, 1))
  })

  it('tells cells that are not what their header says', async () => {
    const number = (cell: string): string => `Error parsing number ${cell} at line 1: invalid float literal`
    expect(await read('id,n:number\n1,x\n')).toBe(number('"x"'))
    expect(await read('n:number\n"z""z\0\u001b😀\u2028\u0301"\n')).toBe(
      number('"z\\"z\\0\\u{1b}😀\\u{2028}\\u{301}"'),
    )
    expect(await read('n:boolean\n" TRUE\u00ad\ufffd"\n')).toBe(
      'Error parsing boolean " TRUE\\u{ad}\ufffd" at line 1: provided string was not `true` or `false`',
    )
  })

  it('tells bytes that are no UTF-8 by their place', async () => {
    const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')
    const told = (place: string, field: number, byte: number): string =>
      `CSV parse error: ${place}: invalid utf-8: invalid UTF-8 in field ${field} near byte index ${byte}`
    expect(await read(bytes('\xff,n\n1,2\n'))).toBe(told('record 0 (line 1, field: 0, byte: 0)', 0, 0))
    expect(await read(bytes('id,n\n1,a\xc3\n'))).toBe(told('record 1 (line 2, field: 1, byte: 5)', 1, 1))
    expect(await read(bytes('id,b\n1,2,\xff\n'))).toContain('found record with 3 fields')
    expect(await read(bytes('a:number,b\nx,\xff\n'))).toContain('invalid utf-8')
    expect(await read(bytes('a\n"\xc3"\xa9\n'))).toEqual(['{"a":"é"}'])
  })

  it('stops where the JSON grows too long', async () => {
    const names = Array.from({ length: 100 }, (_, at) => `a-long-name-of-column-${at}`)
    expect(await read(`${names.join()}\n${`${','.repeat(99)}\n`.repeat(20)}`)).toBeNull()
  })
}
