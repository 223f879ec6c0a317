import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalDocument, identityOf, sameButRounding } from '../../../src/transfer/compare/canonical.ts'
import { SetDigest } from '../../../src/transfer/compare/digest.ts'

const document = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }))

/** Sorted keys at every depth, by the slow and obvious way. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, shuffled(inner)]),
  )
}

describe('canonical text', () => {
  it('is the same for every order and spacing, and means the same', () => {
    fc.assert(
      fc.property(document, (value) => {
        const canonical = canonicalDocument(JSON.stringify(value, null, 1))
        expect(canonical).toBe(canonicalDocument(JSON.stringify(shuffled(value))))
        expect(JSON.stringify(sorted(JSON.parse(canonical)))).toBe(
          JSON.stringify(sorted(JSON.parse(JSON.stringify(value)))),
        )
      }),
    )
  })

  it.each([
    ['{"b":1,"a":2,"b":3}', '{"a":2,"b":3}'],
    ['{"\\u0061":"\\u00e9\\/"}', '{"a":"é/"}'],
    ['{"a":1e2,"b":1.50,"c":9007199254740993,"d":-0}', '{"a":100.0,"b":1.5,"c":9007199254740993,"d":-0.0}'],
    ['{"a":{"d":[1, 2],"c":null}}', '{"a":{"c":null,"d":[1,2]}}'],
  ])('of %s is %s', (text, canonical) => expect(canonicalDocument(text)).toBe(canonical))

  it('tells documents apart that differ', () => {
    fc.assert(
      fc.property(document, document, (one, other) => {
        const same = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other))
        expect(canonicalDocument(JSON.stringify(one)) === canonicalDocument(JSON.stringify(other))).toBe(same)
      }),
    )
    expect(canonicalDocument('{"a":1}')).not.toBe(canonicalDocument('{"a":1.0}'))
    expect(canonicalDocument('{"a":9007199254740993}')).not.toBe(canonicalDocument('{"a":9007199254740992}'))
  })
})

it('rounding is told from a difference', () => {
  expect(sameButRounding('{"a":0.11791870367106105}', '{"a":0.11791870367106104}')).toBe(true)
  expect(sameButRounding('{"a":0.1179}', '{"a":0.1178}')).toBe(false)
  expect(sameButRounding('{"a":9007199254740993}', '{"a":9007199254740992}')).toBe(false)
  expect(sameButRounding('{"a":"0.11791870367106105"}', '{"a":"0.11791870367106104"}')).toBe(false)
  expect(sameButRounding('{"a1":1.5}', '{"a2":1.5}')).toBe(false)
  expect(sameButRounding('{"a":[1.5]}', '{"a":[1.5,1.5]}')).toBe(false)
})

it.each([
  ['{"id":7}', 'id', '7'],
  ['{"id":"7"}', 'id', '7'],
  ['{"id":18446744073709551615}', 'id', '18446744073709551615'],
  ['{"a":{"b":"x-1"}}', 'a.b', 'x-1'],
  ['{"a.b":3,"a":{"b":1}}', 'a.b', '3'],
  ['{"a":{"b.c":2}}', 'a.b.c', '2'],
  ['{"id":null}', 'id', null],
  ['{"x":1}', 'id', null],
])('the identity of %s by %s is %j', (text, key, id) => expect(identityOf(text, key)).toBe(id))

it('a digest does not depend on the order, counts repetitions, and can be continued', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.nat(20), (texts, cut) => {
      const forward = new SetDigest()
      for (const text of texts.slice(0, cut)) forward.add(text)
      const continued = new SetDigest(forward.text)
      for (const text of texts.slice(cut)) continued.add(text)
      const backward = new SetDigest()
      for (const text of [...texts].reverse()) backward.add(text)
      expect(continued.text).toBe(backward.text)
      expect(continued.text).toMatch(/^[0-9a-f]{32}$/)
      backward.add('more')
      expect(continued.text).not.toBe(backward.text)
    }),
  )
})
