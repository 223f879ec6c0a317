import { createHmac } from 'node:crypto'
import { type Random, uuidv4 } from '../../std/random.ts'
import { isoDate } from './text.ts'

/** An API key of this node. */
export interface ApiKey {
  readonly uid: string
  readonly key: string
  name: string | null
  description: string | null
  readonly actions: readonly string[]
  readonly indexes: readonly string[]
  /** RFC 3339, null = never. */
  readonly expiresAt: string | null
  readonly createdMs: number
  updatedMs: number
}

/** Actions of the family wildcard `*.get` that do not end in `.get`. */
const READ_ACTIONS = new Set(['search', 'fields.post', 'export'])

/** Derives the key string from the master key, as every node does. */
export function keyString(masterKey: string, uid: string): string {
  return createHmac('sha256', masterKey).update(uid).digest('hex')
}

export function keyAllows(key: ApiKey, action: string): boolean {
  const family = `${action.split('.')[0]}.*`
  const reading = (action.endsWith('.get') && action !== 'keys.get') || READ_ACTIONS.has(action)
  return key.actions.some(
    (own) => own === '*' || own === action || own === family || (own === '*.get' && reading),
  )
}

export function keyCovers(key: ApiKey, indexUid: string): boolean {
  return key.indexes.some((pattern) =>
    pattern.endsWith('*') ? indexUid.startsWith(pattern.slice(0, -1)) : pattern === indexUid,
  )
}

export function keyView(key: ApiKey): object {
  const { name, description, uid, actions, indexes, expiresAt } = key
  return {
    name,
    description,
    key: key.key,
    uid,
    actions,
    indexes,
    expiresAt,
    createdAt: isoDate(key.createdMs),
    updatedAt: isoDate(key.updatedMs),
  }
}

const DEFAULTS: readonly (readonly [name: string, description: string, actions: readonly string[]])[] = [
  ['Default Chat API Key', 'Use it to chat and search from the frontend', ['chatCompletions', 'search']],
  [
    'Default Read-Only Admin API Key',
    'Use it to read information across the whole database. Caution! Do not expose this key on a public frontend',
    ['*.get', 'keys.get'],
  ],
  [
    'Default Admin API Key',
    'Use it for anything that is not a search operation. Caution! Do not expose it on a public frontend',
    ['*'],
  ],
  ['Default Search API Key', 'Use it to search from the frontend', ['search']],
]

/** The four keys a node makes at its first start. */
export function defaultKeys(masterKey: string, random: Random, wallMs: number): ApiKey[] {
  return DEFAULTS.map(([name, description, actions]) => {
    const uid = uuidv4(random)
    return {
      uid,
      key: keyString(masterKey, uid),
      name,
      description,
      actions,
      indexes: ['*'],
      expiresAt: null,
      createdMs: wallMs,
      updatedMs: wallMs,
    }
  })
}
