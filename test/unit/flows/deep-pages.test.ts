import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../../../src/std/random.ts'
import { hitsAnswer, type Placement, type Script, viewOf, worldOf } from './read-world.ts'
import { idsOf, post, shown } from './search-call.ts'

/* Deep pages: each node is asked for its likely part, and only those that prove short are asked again. */

const MAX_HITS = 1000

/** Nodes with these shards each, and a node that spreads documents over the shards by `shardOf`. */
function cluster(sizes: readonly number[], documents: readonly number[], shardOf: (id: number) => number) {
  const placement: Record<string, { group: number; shards: number[] }> = {}
  let next = 0
  for (const [at, size] of sizes.entries()) {
    placement[`n${at}`] = { group: 0, shards: Array.from({ length: size }, () => next++) }
  }
  const script: Script = ({ node, body }) => {
    const { limit, hitsPerPage } = JSON.parse(body ?? '{}') as { limit?: number; hitsPerPage?: number }
    const own = documents.filter((id) => placement[node]?.shards.includes(shardOf(id)))
    const totals = { estimatedTotalHits: own.length, totalHits: own.length }
    return hitsAnswer(own.slice(0, hitsPerPage ?? limit), totals)
  }
  const asked: number[] = []
  const world = worldOf(viewOf(placement as Placement, { maxTotalHits: MAX_HITS }), script)
  const deps = { ...world.deps, observe: { askedAgain: (_: string, targets: number) => asked.push(targets) } }
  return { world: { ...world, deps }, asked }
}

const ids = (count: number): number[] => Array.from({ length: count }, (_, id) => id + 1)

const askedHits = (world: { readonly transport: { readonly sent: readonly { body: string | null }[] } }) =>
  world.transport.sent.map(({ body }) => (JSON.parse(body ?? '{}') as { limit: number }).limit)

test('asks for all hits of a shallow page and for a likely part of a deep one', async () => {
  const asks = async (offset: number, limit: number): Promise<number[]> => {
    const { world } = cluster([2, 1, 1], ids(900), (id) => id % 4)
    await post(world, { offset, limit })
    return askedHits(world)
  }
  expect(await asks(0, 20)).toEqual([20, 20, 20])
  expect(await asks(12, 20)).toEqual([32, 32, 32])
  // Half of 420 and a quarter of it, four standard deviations, one.
  expect(await asks(400, 20)).toEqual([269, 147, 147])
  expect(await asks(990, 20)).toEqual([591, 315, 315])
  expect(await asks(13, 20)).toEqual([33, 21, 21])
})

test('asks for everything where counts or dropped hits depend on it', async () => {
  for (const extra of [{ rankingScoreThreshold: 0.1 }, { distinct: 'kind' }]) {
    const { world } = cluster([1, 1], ids(900), (id) => id % 2)
    await post(world, { offset: 400, limit: 20, ...extra })
    expect(askedHits(world).slice(0, 2)).toEqual([420, 420])
  }
})

test('a node that proves short is asked again, alone and for everything', async () => {
  // All that comes first lies on the first node.
  const { world, asked } = cluster([1, 1, 1], ids(900), (id) => (id <= 450 ? 0 : id % 3))
  const { status, body } = shown(await post(world, { offset: 400, limit: 20 }))
  expect([status, idsOf(body)]).toEqual([200, Array.from({ length: 20 }, (_, at) => 401 + at)])
  expect(body).toMatchObject({ offset: 400, limit: 20, estimatedTotalHits: 900 })
  expect(world.transport.sent.map(({ node }) => node)).toEqual(['n0', 'n1', 'n2', 'n0'])
  expect(askedHits(world)).toEqual([189, 189, 189, 420])
  expect(asked).toEqual([1])
})

test('a node that is asked again may fail: another copy answers for all of it', async () => {
  const copies: Placement = {
    a: { group: 0, shards: [0] },
    b: { group: 0, shards: [1] },
    c: { group: 1, shards: [0] },
    d: { group: 1, shards: [1] },
  }
  const own: Readonly<Record<string, readonly number[]>> = {
    ...{ a: ids(100), b: ids(100).map((id) => id + 500) },
    ...{ c: ids(100), d: ids(100).map((id) => id + 500) },
  }
  const world = worldOf(viewOf(copies), ({ node, body }, attempt) => {
    const { limit } = JSON.parse(body ?? '{}') as { limit: number }
    if (attempt > 1 && (node === 'a' || node === 'c')) return { kind: 'never-sent', reason: 'refused' }
    return hitsAnswer((own[node] ?? []).slice(0, limit))
  })
  const { body, headers } = shown(await post(world, { offset: 60, limit: 20 }))
  expect(idsOf(body)).toEqual(Array.from({ length: 20 }, (_, at) => 61 + at))
  expect(headers).toEqual([])
})

/** Where documents lie: evenly by chance, in runs, or all on one shard. */
const spread = fc.oneof(
  fc.integer().map((seed) => ({ kind: 'chance' as const, seed })),
  fc.integer({ min: 1, max: 400 }).map((run) => ({ kind: 'runs' as const, run })),
  fc.integer({ min: 0, max: 11 }).map((shard) => ({ kind: 'one' as const, shard })),
)

test('pages equal those of nodes that were asked for everything', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 4 })
  const documents = fc.integer({ min: 0, max: 1200 })
  const window = fc.record({
    offset: fc.integer({ min: 0, max: 1100 }),
    limit: fc.integer({ max: 80, min: 0 }),
  })
  let askedAgain = 0
  await fc.assert(
    fc.asyncProperty(sizes, documents, window, spread, async (shape, count, { offset, limit }, how) => {
      const shards = shape.reduce((sum, size) => sum + size, 0)
      const random = seededRandom(how.kind === 'chance' ? how.seed : 1)
      const places = ids(count).map((id) => {
        if (how.kind === 'chance') return Math.floor(random.next() * shards)
        return how.kind === 'runs' ? Math.floor(id / how.run) % shards : how.shard % shards
      })
      const { world, asked } = cluster(shape, ids(count), (id) => places[id - 1] ?? 0)
      const { body } = shown(await post(world, { offset, limit }))
      expect(idsOf(body)).toEqual(ids(count).slice(offset, Math.min(MAX_HITS, offset + limit)))
      expect(body['estimatedTotalHits']).toBe(count)
      if (how.kind === 'chance') expect(asked).toEqual([])
      askedAgain += asked.length
    }),
    { numRuns: 150, seed: 7 },
  )
  expect(askedAgain).toBeGreaterThan(0)
})
