import type { ErrorBody } from '../model/errors.ts'
import type { JsonObject, NodeView } from '../model/view.ts'
import { text, utf8 } from '../std/bytes.ts'
import type { Deadline } from '../std/deadline.ts'
import { isObject, parsedJson } from '../std/json-values.ts'
import type { NodeRequest, Outcome, Transport } from './transport.ts'

/** Why a node gave no usable answer. A value, never an exception. */
export type NodeFailure =
  /** No answer: not sent, or nobody knows. */
  | { readonly kind: 'unreachable'; readonly reason: string; readonly sent: boolean }
  /** Meilisearch said no. */
  | { readonly kind: 'refused'; readonly status: number; readonly error: ErrorBody }
  /** An answer that Meilisearch would not give. */
  | { readonly kind: 'unusable'; readonly status: number; readonly reason: string }

export type Refusal = Pick<Extract<NodeFailure, { kind: 'refused' }>, 'status' | 'error'>

export type NodeResult<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: NodeFailure }

/** A task as a node reports it; times are RFC 3339. */
export interface NodeTask {
  readonly uid: number
  readonly indexUid: string | null
  readonly status: 'enqueued' | 'processing' | 'succeeded' | 'failed' | 'canceled'
  readonly type: string
  /** On document routes only. */
  readonly customMetadata?: string
  readonly error: ErrorBody | null
  readonly details: JsonObject | null
  readonly enqueuedAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
}

export interface NodeTaskPage {
  readonly tasks: readonly NodeTask[]
  /** Tasks on the node, whatever the page. */
  readonly total: number
}

export interface NodeVersion {
  readonly commitSha: string
  readonly commitDate: string
  readonly pkgVersion: string
}

export interface NodeIndexStats {
  readonly numberOfDocuments: number
  readonly isIndexing: boolean
  readonly fieldDistribution: Readonly<Record<string, number>>
}

export interface NodeStats {
  readonly databaseSize: number
  readonly lastUpdate: string | null
  readonly indexes: Readonly<Record<string, NodeIndexStats>>
}

/** Reads of one node that more than one room needs. `index` is always a physical name. */
export interface MeilisearchClient {
  /** Status of `GET /health`; any answer but 200 is a failure. */
  getHealth(node: NodeView, deadline: Deadline): Promise<NodeResult<null>>
  getVersion(node: NodeView, deadline: Deadline): Promise<NodeResult<NodeVersion>>
  /** Tasks upwards from `fromUid`, ascending. */
  tailTasks(
    node: NodeView,
    fromUid: number,
    limit: number,
    deadline: Deadline,
  ): Promise<NodeResult<NodeTaskPage>>
  /** Uid of the newest task, -1 when there is none. */
  newestTask(node: NodeView, deadline: Deadline, authority?: 'node' | 'master'): Promise<NodeResult<number>>
  /** An internal federated search without queries: reads nothing, and works where real ones do. */
  tryFederation(node: NodeView, deadline: Deadline): Promise<NodeResult<null>>
  /** Sets the runtime flag `network`; fails unless the node then says that it is on. */
  enableNetwork(node: NodeView, deadline: Deadline): Promise<NodeResult<null>>
  /** Sets the runtime flag `editDocumentsByFunction`. */
  enableEdits(node: NodeView, deadline: Deadline): Promise<NodeResult<null>>
  /** What a node says to a request that it must refuse; null when it said anything else. */
  refusalOf(node: NodeView, request: NodeRequest, deadline: Deadline): Promise<Refusal | null>
  /** Uids of API keys; asked with the master key, as the next two. */
  listKeyUids(node: NodeView, deadline: Deadline): Promise<NodeResult<readonly string[]>>
  /** Answers the key itself. */
  createKey(node: NodeView, body: Uint8Array, deadline: Deadline): Promise<NodeResult<string>>
  deleteKey(node: NodeView, uid: string, deadline: Deadline): Promise<NodeResult<null>>
  getSettings(node: NodeView, index: string, deadline: Deadline): Promise<NodeResult<JsonObject>>
  getStats(node: NodeView, deadline: Deadline): Promise<NodeResult<NodeStats>>
  /** Raw answer of `POST /indexes/{index}/documents/fetch`: documents are not parsed. */
  fetchDocuments(
    node: NodeView,
    index: string,
    body: Uint8Array,
    deadline: Deadline,
  ): Promise<NodeResult<Uint8Array>>
}

