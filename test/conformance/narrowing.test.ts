import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, MASTER_KEY, type NodeKind, realNodesOrWarn, startCluster } from '../e2e/cluster.ts'
import { DOCUMENTS, keyFilters, SETTINGS } from '../unit/plan/narrowing-cases.ts'

/* Whole clusters: what a narrowed plan answers is what all nodes together answer. */

const SEED = Number(process.env['NARROW_SEED'] ?? Date.now() % 1e6)
const COUNT = Number(process.env['NARROW_COUNT'] ?? 150)

const KINDS: readonly NodeKind[] = realNodesOrWarn('narrowing') ? ['embedded', 'real'] : ['embedded']

const QUERIES = [
  {},
  { limit: 3 },
  { offset: 1, limit: 2 },
  { page: 1, hitsPerPage: 2 },
  { sort: ['x:desc'] },
  { distinct: 'id2' },
]

interface Answer {
  readonly status: number
  readonly text: string
}

/** What varies from one answer to the next. */
const stable = ({ status, text }: Answer): string =>
  `${status} ${text.replace(/"(?:processingTimeMs|requestUid)":(?:\d+|"[^"]*")/g, '')}`

describe.each(KINDS)('on %s nodes', (kind) => {
  let cluster: Cluster

  const send = async (method: string, path: string, body: string): Promise<Answer> => {
    const headers = { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' }
    const response = await fetch(cluster.url + path, { method, headers, body })
    return { status: response.status, text: await response.text() }
  }
  const write = async (method: string, path: string, body: string): Promise<void> => {
    const { taskUid } = JSON.parse((await send(method, path, body)).text) as { taskUid: number }
    for (;;) {
      const headers = { authorization: `Bearer ${MASTER_KEY}` }
      const answer = await fetch(`${cluster.url}/tasks/${taskUid}`, { headers })
      const task = (await answer.json()) as { status: string }
      if (task.status === 'succeeded') return
      if (task.status === 'failed') throw new Error(JSON.stringify(task))
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  beforeAll(async () => {
    cluster = await startCluster({ kind, groups: 1, nodesPerGroup: 3 })
    await write(
      'PATCH',
      '/indexes/films/settings',
      JSON.stringify({ ...SETTINGS, sortableAttributes: ['x'] }),
    )
    await write('POST', '/indexes/films/documents?primaryKey=id', `[${DOCUMENTS.join(',')}]`)
  }, 60_000)
  afterAll(() => cluster?.close())

  test(`a narrowed search answers like one of all nodes (seed ${SEED})`, async () => {
    let fewer = 0
    for (const [at, filter] of fc.sample(keyFilters, { seed: SEED, numRuns: COUNT }).entries()) {
      const query = { ...QUERIES[at % QUERIES.length], filter }
      // `facets` must be asked of all nodes; null lists none, so that the answers are comparable.
      const wide = JSON.stringify({ ...query, facets: null })
      const [narrow, all, plan, planOfAll] = await Promise.all([
        send('POST', '/indexes/films/search', JSON.stringify(query)),
        send('POST', '/indexes/films/search', wide),
        send('POST', '/indexes/films/explain', JSON.stringify(query)),
        send('POST', '/indexes/films/explain', wide),
      ])
      expect(stable(narrow), JSON.stringify(query)).toBe(stable(all))
      expect(JSON.parse(planOfAll.text)).toMatchObject({ narrowed: false })
      const { node_count: asked } = JSON.parse(plan.text) as { node_count: number }
      if (asked < 3) fewer++
    }
    expect(fewer).toBeGreaterThan(COUNT / 10)
  })

  test('lists of documents are narrowed to the same documents', async () => {
    const idsIn = (text: string): string[] =>
      [...text.matchAll(/"id":("?[\w-]+"?)/g)].map(([, id]) => id ?? '')
    for (const filter of fc.sample(keyFilters, { seed: SEED + 1, numRuns: COUNT / 3 })) {
      const list = await send(
        'POST',
        '/indexes/films/documents/fetch',
        JSON.stringify({ filter, limit: 100 }),
      )
      const all = await send(
        'POST',
        '/indexes/films/search',
        JSON.stringify({ filter, limit: 100, facets: null }),
      )
      expect(list.status).toBe(all.status)
      if (list.status !== 200) continue
      expect(idsIn(list.text).sort(), JSON.stringify(filter)).toEqual(idsIn(all.text).sort())
      expect(JSON.parse(list.text)).toMatchObject({ total: JSON.parse(all.text).estimatedTotalHits })
    }
  })

  test('ids and a filter of keys name the documents that are in both', async () => {
    const list = (body: object): Promise<Answer> =>
      send('POST', '/indexes/films/documents/fetch', JSON.stringify({ fields: ['id'], ...body }))
    const both = await list({ ids: ['1', 'abc', 'nope'], filter: 'id IN [1, 5, ABC]' })
    const found = JSON.parse(both.text).results.map((hit: { id: unknown }) => hit.id)
    expect([...found].sort()).toEqual([1, 'abc'])
    expect(JSON.parse((await list({ ids: [2], filter: 'id = 1' })).text)).toMatchObject({
      results: [],
      total: 0,
    })
    const refused = await list({ ids: [2], filter: 'nope = 1 AND id = 1' })
    expect(JSON.parse(refused.text)).toMatchObject({ code: 'invalid_document_filter' })
  })

  test('what nodes refuse is still refused', async () => {
    for (const filter of [
      'id = 1 AND nope = 1',
      'id = 1 AND',
      'id IN [] AND nope = 1',
      ['id = 1', ['id >']],
    ]) {
      const answer = await send('POST', '/indexes/films/search', JSON.stringify({ filter }))
      expect(JSON.parse(answer.text), JSON.stringify(filter)).toMatchObject({ code: 'invalid_search_filter' })
      expect(answer.text).not.toMatch(/_miroir|__g/)
      const plan = await send('POST', '/indexes/films/explain?execute=true', JSON.stringify({ filter }))
      expect(plan).toEqual(answer)
    }
  })
})
