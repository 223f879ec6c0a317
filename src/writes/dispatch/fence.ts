import { physicalName } from '../../catalogue/names.ts'
import type { NodeId } from '../../model/ids.ts'
import type { NameRow } from '../../model/store.ts'
import type { NodeTask } from '../../nodes/meilisearch.ts'
import { utf8 } from '../../std/bytes.ts'
import { sleep } from '../../std/clock.ts'
import { nodeView, publishIndex, tailOf, type WriteContext } from '../context.ts'
import { ANY_PART, type IndexRun, type Leg } from '../run.ts'
import { persist } from './marks.ts'
import { indexExists, readTasks, sendWrite, type WriteOutcome } from './node-calls.ts'

const RETRY_MS = 250
const PAGE_TASKS = 1_000
const fencing = new WeakMap<IndexRun, Set<NodeId>>()

/**
 * Makes ambiguous requests definitive (M1): quiesces the lane, renames the physical index there, and reads
 * the task log up to the rename. What is listed before it took effect, everything else never will: it names
 * an index that is gone. Empty when a fence of this index on this node is under way already, or the process
 * is closing.
 */
export async function fenceNode(
  context: WriteContext,
  run: IndexRun,
  node: NodeId,
): Promise<ReadonlyMap<Leg, WriteOutcome>> {
  const busy = fencing.get(run) ?? new Set<NodeId>()
  fencing.set(run, busy)
  const verdicts = new Map<Leg, WriteOutcome>()
  if (busy.has(node)) return verdicts
  busy.add(node)
  try {
    await run.naming(node, () => fence(context, run, node, verdicts))
  } finally {
    busy.delete(node)
  }
  return verdicts
}

async function fence(
  context: WriteContext,
  run: IndexRun,
  node: NodeId,
  verdicts: Map<Leg, WriteOutcome>,
): Promise<void> {
  const lane = run.lane(node)
  await lane.hold(new Set(undecidedLegs(run, node)))
  try {
    const unclear = unclearLegs(run, node)
    if (unclear.length === 0) return
    const floor = Math.max(0, Math.min(...unclear.map((leg) => leg.floor + 1)))
    const border = await renameUntilKnown(context, run, node)
    if (border === null) return
    const tasks = await readUpTo(context, node, floor, border)
    for (const leg of unclear) {
      const found = tasks.findLast((task) => isTaskOf(leg, task))
      if (found === undefined) {
        verdicts.set(leg, { kind: 'missed', reason: 'fenced, not there' })
      } else {
        leg.metadata = found.customMetadata ?? null
        verdicts.set(leg, { kind: 'acked', uid: found.uid })
      }
    }
  } finally {
    lane.release()
  }
}

function unclearLegs(run: IndexRun, node: NodeId): Leg[] {
  return undecidedLegs(run, node).filter((leg) => leg.stage === 'ambiguous')
}

function undecidedLegs(run: IndexRun, node: NodeId): Leg[] {
  return run.open
    .flatMap((operation) => operation.legs)
    .filter((leg) => leg.node === node && (leg.stage === 'ambiguous' || leg.stage === 'missed'))
}

/**
 * Recognises the task of a leg: by metadata, or, where nodes drop it, by type and index (one such is open at
 * most).
 */
function isTaskOf(leg: Leg, task: NodeTask): boolean {
  const { metadata } = leg
  if (metadata !== null) return sameMetadata(metadata, task.customMetadata, leg.part === ANY_PART)
  const { kind } = leg.operation.row
  const type = kind === 'drop' ? 'indexDeletion' : kind === 'primary-key' ? 'indexUpdate' : 'settingsUpdate'
  const uid = leg.operation.run.row.uid
  return (
    task.type === type && (task.indexUid ?? '').startsWith(`${uid}__g${leg.operation.run.row.generation}_`)
  )
}

/**
 * The task's number is not part of the identity: it may not have been known when the request left. Of a
 * previous process nobody knows which part carried what, so any part of the operation counts.
 */
