import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldFederatedFacets, type IndexPart } from '../../../src/merge/federated/facets.ts'
import { type FederatedList, mergeFederated } from '../../../src/merge/federated/hits.ts'
import { viewOf } from '../flows/read-world.ts'

const LIST: FederatedList = {
  ...{ uid: 'a', weight: 1, hitsMax: 1000, hits: '[]', primaryKey: 'id' },
  ...{ keepScore: false, keepDetails: false, hidden: [], hiddenFormatted: [] },
}
const WINDOW = { offset: 0, limit: 20, distinct: null }

interface Hit {
  readonly id: number
  /** Score of relevance; null in a search without words. */
  readonly score: number | null
  readonly sort: readonly (number | string | null)[]
}

function hitText({ id, score, sort }: Hit): string {
  const words = score === null ? [] : [['words', { order: 0, matchingWords: 1 }]]
  const sorts = sort.map((value, at) => [`s${at}:asc`, { order: at + 1, value }])
  const details = Object.fromEntries([...words, ...sorts])
  return JSON.stringify({ id, _rankingScore: score ?? 1, _rankingScoreDetails: details })
}

const listOf = (hits: readonly Hit[], change: Partial<FederatedList> = {}): FederatedList => ({
  ...LIST,
  hits: `[${hits.map(hitText).join(',')}]`,
  ...change,
})
const idsOf = (lists: readonly FederatedList[], window: Partial<typeof WINDOW> = {}): number[] =>
  mergeFederated(lists, { ...WINDOW, ...window }).hits.map((hit) => JSON.parse(hit).id)
const scored = (id: number, score: number): Hit => ({ id, score, sort: [] })

describe('hits of several searches', () => {
  test('stand by their weighted scores; equal ones by their search', () => {
    const one = listOf([scored(1, 0.9), scored(2, 0.5)], { uid: 'a' })
    const other = listOf([scored(3, 1), scored(4, 0.9)], { uid: 'b' })
    expect(idsOf([one, other])).toEqual([3, 1, 4, 2])
    expect(idsOf([one, { ...other, weight: 0.5 }])).toEqual([1, 2, 3, 4])
    expect(idsOf([one, other], { offset: 1, limit: 2 })).toEqual([1, 4])
  })

  test('sorted ones by their values: numbers, strings, none', () => {
    const sorted = (id: number, value: number | string | null): Hit => ({ id, score: null, sort: [value] })
    const one = listOf([sorted(1, 1), sorted(2, 'a'), sorted(3, null)], { uid: 'a' })
    const other = listOf([sorted(4, 2), sorted(5, 'a'), sorted(6, 'ﬀ')], { uid: 'b' })
    expect(idsOf([one, other])).toEqual([1, 4, 2, 5, 6, 3])
  })

  test('what has a further value comes before what has none', () => {
    const plain = listOf([{ id: 1, score: null, sort: [] }], { uid: 'a' })
    const sorted = listOf([{ id: 2, score: null, sort: [null] }], { uid: 'b' })
    expect(idsOf([plain, sorted])).toEqual([2, 1])
  })

  test('the farther one comes first between searches, as on a node', () => {
    const far = (id: number, distance: number): string =>
      JSON.stringify({
        id,
        _rankingScoreDetails: { '_geoPoint(1, 2):asc': { order: 0, value: null, distance } },
      })
    const one = { ...LIST, hits: `[${far(1, 10)},${far(2, 30)}]` }
    const other = { ...LIST, uid: 'b', hits: `[${far(3, 20)},${far(4, 25)}]` }
    expect(idsOf([one, other])).toEqual([3, 4, 1, 2])
  })

  test('a document of several searches is shown where it stands best; others of its name are others', () => {
    const one = listOf([scored(1, 0.9), scored(2, 0.8)])
    const again = listOf([scored(2, 1), scored(1, 0.1)])
    expect(idsOf([one, again])).toEqual([2, 1])
    expect(idsOf([one, { ...again, uid: 'b' }])).toEqual([2, 1, 2, 1])
  })

  test('an index shows no more hits than its settings allow, over all its searches', () => {
    const one = listOf([scored(1, 1), scored(2, 0.8)], { hitsMax: 2 })
    const again = listOf([scored(3, 0.9)], { hitsMax: 2 })
    const other = listOf([scored(4, 0.1)], { uid: 'b' })
    expect(idsOf([one, again, other])).toEqual([1, 3, 4])
  })

  test('a value of `distinct` is shown once', () => {
    const valued = (id: number, value: string): string => `{"id":${id},"v":${value}}`
    const one = { ...LIST, hits: `[${valued(1, '"Ab"')},${valued(2, '1.0')},${valued(3, 'null')}]` }
    const other = {
      ...LIST,
      uid: 'b',
      hits: `[${valued(4, '" aB"')},${valued(5, '[1,2]')},${valued(6, 'null')},${valued(7, '"1"')}]`,
    }
    const merged = mergeFederated([one, other], { ...WINDOW, distinct: 'v' })
    expect(merged.hits.map((hit) => JSON.parse(hit).id)).toEqual([1, 2, 3, 6, 7])
    expect(merged.dropped).toBe(2)
  })

  test('show where they come from, keep their bytes and lose what only the merge needs', () => {
    const hit =
      '{"title":"x","n":1.0,"big":12345678901234567890,"id":7,"_formatted":{"id":"7","title":"x"},' +
      '"_matchesPosition":{},"_rankingScore":0.5,"_rankingScoreDetails":{"words":{"order":0}}}'
    const list = { ...LIST, weight: 0.25, hits: `[${hit}]`, hidden: ['id'], hiddenFormatted: ['id'] }
    const federation = '"_federation":{"indexUid":"a","queriesPosition":0,"weightedRankingScore":0.125}'
    const start = `{"title":"x","n":1.0,"big":12345678901234567890,${federation},`
    expect(mergeFederated([list], WINDOW).hits).toEqual([
      `${start}"_formatted":{"title":"x"},"_matchesPosition":{}}`,
    ])
    const kept = { ...list, keepScore: true, keepDetails: true, hidden: [], hiddenFormatted: [] }
    expect(mergeFederated([kept], WINDOW).hits[0]).toContain(
      `"id":7,${federation},"_formatted":{"id":"7","title":"x"},"_matchesPosition":{},"_rankingScore":0.5,` +
        '"_rankingScoreDetails":{"words":{"order":0}}}',
    )
  })

  test('are those of a plain sort of everything', () => {
    const score = fc.constantFrom(0.1, 0.5, 0.9, 1)
    const value = fc.constantFrom<readonly (number | string | null)[]>([1], [2], ['a'], ['b'], [null])
    const hits = fc.array(fc.record({ score, sort: value }), { maxLength: 8 })
    fc.assert(
      fc.property(
        fc.array(hits, { minLength: 1, maxLength: 3 }),
        fc.nat(6),
        fc.nat(8),
        (all, offset, limit) => {
          let id = 0
          const rank = (value: number | string | null | undefined): number =>
            typeof value === 'number' ? value : value === 'a' ? 10 : value === 'b' ? 11 : 12
          const key = (hit: Hit): number => -(hit.score ?? 1) * 1000 + rank(hit.sort[0])
          const lists = all.map((list) =>
            list.map((hit) => ({ ...hit, id: id++ })).sort((one, other) => key(one) - key(other)),
          )
          const slow = lists
            .flatMap((list, position) => list.map((hit, place) => ({ hit, position, place })))
            .sort(
              (one, other) =>
                key(one.hit) - key(other.hit) || one.position - other.position || one.place - other.place,
            )
            .map(({ hit }) => hit.id)
          const fast = idsOf(
            lists.map((list) => listOf(list)),
            { offset, limit },
          )
          expect(fast).toEqual(slow.slice(offset, offset + limit))
        },
      ),
    )
  })
})