const MASTER = { authority: 'master', operation: 'probe', write: false } as const
/** More keys than anybody has; a key beyond is not looked for. */
const KEYS_MAX = 10_000
/** Makes a node tell what it otherwise keeps to itself; it is a proxy's request then, not a client's. */
export const PROXY_SEARCH = { 'meili-proxy-search': 'true' } as const

const EMPTY_FEDERATION: NodeRequest = {
  method: 'POST',
  path: '/multi-search',
  body: utf8('{"queries":[],"federation":{}}'),
  headers: PROXY_SEARCH,
  ...MASTER,
}

/** Set again and again with the same effect, so it is sent like a read. */
const ENABLE_NETWORK: NodeRequest = {
  method: 'PATCH',
  path: '/experimental-features',
  body: utf8('{"network":true}'),
  ...MASTER,
}

const ENABLE_EDITS: NodeRequest = { ...ENABLE_NETWORK, body: utf8('{"editDocumentsByFunction":true}') }

export function createMeilisearchClient(transport: Transport): MeilisearchClient {
  const get = (node: NodeView, path: string, operation: string, deadline: Deadline): Promise<Outcome> =>
    transport.send(node, { method: 'GET', path, operation, write: false }, deadline)
  return {
    async getHealth(node, deadline) {
      const request = { ...MASTER, method: 'GET', path: '/health' } as const
      return decode(await transport.send(node, request, deadline), () => null)
    },
    async getVersion(node, deadline) {
      const request = { ...MASTER, method: 'GET', path: '/version' } as const
      return decode(await transport.send(node, request, deadline), readVersion)
    },
    async tailTasks(node, fromUid, limit, deadline) {
      const path = `/tasks?reverse=true&from=${fromUid}&limit=${limit}`
      return decode(await get(node, path, 'tasks', deadline), readTaskPage)
    },
    async newestTask(node, deadline, authority = 'node') {
      const request = { ...MASTER, authority, method: 'GET', path: '/tasks?limit=1' } as const
      const page = decode(await transport.send(node, request, deadline), readTaskPage)
      return page.ok ? { ok: true, value: page.value.tasks[0]?.uid ?? -1 } : page
    },
    tryFederation: async (node, deadline) =>
      decode(await transport.send(node, EMPTY_FEDERATION, deadline), (value) =>
        Array.isArray(value['hits']) ? null : undefined,
      ),
    enableNetwork: async (node, deadline) =>
      decode(await transport.send(node, ENABLE_NETWORK, deadline), (value) =>
        value['network'] === true ? null : undefined,
      ),
    ...editCalls(transport),
    ...keyCalls(transport),
    getSettings: async (node, index, deadline) =>
      decode(
        await get(node, `/indexes/${encodeURIComponent(index)}/settings`, 'read', deadline),
        (value) => value,
      ),
    getStats: async (node, deadline) => decode(await get(node, '/stats', 'read', deadline), readStats),
    fetchDocuments: async (node, index, body, deadline) => {
      const request: NodeRequest = {
        method: 'POST',
        path: `/indexes/${encodeURIComponent(index)}/documents/fetch`,
        ...{ body, operation: 'read', write: false },
      }
      return answered(await transport.send(node, request, deadline))
    },
  }
}

function editCalls(transport: Transport): Pick<MeilisearchClient, 'enableEdits' | 'refusalOf'> {
  return {
    enableEdits: async (node, deadline) =>
      decode(await transport.send(node, ENABLE_EDITS, deadline), (value) =>
        value['editDocumentsByFunction'] === true ? null : undefined,
      ),
    async refusalOf(node, request, deadline) {
      const answer = answered(await transport.send(node, request, deadline))
      return !answer.ok && answer.failure.kind === 'refused' ? answer.failure : null
    },
  }
}

type KeyCalls = Pick<MeilisearchClient, 'listKeyUids' | 'createKey' | 'deleteKey'>

