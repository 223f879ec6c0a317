import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { humanSize } from '../../../src/config/sizes.ts'
import { examine, fieldOf } from '../../../src/http/hygiene.ts'
import { parseTarget, targetFromLatin1 } from '../../../src/http/target.ts'

describe('parseTarget', () => {
  it('takes path, segments and query apart', () => {
    expect(parseTarget('/a//b%20c/?q=%zz?&r')).toEqual({
      path: '/a/b c',
      segments: ['a', 'b c'],
      query: 'q=%zz?&r',
    })
    expect(parseTarget('/')).toEqual({ path: '/', segments: [], query: '' })
    expect(parseTarget('/a%2Fb')?.segments).toEqual(['a/b'])
  })

  it.each([
    'http://x/a',
    '*',
    '',
    '/a#b',
    '/a?b#c',
    '/../a',
    '/a/./b',
    '/%2e%2E/a',
    '/a%zz',
    '/a%ff',
    '/a b',
    '/a\u0000',
    '/\ufffd',
  ])('refuses %j', (target) => {
    expect(parseTarget(target)).toBeNull()
  })

  it('reads what encodeURIComponent wrote', () => {
    const segment = fc
      .string({ unit: 'binary', minLength: 1 })
      .filter((text) => text !== '.' && text !== '..')
    fc.assert(
      fc.property(fc.array(segment), (segments) => {
        const target = `/${segments.map(encodeURIComponent).join('/')}`
        expect(parseTarget(target)?.segments).toEqual(segments)
      }),
    )
  })

  it('reads raw bytes as UTF-8 or not at all', () => {
    expect(targetFromLatin1(Buffer.from('/é').toString('latin1'))).toBe('/é')
    expect(parseTarget(targetFromLatin1('/é'))).toBeNull()
  })
})

describe('examine', () => {
  const head = (...headers: string[]) =>
    examine({ method: 'POST', target: '/', headers: ['host', 'x', ...headers] })

  it('tells the framing of sound heads', () => {
    expect(head()).toEqual({ kind: 'none' })
    expect(head('content-length', '0')).toEqual({ kind: 'none' })
    expect(head('content-length', '0012')).toEqual({ kind: 'length', bytes: 12 })
    expect(head('transfer-encoding', 'Chunked')).toEqual({ kind: 'chunked' })
    expect(head('x-a', '1', 'x-a', '2')).toEqual({ kind: 'none' })
  })

  it.each([
    [['content-length', ''], 'content_length'],
    [['content-length', '+5'], 'content_length'],
    [['content-length', '5, 5'], 'content_length'],
    [['content-length', '1234567890123456'], 'content_length'],
    [['content-length', '5', 'content-length', '5'], 'content_length'],
    [['transfer-encoding', 'gzip, chunked'], 'transfer_encoding'],
    [['transfer-encoding', 'chunked', 'content-length', '5'], 'transfer_encoding'],
    [['transfer-encoding', 'chunked', 'transfer-encoding', 'chunked'], 'transfer_encoding'],
    [['host', 'y'], 'host'],
    [['authorization', 'a', 'authorization', 'b'], 'duplicate_field'],
    [['content-type', 'a', 'content-type', 'b'], 'duplicate_field'],
    [['', 'a'], 'field_name'],
    [['x a', 'a'], 'field_name'],
    [['x-a', 'a\rb'], 'field_value'],
    [['x-a', 'a\u0000b'], 'field_value'],
  ])('refuses %j', (headers, reason) => {
    expect(head(...headers)).toBe(reason)
  })

  it('refuses a missing or odd host', () => {
    expect(examine({ method: 'GET', target: '/', headers: [] })).toBe('host')
    expect(examine({ method: 'GET', target: '/', headers: ['host', 'a b'] })).toBe('host')
    expect(examine({ method: 'GET', target: '/', headers: ['host', 'user@x'] })).toBe('host')
    expect(examine({ method: 'GET', target: '/', headers: ['host', '[::1]:7700'] })).toEqual({ kind: 'none' })
  })

  it('looks fields up whatever their case', () => {
    expect(fieldOf(['a', '1', 'b', '2'], 'B')).toBe('2')
    expect(fieldOf(['a', 'b', 'c', '2'], 'b')).toBeUndefined()
  })
})

describe('humanSize', () => {
  it.each([
    [3, '3 B'],
    [1024, '1 KiB'],
    [10_485_760, '10 MiB'],
    [104_857_600, '100 MiB'],
    [100_000_000, '100 MB'],
    [1_500, '1.5 KB'],
    [1_536, '1.536 KB'],
    [1_048_577, '1.048577 MB'],
    [2_621_440, '2.5 MiB'],
    [2_048_000, '1.953125 MiB'],
    [1_100_000_001, '1.100000001 GB'],
  ])('%i is %s', (bytes, text) => {
    expect(humanSize(bytes)).toBe(text)
  })
})
