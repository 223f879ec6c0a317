import { expect, test } from 'vitest'
import { bodyFromQuery, type ParameterKind, parametersOf } from '../../../src/api/query-text.ts'

const KINDS: Readonly<Record<string, ParameterKind>> = {
  text: 'text',
  list: 'list',
  sort: 'sort',
  integer: 'integer',
  number: 'number',
  numbers: 'numbers',
  boolean: 'boolean',
  filter: 'filter',
}

const body = (query: string): string | null => bodyFromQuery(parametersOf(query), KINDS)

test.each([
  ['', '{}'],
  ['text=a+b%20c%zz', '{"text":"a b c%zz"}'],
  ['text', '{"text":""}'],
  ['text=a&text=b', '{"text":"b"}'],
  ['list=a,,b,', '{"list":["a","b"]}'],
  ['list=', '{"list":[]}'],
  ['list= a', '{"list":[" a"]}'],
  ['sort=a:asc,_geoPoint(1,2):desc,b:asc', '{"sort":["a:asc","_geoPoint(1,2):desc","b:asc"]}'],
  ['sort=', '{"sort":[""]}'],
  ['sort=_geoPoint(1,2', '{"sort":["_geoPoint(1,2"]}'],
  ['integer=%2B007', '{"integer":7}'],
  ['integer=18446744073709551615', '{"integer":18446744073709551615}'],
  ['number=.5', '{"number":0.5}'],
  ['number=1e-1', '{"number":0.1}'],
  ['numbers=1,-2.5', '{"numbers":[1,-2.5]}'],
  ['boolean=false', '{"boolean":false}'],
  ['filter=a = 1', '{"filter":"a = 1"}'],
  ['filter=["a = 1", ["b"]]', '{"filter":["a = 1", ["b"]]}'],
  ['filter="a = 1"', '{"filter":"a = 1"}'],
])('%s', (query, expected) => {
  expect(body(query)).toBe(expected)
})

test.each([
  'nope=1',
  'constructor=1',
  'integer=',
  'integer=-1',
  'integer=1.0',
  'integer=+1',
  'number=x',
  'number=',
  'numbers=1,,2',
  'boolean=1',
  'boolean=True',
  'filter=3',
  'filter=null',
  'filter={}',
])('only a node can judge %s', (query) => {
  expect(body(query)).toBeNull()
})
