import { describe, expect, it } from 'vitest'
import { isFault, type Kernel, ROW_FLAG } from '../../../src/kernel/kernel.ts'
import { rowsOf, SHARDS, split } from './kernel-calls.ts'

/** Finding documents, their keys and flags, and what is wrong with a payload. */
export function splitSuite(kernel: () => Kernel): void {
  describe('split', () => {
    it('finds documents of an array, an object and a stream', async () => {
      const texts = async (body: string, format: string): Promise<string[]> =>
        (await rowsOf(kernel(), body, { format })).map((row) => row.text)
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
        kernel(),
        '[{"id":7},{"id":"7"},{"id":-7},{"id":"a_B-9"},{"id":"7"  },{"x":{"id":1},"id" :\n7}]',
      )
      expect(rows.map((row) => row.key)).toEqual(['7', '"7"', '-7', '"a_B-9"', '"7"', '7'])
      expect(rows.map((row) => row.flags)).toEqual([0, 0, 0, 0, 0, 0])
      const shard = kernel().shardOf('7', SHARDS)
      expect(rows.map((row) => row.shard)).toEqual([
        shard,
        shard,
        kernel().shardOf('-7', SHARDS),
        kernel().shardOf('a_B-9', SHARDS),
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
      const [row] = await rowsOf(kernel(), `[{"a":0,"id":${token},"z":[]}]`)
      expect(row?.key).toBe(token)
      expect(row?.flags).toBe(valid ? 0 : ROW_FLAG.keyInvalid)
      const canonical = token.startsWith('"') ? String(JSON.parse(token)) : token
      expect(row?.shard).toBe(valid ? kernel().shardOf(canonical, SHARDS) : 0)
    })

    it('lets the last of several equal names count', async () => {
      const rows = await rowsOf(
        kernel(),
        '[{"id":1,"id":2},{"id":null,"id":"x"},{"id":"x","id":{}},{"id":1,"i\\u0064":3},{"i\\u0064":3,"id":1}]',
      )
      expect(rows.map((row) => row.key)).toEqual(['2', '"x"', '{}', '3', '1'])
      expect(rows.map((row) => row.flags)).toEqual([0, 0, ROW_FLAG.keyInvalid, 0, 0])
    })

    it('knows the key by its whole name at the top only', async () => {
      const rows = await rowsOf(
        kernel(),
        '[{"ID":1},{"idd":1},{"i":1},{"a":{"id":1}},{"a":[{"id":1}]},{},{ }]',
      )
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
      const [found] = await rowsOf(kernel(), `[{"${long.slice(0, -1)}x":1,"${long}":5}]`, {
        primaryKey: long,
      })
      expect(found?.key).toBe('5')
      const [other] = await rowsOf(kernel(), '[{"clé":"x","cle":"y"}]', { primaryKey: 'clé' })
      expect(other?.key).toBe('"x"')
    })

    it('follows dotted primary keys, also as plain names', async () => {
      const keys = async (body: string, primaryKey: string): Promise<[string, number][]> =>
        (await rowsOf(kernel(), body, { primaryKey })).map((row) => [row.key, row.flags])
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
      const flags = async (body: string): Promise<number[]> =>
        (await rowsOf(kernel(), body)).map((row) => row.flags)
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
        kernel(),
        '[{"id":1,"_geo":{}},{"id":1,"_vectors":null,"_geo":1},{"id":1,"a":{"_geo":1,"_vectors":1}},{"id":1,"_ge\\u006f":1}]',
      )
      expect(rows.map((row) => row.flags)).toEqual([geo, geo | vectors, 0, geo])
    })

    it('looks for no key when none is named', async () => {
      const rows = await rowsOf(kernel(), '[{"id":1,"_geo":0},{}]', { primaryKey: null })
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
      expect(await split(kernel(), body, { format })).toEqual({ fault, offset, input: 0 })
    })

    it('allows 128 levels', async () => {
      const nested = (levels: number): string => `[{"id":1,"a":${'['.repeat(levels)}${']'.repeat(levels)}}]`
      expect(isFault(await split(kernel(), nested(127)))).toBe(false)
      expect(await split(kernel(), nested(128))).toEqual({ fault: 'depth', offset: 13 + 127, input: 0 })
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
      expect(await split(kernel(), body)).toEqual({ fault: 'utf8', offset: 6 + at, input: 0 })
    })
  })
}
