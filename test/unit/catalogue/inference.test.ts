import { describe, expect, it } from 'vitest'
import { inferPrimaryKey } from '../../../src/catalogue/inference.ts'
import { utf8 } from '../../../src/std/bytes.ts'

const infer = (document: string) => inferPrimaryKey(utf8(document))

describe('primary key of a first document', () => {
  it.each([
    ['{"id":1,"x":2}', 'id'],
    ['{"title":"id","BookID":1}', 'BookID'],
    ['{"_id":3}', '_id'],
    ['{"a.id":1}', 'a.id'],
    ['{"bid":1,"bid":2}', 'bid'],
    ['{"b\\u0069d":1}', 'bid'],
    ['{"x":{"id":1,"uid":2},"k_id":"a"}', 'k_id'],
  ])('%s', (document, key) => expect(infer(document)).toEqual({ key }))

  it.each([
    ['{"name":"a"}', []],
    ['{}', []],
    ['{"":1}', []],
    ['{"id":1,"uid":2}', ['id', 'uid']],
    ['{"c_id":1,"b_id":2,"a_id":3}', ['a_id', 'b_id', 'c_id']],
    ['{"ID":1,"id":2}', ['ID', 'id']],
    ['{"paid":1,"grid":2,"İD":3}', ['grid', 'paid']],
    ['{"id":null,"x_id":1}', ['id', 'x_id']],
  ])('%s', (document, candidates) => expect(infer(document)).toEqual({ candidates }))
})
