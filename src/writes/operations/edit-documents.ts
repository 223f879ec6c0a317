import { scrubError } from '../../catalogue/scrub.ts'
import { errorBody, fail, MiroirError } from '../../model/errors.ts'
import type { IndexUid } from '../../model/ids.ts'
import type { JsonObject, NodeView } from '../../model/view.ts'
import type { DocumentEdit, WriteReceipt } from '../../model/writes.ts'
import type { NodeRequest } from '../../nodes/transport.ts'
import { utf8 } from '../../std/bytes.ts'
import { type Deadline, deadlineAfter } from '../../std/deadline.ts'
import { nodeView, type WriteContext } from '../context.ts'
import { confirmed, submitQuiet } from '../dispatch/dispatch.ts'
import { barrier } from '../dispatch/enrol.ts'
import { assertQuorum } from '../dispatch/quorum.ts'
import type { Leg, Operation, OperationBehaviour } from '../run.ts'
import { sumOnce } from './counts.ts'
import { wrapFunction } from './edit-function.ts'
import { liveRun } from './index-operations.ts'
import { coversNode, metadataQuery, shardFilter } from './leg-request.ts'
import { finishedTask, newTask, receipt } from './receipts.ts'

/**
 * Edits by a client's function: a content operation on every shard. One node is asked for its opinion first,
 * so that what a node refuses at once is refused at once.
 */
export async function editDocuments(
  context: WriteContext,
  target: { readonly uid: IndexUid; readonly customMetadata: string | null },
  edit: DocumentEdit,
  deadline: Deadline,
): Promise<WriteReceipt> {
  const { uid, customMetadata } = target
  await requireSound(context, uid, edit)
  const wrapped = wrapFunction(edit.function)
  const details = detailsOf(edit)
  const task = newTask(context, uid, 'documentEdition', { details, customMetadata })
  const run = await liveRun(context, uid)
  if (run === undefined) {
    const ended = { ...task, details: { ...details, editedDocuments: 0 } }
    return finishedTask(context, ended, errorBody('index_not_found', { uid }))
  }
  const submission = await submitQuiet(context, run, deadline, () => {
    assertQuorum(context, run)
    const behaviour = editBehaviour(context, edit, wrapped)
    return { ...barrier(run, 'edit', behaviour), payload: { details }, task }
  })
  await submission.recorded
  await confirmed(context, submission.operation, deadline)
  return receipt(submission.operation)
}

function detailsOf({ function: text, filter, context }: DocumentEdit): JsonObject {
  return {
    editedDocuments: null,
    deletedDocuments: null,
    originalFilter: filter === null ? null : JSON.stringify(filter),
    context: context === null ? null : (JSON.parse(context) as unknown),
    function: text,
  }
}

/** Counts of an edit that ended; a node tells of a failed one that nothing was edited, and no more. */
export function editedDetails(operation: Operation, ok: boolean, details: JsonObject): JsonObject {
  if (!ok) return { ...details, editedDocuments: 0 }
  return {
    ...details,
    editedDocuments: sumOnce(operation, 'editedDocuments') ?? 0,
    deletedDocuments: sumOnce(operation, 'deletedDocuments') ?? 0,
  }
}

/** Nodes take edits with a key for everything only; one of an index that is gone still creates nothing. */
const AUTHORITY = 'master'

function editBehaviour(context: WriteContext, edit: DocumentEdit, wrapped: string): OperationBehaviour {
  return {
    async request(leg, name) {
      await allowEdits(context, nodeView(context, leg.node))
      const path = `/indexes/${name}/documents/edit${metadataQuery(leg)}`
      const body = bodyFor(leg, edit, wrapped)
      return { method: 'POST', path, body, operation: 'write', write: true, authority: AUTHORITY }
    },
    details: (operation, ok) => editedDetails(operation, ok, detailsOf(edit)),
  }
}

/** The context's own text goes on, with every digit of its numbers. */
function bodyFor(leg: Leg, edit: DocumentEdit, wrapped: string): Uint8Array {
  const filters = edit.filter === null ? [] : Array.isArray(edit.filter) ? edit.filter : [edit.filter]
  const all = coversNode(leg) ? edit.filter : [...filters, shardFilter(leg)]
  const members = [`"function":${JSON.stringify(wrapped)}`]
  if (all !== null) members.push(`"filter":${JSON.stringify(all)}`)
  if (edit.context !== null) members.push(`"context":${edit.context}`)
  return utf8(`{${members.join(',')}}`)
}

/** A node's flag may be gone with its volume, so it is set whenever it is needed. */
async function allowEdits(context: WriteContext, node: NodeView): Promise<void> {
  const allowed = await context.client.enableEdits(node, patience(context))
  if (allowed.ok) return
  const { failure } = allowed
  if (failure.kind === 'refused') throw new MiroirError(failure.status, failure.error)
  throw new Error(`the node did not allow edits: ${failure.reason}`)
}

const NODES_ASKED_MAX = 3
const SOUND = 'invalid_document_edition_context'

/**
 * Throws what a node says of the function and the filter. It is asked with a context that it refuses last, so
 * nothing can come of the question.
 */
async function requireSound(context: WriteContext, uid: IndexUid, edit: DocumentEdit): Promise<void> {
  const body = utf8(JSON.stringify({ function: edit.function, filter: edit.filter, context: 0 }))
  const path = `/indexes/${encodeURIComponent(uid)}/documents/edit`
  const request: NodeRequest = {
    method: 'POST',
    path,
    body,
    operation: 'read',
    write: false,
    authority: AUTHORITY,
  }
  const nodes = [...context.views.current().nodes.values()].filter(({ id }) =>
    context.reachability.readable(id),
  )
  for (const node of nodes.slice(0, NODES_ASKED_MAX)) {
    const said = await ask(context, node, request)
    if (said === null) continue
    if (said.body.code !== SOUND) throw said
    if (edit.context !== null && !edit.context.startsWith('{')) throw said
    return
  }
  throw fail('miroir_no_quorum', { uid, shards: 'any' })
}

/** The node's refusal, or null where it has none to give. */
async function ask(context: WriteContext, node: NodeView, request: NodeRequest): Promise<MiroirError | null> {
  try {
    await allowEdits(context, node)
  } catch (error) {
    return error instanceof MiroirError ? error : null
  }
  const refusal = await context.client.refusalOf(node, request, patience(context))
  if (refusal === null) return null
  return new MiroirError(refusal.status, scrubError(refusal.error, new Map()))
}

function patience(context: WriteContext): Deadline {
  return deadlineAfter(context.clock, context.config.nodeTimeoutMs)
}
