import { changeDetails, clientView, deriveAll, deriveChange, searchFacts } from '../../catalogue/settings.ts'
import { errorBody, MiroirError } from '../../model/errors.ts'
import type { IndexUid, NodeId } from '../../model/ids.ts'
import type { IndexRow } from '../../model/store.ts'
import type { JsonObject } from '../../model/view.ts'
import type { SettingsChange, WriteReceipt } from '../../model/writes.ts'
import { utf8 } from '../../std/bytes.ts'
import type { Deadline } from '../../std/deadline.ts'
import { timestamp } from '../../std/timestamp.ts'
import { nodeView, type WriteContext } from '../context.ts'
import { assertRoom } from '../dispatch/admission.ts'
import { confirmed, submit, untilQuiet } from '../dispatch/dispatch.ts'
import { barrier } from '../dispatch/enrol.ts'
import { readSettings } from '../dispatch/node-calls.ts'
import { assertQuorum } from '../dispatch/quorum.ts'
import type { Consequence, IndexRun, Operation, OperationBehaviour } from '../run.ts'
import { dropIndex, ensureIndex, liveRun } from './index-operations.ts'
import { finishedTask, newTask, receipt } from './receipts.ts'

/**
 * Settings: one node is asked first and its 4xx is the client's; then all. When a node fails it later, the
 * others are set back and the client's task fails with that node's error (design §8).
 */
export async function changeSettings(
  context: WriteContext,
  uid: IndexUid,
  change: SettingsChange,
  deadline: Deadline,
): Promise<WriteReceipt> {
  const task = newTask(context, uid, 'settingsUpdate', { details: changeDetails(change) })
  const found = await liveRun(context, uid)
  if (found === undefined && change.method === 'DELETE') {
    return finishedTask(context, task, errorBody('index_not_found', { uid }))
  }
  // Refused here: nothing is created for it.
  deriveChange(change, found?.row.rawSettings ?? {})
  const run = found ?? (await ensureIndex(context, uid, deadline))
  assertRoom(context, run, 0)
  while (!run.isQuiet) await untilQuiet(context, run, deadline)
  const close = run.openSettings()
  const createdSeq = found === undefined ? run.lastSeq : null
  try {
    assertQuorum(context, run)
    const derived = deriveChange(change, run.row.rawSettings)
    const request = { ...barrier(run, 'settings', settingsBehaviour(context, derived)), canary: true, task }
    const submission = await context.sequence.next((seq) =>
      submit(context, seq, { ...request, payload: { raw: derived.raw } }),
    )
    void submission.operation.ended.promise.then(close)
    submission.operation.confirmed.promise.catch(close)
    await submission.recorded
    await confirmed(context, submission.operation, deadline)
    return receipt(submission.operation)
  } catch (error) {
    if (error instanceof MiroirError && error.body.code === 'miroir_write_unconfirmed') throw error
    close()
    if (createdSeq !== null) await takeBack(context, run, createdSeq)
    throw error
  }
}

/**
 * The index was made for a change that its first node refused: it goes again, unless somebody writes to it.
 */
async function takeBack(context: WriteContext, run: IndexRun, createdSeq: number): Promise<void> {
  const own = run.open.every((operation) => operation.row.seq <= createdSeq) && run.lastSeq <= createdSeq + 1
  if (own && run.dropping === null) await dropIndex(context, run, null)
}

export type Derived = ReturnType<typeof deriveChange>

export function settingsBehaviour(context: WriteContext, derived: Derived): OperationBehaviour {
  return {
    async request(_leg, name) {
      const path = `/indexes/${name}/settings${derived.suffix}`
      const base = { method: derived.method, path, operation: 'settings', write: true } as const
      return derived.body === null ? base : { ...base, body: utf8(derived.body) }
    },
    details: (operation) => operation.task?.details ?? null,
    whenDone: (operation) => concludeSettings(context, operation, derived.raw),
  }
}

/** Committed when no member refused; otherwise those that applied it are set back. */
async function concludeSettings(
  context: WriteContext,
  operation: Operation,
  raw: JsonObject,
): Promise<Consequence> {
  const { run } = operation
  const none: Consequence = { index: null, settingsApplied: [], retire: false }
  const refused = operation.legs.find((leg) => leg.end?.ok === false && !leg.joining)
  const applied = operation.legs.filter((leg) => leg.end?.ok === true).map((leg) => leg.node)
  if (refused !== undefined || applied.length === 0) {
    if (applied.length > 0) await setBack(context, run, raw)
    return {
      ...none,
      error: refused?.end?.error ?? errorBody('internal', { message: 'no copy applied the settings' }),
    }
  }
  const settings = clientView(await readBack(context, run, applied), raw)
  const version = run.row.settingsVersion + 1
  const updatedAt = timestamp(context.clock.wall())
  const index: IndexRow = { ...run.row, settings, rawSettings: raw, settingsVersion: version, updatedAt }
  run.facts = searchFacts(settings)
  return { index, settingsApplied: applied.map((node) => ({ node, version })), retire: false }
}

/** The normal form, as a node prints it; whichever of them answers. */
async function readBack(context: WriteContext, run: IndexRun, nodes: readonly NodeId[]): Promise<JsonObject> {
  while (!context.closing) {
    for (const node of nodes) {
      const found = await readSettings(context, nodeView(context, node), run.name(node).name)
      if (found !== null) return found
    }
    await new Promise<void>((resolve) => context.clock.after(200, resolve))
  }
  return {}
}

/** The previous settings again, on every node that is written; ends before the client's task does. */
async function setBack(context: WriteContext, run: IndexRun, replaced: JsonObject): Promise<void> {
  const body = JSON.stringify(deriveAll(run.row.rawSettings, replaced))
  const behaviour: OperationBehaviour = {
    async request(_leg, name) {
      const path = `/indexes/${name}/settings`
      return { method: 'PATCH', path, body: utf8(body), operation: 'settings', write: true }
    },
    details: () => null,
  }
  const submission = await context.sequence.next((seq) =>
    submit(context, seq, barrier(run, 'settings', behaviour)),
  )
  await submission.recorded
  await submission.operation.ended.promise
}
