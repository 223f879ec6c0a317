import { inferPrimaryKey } from '../../catalogue/inference.ts'
import { isFault, ROW, type SplitResult } from '../../kernel/kernel.ts'
import { type ErrorBody, errorBody } from '../../model/errors.ts'
import { DOCUMENTS_PER_OPERATION_MAX, type Seq, type ShardId } from '../../model/ids.ts'
import type { DocumentWrite, WriteReceipt } from '../../model/writes.ts'
import { sleep } from '../../std/clock.ts'
import type { Deadline } from '../../std/deadline.ts'
import { timestamp } from '../../std/timestamp.ts'
import type { WriteContext } from '../context.ts'
import { assertRoom } from '../dispatch/admission.ts'
import { OperationBodies } from '../dispatch/bodies.ts'
import { confirmed, type Submission, submit, submitQuiet } from '../dispatch/dispatch.ts'
import type { NewOperation } from '../dispatch/enrol.ts'
import { assertQuorum } from '../dispatch/quorum.ts'
import type { IndexRun, OperationBehaviour } from '../run.ts'
import { sumOnce } from './counts.ts'
import { asJson, type JsonWrite } from './csv-documents.ts'
import { bodyFault, checkDocuments } from './document-checks.ts'
import { checkPlaces } from './geo-check.ts'
import { ensureIndex, liveRun } from './index-operations.ts'
import { claimKey, KeyMoved } from './primary-key.ts'
import { finishedTask, newTask, receipt } from './receipts.ts'

/** The primary key of a write, or why there is none (a node reports that in the task). */
type KeyChoice =
  | { readonly key: string; readonly split: SplitResult }
  | { readonly error: ErrorBody; readonly documents: number }

/**
 * Documents in: split and check, record, send to every copy that is written, answer when enough of them hold
 * it.
 */
export async function addDocuments(
  context: WriteContext,
  given: DocumentWrite,
  deadline: Deadline,
): Promise<WriteReceipt> {
  const write = await asJson(context, given)
  const known = (await liveRun(context, write.uid))?.primaryKey ?? null
  const choice = await chooseKey(context, write, known)
  const documents = 'key' in choice ? choice.split.documents : choice.documents
  const task = newTask(context, write.uid, 'documentAdditionOrUpdate', {
    details: { receivedDocuments: documents, indexedDocuments: null },
    customMetadata: write.customMetadata,
  })
  const failed = (error: ErrorBody): Promise<WriteReceipt> => {
    const details = { receivedDocuments: documents, indexedDocuments: 0 }
    return existingIndex(context, write.uid, deadline).then(() =>
      finishedTask(context, { ...task, details }, error),
    )
  }
  if ('error' in choice) return failed(choice.error)
  const violation = checkDocuments(write.body, choice.split, choice.key, context.config.missingPrimaryKey)
  if (violation?.kind === 'sync') throw violation.error
  if (violation?.kind === 'task') return failed(violation.error)
  const run = await ensureIndex(context, write.uid, deadline)
  const badPlace = run.facts.usesGeo ? checkPlaces(write, choice.split) : null
  if (badPlace !== null) return failed(badPlace)
  if (documents === 0) {
    return finishedTask(context, { ...task, details: { receivedDocuments: 0, indexedDocuments: 0 } }, null)
  }
  if (run.primaryKey !== null && run.primaryKey !== choice.key) {
    // The key they were read by was replaced meanwhile.
    if (known !== null) return addDocuments(context, write, deadline)
    return failed(otherKey(run.primaryKey))
  }
  try {
    return await dispatchDocuments(context, { write, run, choice, task, deadline })
  } catch (error) {
    if (!(error instanceof KeyMoved)) throw error
    return addDocuments(context, write, deadline)
  }
}

/**
 * A task that fails without being sent still leaves the index behind, and is not over before that is there.
 */
async function existingIndex(context: WriteContext, uid: string, deadline: Deadline): Promise<void> {
  const run = await ensureIndex(context, uid, deadline)
  const leftMs = Math.max(0, deadline.at - context.clock.now())
  await Promise.race([run.creation, sleep(context.clock, leftMs)])
}

interface Dispatch {
  readonly write: JsonWrite
  readonly run: IndexRun
  readonly choice: { readonly key: string; readonly split: SplitResult }
  readonly task: ReturnType<typeof newTask>
  readonly deadline: Deadline
}

