import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  FACET_SEARCH_ERRORS,
  FACET_SEARCHES,
  MANY_VALUES,
  MULTI_SEARCH_ERRORS,
  MULTI_SEARCHES,
  NO_FACET_SEARCH,
  WILD,
} from './query-routes-data.ts'
import { DOCUMENTS, RICH } from './read-path-data.ts'
import { ReadPathWorld, stable } from './read-path-world.ts'
import { meilisearchBinary } from './real-node.ts'

const binary = meilisearchBinary()

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
      expect.soft(stable(cluster), `${path} ${JSON.stringify(body)}`).toEqual(stable(single))
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
})
