import fc from 'fast-check'
import { type NarrowScope, narrowed } from '../../../src/plan/filter/narrow.ts'
import { viewOf } from '../flows/read-world.ts'
import { shardOracle } from '../kernel/hash-oracle.ts'

/*
 * Documents whose keys look alike, and filters that name them in all ways: with others, twice, or not at all.
 */

const NUMBERS = [
  '0',
  '1',
  '2',
  '5',
  '7',
  '12',
  '42',
  '1000',
  '-5',
  '-7',
  '9007199254740993',
  '18446744073709551615',
]
const STRINGS = [
  ...[
    '00',
    '01',
    '05',
    '-0',
    '1e3',
    '1E3',
    '0x5',
    '5_0',
    '4-2',
    '-',
    '_',
    'a',
    'A',
    'abc',
    'ABC',
    'Abc',
    'aBc-1',
  ],
  ...[
    'true',
    'True',
    'TRUE',
    'inf',
    'NaN',
    'k',
    'K',
    's',
    'ss',
    'x_y',
    '9007199254740992',
    'deadBEEF0123456789',
  ],
]

/** JSON texts, since the largest of the numbers are none of JavaScript's. */
export const DOCUMENTS: readonly string[] = [
  ...NUMBERS.map((id, at) => `{"id":${id},"x":${at % 3},"id2":"${id}"}`),
  ...STRINGS.map((id, at) => `{"id":"${id}","x":${at % 4},"id2":"a"}`),
]

export const SETTINGS = { filterableAttributes: ['id', 'x', 'id2', '_geo'] }

const value = fc.constantFrom(
  ...NUMBERS,
  ...STRINGS.map((text) => `"${text}"`),
  ...[
    '5.0',
    '"+5"',
    '"5."',
    '".5e1"',
    '10e2',
    '"1_000"',
    '" 5"',
    '"ＡＢＣ"',
    '"ﬀ"',
    '"K"',
    '"ß"',
    '1.5',
    '"a b"',
  ],
  ...['"\\u0061bc"', "'abc'", '"ab\\x63"', '1e400', '9007199254740992.0', '-0.0', '"null"', '""', '"x"'],
)
const key = fc.constantFrom('id', 'id', 'id', '"id"', "'i\\x64'")
const values = fc.array(value, { maxLength: 4 }).map((list) => `[${list.join(', ')}]`)
const leaf = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(key, value).map(([name, text]) => `${name} = ${text}`) },
  { weight: 3, arbitrary: fc.tuple(key, values).map(([name, list]) => `${name} IN ${list}`) },
  { weight: 1, arbitrary: fc.tuple(key, value).map(([name, text]) => `${name} != ${text}`) },
  { weight: 1, arbitrary: fc.tuple(key, values).map(([name, list]) => `${name} NOT IN ${list}`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...['x = 1', 'x > 0', 'id2 = a', 'id2 = "id = 5"', 'x IS NULL', 'id EXISTS', 'id > 3', 'id 1 TO 5'],
      ...['id STARTS WITH a', 'id IS EMPTY', 'id NOT EXISTS', '_geoRadius(1, 2, 3)'],
    ),
  },
)
const { tree } = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    { weight: 3, arbitrary: leaf },
    {
      weight: 3,
      arbitrary: fc
        .tuple(tie('tree'), fc.constantFrom('AND', 'AND', 'OR'), tie('tree'))
        .map(([left, word, right]) => `(${left}) ${word} (${right})`),
    },
    { weight: 1, arbitrary: tie('tree').map((inner) => `NOT (${inner})`) },
  ),
}))

/** As in a request: a text, or an array of texts and arrays of texts. */
export const keyFilters: fc.Arbitrary<string | (string | string[])[]> = fc.oneof(
  tree,
  fc.array(fc.oneof(tree, fc.array(tree, { maxLength: 3 })), { maxLength: 3 }),
)

const SHARDS = 32
const [index] = [
  ...viewOf(
    { a: { group: 0, shards: Array.from({ length: SHARDS }, (_, at) => at) } },
    SETTINGS,
  ).indexes.values(),
]

/** The shards that the planner would ask; null = all. */
export function shardsFor(
  filter: string | readonly unknown[],
  scope: Partial<NarrowScope> = {},
): readonly number[] | null {
  if (index === undefined) throw new Error('no index')
  const elements = typeof filter === 'string' ? [filter] : filter
  const narrow = { keysMax: 128, shardOf: shardOracle }
  const filters = elements.map((element) => JSON.stringify(element))
  return narrowed({ index, filters, narrow, usable: () => true, draw: 0.5, ...scope }).shards
}

/** Shards of the keys that a node listed: `"5"` and `5` are one key. */
export function shardsOfHits(body: string): readonly number[] {
  const hits = [...body.matchAll(/"id":"?([\w-]+)"?/g)].map(([, id]) => id ?? '')
  return [...new Set(hits.map((id) => shardOracle(id, SHARDS)))]
}
