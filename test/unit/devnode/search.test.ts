import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningNode, runNode } from './running-node.ts'

let running: RunningNode
beforeAll(async () => {
  running = await runNode()
  await running.write('PATCH', '/indexes/s/settings', {
    displayedAttributes: ['id', 'title', 'n', '_miroir_shard'],
    filterableAttributes: ['n', '_miroir_shard'],
    sortableAttributes: ['n', '_miroir_seq'],
    rankingRules: [
      'words',
      'typo',
      'proximity',
      'attributeRank',
      'sort',
      'wordPosition',
      'exactness',
      '_miroir_seq:asc',
    ],
    synonyms: { film: ['movie', 'motion picture'] },
    stopWords: ['the'],
  })
  await running.write('POST', '/indexes/s/documents', [
    { id: 1, title: 'The Dark Knight', n: 2, _miroir_shard: '!!!!', _miroir_seq: '!!!(' },
    { id: 2, title: 'Knight of the dark city', n: 1, _miroir_shard: '!!!%', _miroir_seq: '!!!%' },
    { id: 3, title: 'A dork in a movie', n: 'x', _miroir_shard: '!!!!', _miroir_seq: '!!!!' },
    { id: 4, title: 'Motion picture about Città di Castello', _miroir_shard: '!!!%', _miroir_seq: '!!!*' },
    { id: 5, title: 'Picture in motion, extraordinary', _miroir_shard: '!!!%', _miroir_seq: '!!!)' },
  ])
})
afterAll(() => running.node.close())

const ids = async (body: object): Promise<number[]> => {
  const { json } = await running.call('POST', '/indexes/s/search', body)
  if (json.hits === undefined) throw new Error(json.message)
  return json.hits.map(({ id }: { id: number }) => id)
}

describe('searches with words', () => {
  it.each([
    ['dark knight', [1, 2]],
    ['knight dark', [1, 2]],
    ['"dark knight"', [1]],
    ['kni', [2, 1]],
    ['kni ', []],
    ['knihgt', [2, 1]],
    ['extraodrinery', [5]],
    ['xtraordinary', [5]],
    ['citta', [4]],
    ['dark -city', [1]],
    ['dark -"knight of the"', [1]],
    ['film', [4, 3]],
    ['dark zzzz', [1, 2]],
    ['zzzz dark', []],
    ['!', [3, 2, 1, 5, 4]],
    [':;!', [3, 2, 1, 5, 4]],
    ['!!!%', [3, 2, 1, 5, 4]],
  ])('%s', async (q, expected) => {
    expect(await ids({ q })).toEqual(expected)
  })

  it('needs every word with matchingStrategy all', async () => {
    expect(await ids({ q: 'dark zzzz', matchingStrategy: 'all' })).toEqual([])
    expect(await ids({ q: 'dark city', matchingStrategy: 'all' })).toEqual([2])
  })

  it('shows what matched', async () => {
    const { json } = await running.call('POST', '/indexes/s/search', {
      q: 'city dar',
      attributesToRetrieve: ['id'],
      attributesToHighlight: ['title'],
      showMatchesPosition: true,
      limit: 1,
    })
    expect(json.hits[0]).toEqual({
      id: 2,
      _formatted: { id: '2', title: 'Knight of the <em>dar</em>k <em>city</em>' },
      _matchesPosition: {
        title: [
          { start: 14, length: 3 },
          { start: 19, length: 4 },
        ],
      },
    })
  })

  it('prints details in the shape of a node', async () => {
    const body = { q: 'the dark knight', showRankingScore: true, showRankingScoreDetails: true, limit: 1 }
    const { text } = await running.call('POST', '/indexes/s/search', body)
    expect(text).toContain(
      '"_rankingScoreDetails":{"words":{"order":0,"matchingWords":2,"maxMatchingWords":2,"score":1.0},' +
        '"typo":{"order":1,"typoCount":0,"maxTypoCount":1,"score":1.0},"proximity":{"order":2,"score":1.0},' +
        '"attributeRank":{"order":3,"score":1.0},"wordPosition":{"order":4,',
    )
    expect(text).toContain('"<hidden-rule-6>":{"order":6,"value":"<hidden>"}}}]')
  })
})

describe('searches without words', () => {
  it('sorts numbers, then strings, then nothing', async () => {
    expect(await ids({ sort: ['n:asc'] })).toEqual([2, 1, 3, 5, 4])
    expect(await ids({ sort: ['n:desc'] })).toEqual([1, 2, 3, 5, 4])
  })

  it('filters by the fields that make no words', async () => {
    expect(await ids({ filter: '_miroir_shard = "!!!!"' })).toEqual([3, 1])
    expect(await ids({ filter: ['_miroir_shard NOT IN ["!!!!"]', 'n NOT EXISTS'] })).toEqual([5, 4])
    const { json } = await running.call('POST', '/indexes/s/search', { filter: '_miroir_shard = !!!!' })
    expect(json.code).toBe('invalid_search_filter')
  })

  it('says clearly what it lacks', async () => {
    const { status, json } = await running.call('POST', '/indexes/s/search', { showPerformanceDetails: true })
    expect([status, json.code]).toEqual([400, 'feature_not_enabled'])
    expect(json.message).toContain('the embedded node')
  })
})
