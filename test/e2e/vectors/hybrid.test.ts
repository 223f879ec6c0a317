import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/std/random.ts'
import { comparable, DifferentialWorld, difference } from '../differential/world.ts'
import type { Shape } from '../processes.ts'
import { meilisearchBinary } from '../real-node.ts'
import { DIMENSIONS, documents, searchCase } from './cases.ts'
import { Embedder } from './embedder.ts'

const CASES = Number(process.env['HYBRID_CASES'] ?? 120)
const SEED = Number(process.env['HYBRID_SEED'] ?? 1)
const SHAPE: Shape = { groups: 1, nodesPerGroup: 3, replicationFactor: 1, shards: 6 }
const binary = meilisearchBinary()
if (binary === null)
  process.stderr.write(
    '\n*** NO MEILISEARCH BINARY: HYBRID SEARCH ON REAL NODES IS SKIPPED (MEILISEARCH_BIN) ***\n',
  )

const search = (body: object) => ({ method: 'POST', path: '/indexes/v/search', body: JSON.stringify(body) })

async function fill(world: DifferentialWorld, embedders: object): Promise<void> {
  const settings = {
    embedders: { own: { source: 'userProvided', dimensions: DIMENSIONS }, ...embedders },
    filterableAttributes: ['kind', 'rank'],
    sortableAttributes: ['rank'],
  }
  const all = documents(240, SEED)
  const writes = [
    { method: 'PATCH', path: '/indexes/v/settings', body: JSON.stringify(settings) },
    ...[all.slice(0, 100), all.slice(100)].map((part) => ({
      method: 'POST',
      path: '/indexes/v/documents',
      body: JSON.stringify(part),
    })),
  ]
  for (const step of writes) expect(await world.write(step)).toBeNull()
}

async function differences(world: DifferentialWorld, embedder: string, seed: number): Promise<string[]> {
  const random = seededRandom(seed)
  const found: string[] = []
  for (let turn = 0; turn < CASES; turn++) {
    const step = search(searchCase(random, embedder))
    const [single, proxy] = await world.both(step)
    const text = difference(step, comparable(single), comparable(proxy))
    if (text !== null) found.push(`case ${turn}: ${text}`)
  }
  return found
}

describe.each([
  { kind: 'embedded', program: null, skipped: false },
  { kind: 'real', program: binary, skipped: binary === null },
])('searches by vectors over several $kind nodes', ({ program, skipped }) => {
  describe.skipIf(skipped)('equal those of one node', () => {
    let world: DifferentialWorld
    let embedder: Embedder
    beforeAll(async () => {
      embedder = await Embedder.start()
      world = await DifferentialWorld.start(SHAPE, program)
      await fill(world, program === null ? {} : { made: embedder.settings })
    }, 120_000)
    afterAll(async () => {
      await world?.stop()
      await embedder.stop()
    }, 60_000)

    it('for vectors of the documents', async () => {
      expect((await differences(world, 'own', SEED)).join('\n\n')).toBe('')
    }, 300_000)

    it.skipIf(program === null)(
      'for vectors of an embedder',
      async () => {
        expect((await differences(world, 'made', SEED + 1)).join('\n\n')).toBe('')
      },
      300_000,
    )

    it.skipIf(program === null)('and the embedder is asked once for each query', async () => {
      for (const semanticRatio of [1, 0.9, 1]) {
        const body = { q: 'ember only once', hybrid: { embedder: 'made', semanticRatio }, limit: 50 }
        const answer = await world.proxy.call('POST', '/indexes/v/search', { body: JSON.stringify(body) })
        expect(answer.status).toBe(200)
      }
      expect(embedder.times('ember only once')).toBe(1)
    })

    it.each([
      { vector: [1, 0, 0, 0] },
      { vector: [1], hybrid: { embedder: 'own' } },
      { q: 'ember', vector: [1], hybrid: { embedder: 'own', semanticRatio: 0.1 }, limit: 1 },
      { q: 'ember', hybrid: { embedder: 'nope' } },
      { q: 'ember', hybrid: { embedder: 'own', semanticRatio: 1 } },
      { q: 'ember', hybrid: { embedder: 'own' } },
      { q: 'ember', hybrid: { embedder: 'own', semanticRatio: 7 } },
      { q: 'ember', hybrid: { embedder: 5 } },
      { q: 'ember', hybrid: { embedder: 'own', extra: 1 } },
      { q: 'ember', vector: ['x'], hybrid: { embedder: 'own' } },
      { media: { a: 1 }, hybrid: { embedder: 'own' } },
      { media: { a: 1 }, vector: [1, 0, 0, 0], hybrid: { embedder: 'own' } },
    ])('in its own words: %j', async (body) => {
      const step = search(body)
      const [single, proxy] = await world.both(step)
      expect(difference(step, comparable(single), comparable(proxy))).toBeNull()
    })
  })
})
