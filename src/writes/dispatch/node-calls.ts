import type { ErrorBody } from '../../model/errors.ts'
import type { JsonObject, NodeView } from '../../model/view.ts'
import { type NodeTask, parseObject, readError } from '../../nodes/meilisearch.ts'
import type { NodeRequest, Outcome } from '../../nodes/transport.ts'
import { utf8 } from '../../std/bytes.ts'
import { type Deadline, deadlineAfter } from '../../std/deadline.ts'
import type { WriteContext } from '../context.ts'

/** What a write request came to (M1). */
export type WriteOutcome =
  /** 202 with a task uid. */
  | { readonly kind: 'acked'; readonly uid: number }
  /** A Meilisearch error about the request itself: surely not enqueued, and it never will be. */
  | { readonly kind: 'refused'; readonly status: number; readonly error: ErrorBody }
  /** Surely not enqueued; may be sent again. */
  | { readonly kind: 'missed'; readonly reason: string }
  | { readonly kind: 'ambiguous'; readonly reason: string; readonly late?: Promise<Outcome> }

/** Sorts a node's reaction into definitive and ambiguous (M1). */
export function classifyWrite(outcome: Outcome): WriteOutcome {
  if (outcome.kind === 'never-sent') return { kind: 'missed', reason: outcome.reason }
  if (outcome.kind === 'ambiguous') return outcome
  const body = parseObject(outcome.body)
  if (outcome.status === 202 || outcome.status === 200) {
    const uid = body?.['taskUid']
    if (typeof uid === 'number') return { kind: 'acked', uid }
    return { kind: 'ambiguous', reason: `status ${outcome.status} without a task uid` }
  }
  const error = readError(body)
  if (error === null) return { kind: 'ambiguous', reason: `status ${outcome.status} without an error body` }
  const again =
    outcome.status >= 500 || outcome.status === 401 || outcome.status === 403 || outcome.status === 429
  if (again) return { kind: 'missed', reason: error.code }
  return { kind: 'refused', status: outcome.status, error }
}

/** Does the node have this index? Undefined when it did not say. */
export async function indexExists(
  context: WriteContext,
  node: NodeView,
  name: string,
): Promise<boolean | undefined> {
  const request = { method: 'GET', path: `/indexes/${name}`, operation: 'index', write: false } as const
  const outcome = await context.transport.send(node, request, patience(context))
  if (outcome.kind !== 'answer') return undefined
  if (outcome.status === 200) return true
  return readError(parseObject(outcome.body))?.code === 'index_not_found' ? false : undefined
}

/** Tasks upwards from a uid; null when the node did not answer. */
export async function readTasks(
  context: WriteContext,
  node: NodeView,
  from: number,
  limit: number,
): Promise<readonly NodeTask[] | null> {
  const page = await context.client.tailTasks(node, from, limit, patience(context))
  return page.ok ? page.value.tasks : null
}

/** An index's settings as a node prints them; null when it did not. */
export async function readSettings(
  context: WriteContext,
  node: NodeView,
  name: string,
): Promise<JsonObject | null> {
  const settings = await context.client.getSettings(node, name, patience(context))
  return settings.ok ? settings.value : null
}

/** Raw answer of documents/fetch; null when the node did not give one. */
export async function fetchDocuments(
  context: WriteContext,
  node: NodeView,
  name: string,
  body: unknown,
): Promise<Uint8Array | null> {
  const found = await context.client.fetchDocuments(node, name, utf8(JSON.stringify(body)), patience(context))
  return found.ok ? found.value : null
}

function patience(context: WriteContext): Deadline {
  return deadlineAfter(context.clock, context.config.nodeTimeoutMs)
}

/** Sends a write; resolves with what it came to, at the latest after `writes.node_timeout_ms`. */
export async function sendWrite(
  context: WriteContext,
  node: NodeView,
  request: NodeRequest,
): Promise<WriteOutcome> {
  return classifyWrite(await context.transport.send(node, request, patience(context)))
}