function sameMetadata(ours: string, theirs: string | undefined, anyPart: boolean): boolean {
  const identity = (metadata: string): string => metadata.split(':', anyPart ? 3 : 4).join(':')
  return theirs !== undefined && identity(ours) === identity(theirs)
}

/**
 * Moves the physical index to the next name and waits until that is certain; answers the uid behind which
 * nothing under an older name takes effect, null when the process is closing. The store knows the next name
 * before the node does, so whatever an earlier attempt or an earlier process left is found by looking which
 * name exists.
 */
export async function renameUntilKnown(
  context: WriteContext,
  run: IndexRun,
  node: NodeId,
): Promise<number | null> {
  const { uid, generation } = run.row
  const after = await persist(context, () => context.store.advanceName(uid, generation, node))
  const lowest = tailOf(context, node).acknowledged
  // Whether a name exists says nothing while its creation may still be queued: one barrier must have ended
  // first.
  for (let drained = false; !context.closing; ) {
    const existing = await existingName(context, run, after)
    if (existing === after.name || (existing === null && drained)) {
      adopt(context, run, after)
      return findRename(context, node, Math.max(0, lowest), after.name)
    }
    if (existing === undefined) await sleep(context.clock, RETRY_MS)
    else if (await rename(context, node, existing ?? run.name(node).name, after.name)) drained = true
  }
  return null
}

/**
 * The name under which the index is on the node now; null when there is none, undefined when the node did not
 * say.
 */
async function existingName(
  context: WriteContext,
  run: IndexRun,
  newest: NameRow,
): Promise<string | null | undefined> {
  for (let fence = newest.fence; fence >= 0; fence--) {
    if (!context.reachability.readable(newest.node)) return undefined
    const name = physicalName(run.row.uid, run.row.generation, fence)
    const found = await indexExists(context, nodeView(context, newest.node), name)
    if (found === undefined) return undefined
    if (found) return name
  }
  return null
}

/** Sends one rename; true once its task has ended. What it came to is seen by looking again. */
async function rename(context: WriteContext, node: NodeId, from: string, to: string): Promise<boolean> {
  const outcome = await sendWrite(context, nodeView(context, node), {
    method: 'PATCH',
    path: `/indexes/${from}`,
    body: utf8(JSON.stringify({ uid: to })),
    operation: 'fence',
    write: true,
  })
  if (outcome.kind !== 'acked') {
    await sleep(context.clock, RETRY_MS)
    return false
  }
  return new Promise((resolve) => {
    tailOf(context, node).watch(outcome.uid, null, (event) => resolve(event.kind === 'task'))
  })
}

/** Where the name changed; without such a task nothing was there, and the end of the log is the border. */
async function findRename(context: WriteContext, node: NodeId, from: number, to: string): Promise<number> {
  const tasks = await readUpTo(context, node, from, Number.POSITIVE_INFINITY)
  const winner = tasks.find((task) => task.status === 'succeeded' && task.details?.['newIndexUid'] === to)
  return winner?.uid ?? (tasks.at(-1)?.uid ?? from) + 1
}

/** Every task with from ≤ uid < end; asks again until the node has answered all pages. */
async function readUpTo(context: WriteContext, node: NodeId, from: number, end: number): Promise<NodeTask[]> {
  const found: NodeTask[] = []
  let next = from
  while (next < end && !context.closing) {
    const page = await readTasks(context, nodeView(context, node), next, PAGE_TASKS)
    if (page === null) {
      await sleep(context.clock, RETRY_MS)
      continue
    }
    found.push(...page.filter((task) => task.uid < end))
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE_TASKS) break
    next = last.uid + 1
  }
  return found
}

/** From now on everything for this index on this node goes to the new name. */
export function adopt(context: WriteContext, run: IndexRun, name: NameRow): void {
  run.names.set(name.node, name)
  publishIndex(context, run)
}
