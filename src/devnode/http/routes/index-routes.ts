import type { DevIndex } from '../../engine/dev-index.ts'
import { readCount } from '../../tasks/task-filter.ts'
import {
  covers,
  enqueue,
  indexUidOf,
  jsonBody,
  knownParameters,
  type NodeCall,
  type NodeReply,
  reply,
} from '../call.ts'
import { refuse, refuseLacking } from '../refusal.ts'
import {
  expectArray,
  expectBoolean,
  expectObject,
  expectString,
  expectStrings,
  inside,
  unknownName,
  wrongValue,
} from '../shape.ts'
import { isoDate } from '../text.ts'
import { badUid, badUidText, isIndexUid } from '../uid.ts'

const indexView = (index: DevIndex): object => ({
  uid: index.uid,
  createdAt: isoDate(index.createdMs),
  updatedAt: isoDate(index.updatedMs),
  primaryKey: index.primaryKey,
})

export function listIndexes(call: NodeCall): NodeReply {
  knownParameters(call, ['offset', 'limit'])
  const offset = readCount(call.query.get('offset') ?? '0', 'offset', 'invalid_index_offset')
  const limit = readCount(call.query.get('limit') ?? '20', 'limit', 'invalid_index_limit')
  const all = call.engine.indexes().filter((index) => covers(call, index.uid))
  const results = all.slice(offset, offset + limit).map(indexView)
  return reply({ results, offset, limit, total: all.length })
}

export function getIndex(call: NodeCall): NodeReply {
  return reply(indexView(call.engine.index(indexUidOf(call))))
}

export function createIndex(call: NodeCall): NodeReply {
  const body = expectObject(jsonBody(call), { path: '', code: 'bad_request' })
  for (const name of Object.keys(body)) {
    if (name !== 'uid' && name !== 'primaryKey') throw unknownName('field', name, ['uid', 'primaryKey'])
  }
  if (body['uid'] === undefined) throw refuse('missing_index_uid', 'Missing field `uid`')
  const spot = { path: '.uid', code: 'invalid_index_uid' }
  const uid = expectString(body['uid'], spot)
  if (!isIndexUid(uid)) throw wrongValue(spot, badUidText(uid))
  const primaryKey = readPrimaryKey(body['primaryKey'])
  return enqueue(call, {
    type: 'indexCreation',
    indexUid: uid,
    details: { primaryKey },
    work: { kind: 'createIndex', primaryKey },
  })
}

function readPrimaryKey(value: unknown): string | null {
  if (value === undefined || value === null) return null
  return expectString(value, { path: '.primaryKey', code: 'invalid_index_primary_key' })
}

export function updateIndex(call: NodeCall): NodeReply {
  const indexUid = indexUidOf(call)
  const body = expectObject(jsonBody(call), { path: '', code: 'bad_request' })
  const accepted = ['primaryKey', 'uid']
  for (const name of Object.keys(body)) {
    if (accepted.includes(name)) continue
    if (name === 'createdAt' || name === 'updatedAt') {
      const code = name === 'createdAt' ? 'immutable_index_created_at' : 'immutable_index_updated_at'
      throw refuse(code, `Immutable field \`${name}\`: expected one of \`primaryKey\`, \`uid\``)
    }
    throw unknownName('field', name, accepted)
  }
  const primaryKey = readPrimaryKey(body['primaryKey'])
  const newUid =
    body['uid'] === undefined || body['uid'] === null
      ? null
      : expectString(body['uid'], { path: '.uid', code: 'invalid_index_uid' })
  if (newUid !== null && !isIndexUid(newUid)) throw badUid(newUid)
  const names = newUid === null ? {} : { oldIndexUid: indexUid, newIndexUid: newUid }
  return enqueue(call, {
    type: 'indexUpdate',
    indexUid,
    details: { primaryKey, ...names },
    work: { kind: 'updateIndex', primaryKey, newUid },
  })
}

export function deleteIndex(call: NodeCall): NodeReply {
  const indexUid = indexUidOf(call)
  return enqueue(call, {
    type: 'indexDeletion',
    indexUid,
    details: { deletedDocuments: null },
    work: { kind: 'deleteIndex' },
  })
}

