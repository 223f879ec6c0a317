import { describe, expect, it } from 'vitest'
import { coverOf } from '../../../src/api/statistics/cover.ts'
import { type NodeIndexStats, sizeText } from '../../../src/api/statistics/sum.ts'
import { type StatsTransport, statsRoutes } from '../../../src/api/stats.ts'
import { shardText } from '../../../src/model/injected.ts'
import type { IndexView } from '../../../src/model/view.ts'
import { text, utf8 } from '../../../src/std/bytes.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import { indexView, send, viewsOf } from './catalogue-doubles.ts'

/** Documents per shard on every node; `wordy` is a field that only documents of odd shards have. */
type Nodes = Readonly<Record<string, Readonly<Record<number, number>>>>

function nodeStats(shards: Readonly<Record<number, number>>): NodeIndexStats {
  const total = Object.values(shards).reduce((sum, count) => sum + count, 0)
  const odd = Object.entries(shards).reduce((sum, [shard, count]) => sum + (Number(shard) % 2) * count, 0)
  return {
    numberOfDocuments: total,
    rawDocumentDbSize: total * 100,
    avgDocumentSize: 100,
    isIndexing: false,
    internalDatabaseSizes: { documents: total * 100, main: 4096 },
    numberOfEmbeddings: 0,
    numberOfEmbeddedDocuments: 0,
    fieldDistribution: {
      id: total,
      _miroir_shard: total,
      _miroir_seq: total,
      9: total,
      10: total,
      wordy: odd,
    },
  }
}

class FakeNodes implements StatsTransport {
  readonly asked: string[] = []
  readonly #nodes: Nodes
  readonly #dead: readonly string[]

  constructor(nodes: Nodes, dead: readonly string[] = []) {
    this.#nodes = nodes
    this.#dead = dead
  }

