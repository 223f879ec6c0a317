import { expect, test } from 'vitest'
import { scrubError, scrubMessage } from '../../../src/merge/scrub.ts'
import { text, utf8 } from '../../../src/std/bytes.ts'

const NAMES = { uid: 'films', physical: 'films__g1_0', ownRulesFirst: false }

test.each([
  [
    'Index `films__g1_0`: Attribute `t` is not filterable. Available filterable attribute patterns are: `_miroir_seq`, `_miroir_shard`.\n2:7 "t" = "x"',
    'Index `films`: Attribute `t` is not filterable. This index does not have configured filterable attributes.\n2:7 "t" = "x"',
  ],
  [
    'Attribute `year` is not filterable. Available filterable attribute patterns are: `_geo`, `_miroir_seq`, `_miroir_shard`, `info.*`.\n1:5 year=3',
    'Attribute `year` is not filterable. Available filterable attribute patterns are: `_geo`, `info.*`.\n1:5 year=3',
  ],
  [
    'Pattern `t` is not filterable. Available filterable attributes patterns are: `_miroir_seq, _miroir_shard`.',
    'Pattern `t` is not filterable. This index does not have configured filterable attributes.',
  ],
  [
    'Pattern `t` is not filterable. Available filterable attributes patterns are: `_geo, _miroir_seq, _miroir_shard, year`.',
    'Pattern `t` is not filterable. Available filterable attributes patterns are: `_geo, year`.',
  ],
  [
    'Attribute `t` is not sortable. Available sortable attributes are: `_miroir_seq, <..hidden-attributes>`.',
    'Attribute `t` is not sortable. This index does not have configured sortable attributes.',
  ],
  [
    'Attribute `t` is not sortable. Available sortable attributes are: `_miroir_seq, a, <..hidden-attributes>`.',
    'Attribute `t` is not sortable. Available sortable attributes are: `a, <..hidden-attributes>`.',
  ],
  ['Cannot find embedder with name `nope`.', 'Cannot find embedder with name `nope`.'],
])('%s', (message, expected) => {
  expect(scrubMessage(message, NAMES)).toBe(expected)
})

test('rules are numbered as the client wrote them', () => {
  const message = 'field `a` matched rule #3 in `filterableAttributes`\n  - Hint: before rule #3'
  expect(scrubMessage(message, NAMES)).toBe(message)
  expect(scrubMessage(message, { ...NAMES, ownRulesFirst: true })).toBe(message.replaceAll('#3', '#1'))
})

test('the rest of an error stays, in its order', () => {
  const body = '{"message":"Index `films__g1_0` x \\u0001 é","code":"c","type":"t","link":"l"}'
  expect(text(scrubError(utf8(body), NAMES))).toBe(body.replace('films__g1_0', 'films'))
})
