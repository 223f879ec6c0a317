import { deriveAll } from '../../catalogue/settings.ts'
import type { NodeId, Seq, ShardId } from '../../model/ids.ts'
import { shardText } from '../../model/injected.ts'
import type { IndexRow } from '../../model/store.ts'
import { sleep } from '../../std/clock.ts'
import { nodeView, type WriteContext } from '../context.ts'
import { adopt, renameUntilKnown } from '../dispatch/fence.ts'
import { persist, setCopies } from '../dispatch/marks.ts'
import { sendWrite } from '../dispatch/node-calls.ts'
import { settle } from '../dispatch/settle.ts'
import type { Copy, IndexRun } from '../run.ts'
import { copyShards } from './copy-documents.ts'
import { type Check, must, type NodeWrite, RefillFailed } from './refill-steps.ts'
import { verifyShards } from './verify-copy.ts'

const WAIT_MS = 50

/**
 * Brings the lagging copies of an index on one node back, whole shards at a time: a new physical name behind
 * which late requests hit nothing, derived settings, then all documents from current copies, while the node's
 * writes for these shards wait in its lane; then counts and keys are compared, the lane opens, and the copies
 * are read again once they have applied what was settled.
 */
export async function refill(
  context: WriteContext,
  run: IndexRun,
  node: NodeId,
  joinBudgetMs: number,
): Promise<'done' | 'nothing'> {
  const copies = run
    .copiesOn(node)
    .filter((copy) => copy.state === 'lagging' && sourceOf(context, run, copy) !== null)
  if (copies.length === 0) return 'nothing'
  const shards = new Set(copies.map((copy) => copy.shard))
  const alive = (): void => {
    if (context.closing) throw new RefillFailed('closing')
    if (run.dropping !== null) throw new RefillFailed('the index is being deleted')
    if (!context.reachability.readable(node)) throw new RefillFailed('the node went away')
  }
  const prepared = await prepareTarget(context, { run, node, shards, check: alive })
  const join = openJoin(run, node, copies)
  const check = joinCheck(context, run, alive, joinBudgetMs)
  try {
    await settledUpTo(context, { run, seq: join.head, shards, check })
    const version = await followSettings(context, { run, node, shards, check }, prepared)
    const sources = groupBySource(context, run, copies)
    for (const [source, group] of sources) {
      await copyShards(context, { run, source, target: node, shards: group, check })
    }
    for (const [source, group] of sources) {
      await verifyShards(context, { run, source, target: node, shards: group, check, head: join.head })
    }
    const lost = copies.some((copy) => copy.state !== 'lagging') || run.row.settingsVersion !== version
    if (lost) throw new RefillFailed('the index changed while it was refilled')
    await setCopies(context, run, copies, 'behind')
    for (const copy of copies) copy.joining = false
    for (const operation of run.open) {
      for (const leg of operation.legs) if (leg.node === node && leg.joining) leg.joining = false
    }
    return 'done'
  } finally {
    join.close()
    settle(context, run)
  }
}

/** A join must not keep content operations waiting for long: it is dropped and tried again later. */
function joinCheck(context: WriteContext, run: IndexRun, alive: Check, budgetMs: number): Check {
  let waitingSince: number | null = null
  return () => {
    alive()
    if (run.waitingForQuiet === 0) {
      waitingSince = null
      return
    }
    waitingSince ??= context.clock.now()
    if (context.clock.now() - waitingSince > budgetMs)
      throw new RefillFailed('other operations waited too long')
  }
}

/** From here on every write of these shards also waits in the node's lane. */
function openJoin(run: IndexRun, node: NodeId, copies: readonly Copy[]): { head: Seq; close: () => void } {
  const lane = run.lane(node)
  const shards = copies.map((copy) => copy.shard)
  for (const copy of copies) copy.joining = true
  run.joins++
  lane.pause(shards)
  return {
    head: run.lastSeq,
    close() {
      for (const copy of copies) copy.joining = false
      run.joins--
      lane.resume(shards)
      run.tellQuiet()
    },
  }
}

