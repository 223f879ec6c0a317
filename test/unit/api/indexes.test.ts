import { describe, expect, it } from 'vitest'
import { indexRoutes } from '../../../src/api/indexes.ts'
import { indexView, RecordingWrites, send, viewsOf } from './catalogue-doubles.ts'

const views = viewsOf(['b', 'a', 'B', '10', '9'].map((uid) => indexView(uid)))

function routes(writes = new RecordingWrites()) {
  return indexRoutes({ views, writes })
}

describe('indexes', () => {
  it('are listed by name, page by page', async () => {
    const list = async (query: string) =>
      JSON.parse((await send(routes(), { method: 'GET', path: `/indexes${query}` })).body)
    expect(await list('')).toMatchObject({ offset: 0, limit: 20, total: 5 })
    const uids = async (query: string) => (await list(query)).results.map(({ uid }: { uid: string }) => uid)
    expect(await uids('')).toEqual(['10', '9', 'B', 'a', 'b'])
    expect(await uids('?offset=1&limit=2')).toEqual(['9', 'B'])
    expect(await uids('?offset=9')).toEqual([])
    expect(await list('?limit=0')).toEqual({ results: [], offset: 0, limit: 0, total: 5 })
  })

  it('are shown as a node shows them', async () => {
    const { body } = await send(routes(), { method: 'GET', path: '/indexes/a' })
    expect(body).toBe(
      '{"uid":"a","createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:01Z","primaryKey":null}',
    )
  })

  it('are created, changed and deleted through the write path', async () => {
    const writes = new RecordingWrites()
    const table = routes(writes)
    await send(table, { method: 'POST', path: '/indexes', body: '{"uid":"x","primaryKey":"id"}' })
    await send(table, { method: 'POST', path: '/indexes', body: '{"uid":"a__g1_0"}' })
    await send(table, { method: 'PATCH', path: '/indexes/a', body: '{"primaryKey":"sku"}' })
    await send(table, { method: 'PATCH', path: '/indexes/a', body: '{}' })
    await send(table, { method: 'DELETE', path: '/indexes/a' })
    expect(writes.calls).toEqual([
      ['indexCreation', 'x', 'id'],
      ['indexCreation', 'a__g1_0', null],
      ['indexUpdate', 'a', 'sku'],
      ['indexUpdate', 'a', null],
      ['indexDeletion', 'a'],
    ])
  })

  it('are not renamed', async () => {
    const writes = new RecordingWrites()
    const { status, body } = await send(routes(writes), {
      method: 'PATCH',
      path: '/indexes/a',
      body: '{"uid":"c"}',
    })
    expect([status, JSON.parse(body).code, writes.calls]).toEqual([400, 'miroir_unsupported', []])
  })
})
