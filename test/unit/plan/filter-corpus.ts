import fc from 'fast-check'

/*
 * Filter texts as clients might write them, well and badly: expressions with random spacing, quotes and
 * escapes, the same with a few letters changed, and words in any order.
 */

const FIELDS = ['a', 'id', 'x', 'a.b', 'é', '日本', 'NOTa', 'ANDb', '_geox', '_geo.lat', '-', 'To', 'and']
const VALUES = [
  ...['5', '05', '-7', '1.5', '1e3', 'b', 'b-c', 'True', '_shard', '½', '_geoPolygon'],
  ...FIELDS,
]
const QUOTED = [
  ...['', ' ', 'x', '5', 'TO', 'b c', '\\"', "\\'", '\\\\', '\\n', '\\u0041', '\\u{1f600}', '\\x41', '\\101'],
  ...['\\/', '👍', '(', ')', ' AND ', '\\a', '\\', '\\x4', '\\u{110000}', '\\ud83d', '\\8', '_geo'],
]
const SPACES = ['', '', ' ', ' ', ' ', '  ', '\t', '\n', '\r\n', '\u2003', '\u00a0', '\v', '\f', '\ufeff']
const NUMBERS = ['0', '1', '2', '+3', '-4', '.5', '5.', '1e1', '2.5E-1']
const WORDS = [
  ...['AND', 'OR', 'NOT', 'IN', 'TO', 'EXISTS', 'IS', 'NULL', 'EMPTY', 'CONTAINS', 'STARTS WITH', 'STARTS'],
  ...['=', '!=', '>', '>=', '<', '<=', '(', ')', '[', ']', ',', '"', "'", '\\', '_geoRadius', '_geo'],
  ...[
    '_geoBoundingBox',
    '_geoPolygon',
    '_geoPoint',
    '_geoDistance',
    'WITH',
    '5',
    'a',
    'id',
    '"b c"',
    '$',
    '.',
  ],
]

const from = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)

/** Mostly one space, since that is what most texts have. */
const gap = fc.oneof(
  { weight: 6, arbitrary: fc.constant(' ') },
  { weight: 1, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: from(SPACES) },
)
const gapOrNone = fc.oneof({ weight: 6, arbitrary: fc.constant('') }, { weight: 1, arbitrary: from(SPACES) })

const quotedText = fc
  .tuple(fc.array(from(QUOTED), { maxLength: 3 }), from(['"', "'"]))
  .map(([parts, quote]) => `${quote}${parts.join('')}${quote}`)
const name = fc.oneof({ weight: 4, arbitrary: from(FIELDS) }, { weight: 1, arbitrary: quotedText })
const value = fc.oneof({ weight: 3, arbitrary: from(VALUES) }, { weight: 1, arbitrary: quotedText })

/** Joins pieces with a random gap between each two. */
const spaced = (...pieces: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.tuple(...pieces.map((piece) => (typeof piece === 'string' ? fc.constant(piece) : piece))),
      fc.array(gap, { minLength: pieces.length, maxLength: pieces.length }),
    )
    .map(([texts, gaps]) => texts.map((text, at) => (at === 0 ? text : gaps[at] + text)).join(''))

/** The same, mostly without a gap. */
const tight = (...pieces: (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.tuple(...pieces.map((piece) => (typeof piece === 'string' ? fc.constant(piece) : piece))),
      fc.array(gapOrNone, { minLength: pieces.length, maxLength: pieces.length }),
    )
    .map(([texts, gaps]) => texts.map((text, at) => (at === 0 ? text : gaps[at] + text)).join(''))

const listed = (element: fc.Arbitrary<string>, least: number, most: number): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(element, { minLength: least, maxLength: most }), gapOrNone, from(['', '', '', '', ',']))
    .map(([elements, space, last]) => elements.join(`${space},`) + last)

const pair = tight('[', from(NUMBERS), ',', from(NUMBERS), ']')
const geo = fc.oneof(
  tight('_geoRadius(', listed(from(NUMBERS), 2, 5), ')'),
  tight('_geoBoundingBox(', listed(pair, 1, 3), ')'),
  tight('_geoPolygon(', listed(pair, 2, 4), ')'),
)
const condition = fc.oneof(
  spaced(name, from(['=', '!=', '>', '>=', '<', '<=']), value),
  spaced(name, value, 'TO', value),
  spaced(name, from(['IN', 'NOT IN', 'NOT  IN']), tight('[', listed(value, 0, 3), ']')),
  spaced(name, from(['EXISTS', 'NOT EXISTS', 'IS NULL', 'IS NOT NULL', 'IS EMPTY', 'IS NOT  EMPTY'])),
  spaced(name, from(['CONTAINS', 'NOT CONTAINS', 'STARTS WITH', 'NOT STARTS WITH', 'STARTS  WITH']), value),
  geo,
)

const { tree } = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 4, arbitrary: condition },
    { weight: 2, arbitrary: spaced(tie('tree'), from(['AND', 'OR']), tie('tree')) },
    { weight: 1, arbitrary: spaced('NOT', tie('tree')) },
    { weight: 2, arbitrary: tight('(', tie('tree'), ')') },
  ),
}))

interface Change {
  readonly at: number
  readonly drop: number
  readonly put: string
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(80),
  drop: fc.nat(2),
  put: fc.oneof(fc.constant(''), from(WORDS), from(SPACES)),
})

const changed = fc.tuple(tree, fc.array(change, { minLength: 1, maxLength: 2 })).map(([text, changes]) =>
  changes.reduce((now, { at, drop, put }) => {
    const place = at % (now.length + 1)
    return now.slice(0, place) + put + now.slice(place + drop)
  }, text),
)
const soup = fc
  .array(fc.oneof(from(WORDS), from(SPACES), value), { maxLength: 8 })
  .map((words) => words.join(''))

/** Nothing in it needs a feature that a node has switched off, but `CONTAINS`. */
export const filterTexts: fc.Arbitrary<string> = fc
  .oneof(
    { weight: 4, arbitrary: fc.tuple(gapOrNone, tree, gapOrNone).map((parts) => parts.join('')) },
    { weight: 3, arbitrary: changed },
    { weight: 1, arbitrary: soup },
  )
  .filter((text) => !/\p{Surrogate}/u.test(text))
