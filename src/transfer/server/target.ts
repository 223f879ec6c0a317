import { utf8 } from '../../std/bytes.ts'
import { isObject } from '../../std/json-values.ts'
import { TransferFailure } from '../failure.ts'
import { messageOf, type Server } from './server.ts'
import { countDocuments } from './server-source.ts'

const POLL_MIN_MS = 20
const POLL_MAX_MS = 1_000
const POLL_GROWTH = 1.5

export interface TargetIndex {
  readonly documents: number
  readonly primaryKey: string | null
}

/** How a task ended. */
export type TaskEnd =
  | { readonly ok: true; readonly received: number | null }
  | { readonly ok: false; readonly code: string; readonly message: string }

/** An index of the target; null when there is none. */
export async function findIndex(target: Server, uid: string): Promise<TargetIndex | null> {
  const ask = { method: 'GET', path: `/indexes/${uid}`, action: 'indexes.get', accept: [404] } as const
  const { status, value } = await target.json(ask)
  if (status === 404) return null
  const { primaryKey } = value
  const documents = await countDocuments(target, uid)
  return { documents, primaryKey: typeof primaryKey === 'string' ? primaryKey : null }
}

/** Creates an index with its settings. An index that is there already keeps its documents. */
export async function prepareIndex(
  target: Server,
  index: { readonly uid: string; readonly primaryKey: string | null; readonly settings: string | null },
): Promise<void> {
  const { uid, primaryKey, settings } = index
  const body = utf8(JSON.stringify({ uid, primaryKey }))
  const created = await enqueue(target, { method: 'POST', path: '/indexes', body, action: 'indexes.create' })
  const creation = await endOf(target, created)
  if (!creation.ok && creation.code !== 'index_already_exists')
    throw failed(target, `creating the index ${uid}`, creation)
  if (settings === null) return
  const path = `/indexes/${uid}/settings`
  const changed = await enqueue(target, {
    method: 'PATCH',
    path,
    body: utf8(settings),
    action: 'settings.update',
  })
  const change = await endOf(target, changed)
  if (!change.ok) throw failed(target, `setting the settings of ${uid}`, change)
}

export async function deleteIndex(target: Server, uid: string): Promise<void> {
  const ask = { method: 'DELETE', path: `/indexes/${uid}`, action: 'indexes.delete', accept: [404] } as const
  const { status, value } = await target.json(ask)
  if (status === 404) return
  const end = await endOf(target, taskUidOf(target, value))
  if (!end.ok && end.code !== 'index_not_found') throw failed(target, `deleting the index ${uid}`, end)
}

interface Write {
  readonly method: 'POST' | 'PATCH'
  readonly path: string
  readonly body: Uint8Array
  readonly action: string
}

async function enqueue(target: Server, write: Write): Promise<number> {
  return taskUidOf(target, (await target.json(write)).value)
}

/** Sends documents. A number is their task; else why the target does not take the body. */
export async function postDocuments(
  target: Server,
  path: string,
  body: { readonly bytes: Uint8Array; readonly contentType: string },
): Promise<number | { readonly status: number; readonly message: string }> {
  const { status, body: answer } = await target.ask({
    ...{ method: 'POST', path, body: body.bytes, contentType: body.contentType },
    ...{ action: 'documents.add', accept: [400, 413, 415] },
  })
  if (status >= 400) return { status, message: messageOf(answer) }
  const { taskUid } = JSON.parse(Buffer.from(answer).toString()) as Readonly<Record<string, unknown>>
  return taskUidOf(target, { taskUid })
}

/** Waits for a task to end, however long that takes. */
export async function endOf(target: Server, taskUid: number): Promise<TaskEnd> {
  const ask = { method: 'GET', path: `/tasks/${taskUid}`, action: 'tasks.get' } as const
  for (let waitMs = POLL_MIN_MS; ; waitMs = Math.min(POLL_MAX_MS, waitMs * POLL_GROWTH)) {
    const { value } = await target.json(ask)
    const { status, error, details } = value
    if (status === 'succeeded') {
      const received = isObject(details) ? details['receivedDocuments'] : null
      return { ok: true, received: typeof received === 'number' ? received : null }
    }
    if (status === 'canceled') return { ok: false, code: '', message: 'it was cancelled' }
    if (status === 'failed') {
      const { code, message } = isObject(error) ? error : { code: '', message: 'no reason is told' }
      return { ok: false, code: String(code), message: String(message) }
    }
    await target.pause(waitMs)
  }
}

function taskUidOf(target: Server, value: Readonly<Record<string, unknown>>): number {
  const { taskUid } = value
  if (typeof taskUid === 'number') return taskUid
  throw new TransferFailure(
    'failed',
    `${target.name}: a write was answered without a task; is it Meilisearch?`,
  )
}

function failed(
  target: Server,
  doing: string,
  end: { readonly code: string; readonly message: string },
): TransferFailure {
  return new TransferFailure('failed', `${target.name}: ${doing} failed: ${end.message} (${end.code})`)
}
