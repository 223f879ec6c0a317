import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Access } from '../../model/call.ts'
import { fail, MiroirError } from '../../model/errors.ts'
import { timestamp } from '../../std/timestamp.ts'

export interface KeysOptions {
  /** What opens everything but the admin routes; null = clients need no key. */
  readonly masterKey: string | null
  /** What opens the admin routes, and nothing else. */
  readonly adminKey: string | null
  /** UUIDs of the default keys; their values follow from them and the master key. */
  readonly defaultKeyUids: { readonly search: string; readonly admin: string }
  /** Wall milliseconds at which the default keys were made. */
  readonly createdMs: number
}

/** A key as clients read it; members in a node's order. */
export interface KeyView {
  readonly name: string
  readonly description: string
  readonly key: string
  readonly uid: string
  readonly actions: readonly string[]
  readonly indexes: readonly string[]
  readonly expiresAt: null
  /** RFC 3339, as the next one. */
  readonly createdAt: string
  readonly updatedAt: string
}

/** Case-insensitive lookup of a request header. */
export type HeaderOf = (name: string) => string | undefined

export interface Keys {
  /** Null when the caller may use a route with that access, else the error to answer. */
  authorize(header: HeaderOf, access: Access): MiroirError | null
  /** Value of the default search key; null without a master key. */
  readonly searchKey: string | null
  /** Value of the default admin API key; null without a master key. It does not open admin routes. */
  readonly adminApiKey: string | null
  /** The default keys, the newest first; empty without a master key. */
  readonly views: readonly KeyView[]
}

type Digest = Buffer

export function createKeys(options: KeysOptions): Keys {
  const { defaultKeyUids } = options
  const masterKey = options.masterKey === '' ? null : options.masterKey
  const adminKey = options.adminKey === '' ? null : options.adminKey
  const values =
    masterKey === null
      ? null
      : {
          search: keyValue(masterKey, defaultKeyUids.search),
          admin: keyValue(masterKey, defaultKeyUids.admin),
        }
  const digests = {
    master: digestOf(masterKey),
    admin: digestOf(adminKey),
    search: digestOf(values?.search ?? null),
    adminApi: digestOf(values?.admin ?? null),
  }
  return {
    authorize(header, access) {
      if (access.kind === 'public') return null
      return access.kind === 'admin'
        ? authorizeAdmin(header, digests)
        : authorizeCaller(header, digests, access)
    },
    searchKey: values?.search ?? null,
    adminApiKey: values?.admin ?? null,
    views: values === null ? [] : viewsOf(options, values),
  }
}

interface Digests {
  readonly master: Digest | null
  readonly admin: Digest | null
  readonly search: Digest | null
  readonly adminApi: Digest | null
}

function authorizeCaller(
  header: HeaderOf,
  digests: Digests,
  { action, orAdmin }: Extract<Access, { kind: 'action' }>,
): MiroirError | null {
  const isAdmin = orAdmin === true && digests.admin !== null && authorizeAdmin(header, digests) === null
  return isAdmin ? null : authorizeAction(header, digests, action)
}

/** A node's rules: the header is judged even where no key is needed. */
function authorizeAction(header: HeaderOf, digests: Digests, action: string): MiroirError | null {
  const given = bearerOf(header('authorization'))
  if (given.kind === 'other') return fail('missing_authorization_header')
  if (given.kind === 'empty') return fail('invalid_api_key')
  const aboutKeys = action.startsWith('keys.')
  if (digests.master === null) return aboutKeys ? fail('missing_master_key') : null
  if (given.kind !== 'token') return fail('missing_authorization_header')
  const token = sha256(given.token)
  // All are compared, whichever matches, so that the time tells nothing.
  const isMaster = equal(token, digests.master)
  const isAdminApi = equal(token, digests.adminApi)
  const isSearch = equal(token, digests.search)
  const opens = isMaster || (isAdminApi && !aboutKeys) || (isSearch && action === 'search')
  return opens ? null : fail('invalid_api_key')
}

/** The master key does not open these routes: who writes documents does not thereby run the cluster. */
function authorizeAdmin(header: HeaderOf, digests: Digests): MiroirError | null {
  const refusal = fail('miroir_invalid_auth')
  if (digests.admin === null) {
    if (digests.master === null) return null
    const message = 'This route needs an admin key and none is configured. Set `admin.api_key`.'
    return new MiroirError(refusal.status, { ...refusal.body, message })
  }
  const own = header('x-admin-key')
  const given = own === undefined ? bearerOf(header('authorization')) : { kind: 'token' as const, token: own }
  const token = sha256(given.kind === 'token' ? given.token : '')
  return equal(token, digests.admin) ? null : refusal
}

type Bearer =
  | { readonly kind: 'none' | 'other' | 'empty' }
  | { readonly kind: 'token'; readonly token: string }

/** Cut at spaces and compared with case, as a node does: what follows the second space is ignored. */
function bearerOf(value: string | undefined): Bearer {
  if (value === undefined) return { kind: 'none' }
  const [scheme, token] = value.split(' ')
  if (scheme !== 'Bearer') return { kind: 'other' }
  return token === undefined ? { kind: 'empty' } : { kind: 'token', token }
}

/** What a node with the same master key would derive for the same uid. */
function keyValue(masterKey: string, uid: string): string {
  return createHmac('sha256', masterKey).update(uid).digest('hex')
}

function digestOf(key: string | null): Digest | null {
  return key === null ? null : sha256(key)
}

function sha256(text: string): Digest {
  return createHash('sha256').update(text).digest()
}

/** Digests have one length, so neither it nor a common beginning can be measured. */
function equal(token: Digest, expected: Digest | null): boolean {
  return expected !== null && timingSafeEqual(token, expected)
}

function viewsOf(
  { defaultKeyUids, createdMs }: KeysOptions,
  values: { readonly search: string; readonly admin: string },
): readonly KeyView[] {
  const createdAt = timestamp(createdMs)
  const shared = { indexes: ['*'], expiresAt: null, createdAt, updatedAt: createdAt } as const
  return [
    {
      name: 'Default Search API Key',
      description: 'Use it to search from the frontend',
      key: values.search,
      uid: defaultKeyUids.search,
      actions: ['search'],
      ...shared,
    },
    {
      name: 'Default Admin API Key',
      description:
        'Use it for anything that is not a search operation. Caution! Do not expose it on a public frontend',
      key: values.admin,
      uid: defaultKeyUids.admin,
      actions: ['*'],
      ...shared,
    },
  ]
}