describe('facets of several indexes', () => {
  const view = (order: 'alpha' | 'count', uid: string) =>
    viewOf({ a: { group: 0, shards: [0] } }, { sortFacetValuesBy: { '*': order } }, uid).indexes
  const part = (uid: string, distribution: string, stats = '{}'): IndexPart => ({
    ...{ uid, total: 1, exact: true },
    facets: { distribution, stats },
  })
  const parts = [
    part('a', '{"f":{"6":2,"1":2,"9":1},"g":{}}', '{"f":{"min":1.0,"max":9.0}}'),
    part('b', '{"f":{"5":3,"9":1,"B":1}}', '{"f":{"min":0.5,"max":5.0}}'),
  ]
  const text = (found: ReturnType<typeof foldFederatedFacets>) =>
    found === null || found === 'order' ? found : found.map(({ key, value }) => `${key} ${value}`)

  test('stand by index or are added up by their spelling', () => {
    const indexes = new Map([...view('alpha', 'a'), ...view('alpha', 'b')])
    expect(text(foldFederatedFacets(parts, null, indexes))).toEqual([
      'facetsByIndex {"a":{"distribution":{"f":{"6":2,"1":2,"9":1},"g":{}},"stats":{"f":{"min":1.0,"max":9.0}}},' +
        '"b":{"distribution":{"f":{"5":3,"9":1,"B":1}},"stats":{"f":{"min":0.5,"max":5.0}}}}',
    ])
    expect(text(foldFederatedFacets(parts, 4, indexes))).toEqual([
      'facetDistribution {"f":{"1":2,"5":3,"6":2,"9":2},"g":{}}',
      'facetStats {"f":{"min":0.5,"max":9.0}}',
    ])
  })

  test('by count, equal ones in the order in which indexes name them', () => {
    const indexes = new Map([...view('count', 'a'), ...view('count', 'b')])
    expect(text(foldFederatedFacets(parts, 100, indexes))?.[0]).toBe(
      'facetDistribution {"f":{"5":3,"6":2,"1":2,"9":2,"B":1},"g":{}}',
    )
  })

  test('in different orders, and none at all', () => {
    const indexes = new Map([...view('count', 'a'), ...view('alpha', 'b')])
    expect(foldFederatedFacets(parts, 100, indexes)).toBe('order')
    expect(foldFederatedFacets([{ ...part('a', '{}'), facets: null }], null, indexes)).toBeNull()
  })
})
