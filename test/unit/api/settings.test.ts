import { describe, expect, it } from 'vitest'
import { settingsRoutes } from '../../../src/api/settings.ts'
import { SETTINGS } from '../../../src/catalogue/setting-table.ts'
import { indexView, RecordingWrites, send, viewsOf } from './catalogue-doubles.ts'

const index = indexView('films')
const synonyms = { 10: ['x'], 9: ['y'], a: ['z'] }
const views = viewsOf([{ ...index, settings: { ...index.settings, synonyms } }])

describe('settings', () => {
  it('are read from the catalogue, maps in byte order', async () => {
    const routes = settingsRoutes({ views, writes: new RecordingWrites() })
    const one = await send(routes, { method: 'GET', path: '/indexes/films/settings/synonyms' })
    expect(one.body).toBe('{"10":["x"],"9":["y"],"a":["z"]}')
    const all = await send(routes, { method: 'GET', path: '/indexes/films/settings' })
    expect(all.body).toContain(`"synonyms":${one.body},"distinctAttribute":null`)
  })

  it('have a route each, with one verb to update', async () => {
    const writes = new RecordingWrites()
    const routes = settingsRoutes({ views, writes })
    for (const { route, verb } of SETTINGS) {
      const path = `/indexes/films/settings/${route}`
      expect((await send(routes, { method: 'GET', path })).status).toBe(200)
      expect((await send(routes, { method: verb, path, body: 'null' })).status).toBe(202)
      expect((await send(routes, { method: 'DELETE', path })).status).toBe(202)
      expect(
        (await send(routes, { method: verb === 'PUT' ? 'PATCH' : 'PUT', path, body: '{}' })).status,
      ).toBe(405)
      expect((await send(routes, { method: 'POST', path, body: '{}' })).status).toBe(405)
    }
    expect(writes.calls).toHaveLength(2 * SETTINGS.length)
    expect(routes).toHaveLength(3 * (SETTINGS.length + 1))
  })

  it('are changed as the client wrote it', async () => {
    const writes = new RecordingWrites()
    const routes = settingsRoutes({ views, writes })
    await send(routes, { method: 'PATCH', path: '/indexes/new/settings', body: '{ "nope" : 1.0 }' })
    await send(routes, { method: 'PUT', path: '/indexes/films/settings/stop-words', body: '["a"]' })
    await send(routes, { method: 'DELETE', path: '/indexes/films/settings' })
    expect(writes.calls).toEqual([
      ['settingsUpdate', 'new', { route: null, method: 'PATCH', body: '{ "nope" : 1.0 }' }],
      ['settingsUpdate', 'films', { route: 'stop-words', method: 'PUT', body: '["a"]' }],
      ['settingsUpdate', 'films', { route: null, method: 'DELETE', body: '' }],
    ])
  })
})
