import { readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { OWN_TEMPLATE } from '../../../src/catalogue/embedders.ts'
import { OWN_RULES } from '../../../src/catalogue/own-attributes.ts'
import { SETTINGS } from '../../../src/catalogue/setting-table.ts'
import {
  changeDetails,
  clientView,
  defaultSettings,
  deriveAll,
  deriveChange,
  searchFacts,
} from '../../../src/catalogue/settings.ts'
import { MiroirError } from '../../../src/model/errors.ts'
import type { JsonObject } from '../../../src/model/view.ts'
import type { SettingsChange } from '../../../src/model/writes.ts'
import { utf8 } from '../../../src/std/bytes.ts'

const change = (
  route: string | null,
  body: string,
  method: SettingsChange['method'] = 'PUT',
): SettingsChange => ({
  route,
  method,
  body: utf8(body),
})
const all = (settings: unknown): SettingsChange => change(null, JSON.stringify(settings), 'PATCH')

/** What a node with these settings would keep of one PATCH, for those that need no normal form. */
const patched = (body: string | null): JsonObject => JSON.parse(body ?? '{}')

describe('derived settings', () => {
  const folder = new URL('../../golden/', import.meta.url)
  const headerOf = (name: string): string =>
    gunzipSync(readFileSync(new URL(name, folder)))
      .toString('utf8')
      .split('\n', 1)[0] ?? ''
  const recordings = readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl.gz'))
    .map((name) => [name, headerOf(name)] as const)
    // Some recordings are cases only.
    .filter(([, header]) => header.includes('"shardSettings":'))

  it('were recorded more than once', () => expect(recordings.length).toBeGreaterThan(2))

  it.each(recordings)('are those the merges were recorded with: %s', (_name, header) => {
    const { settings, shardSettings } = JSON.parse(header)
    const seeded = deriveAll(deriveChange(all(settings), {}).raw)
    expect(seeded).toMatchObject(shardSettings)
  })

  it('stay the client’s where nothing of ours is in them', () => {
    const body = '{ "stopWords" : ["a"],  "pagination":{"maxTotalHits":5} }'
    const { method, suffix, body: sent, raw } = deriveChange(change(null, body, 'PATCH'), {})
    expect([method, suffix, sent]).toEqual([
      'PATCH',
      '',
      '{"stopWords":["a"],"pagination":{"maxTotalHits":5}}',
    ])
    expect(raw).toEqual({ stopWords: ['a'], pagination: { maxTotalHits: 5 } })
  })

  it.each([
    ['ranking-rules', '["words"]', '["words","_miroir_seq:asc"]'],
    ['ranking-rules', '[]', '["_miroir_seq:asc"]'],
    ['sortable-attributes', '[ "a" ]', '[ "a" ,"_miroir_seq"]'],
    ['sortable-attributes', '[]', '["_miroir_seq"]'],
    ['displayed-attributes', '["a"]', '["a","_miroir_shard","_miroir_seq"]'],
    ['displayed-attributes', '["a","*"]', '["a","*"]'],
    ['displayed-attributes', 'null', 'null'],
    ['searchable-attributes', '["a"]', '["a"]'],
    [
      'filterable-attributes',
      '["a","*x"]',
      `["a","*x",${OWN_RULES.map((rule) => JSON.stringify(rule)).join(',')}]`,
    ],
    [
      'filterable-attributes',
      '["a","*"]',
      `[${OWN_RULES.map((rule) => JSON.stringify(rule)).join(',')},"a","*"]`,
    ],
    ['filterable-attributes', 'null', JSON.stringify(OWN_RULES)],
    ['distinct-attribute', '"sku"', '"sku"'],
  ])('%s %s', (route, body, sent) => expect(deriveChange(change(route, body), {}).body).toBe(sent))

  it.each([
    ['{"maxValuesPerFacet":3}', '{"maxValuesPerFacet":1000}'],
    ['{"maxValuesPerFacet":300}', '{"maxValuesPerFacet":1200}'],
    ['{"maxValuesPerFacet":null}', '{"maxValuesPerFacet":1000}'],
    ['{"sortFacetValuesBy":{"a":"count"}}', '{"sortFacetValuesBy":{"a":"count"}}'],
    ['{"maxValuesPerFacet":18446744073709551615}', '{"maxValuesPerFacet":18446744073709551615}'],
    ['null', '{"maxValuesPerFacet":1000,"sortFacetValuesBy":null}'],
  ])('faceting %s', (body, sent) =>
    expect(deriveChange(change('faceting', body, 'PATCH'), {}).body).toBe(sent),
  )

  it.each([
    ['', '{'],
    ['', '[]'],
    ['', 'null'],
    ['stop-words', '{"a":1'],
    ['sortable-attributes', '{"bad":true}'],
    ['filterable-attributes', '"a"'],
    ['ranking-rules', '3'],
    ['faceting', '{"maxValuesPerFacet":-1}'],
    ['faceting', '{"maxValuesPerFacet":1.5}'],
    ['embedders', '{"a":{"source":"nope"}}'],
    ['embedders', '{"a":3}'],
  ])('leave to the node what it refuses: %s %s', (route, body) => {
    const derived = deriveChange(change(route === '' ? null : route, body, 'PATCH'), { stopWords: ['x'] })
    expect(derived.body).toBe(body)
  })

  it('keep what the client has set when a body is unusable', () => {
    const raw = { stopWords: ['x'] }
    for (const body of ['{', '[]', '{"stopWords":"y"}', '{"stopWords":3,"nope":1}'])
      expect(deriveChange(change(null, body, 'PATCH'), raw).raw).toEqual(raw)
    expect(() =>
      deriveChange({ route: null, method: 'PATCH', body: Uint8Array.of(0x22, 0xff, 0x22) }, raw),
    ).toThrow(/malformed/)
  })

  it('turn a reset that must keep ours into an update', () => {
    const raw = { rankingRules: ['words'], stopWords: ['a'] }
    const reset = (route: string | null) => deriveChange(change(route, '', 'DELETE'), raw)
    expect(reset('stop-words')).toMatchObject({ method: 'DELETE', suffix: '/stop-words', body: null })
    expect(reset('displayed-attributes')).toMatchObject({ method: 'DELETE', body: null })
    expect(reset('ranking-rules')).toMatchObject({
      method: 'PUT',
      suffix: '/ranking-rules',
      raw: { stopWords: ['a'] },
    })
    expect(patched(reset('ranking-rules').body)).toEqual([
      ...(defaultSettings()['rankingRules'] as []),
      '_miroir_seq:asc',
    ])
    expect(reset('faceting')).toMatchObject({ method: 'PATCH', suffix: '/faceting' })
    const everything = reset(null)
    expect(everything).toMatchObject({ method: 'PATCH', suffix: '', raw: {} })
    expect(patched(everything.body)).toEqual(deriveAll({}))
  })

  it('put our template where a node would print our fields', () => {
    const sent = deriveChange(change('embedders', '{"e":{"source":"openAi","apiKey":"secret"}}', 'PATCH'), {})
    expect(patched(sent.body)).toEqual({
      e: {
        source: 'openAi',
        apiKey: 'secret',
        documentTemplate: OWN_TEMPLATE,
        documentTemplateMaxBytes: null,
      },
    })
    expect(sent.raw).toEqual({ embedders: { e: { source: 'openAi', apiKey: 'secret' } } })
    const user = '{"e":{"source":"userProvided","dimensions":2}}'
    expect(deriveChange(change('embedders', user, 'PATCH'), {}).body).toBe(user)
  })

  it('name embedders that are to vanish', () => {
    const one = { embedders: { a: { source: 'userProvided', dimensions: 2 } } }
    expect(deriveAll(one, { embedders: { b: {} } })['embedders']).toMatchObject({
      a: { dimensions: 2 },
      b: null,
    })
    expect(deriveAll({}, one)['embedders']).toBeNull()
  })
})

describe('refused settings', () => {
  it.each([
    { displayedAttributes: ['a', '_miroir_seq'] },
    { searchableAttributes: ['_miroir_shard'] },
    { sortableAttributes: ['_miroir_x'] },
    { filterableAttributes: ['_miroir_*'] },
    { filterableAttributes: [{ attributePatterns: ['a', '_miroir_seq'] }] },
    { rankingRules: ['_miroir_seq:desc'] },
    { distinctAttribute: '_miroir_shard' },
    { typoTolerance: { disableOnAttributes: ['_miroir_seq'] } },
    { localizedAttributes: [{ locales: ['fra'], attributePatterns: ['_miroir_seq'] }] },
    { faceting: { sortFacetValuesBy: { _miroir_shard: 'count' } } },
  ])('%j names what is ours', (settings) => {
    expect(() => deriveChange(all(settings), {})).toThrow(MiroirError)
    expect(() => deriveChange(all(settings), {})).toThrow(/names beginning with `_miroir_` are reserved/)
  })

  it.each([{ nonSeparatorTokens: ['a', '!'] }, { nonSeparatorTokens: [';'] }, { dictionary: ['%('] }])(
    '%j would make our values searchable',
    (settings) => expect(() => deriveChange(all(settings), {})).toThrow(/must stay separators/),
  )

  it.each([
    { nonSeparatorTokens: ['@', 'a!b', '!!'] },
    { dictionary: ['a!b', '!', 'J.R.'] },
    { filterableAttributes: ['_miroir_expires_at', '_m*'] },
    { separatorTokens: ['!'] },
  ])('%j is fine', (settings) => expect(() => deriveChange(all(settings), {})).not.toThrow())
})

describe('client view', () => {
  it('shows what the client set', () => {
    const raw: JsonObject = {
      filterableAttributes: ['a', '*'],
      sortableAttributes: ['b'],
      displayedAttributes: ['a'],
      rankingRules: ['words'],
      faceting: { maxValuesPerFacet: 7 },
      embedders: { e: { source: 'rest' } },
    }
    const onNode = { ...deriveAll(raw), chat: {}, stopWords: ['x'] }
    const shown = clientView(onNode, raw)
    expect(shown).toMatchObject({
      ...raw,
      stopWords: ['x'],
      faceting: { maxValuesPerFacet: 7 },
      embedders: { e: { source: 'rest', documentTemplate: expect.not.stringContaining('_miroir_') } },
    })
    expect(JSON.stringify(shown)).not.toContain('_miroir_')
    expect(shown).not.toHaveProperty('chat')
  })

  it('gives facts for searching', () => {
    const shown = {
      ...defaultSettings(),
      filterableAttributes: ['_geo', { attributePatterns: ['a'] }],
      rankingRules: ['words', 'year:desc', 'a.b:asc'],
      displayedAttributes: ['a'],
      distinctAttribute: 'sku',
      embedders: { v: {} },
    }
    expect(searchFacts(shown)).toEqual({
      maxTotalHits: 1000,
      maxValuesPerFacet: 100,
      sortFacetValuesBy: { '*': 'alpha' },
      displayedAttributes: ['a'],
      customRuleFields: ['year', 'a.b'],
      distinctAttribute: 'sku',
      filterableAttributes: shown.filterableAttributes,
      sortableAttributes: [],
      usesGeo: true,
      embedders: ['v'],
    })
    expect(searchFacts(defaultSettings())).toMatchObject({
      displayedAttributes: null,
      usesGeo: false,
      embedders: [],
    })
  })
})

describe('details of a settings task', () => {
  it('are the client’s values in a node’s order, secrets masked', () => {
    const details = changeDetails(
      all({ sortableAttributes: ['b', 'a', 'b'], embedders: { e: { apiKey: 'secret' } } }),
    )
    expect(JSON.stringify(details)).toBe(
      '{"sortableAttributes":["a","b"],"embedders":{"e":{"apiKey":"XXX..."}}}',
    )
  })

  it('tell resets', () => {
    expect(changeDetails(change('searchable-attributes', '', 'DELETE'))).toEqual({
      searchableAttributes: ['*'],
    })
    expect(changeDetails(change('stop-words', 'null'))).toEqual({ stopWords: null })
    const everything = changeDetails(change(null, '', 'DELETE'))
    expect(Object.keys(everything ?? {})).toEqual(SETTINGS.map(({ name }) => name))
  })

  it('are none for what a node refuses', () => {
    expect(changeDetails(change(null, '{', 'PATCH'))).toBeNull()
    expect(changeDetails(change(null, '[]', 'PATCH'))).toBeNull()
  })
})
