import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readGolden, withoutTimes } from './golden-cases.ts'
import { type RunningNode, runNode } from './running-node.ts'

// Whole corpora, perhaps on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** Filters, sorts, facets, geo, pages and distinct: byte for byte what a real node answered. */
describe.each(['movies-plain', 'movies-ranked', 'cities-plain'])(
  'recorded searches without words: %s',
  (name) => {
    const { head, cases, documents } = readGolden(name)
    let running: RunningNode

    beforeAll(async () => {
      running = await runNode()
      await running.write('PATCH', '/indexes/golden/settings', head.settings)
      const path = `/indexes/golden/documents?primaryKey=${head.primaryKey}`
      expect(await running.write('POST', path, documents)).toMatchObject({ status: 'succeeded' })
    })
    afterAll(() => running.node.close())

    it('gives the recorded answers', async () => {
      const wordless = cases.filter(({ query }) => !query.q)
      expect(wordless.length).toBeGreaterThan(20)
      for (const { query, single } of wordless) {
        const { text } = await running.call('POST', '/indexes/golden/search', query)
        expect(withoutTimes(text), JSON.stringify(query)).toBe(withoutTimes(single))
      }
    })

    it('gives the recorded score details', async () => {
      for (const { query, singleWithDetails } of cases.filter((one) => !one.query.q)) {
        const { json } = await running.call('POST', '/indexes/golden/search', {
          ...query,
          attributesToRetrieve: [head.primaryKey],
          showRankingScoreDetails: true,
        })
        const found = json.hits.map((hit: Record<string, unknown>) => [
          hit[head.primaryKey],
          hit['_rankingScoreDetails'],
        ])
        expect(found, JSON.stringify(query)).toEqual(singleWithDetails)
      }
    })

    it('finds what a real node finds for most searches with words', async () => {
      // Text ranking need only agree with itself; this guards against breaking it altogether.
      const worded = cases.filter(({ query }, index) => query.q && index % 3 === 0)
      let same = 0
      for (const { query, single } of worded) {
        const { json } = await running.call('POST', '/indexes/golden/search', query)
        const ids = (hits: readonly Record<string, unknown>[]) => hits.map((hit) => hit[head.primaryKey])
        if (JSON.stringify(ids(json.hits)) === JSON.stringify(ids(JSON.parse(single).hits))) same++
      }
      expect(same / worded.length).toBeGreaterThan(0.85)
    })
  },
)
