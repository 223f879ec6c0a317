import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseFilter } from '../../src/plan/filter/parse.ts'
import { meilisearchBinary, RealNode } from '../e2e/real-node.ts'
import { filterTexts } from '../unit/plan/filter-corpus.ts'
import { readVerdicts, type Verdict, writeVerdicts } from '../unit/plan/filter-verdicts.ts'
import {
  DOCUMENTS,
  SETTINGS as KEYS,
  keyFilters,
  shardsFor,
  shardsOfHits,
} from '../unit/plan/narrowing-cases.ts'

/*
 * The grammar of filters against a real node. FILTER_SEED and FILTER_COUNT choose another or a larger
 * corpus; RECORD_FILTERS=1 records the verdicts that the unit test replays.
 */

const SEED = Number(process.env['FILTER_SEED'] ?? Date.now() % 1e6)
const COUNT = Number(process.env['FILTER_COUNT'] ?? 600)
const RECORD = process.env['RECORD_FILTERS'] === '1'

const binary = meilisearchBinary()
if (binary === null) console.warn('SKIPPED: no Meilisearch binary; filters were not read by a real node')

/** Fields of any name may be filtered, and nothing is switched off that a filter of the corpus uses. */
const SETTINGS = {
  filterableAttributes: [
    ...['_geo', '_geojson'],
    { attributePatterns: ['*'], features: { filter: { equality: true, comparison: true } } },
  ],
}

describe.skipIf(binary === null)('filters read by a real node', () => {
  let node: RealNode

  beforeAll(async () => {
    node = await RealNode.start(binary ?? '')
    await node.send('PATCH', '/experimental-features', { containsFilter: true })
    await node.apply('PATCH', '/indexes/films/settings', SETTINGS)
  })
  afterAll(() => node?.stop())

  const verdictOf = async (text: string): Promise<Verdict> => {
    const { status, text: body } = await node.send('POST', '/indexes/films/search', {
      filter: text,
      limit: 0,
    })
    // Errors that name the index are about what a filter says, and so about one that was read.
    return [text, status === 200 || JSON.parse(body).message.startsWith('Index `films`')]
  }
  const verdictsOf = async (texts: readonly string[]): Promise<readonly Verdict[]> => {
    const verdicts: Verdict[] = []
    for (let at = 0; at < texts.length; at += 16)
      verdicts.push(...(await Promise.all(texts.slice(at, at + 16).map(verdictOf))))
    return verdicts
  }

  test(`a fresh corpus is taken and refused alike (seed ${SEED})`, async () => {
    const verdicts = await verdictsOf(fc.sample(filterTexts, { seed: SEED, numRuns: COUNT }))
    expect(verdicts.filter(([text, accepted]) => 'filter' in parseFilter(text) !== accepted)).toEqual([])
    if (!RECORD) return
    const known = verdicts.map(([text]) => text)
    const before = readVerdicts().filter(([text]) => !known.includes(text))
    writeVerdicts([...before, ...verdicts])
  })

  test('recorded verdicts still hold', async () => {
    const recorded = readVerdicts().filter((_verdict, at) => RECORD || at % 10 === SEED % 10)
    expect(await verdictsOf(recorded.map(([text]) => text))).toEqual(recorded)
  })

  test(`a filter that names keys matches nothing in the shards left out (seed ${SEED})`, async () => {
    await node.apply('PATCH', '/indexes/keys/settings', KEYS)
    await node.apply('POST', '/indexes/keys/documents?primaryKey=id', `[${DOCUMENTS.join(',')}]`)
    let matches = 0
    for (const filter of fc.sample(keyFilters, { seed: SEED, numRuns: COUNT })) {
      const shards = shardsFor(filter)
      if (shards === null) continue
      const { text } = await node.send('POST', '/indexes/keys/search', { filter, limit: 100 })
      const found = shardsOfHits(text)
      matches += found.length
      expect(shards, JSON.stringify(filter)).toEqual(expect.arrayContaining([...found]))
    }
    expect(matches).toBeGreaterThan(COUNT / 10)
  })
})
