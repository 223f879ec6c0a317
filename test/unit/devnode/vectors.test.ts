import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningNode, runNode } from './running-node.ts'

interface Recorded {
  readonly embedders: boolean
  readonly id: number
  readonly vectors: string
  readonly error: { readonly code: string; readonly message: string } | null
  /** `_vectors` as a real node gives them back. */
  readonly stored?: string
}

const recorded = JSON.parse(
  readFileSync(new URL('../../golden/vectors/documents.json', import.meta.url), 'utf8'),
) as Recorded[]
const EMBEDDERS = { u: { source: 'userProvided', dimensions: 3 } }

let running: RunningNode
beforeAll(async () => {
  running = await runNode()
})
afterAll(() => running.node.close())

describe('documents with vectors are taken and refused as a real node does', () => {
  // The embedded node reads numbers when they arrive and says so itself, and drops space.
  const cases = recorded.filter((row) => !/1e400| /.test(row.vectors))
  it.each(cases)('$embedders $vectors', async ({ embedders, id, vectors, error, stored }) => {
    if (embedders) await running.write('PATCH', '/indexes/rec/settings', { embedders: EMBEDDERS })
    else await running.call('DELETE', '/indexes/rec')
    const task = await running.write('POST', '/indexes/rec/documents', `[{"id":${id},"_vectors":${vectors}}]`)
    expect(task.error === null ? null : { code: task.error.code, message: task.error.message }).toEqual(error)
    if (stored === undefined) return
    const { text } = await running.call('GET', `/indexes/rec/documents/${id}?retrieveVectors=true`)
    expect(text.slice(text.indexOf('"_vectors":') + 11, -1)).toBe(stored)
    await running.write('DELETE', `/indexes/rec/documents/${id}`)
  })
})

describe('searches by vectors', () => {
  const search = (body: object) => running.call('POST', '/indexes/v/search', body)
  const ids = async (body: object): Promise<number[]> =>
    (await search(body)).json.hits.map(({ id }: { id: number }) => id)

  beforeAll(async () => {
    await running.write('PATCH', '/indexes/v/settings', {
      embedders: { u: { source: 'userProvided', dimensions: 2 } },
      sortableAttributes: ['p'],
      filterableAttributes: ['p', 't'],
    })
    await running.write('POST', '/indexes/v/documents', [
      { id: 1, t: 'hello', p: 3, _vectors: { u: [1, 0] } },
      { id: 2, t: 'hello', p: 2, _vectors: { u: [1, 0] } },
      { id: 3, t: 'hello you', p: 1, _vectors: { u: [1, 0] } },
      { id: 4, t: 'nope', p: 0, _vectors: { u: [0, 1] } },
      { id: 5, t: 'nope', p: 0, _vectors: { u: null } },
      { id: 6, t: 'hello', p: -1, _vectors: { u: null } },
      {
        id: 7,
        t: 'x',
        p: 7,
        _vectors: {
          u: [
            [0, 1],
            [1, 0],
          ],
        },
      },
    ])
  })

  const hybrid = { embedder: 'u' }
  it.each([
    ['nearest first, none last', { vector: [1, 0], hybrid }, [1, 2, 3, 7, 4, 5, 6]],
    ['sorted among equals', { vector: [1, 0], hybrid, sort: ['p:asc'] }, [3, 2, 1, 7, 4, 6, 5]],
    ['sorted among the neighbours found', { vector: [1, 0], hybrid, sort: ['p:asc'], limit: 2 }, [2, 1]],
    ['vectors first where all is equal', { q: 'hello', vector: [0, 1], hybrid }, [4, 7, 1, 2, 6, 3, 5]],
    [
      'words enough for the page',
      { q: 'hello', vector: [0, 1], hybrid: { embedder: 'u', semanticRatio: 0.2 }, limit: 2 },
      [1, 2],
    ],
    ['distinct again after the merge', { q: 'hello', vector: [0, 1], hybrid, distinct: 't' }, [4, 7, 1, 3]],
    ['unwanted words', { q: '-nope', vector: [0, 1], hybrid }, [7, 1, 2, 3, 6]],
  ])('%s', async (_, body, expected) => {
    expect(await ids(body)).toEqual(expected)
  })

  it('tells scores, counts and vectors in a node’s form', async () => {
    const { text } = await search({
      q: 'hello',
      vector: [0.3, 0.77],
      hybrid: { embedder: 'u', semanticRatio: 1 },
      limit: 1,
      attributesToRetrieve: ['id'],
      retrieveVectors: true,
      showRankingScore: true,
      showRankingScoreDetails: true,
    })
    expect(text).toContain(
      '{"id":4,"_vectors":{"u":{"embeddings":[[0.0,1.0]],"regenerate":false}},"_rankingScore":0.9658886790275574,"_rankingScoreDetails":{"vectorSort":{"order":0,"similarity":0.9658886790275574}}}',
    )
    expect(text).toContain('"query":"hello","queryVector":[0.3,0.77],"processingTimeMs"')
    expect(text).toMatch(/"estimatedTotalHits":7,"requestUid":"[^"]*","semanticHitCount":1}$/)
  })

  it('asks for words alone when there is no vector to be had', async () => {
    const { json } = await search({ q: 'hello', hybrid })
    expect([json.estimatedTotalHits, json.semanticHitCount]).toEqual([4, 0])
  })

  it.each([
    [{ vector: [1, 0] }, 'missing_search_hybrid'],
    [{ vector: [1], hybrid }, 'invalid_vector_dimensions'],
    [{ q: 'x', hybrid: { embedder: 'nope' } }, 'invalid_search_embedder'],
    [{ q: 'x', hybrid: { embedder: 'u', semanticRatio: 1 } }, 'vector_embedding_error'],
    [{ hybrid: {} }, 'invalid_search_hybrid_query'],
    [{ hybrid: { embedder: 'u', semanticRatio: 2 } }, 'invalid_search_semantic_ratio'],
    [{ media: { a: 1 }, hybrid }, 'feature_not_enabled'],
    [{ media: { a: 1 }, vector: [1, 0], hybrid }, 'invalid_search_media_and_vector'],
  ])('refuses %j', async (body, code) => {
    const { status, json } = await search(body)
    expect([status, json.code]).toEqual([400, code])
  })
})
