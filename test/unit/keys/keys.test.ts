import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { keyRoutes } from '../../../src/api/keys.ts'
import { createKeys } from '../../../src/features/keys/keys.ts'
import type { Access } from '../../../src/model/call.ts'
import { send } from '../tasks/requests.ts'

const defaultKeyUids = {
  search: '2e501230-a12f-4f48-aa68-d078f9baaabb',
  admin: '203dc4e8-818a-4cd2-be1c-239ffbb82027',
}
const action = (name: string): Access => ({ kind: 'action', action: name })
const admin: Access = { kind: 'admin' }
const SEARCH = action('search')
const READ = action('documents.get')
const KEYS = action('keys.get')

function makeKeys(masterKey: string | null, adminKey: string | null) {
  return createKeys({ masterKey, adminKey, defaultKeyUids, createdMs: Date.UTC(2026, 0, 1) })
}

/** Code of the refusal, or `open`. `headers` are by lower-case name. */
function outcome(
  keys: ReturnType<typeof makeKeys>,
  access: Access,
  headers: Readonly<Record<string, string>> = {},
): string {
  const refusal = keys.authorize((name) => headers[name.toLowerCase()], access)
  return refusal === null ? 'open' : `${refusal.status} ${refusal.body.code}`
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('with a master key', () => {
  const keys = makeKeys('masterKey', 'adminKey')

  test('the default keys have the values a node derives', () => {
    // Recorded from a node with this master key and these uids.
    expect(keys.searchKey).toBe('9b36f2d2be05124d6843e39242b22a28cadcb4e984273580b1a982350e8712ab')
    expect(keys.adminApiKey).toBe('76e0843d13053505292e096ec41c83e7d3346a5021a1a5e9710a6972140e0f5f')
    const derived = createHmac('sha256', 'masterKey').update(defaultKeyUids.search).digest('hex')
    expect(keys.searchKey).toBe(derived)
  })

  test('the admin key opens a route of clients only where that is said', () => {
    const either = { kind: 'action', action: 'search', orAdmin: true } as const
    expect(outcome(keys, either, bearer('adminKey'))).toBe('open')
    expect(outcome(keys, either, { 'x-admin-key': 'adminKey' })).toBe('open')
    expect(outcome(keys, either, bearer(keys.searchKey ?? ''))).toBe('open')
    expect(outcome(keys, either, bearer('x'))).toBe('403 invalid_api_key')
    expect(outcome(keys, either, { 'x-admin-key': 'x' })).toBe('401 missing_authorization_header')
    expect(outcome(keys, action('search'), bearer('adminKey'))).toBe('403 invalid_api_key')
    const noAdmin = makeKeys('masterKey', null)
    expect(outcome(noAdmin, either, { 'x-admin-key': '' })).toBe('401 missing_authorization_header')
    expect(outcome(noAdmin, either, bearer('x'))).toBe('403 invalid_api_key')
  })

  test('each key opens what it is for', () => {
    const tokens = {
      master: 'masterKey',
      search: keys.searchKey ?? '',
      api: keys.adminApiKey ?? '',
      other: 'x',
    }
    const refused = '403 invalid_api_key'
    const table: Readonly<Record<keyof typeof tokens, readonly string[]>> = {
      master: ['open', 'open', 'open'],
      search: ['open', refused, refused],
      api: ['open', 'open', refused],
      other: [refused, refused, refused],
    }
    for (const [name, expected] of Object.entries(table)) {
      const headers = bearer(tokens[name as keyof typeof tokens])
      expect(
        [SEARCH, READ, KEYS].map((access) => outcome(keys, access, headers)),
        name,
      ).toEqual(expected)
    }
  })

  test('the header is read as a node reads it', () => {
    const cases: readonly (readonly [value: string, expected: string])[] = [
      ['Bearer masterKey', 'open'],
      ['Bearer masterKey ignored', 'open'],
      ['bearer masterKey', '401 missing_authorization_header'],
      ['Basic bWFzdGVyS2V5', '401 missing_authorization_header'],
      ['masterKey', '401 missing_authorization_header'],
      ['', '401 missing_authorization_header'],
      ['Bearer', '403 invalid_api_key'],
      ['Bearer ', '403 invalid_api_key'],
      ['Bearer  masterKey', '403 invalid_api_key'],
      ['Bearer masterKeY', '403 invalid_api_key'],
      ['Bearer masterKey1', '403 invalid_api_key'],
      ['Bearer masterKe', '403 invalid_api_key'],
      ['Bearer adminKey', '403 invalid_api_key'],
    ]
    for (const [authorization, expected] of cases)
      expect(outcome(keys, READ, { authorization }), authorization).toBe(expected)
    expect(outcome(keys, READ)).toBe('401 missing_authorization_header')
    expect(outcome(keys, READ, { 'x-admin-key': 'adminKey' })).toBe('401 missing_authorization_header')
    expect(outcome(keys, { kind: 'public' }, { authorization: 'nonsense' })).toBe('open')
  })

  test('admin routes take the admin key in either header, and nothing else', () => {
    const refused = '401 miroir_invalid_auth'
    const cases: readonly (readonly [headers: Record<string, string>, expected: string])[] = [
      [{}, refused],
      [bearer('adminKey'), 'open'],
      [{ 'x-admin-key': 'adminKey' }, 'open'],
      [{ 'x-admin-key': 'adminKey', ...bearer('masterKey') }, 'open'],
      [{ 'x-admin-key': 'wrong', ...bearer('adminKey') }, refused],
      [{ 'x-admin-key': '' }, refused],
      [bearer('masterKey'), refused],
      [bearer(keys.adminApiKey ?? ''), refused],
      [{ authorization: 'adminKey' }, refused],
    ]
    for (const [headers, expected] of cases)
      expect(outcome(keys, admin, headers), JSON.stringify(headers)).toBe(expected)
  })

  test('without an admin key the admin routes are closed and say what to configure', () => {
    const closed = makeKeys('masterKey', null)
    for (const headers of [{}, bearer('masterKey'), { 'x-admin-key': '' }])
      expect(outcome(closed, admin, headers)).toBe('401 miroir_invalid_auth')
    expect(closed.authorize(() => undefined, admin)?.message).toContain('admin.api_key')
  })
})

describe('without a master key', () => {
  const keys = makeKeys(null, null)

  test('everything but keys is open, if the header is well formed', () => {
    expect(outcome(keys, READ)).toBe('open')
    expect(outcome(keys, READ, bearer('whatever'))).toBe('open')
    expect(outcome(keys, READ, { authorization: 'Basic x' })).toBe('401 missing_authorization_header')
    expect(outcome(keys, READ, { authorization: 'Bearer' })).toBe('403 invalid_api_key')
    expect(outcome(keys, KEYS)).toBe('401 missing_master_key')
    expect(outcome(keys, admin)).toBe('open')
    expect([keys.searchKey, keys.adminApiKey, keys.views.length]).toEqual([null, null, 0])
  })

  test('an admin key still closes the admin routes', () => {
    const guarded = makeKeys('', 'adminKey')
    expect(outcome(guarded, READ)).toBe('open')
    expect(outcome(guarded, admin)).toBe('401 miroir_invalid_auth')
    expect(outcome(guarded, admin, bearer('adminKey'))).toBe('open')
  })
})

describe('the routes of keys', () => {
  const keys = makeKeys('masterKey', null)
  const routes = keyRoutes({ keys })
  const get = async (target: string) => {
    const { status, body } = await send(routes, 'GET', target)
    return { status, body: JSON.parse(body) }
  }

  test('list the default keys', async () => {
    const { status, body } = await get('/keys')
    expect(status).toBe(200)
    expect(body).toMatchObject({ offset: 0, limit: 20, total: 2 })
    expect(body.results[0]).toEqual({
      name: 'Default Search API Key',
      description: 'Use it to search from the frontend',
      key: keys.searchKey,
      uid: defaultKeyUids.search,
      actions: ['search'],
      indexes: ['*'],
      expiresAt: null,
      createdAt: '2026-01-01T00:00:00Z',
      updatedAt: '2026-01-01T00:00:00Z',
    })
    expect(Object.keys(body.results[1]).join()).toBe(
      'name,description,key,uid,actions,indexes,expiresAt,createdAt,updatedAt',
    )
    expect((await get('/keys?offset=1&limit=1')).body.results).toEqual([body.results[1]])
    expect((await get('/keys?offset=x')).body.code).toBe('invalid_api_key_offset')
    expect((await get('/keys?limit=-1')).body.code).toBe('invalid_api_key_limit')
    expect((await get('/keys?x=1')).body.code).toBe('bad_request')
  })

  test('give one by value or uid', async () => {
    for (const name of [keys.searchKey, defaultKeyUids.search, defaultKeyUids.search.toUpperCase()])
      expect((await get(`/keys/${name}`)).body.uid).toBe(defaultKeyUids.search)
    expect(await get('/keys/nope')).toMatchObject({
      status: 404,
      body: { code: 'api_key_not_found', message: 'API key `nope` not found.' },
    })
  })

  test('refuse to make or change keys', async () => {
    for (const [method, target] of [
      ['POST', '/keys'],
      ['PATCH', '/keys/x'],
      ['DELETE', '/keys/x'],
    ] as const) {
      const { status, body } = await send(routes, method, target)
      expect([status, JSON.parse(body).code]).toEqual([400, 'miroir_unsupported'])
    }
    expect(routes.map(({ access }) => (access.kind === 'action' ? access.action : access.kind))).toEqual([
      'keys.get',
      'keys.get',
      'keys.create',
      'keys.update',
      'keys.delete',
    ])
  })
})
