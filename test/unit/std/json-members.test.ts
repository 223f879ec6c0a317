import fc from 'fast-check'
import { expect, test } from 'vitest'
import { elementsOf, membersOf, memberValue, objectText } from '../../../src/std/json-members.ts'

test('keeps the spelling of values and the order of keys', () => {
  const text = ' {"2" : 1.0,"1":\t12345678901234567890 ,"a\\"b":{"x": [1, "}"]},"2":"\\u00e9"}\n'
  expect(membersOf(text)).toEqual([
    { key: '2', value: '1.0' },
    { key: '1', value: '12345678901234567890' },
    { key: 'a"b', value: '{"x": [1, "}"]}' },
    { key: '2', value: '"\\u00e9"' },
  ])
  expect(memberValue(membersOf(text), '2')).toBe('"\\u00e9"')
  expect(memberValue(membersOf(text), 'none')).toBeUndefined()
})

test('is the inverse of printing, for whatever JSON', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3), (object, indent) => {
      const members = membersOf(JSON.stringify(object, null, indent))
      expect(members.map(({ key }) => key)).toEqual(Object.keys(object))
      for (const { key, value } of members)
        expect(JSON.parse(value)).toEqual(JSON.parse(JSON.stringify(object[key])))
      expect(membersOf(objectText(members))).toEqual(members)
    }),
  )
})

test('splits arrays', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.nat(3), (list, indent) => {
      const elements = elementsOf(JSON.stringify(list, null, indent))
      expect(elements.map((element) => JSON.parse(element))).toEqual(JSON.parse(JSON.stringify(list)))
    }),
  )
})

test.each(['', '[', '[]', '{', '{"a"', '{"a":', '{"a":1', '{"a":"', '{"a":[1}', '{"a" 1}', 'null'])(
  'refuses %j as an object',
  (text) => {
    expect(() => membersOf(text)).toThrow(SyntaxError)
  },
)
