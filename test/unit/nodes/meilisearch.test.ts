import { describe, expect, it } from 'vitest'
import { createMeilisearchClient } from '../../../src/nodes/meilisearch.ts'
import type { Outcome } from '../../../src/nodes/transport.ts'
import { answered, NODE, refusal, scriptedTransport } from './scripted-transport.ts'

const deadline = { at: 1_000 }
const task = {
  ...{ uid: 4, batchUid: 1, indexUid: 'films__g1_0', status: 'succeeded', type: 'documentAdditionOrUpdate' },
  ...{ canceledBy: null, details: { receivedDocuments: 1, indexedDocuments: 1 }, error: null },
  ...{ duration: 'PT0.1S', enqueuedAt: 'e', startedAt: 's', finishedAt: 'f', customMetadata: 'op-1' },
}
const page = (results: unknown[], total = results.length) => ({
  results,
  total,
  limit: 20,
  from: 4,
  next: null,
})
const client = (outcome: Outcome) => {
  const transport = scriptedTransport(() => outcome)
  return { transport, ...createMeilisearchClient(transport) }
}

describe('node client', () => {
  it('tails tasks upwards from a uid', async () => {
    const { transport, tailTasks } = client(answered(200, page([task], 9)))
    const result = await tailTasks(NODE, 4, 50, deadline)
    expect(result).toMatchObject({
      ok: true,
      value: { total: 9, tasks: [{ uid: 4, customMetadata: 'op-1' }] },
    })
    expect(transport.requests).toEqual([
      { method: 'GET', path: '/tasks?reverse=true&from=4&limit=50', operation: 'tasks', write: false },
    ])
  })

  it('knows the newest task, or that there is none', async () => {
    expect(await client(answered(200, page([task]))).newestTask(NODE, deadline)).toEqual({
      ok: true,
      value: 4,
    })
    expect(await client(answered(200, page([]))).newestTask(NODE, deadline)).toEqual({ ok: true, value: -1 })
  })

  it('reads settings and escapes the name', async () => {
    const { transport, getSettings } = client(answered(200, { rankingRules: ['words'] }))
    expect(await getSettings(NODE, 'a/b', deadline)).toEqual({ ok: true, value: { rankingRules: ['words'] } })
    expect(transport.requests[0]?.path).toBe('/indexes/a%2Fb/settings')
  })

  it('reads stats and versions', async () => {
    const stats = {
      databaseSize: 9,
      lastUpdate: null,
      indexes: { a: { numberOfDocuments: 1, isIndexing: false, fieldDistribution: { id: 1 } } },
    }
    expect(await client(answered(200, stats)).getStats(NODE, deadline)).toEqual({ ok: true, value: stats })
    const version = { commitSha: 'c', commitDate: 'd', pkgVersion: '1.50.0' }
    expect(await client(answered(200, version)).getVersion(NODE, deadline)).toEqual({
      ok: true,
      value: version,
    })
  })

  it('hands documents over unparsed', async () => {
    const { transport, fetchDocuments } = client(answered(200, '{"results":[{"n":1.0}]}'))
    const body = Buffer.from('{"limit":1}')
    const result = await fetchDocuments(NODE, 'films__g1_0', body, deadline)
    expect(result.ok && Buffer.from(result.value).toString()).toBe('{"results":[{"n":1.0}]}')
    expect(transport.requests[0]).toMatchObject({
      method: 'POST',
      path: '/indexes/films__g1_0/documents/fetch',
      body,
    })
  })

  it('tells apart why there is no answer', async () => {
    const failure = async (outcome: Outcome) => {
      const result = await client(outcome).getStats(NODE, deadline)
      return result.ok ? null : result.failure
    }
    expect(await failure({ kind: 'never-sent', reason: 'r' })).toEqual({
      ...{ kind: 'unreachable', reason: 'r', sent: false },
    })
    expect(await failure({ kind: 'ambiguous', reason: 'r' })).toMatchObject({
      kind: 'unreachable',
      sent: true,
    })
    expect(await failure(refusal(404, 'index_not_found'))).toMatchObject({
      ...{ kind: 'refused', status: 404 },
      error: { code: 'index_not_found', message: 'no' },
    })
    expect(await failure(answered(502, '<html>'))).toMatchObject({ kind: 'unusable', status: 502 })
  })

  it('never trusts the shape of an answer', async () => {
    const odd = ['', 'null', '[]', '3', '{', '{}', '{"results":[]}', '{"results":[{}],"total":1}']
    for (const body of [
      ...odd,
      '{"results":[{"uid":"4","status":"x","type":"y"}],"total":1}',
      '{"results":3}',
    ]) {
      const { tailTasks } = client(answered(200, body))
      expect(await tailTasks(NODE, 0, 1, deadline), body).toMatchObject({
        ...{ ok: false, failure: { kind: 'unusable', status: 200 } },
      })
    }
    expect((await client(answered(200, '{}')).getVersion(NODE, deadline)).ok).toBe(false)
    expect((await client(answered(200, '{"databaseSize":1,"indexes":[]}')).getStats(NODE, deadline)).ok).toBe(
      false,
    )
  })
})
