import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInlineKernel } from '../../src/kernel/inline.ts'
import {
  isFault,
  type Kernel,
  type KernelFault,
  type MergeRequest,
  ROW,
  ROW_FLAG,
  type SplitResult,
} from '../../src/kernel/kernel.ts'
import { kernelModule } from '../../src/kernel/module.ts'
import { createKernel } from '../../src/kernel/route.ts'
import { kernelOracle } from '../unit/kernel/kernel-oracle.ts'

/** What any carrier of the kernels does. The slow twins are held to it too. */
const carriers: readonly (readonly [name: string, make: () => Promise<Kernel>])[] = [
  ['inline', async () => createInlineKernel(await kernelModule())],
  [
    'inline in small pieces',
    async () => createInlineKernel(await kernelModule(), { inputBytes: 48, rows: 2 }),
  ],
  ['pool', () => createKernel({ inlineMaxBytes: 0, workers: 1 })],
  ['slow twin', async () => kernelOracle],
]

const SHARDS = 64

interface Row {
  readonly text: string
  readonly key: string
  readonly shard: number
  readonly flags: number
}

describe.each(carriers)('kernel: %s', (_, make) => {
  let kernel: Kernel
  beforeAll(async () => {
    kernel = await make()
  })
  afterAll(() => kernel.close())

  async function split(body: string | Uint8Array, options: object = {}): Promise<SplitResult | KernelFault> {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    return kernel.split({ body: bytes, format: 'json', primaryKey: 'id', shards: SHARDS, ...options })
  }

  async function rowsOf(body: string, options: object = {}): Promise<Row[]> {
    const result = await split(body, options)
    if (isFault(result)) throw new Error(`${result.fault} at ${result.offset}`)
    const bytes = Buffer.from(body)
    return Array.from({ length: result.documents }, (__, index) => {
      const row = result.rows.subarray(index * ROW.stride, (index + 1) * ROW.stride)
      return {
        text: bytes.subarray(row[ROW.start], row[ROW.end]).toString(),
        key: bytes.subarray(row[ROW.keyStart], row[ROW.keyEnd]).toString(),
        shard: row[ROW.shard]!,
        flags: row[ROW.flags]!,
      }
    })
  }

  async function gather(body: string, shards: ReadonlySet<number> | null, seq: number): Promise<string> {
    const bytes = Buffer.from(body)
    const result = await split(body)
    if (isFault(result)) throw new Error(result.fault)
    const gathered = await kernel.gather({ body: bytes, rows: result.rows, shards, seq })
    if (!(gathered instanceof Uint8Array)) throw new Error(gathered.fault)
    return Buffer.from(gathered).toString()
  }

  it('hashes the reference keys', () => {
    const hashes = {
      'user:12345': 4838344264720400847n,
      'product:abc': 14984776139073514584n,
      'order:99999': 4252231143384119044n,
      test: 3355539057510317530n,
      hello: 2294226520621865126n,
    }
    for (const [key, hash] of Object.entries(hashes)) {
      for (const shards of [1, 2, 7, 64, 4096, 2 ** 31])
        expect(kernel.shardOf(key, shards)).toBe(Number(hash % BigInt(shards)))
    }
  })

  describe('split', () => {
    it('finds documents of an array, an object and a stream', async () => {
      const texts = async (body: string, format: string): Promise<string[]> =>
        (await rowsOf(body, { format })).map((row) => row.text)
      expect(await texts(' [ {"id":1} , {"id":2,"a":[{}]} ]\n', 'json')).toEqual([
        '{"id":1}',
        '{"id":2,"a":[{}]}',
      ])
      expect(await texts('\t{"id":1}\r\n', 'json')).toEqual(['{"id":1}'])
      expect(await texts('{"id":1}{"id":2}\n\n {"id":\n3}', 'ndjson')).toEqual([
        '{"id":1}',
        '{"id":2}',
        '{"id":\n3}',
      ])
      expect(await texts('[]', 'json')).toEqual([])
      expect(await texts('', 'ndjson')).toEqual([])
      expect(await texts(' \n', 'ndjson')).toEqual([])
    })

    it('takes integers and texts as keys, and gives both the same shard', async () => {
      const rows = await rowsOf(
        '[{"id":7},{"id":"7"},{"id":-7},{"id":"a_B-9"},{"id":"7"  },{"x":{"id":1},"id" :\n7}]',
      )
      expect(rows.map((row) => row.key)).toEqual(['7', '"7"', '-7', '"a_B-9"', '"7"', '7'])
      expect(rows.map((row) => row.flags)).toEqual([0, 0, 0, 0, 0, 0])
      const shard = kernel.shardOf('7', SHARDS)
      expect(rows.map((row) => row.shard)).toEqual([
        shard,
        shard,
        kernel.shardOf('-7', SHARDS),
        kernel.shardOf('a_B-9', SHARDS),
        shard,
        shard,
      ])
    })

    it.each([
      ['18446744073709551615', true],
      ['18446744073709551616', false],
      ['18446744073709551619', false],
      ['28446744073709551615', false],
      ['184467440737095516150', false],
      ['99999999999999999999', false],
      ['10000000000000000000', true],
      ['9007199254740993', true],
      ['-9223372036854775808', true],
      ['-9223372036854775809', false],
      ['-10000000000000000000', false],
      ['0', true],
      ['-0', false],
      ['-1', true],
      ['1.0', false],
      ['1.5', false],
      ['1e2', false],
      ['1E400', false],
      ['0.0', false],
      ['-0.0', false],
      ['0e0', false],
      ['null', false],
      ['true', false],
      ['{"a":1}', false],
      ['[1]', false],
      ['{}', false],
      ['""', false],
      ['"a b"', false],
      ['"é"', false],
      ['"a.b"', false],
      [`"${'x'.repeat(511)}"`, true],
      [`"${'x'.repeat(512)}"`, false],
      ['"a\\u0062"', true],
      ['"a\\u0020"', false],
      ['"a\\/"', false],
      [`"${'\\u0078'.repeat(511)}"`, true],
      [`"${'\\u0078'.repeat(512)}"`, false],
    ])('key %s: valid %s', async (token, valid) => {
      const [row] = await rowsOf(`[{"a":0,"id":${token},"z":[]}]`)
      expect(row?.key).toBe(token)
      expect(row?.flags).toBe(valid ? 0 : ROW_FLAG.keyInvalid)
      const canonical = token.startsWith('"') ? String(JSON.parse(token)) : token
      expect(row?.shard).toBe(valid ? kernel.shardOf(canonical, SHARDS) : 0)
    })

    it('lets the last of several equal names count', async () => {
      const rows = await rowsOf(
        '[{"id":1,"id":2},{"id":null,"id":"x"},{"id":"x","id":{}},{"id":1,"i\\u0064":3},{"i\\u0064":3,"id":1}]',
      )
      expect(rows.map((row) => row.key)).toEqual(['2', '"x"', '{}', '3', '1'])
      expect(rows.map((row) => row.flags)).toEqual([0, 0, ROW_FLAG.keyInvalid, 0, 0])
    })

    it('knows the key by its whole name at the top only', async () => {
      const rows = await rowsOf('[{"ID":1},{"idd":1},{"i":1},{"a":{"id":1}},{"a":[{"id":1}]},{},{ }]')
      const missing = ROW_FLAG.keyMissing
      const empty = missing | ROW_FLAG.empty
      expect(rows.map((row) => row.flags)).toEqual([
        missing,
        missing,
        missing,
        missing,
        missing,
        empty,
        empty,
      ])
      const long = 'a-name-of-more-than-sixteen-bytes'
      const [found] = await rowsOf(`[{"${long.slice(0, -1)}x":1,"${long}":5}]`, { primaryKey: long })
      expect(found?.key).toBe('5')
      const [other] = await rowsOf('[{"clé":"x","cle":"y"}]', { primaryKey: 'clé' })
      expect(other?.key).toBe('"x"')
    })

    it('follows dotted primary keys, also as plain names', async () => {
      const keys = async (body: string, primaryKey: string): Promise<[string, number][]> =>
        (await rowsOf(body, { primaryKey })).map((row) => [row.key, row.flags])
      expect(
        await keys('[{"a":{"b":5}},{"a.b":6},{"a":{"b":5},"a":{"b":7}},{"a\\u002eb":8}]', 'a.b'),
      ).toEqual([
        ['5', 0],
        ['6', 0],
        ['7', 0],
        ['8', 0],
      ])
      expect(
        await keys('[{"a":{"b":5},"a":1},{"a":{"b":{}}},{"a":[{"b":1}]},{"a":{"b":1,"b":"2"}}]', 'a.b'),
      ).toEqual([
        ['', ROW_FLAG.keyMissing],
        ['{}', ROW_FLAG.keyInvalid],
        ['', ROW_FLAG.keyMissing],
        ['"2"', 0],
      ])
      expect(
        await keys('[{"a":{"b.c":1}},{"a.b":{"c":2}},{"a":{"b":{"c":3}}},{"a.b.c":4}]', 'a.b.c'),
      ).toEqual([
        ['1', 0],
        ['2', 0],
        ['3', 0],
        ['4', 0],
      ])
      expect(await keys('[{"a.b":1,"a":{"b":2}}]', 'a.b')).toEqual([['2', ROW_FLAG.keyInvalid]])
    })

    it('flags reserved names at any depth, also when written with escapes', async () => {
      const flags = async (body: string): Promise<number[]> => (await rowsOf(body)).map((row) => row.flags)
      const { reserved } = ROW_FLAG
      expect(
        await flags('[{"id":1,"_miroir_seq":1},{"id":1,"a":[{"_miroir_x":1}]},{"id":1,"_miroir_":1}]'),
      ).toEqual([reserved, reserved, reserved])
      expect(await flags('[{"id":1,"a":{"_miroir_expires_at":1}},{"id":1,"_miroir_expires_at":1}]')).toEqual([
        reserved,
        0,
      ])
      expect(await flags('[{"id":1,"\\u005fmiroir_x":1},{"id":1,"a":{"b":{"_\\u006diroir_x":1}}}]')).toEqual([
        reserved,
        reserved,
      ])
      expect(
        await flags('[{"id":1,"_miroir\\u005fexpires_at":1},{"id":1,"_miroir":1,"x":"_miroir_seq"}]'),
      ).toEqual([0, 0])
      expect(await flags('[{"id":1,"_miroir_expires_aX":1},{"id":1,"_miroir_expires_at2":1}]')).toEqual([
        reserved,
        reserved,
      ])
    })

    it('flags places and vectors at the top', async () => {
      const { geo, vectors } = ROW_FLAG
      const rows = await rowsOf(
        '[{"id":1,"_geo":{}},{"id":1,"_vectors":null,"_geo":1},{"id":1,"a":{"_geo":1,"_vectors":1}},{"id":1,"_ge\\u006f":1}]',
      )
      expect(rows.map((row) => row.flags)).toEqual([geo, geo | vectors, 0, geo])
    })

    it('looks for no key when none is named', async () => {
      const rows = await rowsOf('[{"id":1,"_geo":0},{}]', { primaryKey: null })
      expect(rows.map(({ key, shard, flags }) => [key, shard, flags])).toEqual([
        ['', 0, ROW_FLAG.geo],
        ['', 0, ROW_FLAG.empty],
      ])
    })

    it.each([
      ['', 'json', 'truncated', 0],
      ['  ', 'json', 'truncated', 2],
      ['[', 'json', 'truncated', 1],
      ['[{"id":1}', 'json', 'truncated', 9],
      ['[{"id":1},', 'json', 'truncated', 10],
      ['[{"id":1', 'json', 'truncated', 8],
      ['[{"id":tr', 'json', 'truncated', 9],
      ['[{"id":"\\u00', 'json', 'truncated', 12],
      ['{"id":1}{"id":', 'ndjson', 'truncated', 14],
      ['[{"id":1},]', 'json', 'syntax', 10],
      ['[{"id":1,}]', 'json', 'syntax', 9],
      ['[{"id":1 "a":2}]', 'json', 'syntax', 9],
      ['[{id:1}]', 'json', 'syntax', 2],
      ['[{"id":01}]', 'json', 'syntax', 8],
      ['[{"id":1.}]', 'json', 'syntax', 9],
      ['[{"id":+1}]', 'json', 'syntax', 7],
      ['[{"id":.5}]', 'json', 'syntax', 7],
      ['[{"id":1e}]', 'json', 'syntax', 9],
      ['[{"id":-}]', 'json', 'syntax', 8],
      ['[{"id":nul}]', 'json', 'syntax', 10],
      ['[{"id":True}]', 'json', 'syntax', 7],
      ['[{"id":NaN}]', 'json', 'syntax', 7],
      ['[{"id":"a\nb"}]', 'json', 'syntax', 9],
      ['[{"id":"\\x"}]', 'json', 'syntax', 9],
      ['[{"id":"\\u12g4"}]', 'json', 'syntax', 12],
      ['[{"a":[1}]', 'json', 'syntax', 8],
      ['[{"a":{]]', 'json', 'syntax', 7],
      ['[{"id":1}]]', 'json', 'syntax', 10],
      ['[{"id":1}}', 'json', 'syntax', 9],
      ['[{"id":1}\0', 'json', 'syntax', 9],
      ['{"id":1}{"id":2}', 'json', 'syntax', 8],
      ['\ufeff[]', 'json', 'syntax', 0],
      ['[{"id":1}/*x*/]', 'json', 'syntax', 9],
      ["[{'id':1}]", 'json', 'syntax', 2],
      ['[,]', 'json', 'syntax', 1],
      ['1', 'json', 'not-documents', 0],
      ['"x"', 'json', 'not-documents', 0],
      ['[1,2]', 'json', 'not-documents', 1],
      ['[{"id":1},null]', 'json', 'not-documents', 10],
      ['[[{"id":1}]]', 'json', 'not-documents', 1],
      ['[{"id":1}]', 'ndjson', 'not-documents', 0],
      ['{"id":1} 5', 'ndjson', 'not-documents', 9],
    ])('refuses %j as %s: %s at %i', async (body, format, fault, offset) => {
      expect(await split(body, { format })).toEqual({ fault, offset, input: 0 })
    })

    it('allows 128 levels', async () => {
      const nested = (levels: number): string => `[{"id":1,"a":${'['.repeat(levels)}${']'.repeat(levels)}}]`
      expect(isFault(await split(nested(127)))).toBe(false)
      expect(await split(nested(128))).toEqual({ fault: 'depth', offset: 13 + 127, input: 0 })
    })

    it.each([
      ['c3', 1],
      ['ff', 1],
      ['c0af', 1],
      ['eda080', 1],
      ['f4908080', 1],
      ['e28281e282', 4],
    ])('refuses bytes that are no UTF-8: %s', async (hex, at) => {
      const body = Buffer.concat([Buffer.from('{"id":"'), Buffer.from(hex, 'hex'), Buffer.from('"}')])
      expect(await split(body)).toEqual({ fault: 'utf8', offset: 6 + at, input: 0 })
    })
  })

  describe('gather', () => {
    it('writes both fields right after the brace', async () => {
      expect(await gather('[{"id":1},{ },{}, { "a":"é\\n" } ]', null, 5)).toBe(
        `[${[
          '{"_miroir_shard":"SHARD","_miroir_seq":"!!!!!!!!!!:!!!!!!!","id":1}'.replace(
            'SHARD',
            shardDigits(kernel.shardOf('1', SHARDS)),
          ),
          '{"_miroir_shard":"!!!!","_miroir_seq":"!!!!!!!!!!:!!!!!!%" }',
          '{"_miroir_shard":"!!!!","_miroir_seq":"!!!!!!!!!!:!!!!!!("}',
          '{"_miroir_shard":"!!!!","_miroir_seq":"!!!!!!!!!!:!!!!!!)", "a":"é\\n" }',
        ].join(',')}]`,
      )
    })

    it('takes the chosen shards in the order of the payload and keeps the numbers of the rows', async () => {
      const ids = Array.from({ length: 40 }, (_unused, id) => id)
      const body = JSON.stringify(ids.map((id) => ({ id, text: 'x'.repeat(id) })))
      const chosen = new Set(ids.slice(0, 7).map((id) => kernel.shardOf(String(id), SHARDS)))
      const documents = JSON.parse(await gather(body, chosen, 2 ** 33 - 1)) as Record<string, unknown>[]
      const expected = ids.filter((id) => chosen.has(kernel.shardOf(String(id), SHARDS)))
      expect(documents.map((document) => document['id'])).toEqual(expected)
      for (const document of documents) {
        const id = Number(document['id'])
        expect(document['_miroir_shard']).toBe(shardDigits(kernel.shardOf(String(id), SHARDS)))
        expect(document['_miroir_seq']).toBe(`???????????${octal(id, 7)}`)
      }
    })

    it('answers an empty array when nothing is chosen', async () => {
      expect(await gather('[{"id":1}]', new Set([(kernel.shardOf('1', SHARDS) + 1) % SHARDS]), 0)).toBe('[]')
      expect(await gather('[]', null, 0)).toBe('[]')
    })
  })

  describe('merge', () => {
    async function merge(answers: readonly string[], options: object = {}): Promise<unknown> {
      const request: MergeRequest = {
        answers: answers.map((answer) => Buffer.from(answer)),
        member: 'hits',
        order: 'details',
        offset: 0,
        limit: 20,
        keepDetails: false,
        ...options,
      }
      const result = await kernel.merge(request)
      if (isFault(result)) return { fault: result.fault, input: result.input }
      return {
        hits: Buffer.from(result.hits).toString(),
        count: result.count,
        received: result.received,
        consumed: result.consumed,
        envelopes: result.envelopes.map((envelope) => Buffer.from(envelope).toString()),
      }
    }

    const seq = (place: number): string => octal(place, 18)
    const ranked = (id: number, rules: string): string =>
      `{"id":${id},"_rankingScoreDetails":{${rules}${rules === '' ? '' : ','}"_miroir_seq:asc":{"order":9,"value":"${seq(id)}"}}}`
    const answer = (...hits: string[]): string => `{"hits":[${hits.join(',')}],"query":""}`
    async function ids(lists: readonly string[][]): Promise<number[]> {
      const result = (await merge(lists.map((hits) => answer(...hits)))) as { hits: string }
      expect(result).toHaveProperty('hits')
      return (JSON.parse(`[${result.hits}]`) as { id: number }[]).map((hit) => hit.id)
    }

    it('orders by the hidden rule when nothing else tells', async () => {
      expect(await ids([[ranked(1, ''), ranked(4, '')], [ranked(2, ''), ranked(3, '')], []])).toEqual([
        1, 2, 3, 4,
      ])
    })

    it.each([
      [
        '"words":{"order":0,"matchingWords":2,"score":1.0}',
        '"words":{"order":0,"matchingWords":1,"score":0.5}',
      ],
      ['"typo":{"order":0,"typoCount":0,"score":0.1}', '"typo":{"order":0,"typoCount":1,"score":1.0}'],
      ['"typo":{"order":0,"typoCount":9}', '"typo":{"order":0,"typoCount":10}'],
      ['"proximity":{"order":0,"score":1.0}', '"proximity":{"order":0,"score":0.9999999999999999}'],
      ['"proximity":{"order":0,"score":1}', '"proximity":{"order":0,"score":1e-7}'],
      ['"proximity":{"order":0,"score":1.5e-7}', '"proximity":{"order":0,"score":0.000000149}'],
      ['"attributeRank":{"order":0,"score":0.1}', '"attributeRank":{"order":0,"score":0.0}'],
      ['"wordPosition":{"order":0,"score":0.5}', '"wordPosition":{"order":0,"score":0.49}'],
      [
        '"attribute":{"order":0,"attributeRankingOrderScore":0.5,"queryWordDistanceScore":0.1,"score":0.2}',
        '"attribute":{"order":0,"attributeRankingOrderScore":0.4,"queryWordDistanceScore":1.0,"score":0.9}',
      ],
      [
        '"attribute":{"order":0,"attributeRankingOrderScore":0.5,"queryWordDistanceScore":0.2,"score":0.2}',
        '"attribute":{"order":0,"attributeRankingOrderScore":0.5,"queryWordDistanceScore":0.1,"score":0.9}',
      ],
      [
        '"exactness":{"order":0,"matchType":"exactMatch","score":1.0}',
        '"exactness":{"order":0,"matchType":"matchesStart","score":1.0}',
      ],
      [
        '"exactness":{"order":0,"matchType":"matchesStart","score":1.0}',
        '"exactness":{"order":0,"matchType":"noExactMatch","matchingWords":2,"maxMatchingWords":2,"score":0.3}',
      ],
      [
        '"exactness":{"order":0,"matchType":"noExactMatch","matchingWords":2,"score":0.3}',
        '"exactness":{"order":0,"matchType":"noExactMatch","matchingWords":1,"score":0.3}',
      ],
      ['"n:asc":{"order":0,"value":9}', '"n:asc":{"order":0,"value":10.0}'],
      ['"n:asc":{"order":0,"value":-10}', '"n:asc":{"order":0,"value":-9.5}'],
      ['"n:asc":{"order":0,"value":-1e-300}', '"n:asc":{"order":0,"value":0}'],
      ['"n:asc":{"order":0,"value":0.0}', '"n:asc":{"order":0,"value":1e-300}'],
      ['"n:asc":{"order":0,"value":9007199254740992}', '"n:asc":{"order":0,"value":9007199254740994.0}'],
      [
        '"n:asc":{"order":0,"value":1.2345678901234568e+22}',
        '"n:asc":{"order":0,"value":1.234567890123457e22}',
      ],
      ['"n:desc":{"order":0,"value":10}', '"n:desc":{"order":0,"value":9}'],
      ['"n:desc":{"order":0,"value":-1}', '"n:desc":{"order":0,"value":-2}'],
      ['"n:desc":{"order":0,"value":1}', '"n:desc":{"order":0,"value":"z"}'],
      ['"n:desc":{"order":0,"value":"a"}', '"n:desc":{"order":0,"value":null}'],
      ['"n:asc":{"order":0,"value":1e308}', '"n:asc":{"order":0,"value":""}'],
      ['"n:asc":{"order":0,"value":"z"}', '"n:asc":{"order":0,"value":null}'],
      ['"n:asc":{"order":0,"value":"a"}', '"n:asc":{"order":0,"value":"aa"}'],
      ['"n:desc":{"order":0,"value":"aa"}', '"n:desc":{"order":0,"value":"a"}'],
      ['"n:asc":{"order":0,"value":"a"}', '"n:asc":{"order":0,"value":"a\\u0000"}'],
      ['"n:asc":{"order":0,"value":"a\\"b"}', '"n:asc":{"order":0,"value":"a#b"}'],
      ['"n:asc":{"order":0,"value":"a/"}', '"n:asc":{"order":0,"value":"a\\\\"}'],
      ['"n:asc":{"order":0,"value":"z"}', '"n:asc":{"order":0,"value":"é"}'],
      ['"n:asc":{"order":0,"value":"\\uffff"}', '"n:asc":{"order":0,"value":"😀"}'],
      ['"n:asc":{"order":0,"value":"\\uffff"}', '"n:asc":{"order":0,"value":"\\ud83d\\ude00"}'],
      [
        '"_geoPoint(1, 2):asc":{"order":0,"value":null,"distance":1.5}',
        '"_geoPoint(1, 2):asc":{"order":0,"value":null,"distance":12.5}',
      ],
      [
        '"_geoPoint(1, 2):desc":{"order":0,"value":null,"distance":12.5}',
        '"_geoPoint(1, 2):desc":{"order":0,"value":null,"distance":1.5}',
      ],
      [
        '"_geoPoint(1, 2):desc":{"order":0,"value":null,"distance":0.0}',
        '"_geoPoint(1, 2):desc":{"order":0,"value":null,"distance":null}',
      ],
      ['"vectorSort":{"order":0,"similarity":0.8123}', '"vectorSort":{"order":0,"similarity":0.8}'],
      ['"vectorSort":{"order":0,"similarity":0.1}', '"vectorSort":{"order":0,"similarity":null}'],
      ['"words":{"order":0,"matchingWords":1}', '"skipped":{"order":0}'],
    ])('puts %s before %s', async (better, worse) => {
      // the better one has the later place, so only the rule can tell
      expect(await ids([[ranked(1, worse)], [ranked(2, better)]])).toEqual([2, 1])
      expect(await ids([[ranked(2, better)], [ranked(1, worse)]])).toEqual([2, 1])
    })

    it('compares long texts to their ends', async () => {
      const long = 'the same first many bytes of a text, '
      const rule = (text: string, down = 'asc'): string => `"t:${down}":{"order":0,"value":"${text}"}`
      expect(await ids([[ranked(1, rule(`${long}b`))], [ranked(2, rule(`${long}a`))]])).toEqual([2, 1])
      expect(
        await ids([[ranked(1, rule(`${long}a`, 'desc'))], [ranked(2, rule(`${long}b`, 'desc'))]]),
      ).toEqual([2, 1])
      expect(await ids([[ranked(1, rule(`${long}\\u00e9`))], [ranked(2, rule(`${long}z`))]])).toEqual([2, 1])
      expect(await ids([[ranked(2, rule(`${long}\\u00e9`))], [ranked(1, rule(`${long}é`))]])).toEqual([1, 2])
    })

    it('goes by the order that the rules tell, not by the order of their text', async () => {
      const early = '"typo":{"order":1,"typoCount":0},"words":{"order":0,"matchingWords":1}'
      const late = '"typo":{"order":1,"typoCount":5},"words":{"order":0,"matchingWords":2}'
      expect(await ids([[ranked(1, early)], [ranked(2, late)]])).toEqual([2, 1])
      expect(await ids([[ranked(3, late), ranked(1, early)], [ranked(2, late)]])).toEqual([2, 3, 1])
    })

    it('treats places within a metre of the first as one group', async () => {
      const at = (id: number, distance: number, name: string): string =>
        ranked(
          id,
          `"_geoPoint(0, 0):asc":{"order":0,"value":{},"distance":${distance}},"n:asc":{"order":1,"value":"${name}"}`,
        )
      expect(
        await ids([[at(1, 100, 'b'), at(4, 101.2, 'a')], [at(2, 100.9, 'a')], [at(3, 100.3, 'c')]]),
      ).toEqual([2, 1, 3, 4])
      const from = (id: number, distance: number, name: string): string =>
        at(id, distance, name).replace(':asc', ':desc')
      expect(await ids([[from(1, 100.9, 'b')], [from(2, 100, 'a'), from(3, 99.5, 'a')]])).toEqual([2, 1, 3])
    })

    it('falls back on the document where the details end early', async () => {
      const own = (id: number): string =>
        `{"_miroir_seq":"${seq(id)}","id":${id},"_rankingScoreDetails":{"words":{"order":0,"matchingWords":1},"skipped":{"order":1}}}`
      expect(await ids([[own(2)], [own(1)]])).toEqual([1, 2])
      expect(
        await ids([['{"id":5,"_rankingScoreDetails":{}}'], ['{"id":4,"_rankingScoreDetails":{}}']]),
      ).toEqual([5, 4])
    })

    it('skips, limits and counts', async () => {
      const lists = [
        answer(ranked(1, ''), ranked(3, ''), ranked(5, '')),
        answer(ranked(2, ''), ranked(4, '')),
        '{"hits":[],"a":1}',
      ]
      expect(await merge(lists, { offset: 1, limit: 2 })).toEqual({
        hits: '{"id":2},{"id":3}',
        count: 2,
        received: [3, 2, 0],
        consumed: [2, 1, 0],
        envelopes: ['{"query":""}', '{"query":""}', '{"a":1}'],
      })
      expect(await merge(lists, { offset: 9 })).toMatchObject({ hits: '', count: 0, consumed: [3, 2, 0] })
      expect(await merge(lists, { limit: 0 })).toMatchObject({ hits: '', count: 0, consumed: [0, 0, 0] })
      expect(await merge([])).toMatchObject({ hits: '', count: 0, received: [], envelopes: [] })
    })

    it.each([
      ['{"hits":[],"q":1}', '{"q":1}'],
      ['{"q":1,"hits":[]}', '{"q":1}'],
      ['{"q":1,"hits":[],"z":[{"hits":[1]}]}', '{"q":1,"z":[{"hits":[1]}]}'],
      ['{"hits":[]}', '{}'],
      [' { "q" : 1 , "hits" : [ ] , "z" : 2 } ', ' { "q" : 1 , "z" : 2 } '],
      [' { "q" : 1 , "hits" : [ ] } ', ' { "q" : 1 } '],
    ])('leaves %s the envelope %s', async (text, envelope) => {
      expect(await merge([text, text])).toMatchObject({ envelopes: [envelope, envelope] })
    })

    const details = `"_rankingScoreDetails":{"typo":{"order":0,"typoCount":1},"_miroir_seq:asc":{"order":1,"value":"${seq(1)}"}}`
    it.each([
      // our fields at the start, in the middle, at the end, alone
      [`{"_miroir_shard":"!","_miroir_seq":"${seq(1)}","a":1,${details}}`, '{"a":1}'],
      [`{"a":1,"_miroir_shard":"!","b":2,"_miroir_seq":"${seq(1)}","c":3,${details}}`, '{"a":1,"b":2,"c":3}'],
      [`{"a":1,"_miroir_seq":"${seq(1)}","_miroir_shard":"!",${details}}`, '{"a":1}'],
      [`{"_miroir_seq":"${seq(1)}",${details}}`, '{}'],
      [`{"_miroir_expires_at":[1,{"_miroir_x":2}],"a":1,${details}}`, '{"a":1}'],
      [`{ "a" : 1 , "_miroir_shard" : "!" , "b" : 2 , ${details} }`, '{ "a" : 1 , "b" : 2 }'],
      // nested names are not ours
      [
        `{"a":{"_miroir_shard":"!"},"b":"\\"_miroir_seq\\":1",${details}}`,
        '{"a":{"_miroir_shard":"!"},"b":"\\"_miroir_seq\\":1"}',
      ],
      [
        `{"a":[{"_rankingScoreDetails":{}},{"_formatted":{"_miroir_seq":1}}],${details}}`,
        '{"a":[{"_rankingScoreDetails":{}},{"_formatted":{"_miroir_seq":1}}]}',
      ],
      [
        `{"_rankingScoreDetails":{"mine":true},"a":1,${details}}`,
        '{"_rankingScoreDetails":{"mine":true},"a":1}',
      ],
      [`{"_rankingScoreDetails":5,${details}}`, '{"_rankingScoreDetails":5}'],
      // what a node adds
      [
        `{"a":1,"_formatted":{"_miroir_shard":"!","_miroir_seq":"${seq(1)}","a":"1"},"_matchesPosition":{"a":[],"_miroir_seq":[]},"_rankingScore":0.5,${details}}`,
        '{"a":1,"_formatted":{"a":"1"},"_matchesPosition":{"a":[]},"_rankingScore":0.5}',
      ],
      [
        `{"a":1,"_miroir_seq":"${seq(1)}","_formatted":{"_miroir_seq":"x"},${details}}`,
        '{"a":1,"_formatted":{}}',
      ],
    ])('cuts %s to %s', async (hit, kept) => {
      expect(await merge([answer(hit)])).toMatchObject({ hits: kept })
      expect(await merge([answer(hit), answer()])).toMatchObject({ hits: kept })
      const cut = details.replace(/,"_miroir_seq:asc":\{[^}]*\}/, '')
      const kept2 =
        kept === '{}' ? `{${cut}}` : kept.replace(/( ?\})$/, ` , ${cut}$1`).replace(/^(\{[^ ].*) , /, '$1,')
      expect(await merge([answer(hit), answer()], { keepDetails: true })).toMatchObject({ hits: kept2 })
    })

    it('leaves empty details where the hidden rule was alone', async () => {
      expect(await merge([answer(ranked(1, '')), answer()], { keepDetails: true })).toMatchObject({
        hits: '{"id":1,"_rankingScoreDetails":{}}',
      })
    })

    it('touches no other byte', async () => {
      const odd = '"n":12345678901234567890.10,"n":1.0,"\\u0061":"\\/ é\\ud83d\\ude00","e":1E+2, "z" :[ ]'
      const hit = `{${odd},"_miroir_seq":"${seq(1)}",${details}}`
      expect(await merge([answer(hit), answer()])).toMatchObject({ hits: `{${odd}}` })
    })

    it('merges lists of documents by the place of their last write', async () => {
      const document = (id: number): string =>
        `{"id":${id},"_miroir_seq":"${seq(id)}","_formatted":{"_miroir_x":1}}`
      const list = (...places: number[]): string =>
        `{"results":[${places.map(document).join(',')}],"total":2}`
      expect(await merge([list(2, 3), list(1, 4)], { member: 'results', order: 'seq', limit: 3 })).toEqual({
        hits: [1, 2, 3].map((id) => `{"id":${id},"_formatted":{"_miroir_x":1}}`).join(','),
        count: 3,
        received: [2, 2],
        consumed: [2, 1],
        envelopes: ['{"total":2}', '{"total":2}'],
      })
    })

    it.each([
      ['{"hits":[', 'truncated'],
      ['{"hits":[{"id":1', 'truncated'],
      ['', 'truncated'],
      ['[]', 'syntax'],
      ['{"hits":[]}x', 'syntax'],
      ['{"hits":[{"_rankingScoreDetails":{}}}', 'syntax'],
      ['{"results":[]}', 'not-documents'],
      ['{"hits":{}}', 'not-documents'],
      ['{"hits":[1]}', 'not-documents'],
      ['{"hits":[{"id":1}]}', 'unreadable-details'],
      [
        '{"hits":[{"_rankingScoreDetails":{"<hidden-rule-4>":{"order":4,"value":"<hidden>"}}}]}',
        'unreadable-details',
      ],
      ['{"hits":[{"_rankingScoreDetails":{"newRule":{"order":4,"score":1}}}]}', 'unreadable-details'],
      ['{"hits":[{"_rankingScoreDetails":{"a:asc":{"order":4,"value":[1]}}}]}', 'unreadable-details'],
    ])('names the answer that cannot be used: %s', async (text, fault) => {
      expect(await merge(['{"hits":[]}', text])).toEqual({ fault, input: 1 })
    })

    it('needs no details of one answer alone', async () => {
      expect(await merge(['{"hits":[{"id":2},{"id":1}]}'])).toMatchObject({ hits: '{"id":2},{"id":1}' })
    })
  })
})

function octal(value: number, digits: number): string {
  return value
    .toString(8)
    .padStart(digits, '0')
    .replace(/\d/g, (digit) => '!%()*:;?'[Number(digit)]!)
}

function shardDigits(shard: number): string {
  return octal(shard, 4)
}
