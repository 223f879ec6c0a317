import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BARE, DOCUMENTS, ERRORS, NARROW, RICH, RICH_SEARCHES, SEARCHES } from './read-path-data.ts'
import { ReadPathWorld, stable } from './read-path-world.ts'
import { meilisearchBinary } from './real-node.ts'

const binary = meilisearchBinary()

describe.skipIf(binary === null)('reads of a cluster equal those of one node', () => {
  let world: ReadPathWorld

  beforeAll(async () => {
    world = await ReadPathWorld.start(binary ?? '')
    await world.fill(DOCUMENTS)
  }, 60_000)
  afterAll(() => world?.stop())

  const expectEqual = async (method: string, path: string, body?: unknown): Promise<void> => {
    const [single, cluster] = await Promise.all([
      world.single.send(method, path, body),
      world.ask(method, path, body),
    ])
    expect.soft(stable(cluster), `${method} ${path} ${JSON.stringify(body)}`).toEqual(stable(single))
  }

  const post = async (bodies: readonly unknown[]): Promise<void> => {
    for (const body of bodies) await expectEqual('POST', '/indexes/films/search', body)
  }

  test('with default settings', async () => {
    await world.settle(BARE)
    await post(SEARCHES)
    await post(ERRORS)
  })

  test('with filters, sorts and facets', async () => {
    await world.settle(RICH)
    await post(SEARCHES)
    await post(RICH_SEARCHES)
    await post(ERRORS)
  })

  test('with displayed attributes and custom rules', async () => {
    await world.settle(NARROW)
    await post(SEARCHES)
    await post(ERRORS)
  })

  test('distinct values: the same hits, totals as they are labelled', async () => {
    await world.settle(RICH)
    for (const body of [
      { distinct: 'year' },
      { distinct: 'year', limit: 4, offset: 3 },
      { distinct: 'rating', attributesToRetrieve: ['id'], limit: 10 },
      { distinct: 'rating', attributesToRetrieve: ['id'], attributesToHighlight: ['title'], q: 'wonder' },
      { distinct: 'id', q: 'wonder' },
    ]) {
      const single = await world.single.send('POST', '/indexes/films/search', body)
      const cluster = await world.ask('POST', '/indexes/films/search', body)
      const hits = (text: string): unknown => JSON.parse(text).hits
      expect.soft(hits(cluster.text), JSON.stringify(body)).toEqual(hits(single.text))
    }
    const many = await world.ask('POST', '/indexes/films/search', { distinct: 'genres' })
    expect(JSON.parse(many.text)).toMatchObject({ code: 'miroir_unsupported' })
  })

  test('by query parameters', async () => {
    await world.settle(RICH)
    for (const query of [
      'q=wonder&limit=1&attributesToRetrieve=id,title',
      'filter=year%3D1993&sort=rating:desc,_geoPoint(1,2):asc',
      'filter=%5B%22year=1993%22%5D&facets=genres,year',
      'filter=year%20%3D',
      'filter=title=x',
      'filter=3',
      'filter=null',
      'nope=1',
      'limit=x',
      'limit=%2B02',
      'limit=',
      'sort=',
      'facets=',
      'facets=genres,',
      'attributesToRetrieve=',
      'attributesToRetrieve=id,',
      'q=a&q=wonder',
      'q=%ff+%zz',
      'vector=1,2',
      'hybridSemanticRatio=0.5',
      'showRankingScore=1',
      'showRankingScore=true&q=moana',
      'useNetwork=false',
      'personalizeUserContext=x',
      'matchingStrategy=frequent',
      'locales=fra,xx',
      'page=1&hitsPerPage=3',
    ])
      await expectEqual('GET', `/indexes/films/search?${query}`)
  })

  test('lists of documents and single ones', async () => {
    await world.settle(NARROW)
    for (const path of [
      '',
      '?limit=3',
      '?offset=235',
      '?offset=2&limit=2&fields=id,title',
      '?fields=',
      '?fields=nope',
      '?limit=-1',
      '?filter=year=1993',
      '?filter=title=2015',
      '?filter=',
      '?nope=1',
      '?ids=3,4,9999',
      '?ids=',
      '?ids=a%20b',
      '?sort=year',
      '?sort=info:asc',
      '?retrieveVectors=x',
      '?useNetwork=true',
      '/3',
      '/999',
      '/a%20b',
      '/007',
      '/3?fields=title,info',
      '/3?fields=_miroir_seq,title',
      '/3?nope=1',
      '/34?retrieveVectors=true',
    ])
      await expectEqual('GET', `/indexes/films/documents${path}`)
    for (const body of [
      {},
      { limit: 2, fields: ['id'] },
      { fields: ['*'], limit: 1 },
      { fields: [], limit: 2 },
      { fields: null, limit: 2 },
      { ids: [2, '1', 999] },
      { ids: [] },
      { ids: [1.5] },
      { ids: [null] },
      { ids: ['a b'] },
      { filter: 'title = x' },
      { filter: ['year = 1993', 'title = x'] },
      { filter: 3 },
      { filter: ['year = 1993', ['rating > 3', 'rating IS NULL']], limit: 50 },
      { limit: 'x' },
      { q: 'x' },
      { sort: ['info:asc'] },
      { sort: 'x' },
      { retrieveVectors: 1 },
      '{"limit":',
      '[]',
    ])
      await expectEqual('POST', '/indexes/films/documents/fetch', body)
  })

  test('whichever copies answer, also with a node down', async () => {
    await world.settle(RICH)
    const expected = stable(
      await world.single.send('POST', '/indexes/films/search', { q: 'wonder', limit: 30 }),
    )
    for (const down of [[], ['a'], ['b'], ['c']])
      for (let seed = 1; seed < 6; seed++) {
        const deps = world.deps(seed, down)
        const found = await world.ask('POST', '/indexes/films/search', { q: 'wonder', limit: 30 }, deps)
        expect(stable(found)).toEqual(expected)
      }
  })

  test('errors of missing and impossible indexes', async () => {
    for (const body of [{}, { limit: -1 }, '{"q":'])
      for (const uid of ['nope', 'a%20b']) {
        await expectEqual('POST', `/indexes/${uid}/search`, body)
        await expectEqual('POST', `/indexes/${uid}/documents/fetch`, body)
      }
    await expectEqual('GET', '/indexes/nope/documents/1')
    await expectEqual('GET', '/indexes/a%20b/documents')
  })
})
