import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  DISTINCT_FEDERATIONS,
  FACET_SEARCH_ERRORS,
  FACET_SEARCHES,
  FEDERATION_ERRORS,
  FEDERATIONS,
  MANY_VALUES,
  MULTI_SEARCH_ERRORS,
  MULTI_SEARCHES,
  NO_FACET_SEARCH,
  WILD,
} from './query-routes-data.ts'
import { DOCUMENTS, RICH } from './read-path-data.ts'
import { type Answer, ReadPathWorld, stable } from './read-path-world.ts'
import { meilisearchBinary } from './real-node.ts'

const binary = meilisearchBinary()

/** Where two answers part, with what stands there in each; null when they are equal. */
function differing(single: Answer, cluster: Answer): string | null {
  const [wanted, found] = [single, cluster].map((answer) => {
    const { status, text } = stable(answer)
    return `${status} ${text}`
  }) as [string, string]
  if (wanted === found) return null
  const at = [...wanted].findIndex((letter, place) => letter !== found[place])
  const from = Math.max(0, at === -1 ? wanted.length - 100 : at - 150)
  return `one node: …${wanted.slice(from, from + 400)}\n  cluster:  …${found.slice(from, from + 400)}`
}

describe.skipIf(binary === null)('query routes of a cluster equal those of one node', () => {
  let world: ReadPathWorld

  beforeAll(async () => {
    world = await ReadPathWorld.start(binary ?? '')
    await world.fill(DOCUMENTS)
  }, 60_000)
  afterAll(() => world?.stop())

  const expectEqual = async (path: string, bodies: readonly unknown[]): Promise<void> => {
    for (const body of bodies) {
      const [single, cluster] = await Promise.all([
        world.single.send('POST', path, body),
        world.ask('POST', path, body),
      ])
      expect.soft(differing(single, cluster), `${path} ${JSON.stringify(body)}`).toBeNull()
    }
  }

  test('values of facets, by name, by count and cut', async () => {
    const path = '/indexes/films/facet-search'
    for (const settings of [MANY_VALUES, RICH, WILD]) {
      await world.settle(settings)
      await expectEqual(path, FACET_SEARCHES)
      await expectEqual(path, FACET_SEARCH_ERRORS)
    }
    await world.settle(NO_FACET_SEARCH)
    await expectEqual(path, [...FACET_SEARCHES.slice(0, 3), ...FACET_SEARCH_ERRORS])
    for (const body of [{ facetName: 'genres' }, {}, { facetName: 3 }])
      for (const uid of ['nope', 'a%20b']) await expectEqual(`/indexes/${uid}/facet-search`, [body])
  })

  test('several searches in one request', async () => {
    await world.settle(RICH)
    await expectEqual('/multi-search', MULTI_SEARCHES)
    await expectEqual('/multi-search', MULTI_SEARCH_ERRORS)
  })

  test('several searches whose hits become one list', async () => {
    await world.fill(DOCUMENTS, 'roads')
    for (const uid of ['films', 'roads']) await world.settle(RICH, uid)
    await expectEqual('/multi-search', FEDERATIONS)
    await expectEqual('/multi-search', FEDERATION_ERRORS)
    for (const body of DISTINCT_FEDERATIONS) {
      const single = await world.single.send('POST', '/multi-search', body)
      const cluster = await world.ask('POST', '/multi-search', body)
      const hits = (answer: Answer): unknown => JSON.parse(answer.text).hits
      expect.soft(hits(cluster), JSON.stringify(body)).toEqual(hits(single))
    }
  })
})
