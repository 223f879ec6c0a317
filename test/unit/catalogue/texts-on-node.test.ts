import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { physicalName } from '../../../src/catalogue/names.ts'
import { ownRulesFirst } from '../../../src/catalogue/own-attributes.ts'
import { scrubText } from '../../../src/catalogue/scrub.ts'
import { deriveAll } from '../../../src/catalogue/settings.ts'
import { seqText, shardText } from '../../../src/model/injected.ts'
import type { JsonObject } from '../../../src/model/view.ts'
import { RealNode, realNodeBinary } from './real-node.ts'

const INDEXES: Readonly<Record<string, JsonObject>> = {
  none: {},
  some: {
    filterableAttributes: [
      'a',
      'b',
      { attributePatterns: ['n.*'], features: { filter: { equality: true, comparison: false } } },
      { attributePatterns: ['q'], features: { facetSearch: true, filter: { equality: false } } },
    ],
    sortableAttributes: ['a'],
  },
  star: {
    filterableAttributes: [{ attributePatterns: ['*'], features: { filter: { comparison: false } } }, 'b'],
    sortableAttributes: ['a'],
  },
  near: {
    filterableAttributes: ['b', { attributePatterns: ['_m*', 'zz'], features: {} }],
    searchableAttributes: ['a'],
  },
  hidden: {
    filterableAttributes: ['a', 'b', 'id'],
    sortableAttributes: ['a', 'b'],
    displayedAttributes: ['id', 'a'],
  },
  allHidden: {
    filterableAttributes: ['a', 'b'],
    sortableAttributes: ['a', 'b'],
    displayedAttributes: ['id'],
  },
}

/** Requests below an index; most of them are refused. */
const REQUESTS: readonly (readonly [route: string, body: unknown])[] = [
  ...[
    'zz = 1',
    'zz > 1',
    'n.x > 1',
    'q = 1',
    'a > 1',
    '_geoRadius(1,1,1)',
    '_geo = 1',
    'zz EXISTS',
    'a IN [1',
  ].flatMap((filter) =>
    ['search', 'documents/fetch', 'documents/delete'].map((route) => [route, { filter }] as const),
  ),
  ['search', { filter: ['a = 1', ['zz = 2']] }],
  ['search', { sort: ['zz:asc'] }],
  ['search', { sort: ['_geoPoint(1,1):asc'] }],
  ['search', { facets: ['a', 'zz'] }],
  ['search', { facets: ['z*'] }],
  ['search', { distinct: 'zz' }],
  ['search', { q: 'x', attributesToSearchOn: ['zz'] }],
  ['search', { q: 'x', hybrid: { embedder: 'nope' } }],
  ['facet-search', { facetName: 'zz' }],
  ['facet-search', { facetName: 'n.x' }],
  ['facet-search', { facetName: 'q', facetQuery: 'x' }],
  ['documents/fetch', { sort: ['zz:asc'] }],
]

describe.skipIf(realNodeBinary === null)('texts of a real node', () => {
  let node: RealNode
  beforeAll(async () => {
    node = await RealNode.start()
    for (const [uid, raw] of Object.entries(INDEXES)) {
      const documents = [
        { id: 1, a: 1, b: 'x', n: { x: 1 } },
        { id: 2, a: 2, b: 'y' },
      ]
      const stored = documents.map((document, place) => ({
        _miroir_shard: shardText(0),
        _miroir_seq: seqText(1, place),
        ...document,
      }))
      await fill(uid, raw, documents)
      await fill(physicalName(uid, 1, 0), deriveAll(raw), stored)
    }
  })
  afterAll(() => node.stop())

  async function fill(uid: string, settings: JsonObject, documents: readonly unknown[]): Promise<void> {
    const set = await node.write('PATCH', `/indexes/${uid}/settings`, JSON.stringify(settings))
    const added = await node.write(
      'POST',
      `/indexes/${uid}/documents?primaryKey=id`,
      JSON.stringify(documents),
    )
    expect([set.task?.status, added.task?.status]).toEqual(['succeeded', 'succeeded'])
  }

  async function told(uid: string, route: string, body: unknown): Promise<string> {
    const answer = await node.write('POST', `/indexes/${uid}/${route}`, JSON.stringify(body))
    if (answer.task !== null) return `${answer.task.status} ${answer.task.error?.message ?? ''}`
    return answer.status === 200 ? '200' : `${answer.status} ${JSON.parse(answer.text).message}`
  }

  it.each(Object.keys(INDEXES))('are the same with derived settings once scrubbed: %s', async (uid) => {
    const physical = physicalName(uid, 1, 0)
    const filterable = INDEXES[uid]?.['filterableAttributes']
    const options = { ownRulesFirst: ownRulesFirst(Array.isArray(filterable) ? filterable : []) }
    for (const [route, body] of REQUESTS) {
      const wanted = await told(uid, route, body)
      const found = scrubText(await told(physical, route, body), new Map([[physical, uid]]), options)
      expect([route, body, found]).toEqual([route, body, wanted])
    }
  })

  it('prints for embedders what it would print without our fields', { timeout: 30_000 }, async () => {
    const prompts: string[] = []
    const embedder = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        prompts.push(JSON.parse(body).input)
        response.setHeader('content-type', 'application/json')
        response.end('{"embedding":[1,2]}')
      })
    })
    await new Promise<void>((resolve) => embedder.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(embedder.address() as AddressInfo).port}/`
    const rest = {
      source: 'rest',
      url,
      dimensions: 2,
      request: { input: '{{text}}' },
      response: { embedding: '{{embedding}}' },
    }
    const documents = [{ id: 1, title: 'one', none: null, n: { x: 1 } }]
    await fill('prompts', { embedders: { e: rest } }, documents)
    const bare = prompts.splice(0)
    const stored = documents.map((document) => ({
      _miroir_shard: shardText(0),
      _miroir_seq: seqText(1, 0),
      ...document,
    }))
    await fill(physicalName('prompts', 1, 0), deriveAll({ embedders: { e: rest } }), stored)
    embedder.close()
    expect(bare).toHaveLength(1)
    expect(prompts).toEqual(bare)
  })
})