async function dispatchDocuments(context: WriteContext, dispatch: Dispatch): Promise<WriteReceipt> {
  const { write, run, choice, task, deadline } = dispatch
  const shards = shardsOf(choice.split)
  assertRoom(context, run, write.body.length)
  const made: { bodies: OperationBodies | null } = { bodies: null }
  const behaviour = documentBehaviour(context, write, choice, () => made.bodies)
  const plan = (): NewOperation => {
    assertQuorum(context, run, shards)
    claimKey(run, choice.key)
    const payload = { primaryKey: choice.key, documents: choice.split.documents }
    const base = { barrier: false, canary: false, ids: null, bytes: write.body.length } as const
    return { ...base, run, kind: write.mode, shards, payload, task, behaviour }
  }
  const gather = (submission: Submission): Submission => {
    const { row, legs } = submission.operation
    const sets = legs.map((leg) => leg.writeSet)
    made.bodies = makeBodies(context, dispatch, row.seq, sets)
    return submission
  }
  // Documents that are only updated when they exist decide on the node: they must not meet a joining copy.
  const submission = write.skipCreation
    ? gather(await submitQuiet(context, run, deadline, plan))
    : await context.sequence.next((seq) => gather(submit(context, seq, plan())))
  try {
    await submission.recorded
    await confirmed(context, submission.operation, deadline)
    return receipt(submission.operation)
  } finally {
    await made.bodies?.ready()
  }
}

function makeBodies(
  context: WriteContext,
  { write, run, choice }: Dispatch,
  seq: Seq,
  sets: readonly (readonly ShardId[])[],
): OperationBodies {
  const { split, key: primaryKey } = choice
  return new OperationBodies(
    context,
    { body: write.body, split, primaryKey, shards: run.row.shards, seq },
    sets,
  )
}

function documentBehaviour(
  context: WriteContext,
  write: JsonWrite,
  { key, split }: { readonly key: string; readonly split: SplitResult },
  bodies: () => OperationBodies | null,
): OperationBehaviour {
  const method = write.mode === 'replace' ? 'POST' : 'PUT'
  return {
    async request(leg, name) {
      const body = await bodies()?.of(leg.writeSet)
      if (body === undefined) throw new Error('the body was given back')
      const query = new URLSearchParams({ primaryKey: key, customMetadata: leg.metadata ?? '' })
      if (write.skipCreation) query.set('skipCreation', 'true')
      return { method, path: `/indexes/${name}/documents?${query}`, body, operation: 'write', write: true }
    },
    details(operation, ok) {
      const indexed = ok ? (sumOnce(operation, 'indexedDocuments') ?? split.documents) : 0
      return { receivedDocuments: split.documents, indexedDocuments: indexed }
    },
    decided: () => bodies()?.drop(),
    async whenDone(operation, ok) {
      const { run } = operation
      const updatedAt = timestamp(context.clock.wall())
      const fresh = ok && run.row.primaryKey === null
      run.row = { ...run.row, updatedAt, primaryKey: ok ? key : run.row.primaryKey }
      return { index: fresh ? run.row : null, settingsApplied: [], retire: false }
    },
  }
}

function shardsOf(split: SplitResult): ShardId[] {
  const shards = new Set<ShardId>()
  for (let row = 0; row < split.documents; row++) shards.add(split.rows[row * ROW.stride + ROW.shard] ?? 0)
  return [...shards].sort((one, other) => one - other)
}

/** Explicit key, else the index's, else inferred from the first document; the split is by that key. */
async function chooseKey(context: WriteContext, write: JsonWrite, known: string | null): Promise<KeyChoice> {
  const given = write.primaryKey ?? known
  const split = await splitBody(context, write, given)
  if (write.primaryKey !== null && known !== null && write.primaryKey !== known) {
    return { error: otherKey(known), documents: split.documents }
  }
  if (given !== null) return { key: given, split }
  if (split.documents === 0) return { key: '', split }
  const first = write.body.subarray(split.rows[ROW.start], split.rows[ROW.end])
  const inferred = inferPrimaryKey(first)
  if ('key' in inferred) return { key: inferred.key, split: await splitBody(context, write, inferred.key) }
  return { error: inferenceError(write.uid, inferred.candidates), documents: split.documents }
}

/** For documents, nodes do not name the index. */
function otherKey(primaryKey: string): ErrorBody {
  const message = `Index already has a primary key: \`${primaryKey}\`.`
  return { ...errorBody('index_primary_key_already_exists'), message }
}

function inferenceError(uid: string, candidates: readonly string[]): ErrorBody {
  if (candidates.length === 0) return errorBody('index_primary_key_no_candidate_found', { uid })
  const [first, second] = candidates
  const names = `'${first}' and '${second}'`
  return errorBody('index_primary_key_multiple_candidates_found', { uid, count: candidates.length, names })
}

async function splitBody(
  context: WriteContext,
  write: JsonWrite,
  primaryKey: string | null,
): Promise<SplitResult> {
  const run = context.runs.get(write.uid)
  const shards = run?.row.shards ?? context.config.shards
  const { body, format } = write
  const split = await context.kernel.split({ body, format, primaryKey, shards })
  if (isFault(split)) throw bodyFault(body, format, split)
  if (split.documents > DOCUMENTS_PER_OPERATION_MAX) {
    throw bodyFault(body, format, { fault: 'too-many-documents', offset: 0, input: 0 })
  }
  return split
}