function sourceOf(context: WriteContext, run: IndexRun, copy: Copy): NodeId | null {
  const source = run.copies[copy.shard]?.find(
    (other) => other.node !== copy.node && other.member && context.reachability.readable(other.node),
  )
  return source?.node ?? null
}

function groupBySource(
  context: WriteContext,
  run: IndexRun,
  copies: readonly Copy[],
): Map<NodeId, ShardId[]> {
  const groups = new Map<NodeId, ShardId[]>()
  for (const copy of copies) {
    const source = sourceOf(context, run, copy)
    if (source === null) throw new RefillFailed(`shard ${copy.shard} has no current copy to read from`)
    groups.set(source, [...(groups.get(source) ?? []), copy.shard])
  }
  return groups
}

/** Waits until the deciding copies have applied everything up to `seq`. */
async function settledUpTo(
  context: WriteContext,
  wanted: {
    readonly run: IndexRun
    readonly seq: Seq
    readonly shards: ReadonlySet<ShardId>
    readonly check: Check
  },
): Promise<void> {
  const { run, seq, shards, check } = wanted
  while (!run.settledUpTo(seq, shards)) {
    check()
    await sleep(context.clock, WAIT_MS)
  }
}

interface Target {
  readonly run: IndexRun
  readonly node: NodeId
  readonly shards: ReadonlySet<ShardId>
  readonly check: Check
}

/**
 * A fresh name and the derived settings; nothing of the lagging shards is left there. Answers the settings it
 * set.
 */
async function prepareTarget(context: WriteContext, target: Target): Promise<IndexRow> {
  const { run, node } = target
  const lane = run.lane(node)
  // Held before the name is: requests that are unclear are cleared by a fence, which needs the name.
  await lane.hold(new Set())
  try {
    return await run.naming(node, () => renew(context, target))
  } finally {
    lane.release()
  }
}

async function renew(context: WriteContext, { run, node, shards, check }: Target): Promise<IndexRow> {
  const alive = run.copiesOn(node).some((copy) => copy.state !== 'lagging')
  const before = run.name(node)
  if (alive) {
    if ((await renameUntilKnown(context, run, node)) === null) throw new RefillFailed('closing')
  } else {
    const { uid, generation } = run.row
    adopt(context, run, await persist(context, () => context.store.advanceName(uid, generation, node)))
  }
  const index = `/indexes/${run.name(node).name}`
  const send = (path: string, write: Omit<NodeWrite, 'path'>): Promise<void> =>
    must(context, node, { ...write, path: `${index}${path}` }, check)
  const { row } = run
  await send('/settings', { method: 'PATCH', body: deriveAll(row.rawSettings), creates: true })
  const list = [...shards].map((shard) => `"${shardText(shard)}"`).join(', ')
  const filter = `_miroir_shard IN [${list}]`
  if (alive) await send('/documents/delete', { method: 'POST', body: { filter } })
  else await dropOld(context, node, before.name)
  return row
}

/**
 * Settings that changed while the target was prepared are set there, too: who changes them all the time must
 * not keep a copy from ever joining. None changes from here on, since changes wait for the join. Answers
 * their version.
 */
async function followSettings(context: WriteContext, target: Target, prepared: IndexRow): Promise<number> {
  const { run, node, check } = target
  while (run.settingsOpen > 0) {
    check()
    await sleep(context.clock, WAIT_MS)
  }
  const { row } = run
  if (row.settingsVersion === prepared.settingsVersion) return row.settingsVersion
  const body = deriveAll(row.rawSettings, prepared.rawSettings)
  await must(
    context,
    node,
    { method: 'PATCH', path: `/indexes/${run.name(node).name}/settings`, body },
    check,
  )
  return row.settingsVersion
}

/** The superseded index goes; that it is already gone is just as good. */
async function dropOld(context: WriteContext, node: NodeId, name: string): Promise<void> {
  await sendWrite(context, nodeView(context, node), {
    method: 'DELETE',
    path: `/indexes/${name}`,
    operation: 'refill',
    write: true,
  })
}
