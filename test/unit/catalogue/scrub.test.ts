import { describe, expect, it } from 'vitest'
import { scrubError, scrubText } from '../../../src/catalogue/scrub.ts'

const names = new Map([
  ['films__g1_0', 'films'],
  ['films__g1_0__g2_3', 'films__g1_0'],
])

describe('scrubbed texts', () => {
  it.each([
    ['Index `films__g1_0`: x', 'Index `films`: x'],
    // Replaced once: a client's uid may look like a name.
    ['Index `films__g1_0__g2_3` not found.', 'Index `films__g1_0` not found.'],
    ['Inside `.federation.facetsByIndex.films__g1_0`: y', 'Inside `.federation.facetsByIndex.films`: y'],
    ['other__g1_0 and films__g1_0x', 'other__g1_0 and films__g1_0x'],
    [
      'Available filterable attribute patterns are: `_miroir_seq`, `_miroir_shard`, `a`, `n.*`.\n1:2 zz',
      'Available filterable attribute patterns are: `a`, `n.*`.\n1:2 zz',
    ],
    [
      'Available filterable attribute patterns are: `_miroir_seq`, `_miroir_shard`.\n1:2 zz',
      'This index does not have configured filterable attributes.\n1:2 zz',
    ],
    ['Available sortable attributes are: `_miroir_seq, a`.', 'Available sortable attributes are: `a`.'],
    [
      'Available sortable attributes are: `_miroir_seq`.',
      'This index does not have configured sortable attributes.',
    ],
    [
      'Available sortable attributes are: `_miroir_seq, <..hidden-attributes>`.',
      'This index does not have configured sortable attributes.',
    ],
    [
      'Available filterable attributes patterns are: `_miroir_seq, _miroir_shard, a, <..hidden-attributes>`.',
      'Available filterable attributes patterns are: `a, <..hidden-attributes>`.',
    ],
    [
      'Document doesn’t have a `id` attribute: `{"_miroir_shard":"!!!!","_miroir_seq":"!!%","x":1}`.',
      'Document doesn’t have a `id` attribute: `{"x":1}`.',
    ],
    ['`{"x":1,"_miroir_shard":"!!!!","_miroir_seq":"!!%"}`', '`{"x":1}`'],
    ['`{"_miroir_seq":"!!%"}`', '`{}`'],
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
    ['matched rule #1', 'matched rule #1'],
  ])('%s', (text, shown) => expect(scrubText(text, names)).toBe(shown))

  it('number rules as the client does when ours stand first', () => {
    const text = 'field `a` matched rule #3 in `filterableAttributes`; before rule #3'
    expect(scrubText(text, names, { ownRulesFirst: true })).toBe(text.replaceAll('#3', '#1'))
  })

  it('take a function for names', () => {
    expect(scrubText('Index `x__g1_0`', (name) => (name === 'x__g1_0' ? 'x' : undefined))).toBe('Index `x`')
  })

  it('leave the rest of an error alone', () => {
    const error = { message: 'Index `films__g1_0` not found.', code: 'index_not_found', type: 't', link: 'l' }
    expect(scrubError(error, names)).toEqual({ ...error, message: 'Index `films` not found.' })
  })
})
