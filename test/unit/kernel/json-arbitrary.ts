import fc from 'fast-check'

/* JSON text as clients write it: odd spacing, odd numbers, escapes, repeated names, our own names. */

const space = fc.constantFrom('', '', '', ' ', '\n', '\t\r ', '  ')

const number = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('0', '-0', '1.0', '1e400', '1E+2', '-0.0e-0', '9007199254740993', '18446744073709551616'),
)

const piece = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', ' ', '/', '{', '}', '[', ']', ',', ':', '_') }),
  fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text).slice(1, -1)),
  fc.constantFrom(
    '\\u0061',
    '\\"',
    '\\\\',
    '\\/',
    '\\n',
    '\\ud83d\\ude00',
    '\\ud83d',
    '😀',
    'é',
    '\u007f',
    '\\u005f',
  ),
)

export const stringText = fc.array(piece, { maxLength: 4 }).map((pieces) => `"${pieces.join('')}"`)

const nameText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('"id"', '"a"', '"b"', '"a.b"', '"i\\u0064"', '"x"') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '"_geo"',
      '"_vectors"',
      '"_miroir_seq"',
      '"_miroir_expires_at"',
      '"_miroir_"',
      '"_formatted"',
      '"\\u005fmiroir_x"',
      '"_miroir"',
    ),
  },
  { weight: 1, arbitrary: stringText },
)

function joined(parts: readonly string[], spaces: readonly string[]): string {
  return parts.map((part, index) => `${spaces[index] ?? ''}${part}${spaces[index + 1] ?? ''}`).join(',')
}

const { value } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('true', 'false', 'null', '{}', '[]', '{ }', '[ ]', '""'),
    number,
    stringText,
    tie('object'),
    tie('array'),
  ),
  object: objectText(tie('value')),
  array: fc
    .tuple(fc.array(tie('value'), { maxLength: 4 }), fc.array(space, { maxLength: 5 }))
    .map(([parts, spaces]) => `[${joined(parts, spaces)}]`),
}))

function objectText(values: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const member = fc.tuple(nameText, space, space, values).map(([name, before, after, text]) => {
    return `${name}${before}:${after}${text}`
  })
  return fc
    .tuple(fc.array(member, { maxLength: 5 }), fc.array(space, { maxLength: 6 }))
    .map(([members, spaces]) => `{${joined(members, spaces)}}`)
}

export const valueText = value

/** A document with a key of some sort more often than not. */
export const documentText = objectText(
  fc.oneof(value, fc.constantFrom('7', '"7"', '"key_9-A"', '{"b":5}', '"\\u0061b"', '-3')),
)

export const bodyText = fc
  .tuple(fc.array(documentText, { maxLength: 6 }), fc.array(space, { maxLength: 7 }))
  .map(([documents, spaces]) => `[${joined(documents, spaces)}]`)

export const streamText = fc
  .array(fc.tuple(documentText, space), { maxLength: 6 })
  .map((parts) => parts.flat().join(''))

/** A small change somewhere: one byte replaced, put in or taken out, or the end cut off. */
export interface Change {
  readonly at: number
  readonly kind: 'replace' | 'insert' | 'remove' | 'cut'
  readonly byte: number
}

export const change: fc.Arbitrary<Change> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  kind: fc.constantFrom('replace', 'insert', 'remove', 'cut'),
  byte: fc.oneof(
    fc.constantFrom(...Buffer.from('{}[]",:\\u0123e.-+tfn \n\0')),
    fc.integer({ min: 0, max: 255 }),
  ),
})

export function changed(body: Uint8Array, { at, kind, byte }: Change): Uint8Array {
  const place = Math.floor(at * body.length)
  const before = body.subarray(0, place)
  if (kind === 'cut') return before
  const rest = body.subarray(kind === 'insert' ? place : place + 1)
  return Buffer.concat(kind === 'remove' ? [before, rest] : [before, Buffer.of(byte), rest])
}