function keyCalls(transport: Transport): KeyCalls {
  return {
    listKeyUids: async (node, deadline) => {
      const request = { ...MASTER, method: 'GET', path: `/keys?limit=${KEYS_MAX}` } as const
      return decode(await transport.send(node, request, deadline), readKeyUids)
    },
    createKey: async (node, body, deadline) => {
      const request = { ...MASTER, method: 'POST', path: '/keys', body } as const
      return decode(await transport.send(node, request, deadline), readKey)
    },
    deleteKey: async (node, uid, deadline) => {
      const request = { ...MASTER, method: 'DELETE', path: `/keys/${uid}` } as const
      const answer = answered(await transport.send(node, request, deadline))
      return answer.ok ? { ok: true, value: null } : answer
    },
  }
}

/** Does the node say that it does not know the key? */
export function rejectedKey(failure: NodeFailure): boolean {
  return failure.kind === 'refused' && (failure.status === 401 || failure.status === 403)
}

/** The body of an answer that says yes. */
function answered(outcome: Outcome): NodeResult<Uint8Array> {
  if (outcome.kind !== 'answer')
    return failed({ kind: 'unreachable', reason: outcome.reason, sent: outcome.kind === 'ambiguous' })
  const { status, body } = outcome
  if (status === 200 || status === 201 || status === 204) return { ok: true, value: body }
  const error = readError(parseObject(body))
  if (error !== null) return failed({ kind: 'refused', status, error })
  return failed({ kind: 'unusable', status, reason: `status ${status} without an error body` })
}

/** Reads a 200 answer that must be a JSON object; `read` answers undefined for one of another shape. */
function decode<Value>(outcome: Outcome, read: (value: JsonObject) => Value | undefined): NodeResult<Value> {
  const answer = answered(outcome)
  if (!answer.ok) return answer
  const parsed = parseObject(answer.value)
  const value = parsed === null ? undefined : read(parsed)
  if (value !== undefined) return { ok: true, value }
  return failed({ kind: 'unusable', status: 200, reason: 'the body has not the expected shape' })
}

function failed(failure: NodeFailure): { ok: false; failure: NodeFailure } {
  return { ok: false, failure }
}

/** A JSON object from bytes; null when they are none. */
export function parseObject(body: Uint8Array): JsonObject | null {
  const value = parsedJson(text(body))
  return isObject(value) ? value : null
}

function readTaskPage(value: JsonObject): NodeTaskPage | undefined {
  const { results, total } = value as { results?: unknown; total?: unknown }
  if (!Array.isArray(results) || typeof total !== 'number') return undefined
  return results.every(isTask) ? { tasks: results, total } : undefined
}

function isTask(value: unknown): value is NodeTask {
  if (!isObject(value)) return false
  const { uid, status, type } = value as { uid?: unknown; status?: unknown; type?: unknown }
  return Number.isSafeInteger(uid) && typeof status === 'string' && typeof type === 'string'
}

function readKeyUids(value: JsonObject): readonly string[] | undefined {
  const { results } = value as { results?: unknown }
  if (!Array.isArray(results)) return undefined
  const uids: unknown[] = results.map((key: unknown) => (isObject(key) ? key['uid'] : undefined))
  return uids.every((uid) => typeof uid === 'string') ? uids : undefined
}

function readKey(value: JsonObject): string | undefined {
  return typeof value['key'] === 'string' ? value['key'] : undefined
}

function readVersion(value: JsonObject): NodeVersion | undefined {
  const { commitSha, commitDate, pkgVersion } = value as Partial<Record<keyof NodeVersion, unknown>>
  if (typeof pkgVersion !== 'string') return undefined
  return { commitSha: String(commitSha ?? ''), commitDate: String(commitDate ?? ''), pkgVersion }
}

function readStats(value: JsonObject): NodeStats | undefined {
  const { databaseSize, lastUpdate, indexes } = value as Partial<Record<keyof NodeStats, unknown>>
  if (typeof databaseSize !== 'number' || !isObject(indexes)) return undefined
  const stats = indexes as NodeStats['indexes']
  return { databaseSize, lastUpdate: typeof lastUpdate === 'string' ? lastUpdate : null, indexes: stats }
}

/** Meilisearch's error body; null when it is none. */
export function readError(value: JsonObject | null): ErrorBody | null {
  const { message, code, type, link } = (value ?? {}) as Partial<Record<keyof ErrorBody, unknown>>
  if (typeof message !== 'string' || typeof code !== 'string' || typeof type !== 'string') return null
  return { message, code, type, link: typeof link === 'string' ? link : '' }
}