  send: StatsTransport['send'] = async (node, request) => {
    this.asked.push(`${node.id} ${request.path.split('?')[0]}`)
    const shards = this.#nodes[node.id]
    if (shards === undefined || this.#dead.includes(node.id)) return { kind: 'ambiguous' }
    return { kind: 'answer', status: 200, body: utf8(JSON.stringify(this.#answer(shards, request))) }
  }

  #answer(shards: Readonly<Record<number, number>>, request: { path: string; body?: Uint8Array }): unknown {
    if (request.path.startsWith('/indexes/films__g1_0/stats?')) return nodeStats(shards)
    if (request.path.startsWith('/stats?')) {
      const sizes = { databaseSize: 1024, usedDatabaseSize: 512, lastUpdate: '2026-01-01T00:00:00.5Z' }
      return { ...sizes, indexes: { films__g1_0: nodeStats(shards), stray__g1_0: nodeStats(shards) } }
    }
    const { filter, limit } = JSON.parse(text(request.body ?? utf8('')))
    expect([request.path, limit]).toEqual(['/indexes/films__g1_0/documents/fetch', 0])
    const wanted = Object.entries(shards).filter(([shard]) =>
      filter.includes(`"${shardText(Number(shard))}"`),
    )
    return { results: [], total: wanted.reduce((sum, [, count]) => sum + count, 0) }
  }
}

async function stats(index: IndexView, transport: StatsTransport, path = '/indexes/films/stats') {
  const nodes = ['a', 'b', 'c', 'd']
  const deps = {
    views: viewsOf([index], nodes),
    reachability: { readable: () => true, federates: () => true },
    clock: new VirtualClock(),
  }
  const { status, body, headers } = await send(statsRoutes({ ...deps, transport, nodeTimeoutMs: 100 }), {
    method: 'GET',
    path,
  })
  return { status, body, headers: Object.fromEntries(headers), value: JSON.parse(body) }
}

describe('statistics', () => {
  it('sum over nodes that share no shard, and are exact', async () => {
    // Two groups; b and c of the first, d of the second also holds everything.
    const index = indexView('films', [
      ['b', 'd'],
      ['c', 'd'],
      ['c', 'd'],
    ])
    const transport = new FakeNodes({ b: { 0: 5 }, c: { 1: 3, 2: 4 } })
    const { body, headers } = await stats(index, transport)
    expect(body).toBe(
      '{"numberOfDocuments":12,"rawDocumentDbSize":1200,"avgDocumentSize":100,"isIndexing":false,' +
        '"numberOfEmbeddings":0,"numberOfEmbeddedDocuments":0,"fieldDistribution":{"10":12,"9":12,"id":12,"wordy":3}}',
    )
    expect(headers).toEqual({})
  })

  it('count exactly and say what is estimated where nodes overlap', async () => {
    const index = indexView('films', [
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
    ])
    const transport = new FakeNodes({ a: { 0: 10, 2: 30 }, b: { 0: 10, 1: 20 }, c: { 1: 20, 2: 30 } })
    const { value, headers } = await stats(index, transport)
    expect(value.numberOfDocuments).toBe(60)
    expect(value.fieldDistribution.id).toBe(60)
    expect(headers).toEqual({ 'X-Miroir-Approximate': 'fieldDistribution' })
  })

  it('ask others when a node is silent', async () => {
    const index = indexView('films', [
      ['a', 'b'],
      ['a', 'b'],
    ])
    const { value, headers } = await stats(index, new FakeNodes({ b: { 0: 1, 1: 2 } }))
    expect([value.numberOfDocuments, headers]).toEqual([3, {}])
  })

  it('tell missing shards, and refuse when there is nothing', async () => {
    const index = indexView('films', [['a'], ['b:behind'], ['c']])
    const partial = await stats(index, new FakeNodes({ a: { 0: 1 } }))
    expect([partial.value.numberOfDocuments, partial.headers]).toEqual([
      1,
      { 'X-Miroir-Degraded': 'shards=1,2' },
    ])
    const none = await stats(index, new FakeNodes({}))
    expect([none.status, none.value.code]).toEqual([503, 'miroir_shard_unavailable'])
  })

  it('of everything name indexes as clients do and sum databases over all nodes', async () => {
    const index = indexView('films', [['a'], ['b']])
    const transport = new FakeNodes({ a: { 0: 1 }, b: { 1: 2 } })
    const path = '/stats?sizeFormat=human&showInternalDatabaseSizes=true'
    const { body } = await stats(index, transport, path)
    expect(body).toBe(
      '{"databaseSize":"2 KiB","usedDatabaseSize":"1 KiB","lastUpdate":"2026-01-01T00:00:00.5Z",' +
        '"indexes":{"films":{"numberOfDocuments":3,"rawDocumentDbSize":"300 B",' +
        '"avgDocumentSize":"100 B","isIndexing":false,' +
        '"internalDatabaseSizes":{"main":"8 KiB","documents":"300 B"},"numberOfEmbeddings":0,' +
        '"numberOfEmbeddedDocuments":0,"fieldDistribution":{"10":3,"9":3,"id":3,"wordy":2}}}}',
    )
    expect(transport.asked.sort()).toEqual(['a /stats', 'b /stats', 'c /stats', 'd /stats'])
  })

  it('of an index on lost nodes are zero and labelled in the whole', async () => {
    const index = indexView('films', [['a']])
    const { value, headers } = await stats(index, new FakeNodes({ b: {} }), '/stats')
    expect(value.indexes.films.numberOfDocuments).toBe(0)
    expect(headers).toEqual({ 'X-Miroir-Degraded': 'indexes=films' })
  })
})

describe('sizes', () => {
  it.each([
    [0, '"0 B"'],
    [401, '"401 B"'],
    [1357, '"1.33 KiB"'],
    [4088, '"3.99 KiB"'],
    [106496, '"104 KiB"'],
    [2183168, '"2.08 MiB"'],
  ])('%i', (bytes, shown) => expect(sizeText(bytes, true)).toBe(shown))
})

describe('cover', () => {
  it('prefers nodes without common shards, and never counts copies that are not current', () => {
    const views = viewsOf([], ['a', 'b', 'c', 'd'])
    const index = indexView('films', [
      ['a', 'b'],
      ['a', 'c:lagging', 'd'],
      ['c', 'd'],
    ])
    const { parts, uncovered } = coverOf(views.current(), index, () => true)
    // c also holds a lagging copy: what it says of itself cannot be used as a whole.
    expect(parts.map(({ node, shards, whole }) => [node.id, shards, whole])).toEqual([
      ['b', [0], true],
      ['d', [1, 2], true],
    ])
    expect(uncovered).toEqual([])
  })
})
