import { uuidv4 } from '../../../std/random.ts'
import { readCount } from '../../tasks/task-filter.ts'
import { jsonBody, knownParameters, type NodeCall, type NodeReply, reply } from '../call.ts'
import { type ApiKey, keyString, keyView } from '../keys.ts'
import { refuse } from '../refusal.ts'
import {
  expectArray,
  expectObject,
  expectOneOf,
  expectString,
  inside,
  type Loose,
  unknownName,
  wrongValue,
} from '../shape.ts'

const ACTIONS: readonly string[] = (
  '* search documents.* documents.add documents.get documents.delete indexes.* indexes.create indexes.get ' +
  'indexes.update indexes.delete indexes.swap tasks.* tasks.cancel tasks.delete tasks.get settings.* settings.get ' +
  'settings.update stats.* stats.get metrics.* metrics.get dumps.* dumps.create snapshots.* snapshots.create version ' +
  'keys.create keys.get keys.update keys.delete experimental.get experimental.update export network.get network.update ' +
  'chatCompletions chats.* chats.get chats.delete chatsSettings.* chatsSettings.get chatsSettings.update *.get ' +
  'webhooks.get webhooks.update webhooks.delete webhooks.create webhooks.* indexes.compact fields.post tasks.compact ' +
  'dynamicSearchRules.get dynamicSearchRules.create dynamicSearchRules.update dynamicSearchRules.delete dynamicSearchRules.*'
).split(' ')

const FIELDS = ['description', 'name', 'uid', 'actions', 'indexes', 'expiresAt']

export function listKeys(call: NodeCall): NodeReply {
  knownParameters(call, ['offset', 'limit'])
  const offset = readCount(call.query.get('offset') ?? '0', 'offset', 'invalid_api_key_offset')
  const limit = readCount(call.query.get('limit') ?? '20', 'limit', 'invalid_api_key_limit')
  const all = [...call.engine.keys.values()].reverse()
  return reply({ results: all.slice(offset, offset + limit).map(keyView), offset, limit, total: all.length })
}

function findKey(call: NodeCall): ApiKey {
  const text = call.params[0] ?? ''
  for (const key of call.engine.keys.values()) if (key.uid === text || key.key === text) return key
  throw refuse('api_key_not_found', `API key \`${text}\` not found.`)
}

export function getKey(call: NodeCall): NodeReply {
  return reply(keyView(findKey(call)))
}

function optionalText(body: Loose, name: 'name' | 'description'): string | null {
  const value = body[name]
  if (value === undefined || value === null) return null
  return expectString(value, { path: `.${name}`, code: `invalid_api_key_${name}` })
}

function required(body: Loose, name: 'actions' | 'indexes' | 'expiresAt'): unknown {
  if (body[name] !== undefined) return body[name]
  const code = `missing_api_key_${name === 'expiresAt' ? 'expires_at' : name}`
  throw refuse(code, `Missing field \`${name}\``)
}

function readIndexes(value: unknown): string[] {
  const spot = { path: '.indexes', code: 'invalid_api_key_indexes' }
  return expectArray(value, spot).map((element, at) => {
    const pattern = expectString(element, inside(spot, at))
    if (/^(?:[A-Za-z0-9_-]+\*?|\*)$/.test(pattern)) return pattern
    throw wrongValue(
      inside(spot, at),
      `\`${pattern}\` is not a valid index uid pattern. Index uid patterns can be an integer or a string containing only alphanumeric characters, hyphens (-), underscores (_), and optionally end with a star (*).`,
    )
  })
}

function readExpiry(value: unknown, nowMs: number): string | null {
  if (value === null) return null
  const spot = { path: '.expiresAt', code: 'invalid_api_key_expires_at' }
  const text = expectString(value, spot)
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (at > nowMs) return new Date(at).toISOString()
  throw wrongValue(
    spot,
    `\`${text}\` is not a valid date. It should follow the RFC 3339 format to represents a date or datetime in the future or specified as a null value. e.g. 'YYYY-MM-DD' or 'YYYY-MM-DD HH:MM:SS'.\n`,
  )
}

export function createKey(call: NodeCall): NodeReply {
  const { engine, masterKey } = call
  const body = expectObject(jsonBody(call), { path: '', code: 'bad_request' })
  for (const name of Object.keys(body)) if (!FIELDS.includes(name)) throw unknownName('field', name, FIELDS)
  const spot = { path: '.actions', code: 'invalid_api_key_actions' }
  const actions = expectArray(required(body, 'actions'), spot).map((action, at) =>
    expectOneOf(action, ACTIONS, inside(spot, at)),
  )
  const indexes = readIndexes(required(body, 'indexes'))
  const expiresAt = readExpiry(required(body, 'expiresAt'), engine.clock.wall())
  const uid = body['uid'] === undefined ? uuidv4(engine.random) : readUid(body['uid'])
  if (engine.keys.has(uid)) {
    throw refuse('api_key_already_exists', `\`uid\` field value \`${uid}\` is already an existing API key.`)
  }
  const now = engine.clock.wall()
  const key: ApiKey = {
    uid,
    key: keyString(masterKey, uid),
    name: optionalText(body, 'name'),
    description: optionalText(body, 'description'),
    actions,
    indexes,
    expiresAt,
    createdMs: now,
    updatedMs: now,
  }
  engine.keys.set(uid, key)
  engine.keeper.saveKey(key)
  return reply(keyView(key), 201)
}

function readUid(value: unknown): string {
  const spot = { path: '.uid', code: 'invalid_api_key_uid' }
  const text = expectString(value, spot)
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return text.toLowerCase()
  throw wrongValue(spot, `\`${text}\` is not a valid UUID.`)
}

export function updateKey(call: NodeCall): NodeReply {
  const key = findKey(call)
  const body = expectObject(jsonBody(call), { path: '', code: 'bad_request' })
  for (const name of Object.keys(body)) {
    if (name === 'name' || name === 'description') continue
    const immutable = ['uid', 'key', 'actions', 'indexes', 'expiresAt', 'createdAt', 'updatedAt']
    if (!immutable.includes(name)) throw unknownName('field', name, ['description', 'name'])
    const code = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    throw refuse(
      `immutable_api_key_${code}`,
      `Immutable field \`${name}\`: expected one of \`description\`, \`name\``,
    )
  }
  if ('name' in body) key.name = optionalText(body, 'name')
  if ('description' in body) key.description = optionalText(body, 'description')
  key.updatedMs = call.engine.clock.wall()
  call.engine.keeper.saveKey(key)
  return reply(keyView(key))
}

export function deleteKey(call: NodeCall): NodeReply {
  const { uid } = findKey(call)
  call.engine.keys.delete(uid)
  call.engine.keeper.dropKey(uid)
  return { status: 204, body: null }
}
