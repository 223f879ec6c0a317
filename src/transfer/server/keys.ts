import { utf8 } from '../../std/bytes.ts'
import { isObject } from '../../std/json-values.ts'
import { TransferFailure } from '../failure.ts'
import type { Server } from './server.ts'

/** Members of a key that can be written. */
const WRITABLE = ['uid', 'name', 'description', 'actions', 'indexes', 'expiresAt'] as const

export interface CopiedKeys {
  readonly created: number
  /** There already. */
  readonly known: number
  /** One line per key, or for all of them, that could not be copied, with the reason. */
  readonly problems: readonly string[]
}

/**
 * Creates the source's API keys on the target with their uids. A key's text is made from uid and master key,
 * so that with the same master key clients go on with the keys they have. What cannot be copied is told, and
 * fails nothing.
 */
export async function copyKeys(source: Server, target: Server): Promise<CopiedKeys> {
  const keys = await readKeys(source)
  if (typeof keys === 'string') return { created: 0, known: 0, problems: [keys] }
  let created = 0
  let known = 0
  const problems: string[] = []
  for (const key of keys) {
    const body = utf8(JSON.stringify(Object.fromEntries(WRITABLE.map((name) => [name, key[name] ?? null]))))
    const ask = {
      method: 'POST',
      path: '/keys',
      body,
      action: 'keys.create',
      accept: [400, 401, 403, 404, 409, 501],
    } as const
    const { status, value } = await target.json(ask)
    if (status < 300) created++
    else if (value['code'] === 'api_key_already_exists') known++
    else {
      problems.push(`${nameOf(key)}: ${String(value['message'])}`)
      // The same answer awaits every other key.
      if (value['code'] === 'miroir_unsupported' || status === 401 || status === 403) break
    }
  }
  return { created, known, problems }
}

type Key = Readonly<Record<string, unknown>>

async function readKeys(source: Server): Promise<Key[] | string> {
  const found: Key[] = []
  for (;;) {
    const path = `/keys?limit=100&offset=${found.length}`
    const { status, value } = await source.json({
      method: 'GET',
      path,
      action: 'keys.get',
      accept: [401, 403],
    })
    if (status >= 400) return `the source's key does not allow \`keys.get\`: no API key was copied`
    const { results, total } = value
    if (!Array.isArray(results))
      throw new TransferFailure('failed', `${source.name}: ${path}: no list of keys`)
    found.push(...results.filter(isObject))
    if (results.length === 0 || found.length >= Number(total)) return found
  }
}

/** Never the key's own text. */
function nameOf(key: Key): string {
  return typeof key['name'] === 'string' ? `key ${JSON.stringify(key['name'])}` : `key ${String(key['uid'])}`
}
