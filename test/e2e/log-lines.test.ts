import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, MASTER_KEY, startCluster } from './cluster.ts'

/* What one line of the log tells of one request, through the whole program. */

const lines: string[] = []
let cluster: Cluster

beforeAll(async () => {
  const log = (line: string): void => void lines.push(line)
  cluster = await startCluster({ kind: 'embedded', groups: 1, nodesPerGroup: 3, log })
})

afterAll(() => cluster.close())

async function call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(cluster.url + path, {
    method,
    headers: { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return (await answer.json()) as Record<string, unknown>
}

async function settled(task: Record<string, unknown>): Promise<void> {
  for (;;) {
    const { status } = await call('GET', `/tasks/${task['taskUid']}`)
    if (status === 'succeeded') return
    if (status === 'failed') throw new Error('the task failed')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

test('a search says which index, how many nodes and hits, and never what was searched', async () => {
  const films = Array.from({ length: 40 }, (_, id) => ({ id, title: `quicksilver ${id}` }))
  await settled(await call('POST', '/indexes/films/documents', films))
  lines.length = 0
  await call('POST', '/indexes/films/search', { q: 'quicksilver', limit: 3 })
  await call('GET', '/indexes/films/documents/7')
  const [search, document] = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(search).toMatchObject({
    message: 'request',
    method: 'POST',
    path_template: '/indexes/{uid}/search',
    index: 'films',
    node_count: 3,
    estimated_hits: 40,
    status: 200,
  })
  expect(document).toMatchObject({ index: 'films', node_count: 1 })
  expect(document).not.toHaveProperty('estimated_hits')
  expect(lines.join('')).not.toContain('quicksilver')
})
