import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Cluster, MASTER_KEY, startCluster } from './cluster.ts'
import { HesitantProxy } from './hesitant-proxy.ts'

/*
 * The whole proxy in front of four nodes, one of them behind a network that holds answers back. No
 * answer may be incomplete or different for it, and nobody may wait for what other copies can tell.
 */

/** With SLOW_NODE_REAL=1 the nodes are real ones. */
const KIND = process.env['SLOW_NODE_REAL'] === '1' ? 'real' : 'embedded'
const DOCUMENTS = 300
const CLIENTS = 4

let hesitant: HesitantProxy
let hedged: Cluster
const wrongs: string[] = []

async function startHesitant(): Promise<{ cluster: Cluster; proxy: HesitantProxy }> {
  let proxy: HesitantProxy | null = null
  const cluster = await startCluster({
    ...{ kind: KIND, groups: 2, nodesPerGroup: 2 },
    environment: { MIROIR_SEARCH__COALESCE: 'false', MIROIR_SCATTER__NODE_TIMEOUT_MS: '2000' },
    async before(address, at) {
      if (at !== 0) return null
      proxy = await HesitantProxy.before(address)
      return proxy
    },
  })
  if (proxy === null) throw new Error('no network before the first node')
  return { cluster, proxy }
}

async function call(method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(hedged.url + path, {
    method,
    headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

async function metric(line: RegExp): Promise<number> {
  const { body } = await hedged.app.metrics.render()
  return Number(line.exec(body)?.[1] ?? 0)
}

const hedgesWon = (): Promise<number> => metric(/^miroir_hedge_fired_total\{outcome="won"\} (\d+)$/m)
const hedgeRequests = (): Promise<number> => metric(/^miroir_hedge_requests_total (\d+)$/m)
const searchRequests = async (): Promise<number> => {
  const { body } = await hedged.app.metrics.render()
  const lines = body.matchAll(
    /^miroir_node_request_duration_seconds_count\{.*operation="search".*\} (\d+)$/gm,
  )
  return [...lines].reduce((sum, line) => sum + Number(line[1]), 0)
}

/** Part of an answer to a search, as opposed to probes and what writes ask. */
const isSearch = (chunk: Buffer): boolean => chunk.includes('"_rankingScoreDetails"')

/** One page of films; every answer is the one that a single node would give. */
async function search(at: number): Promise<void> {
  const offset = (at * 7) % (DOCUMENTS - 10)
  const answer = await call('POST', '/indexes/films/search', { offset, limit: 10 })
  const { hits } = (await answer.json()) as { hits?: { id: number }[] }
  const ids = hits?.map(({ id }) => id).join()
  const wanted = Array.from({ length: 10 }, (_, place) => offset + place).join()
  if (answer.status !== 200 || answer.headers.has('x-miroir-degraded') || ids !== wanted)
    wrongs.push(`${answer.status} ${answer.headers.get('x-miroir-degraded')} ${ids} instead of ${wanted}`)
}

async function searches(count: number): Promise<void> {
  let next = 0
  const client = async (): Promise<void> => {
    while (next < count) await search(next++)
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
}

beforeAll(async () => {
  const { cluster, proxy } = await startHesitant()
  hedged = cluster
  hesitant = proxy
  const films = Array.from({ length: DOCUMENTS }, (_, id) => ({ id, title: `film ${id}` }))
  const { taskUid } = (await (await call('POST', '/indexes/films/documents', films)).json()) as {
    taskUid: number
  }
  for (;;) {
    const { status } = (await (await call('GET', `/tasks/${taskUid}`)).json()) as { status: string }
    if (status === 'succeeded') break
    if (status === 'failed') throw new Error('the task failed')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  await searches(150)
}, 120_000)

afterAll(async () => {
  await hedged.close()
  await hesitant.stop()
})

beforeEach(() => {
  wrongs.length = 0
  hesitant.late = 0
  hesitant.abandoned = 0
})

describe('one node of four', () => {
  it('hesitates now and then: nobody waits for it, within the budget', async () => {
    let answers = 0
    hesitant.lateMs = (chunk) => (isSearch(chunk) && answers++ % 4 === 0 ? 1_500 : 0)
    const before = await hedgesWon()
    for (let round = 0; round < 40 && answers < 40; round++) await searches(25)
    hesitant.lateMs = () => 0
    await new Promise((resolve) => setTimeout(resolve, 1_600))
    expect(wrongs).toEqual([])
    const won = (await hedgesWon()) - before
    expect(won).toBeGreaterThan(0)
    expect(hesitant.abandoned).toBeGreaterThanOrEqual(won)
    expect(await hedgeRequests()).toBeLessThanOrEqual(0.05 * (await searchRequests()))
  })

  it('becomes slow: its searches go elsewhere', async () => {
    hesitant.lateMs = (chunk) => (isSearch(chunk) ? 150 : 0)
    await searches(200)
    const early = hesitant.late + hesitant.abandoned
    await searches(400)
    const later = hesitant.late + hesitant.abandoned - early
    hesitant.lateMs = () => 0
    expect(wrongs).toEqual([])
    // Of 2 × 400 requests a quarter would be its own if it were as good as the others.
    expect(later).toBeLessThan(100)
  })

  it('is stopped and goes on: every answer is complete', async () => {
    hesitant.frozen = true
    await searches(200)
    hesitant.frozen = false
    await searches(100)
    expect(wrongs).toEqual([])
  })
})
