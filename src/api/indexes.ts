import { validIndexUid } from '../catalogue/names.ts'
import { type Call, json, type Reply, type Route } from '../model/call.ts'
import { errorBody, fail } from '../model/errors.ts'
import type { IndexView, Views } from '../model/view.ts'
import type { Writes } from '../model/writes.ts'
import { accepted } from './accepted.ts'
import { requireIndex, requireUid } from './request/index-uid.ts'
import { requireObject, textOrNull } from './request/object-body.ts'
import { countOf, parametersIn } from './request/parameters.ts'
import { refusal, unknownName, wrongType } from './request/refusals.ts'

export interface IndexRouteDeps {
  readonly views: Views
  readonly writes: Writes
}

const LIMIT_DEFAULT = 20
const PAGE = ['offset', 'limit']
const CREATED = ['uid', 'primaryKey']
const CHANGED = ['primaryKey', 'uid']
const IMMUTABLE = {
  createdAt: 'immutable_index_created_at',
  updatedAt: 'immutable_index_updated_at',
} as const

/** Indexes as such: all of it is answered from the catalogue. */
export function indexRoutes({ views, writes }: IndexRouteDeps): Route[] {
  const one = '/indexes/{uid}'
  const action = (name: string) => ({ kind: 'action', action: `indexes.${name}` }) as const
  return [
    {
      method: 'GET',
      template: '/indexes',
      access: action('get'),
      handler: (call) => listIndexes(views, call.query),
    },
    {
      method: 'POST',
      template: '/indexes',
      access: action('create'),
      handler: (call) => createIndex(writes, call),
    },
    {
      method: 'GET',
      template: one,
      access: action('get'),
      handler: (call) => json(200, shown(requireIndex(views, call))),
    },
    {
      method: 'PATCH',
      template: one,
      access: action('update'),
      handler: (call) => updateIndex(writes, call),
    },
    {
      method: 'DELETE',
      template: one,
      access: action('delete'),
      handler: async (call) => accepted(await writes.deleteIndex(requireUid(call), call.deadline)),
    },
  ]
}

function shown({ uid, createdAt, updatedAt, primaryKey }: IndexView): object {
  return { uid, createdAt, updatedAt, primaryKey }
}

function listIndexes(views: Views, query: string): Reply {
  let offset = 0
  let limit = LIMIT_DEFAULT
  parametersIn(query, PAGE, (name, value) => {
    if (name === 'offset') offset = countOf('invalid_index_offset', name, value)
    else limit = countOf('invalid_index_limit', name, value)
  })
  const { indexes } = views.current()
  const uids = [...indexes.keys()].sort()
  const page = uids.slice(offset, offset + limit).flatMap((uid) => {
    const index = indexes.get(uid)
    return index === undefined ? [] : [shown(index)]
  })
  return json(200, { results: page, offset, limit, total: uids.length })
}

async function createIndex(writes: Writes, call: Call): Promise<Reply> {
  let uid: string | null = null
  let primaryKey: string | null = null
  for (const [name, value] of requireObject(call)) {
    if (name === 'uid') uid = createdUid(value)
    else if (name === 'primaryKey') primaryKey = textOrNull('invalid_index_primary_key', name, value)
    else throw unknownName('field', name, CREATED)
  }
  if (uid === null) throw refusal('missing_index_uid', 'Missing field `uid`')
  return accepted(await writes.createIndex(uid, primaryKey, call.deadline))
}

function createdUid(value: string): string {
  if (!value.startsWith('"')) throw wrongType('invalid_index_uid', '.uid', 'a string', value)
  const uid = JSON.parse(value) as string
  if (validIndexUid(uid)) return uid
  const { message } = errorBody('invalid_index_uid', { uid })
  throw refusal('invalid_index_uid', `Invalid value at \`.uid\`: ${message}`)
}

async function updateIndex(writes: Writes, call: Call): Promise<Reply> {
  let renamed: string | null = null
  let primaryKey: string | null = null
  for (const [name, value] of requireObject(call)) {
    if (name === 'primaryKey') primaryKey = textOrNull('invalid_index_primary_key', name, value)
    else if (name === 'uid') renamed = textOrNull('invalid_index_uid', name, value)
    else if (name === 'createdAt' || name === 'updatedAt')
      throw refusal(IMMUTABLE[name], `Immutable field \`${name}\`: expected one of \`primaryKey\`, \`uid\``)
    else throw unknownName('field', name, CHANGED)
  }
  const uid = requireUid(call)
  if (renamed !== null && !validIndexUid(renamed)) throw fail('invalid_index_uid', { uid: renamed })
  if (renamed !== null) throw fail('miroir_unsupported', { feature: 'Renaming an index' })
  return accepted(await writes.setPrimaryKey(uid, primaryKey, call.deadline))
}