export function swapIndexes(call: NodeCall): NodeReply {
  const root = { path: '', code: 'bad_request' }
  const seen = new Set<string>()
  const swaps = expectArray(jsonBody(call), root).map((element, at) => {
    const spot = inside(root, at)
    const swap = expectObject(element, spot)
    for (const name of Object.keys(swap)) {
      if (name !== 'indexes' && name !== 'rename')
        throw unknownName('field', name, ['indexes', 'rename'], spot)
    }
    if (swap['indexes'] === undefined) {
      throw refuse('missing_swap_indexes', `Missing field \`indexes\` inside \`${spot.path}\``)
    }
    const uids = expectStrings(swap['indexes'], {
      path: `${spot.path}.indexes`,
      code: 'invalid_swap_indexes',
    })
    const rename = expectBoolean(swap['rename'] ?? false, {
      path: `${spot.path}.rename`,
      code: 'invalid_swap_rename',
    })
    return { indexes: checkPair(uids, seen), rename }
  })
  return enqueue(call, {
    type: 'indexSwap',
    indexUid: null,
    details: { swaps },
    work: { kind: 'swap', swaps },
  })
}

function checkPair(uids: readonly string[], seen: Set<string>): readonly [string, string] {
  const [left, right] = uids
  if (left === undefined || right === undefined || uids.length !== 2) {
    const list = `The list \`${JSON.stringify(uids)}\` contains ${uids.length} indexes.`
    throw refuse('invalid_swap_indexes', `Two indexes must be given for each swap. ${list}`)
  }
  for (const uid of [left, right]) {
    if (!isIndexUid(uid)) throw badUid(uid)
    if (seen.has(uid)) {
      const text = `Indexes must be declared only once during a swap. \`${uid}\` was specified several times.`
      throw refuse('invalid_swap_duplicate_index_found', text)
    }
    seen.add(uid)
  }
  return [left, right]
}

/** Sizes are estimates in memory; a node would count pages on disk. */
function indexStats(call: NodeCall, index: DevIndex): object {
  const { table } = index
  const { size } = table
  const bytes = table.bytes
  const fields = [...table.fieldCounts].sort(([left], [right]) => (left < right ? -1 : 1))
  return {
    numberOfDocuments: size,
    rawDocumentDbSize: Math.ceil(bytes / 4096) * 4096,
    avgDocumentSize: size === 0 ? 0 : Math.floor(bytes / size),
    isIndexing: call.queue.busyWith(index.uid),
    numberOfEmbeddings: 0,
    numberOfEmbeddedDocuments: 0,
    fieldDistribution: Object.fromEntries(fields),
  }
}

const STATS_PARAMETERS = ['showInternalDatabaseSizes', 'sizeFormat']

function checkStatsParameters(call: NodeCall): void {
  knownParameters(call, STATS_PARAMETERS)
  const format = call.query.get('sizeFormat') ?? 'raw'
  if (format === 'human' || call.query.get('showInternalDatabaseSizes') === 'true') {
    throw refuseLacking('Formatting sizes and naming internal ones')
  }
  if (format === 'raw') return
  const text = `Unknown value \`${format}\` for parameter \`sizeFormat\`: expected one of \`human\`, \`raw\``
  throw refuse('invalid_stats_size_format', text)
}

export function getIndexStats(call: NodeCall): NodeReply {
  checkStatsParameters(call)
  return reply(indexStats(call, call.engine.index(indexUidOf(call))))
}

export function getStats(call: NodeCall): NodeReply {
  checkStatsParameters(call)
  const all = call.engine.indexes()
  const bytes = all.reduce((sum, index) => sum + index.table.bytes, 0)
  const { lastUpdateMs } = call.engine
  const indexes = all
    .filter((index) => covers(call, index.uid))
    .map((index) => [index.uid, indexStats(call, index)])
  return reply({
    databaseSize: bytes,
    usedDatabaseSize: bytes,
    lastUpdate: lastUpdateMs === null ? null : isoDate(lastUpdateMs),
    indexes: Object.fromEntries(indexes),
  })
}
