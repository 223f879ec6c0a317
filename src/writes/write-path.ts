import { searchFacts } from '../catalogue/settings.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { IndexUid, NodeId } from '../model/ids.ts'
import type { Store, StoreSnapshot } from '../model/store.ts'
import type { IndexView, Reachability } from '../model/view.ts'
import type { Writes } from '../model/writes.ts'
import { createMeilisearchClient } from '../nodes/meilisearch.ts'
import type { Transport } from '../nodes/transport.ts'
import type { Clock } from '../std/clock.ts'
import {
  nodeView,
  type Publisher,
  publishIndex,
  type WriteConfig,
  type WriteContext,
  type WriteObserver,
} from './context.ts'
import { persist } from './dispatch/marks.ts'
import { readTasks } from './dispatch/node-calls.ts'
import { Sequence } from './dispatch/sequence.ts'
import { settle } from './dispatch/settle.ts'
import { NodeTail } from './dispatch/tail.ts'
import { addDocuments } from './operations/add-documents.ts'
import { deleteDocuments } from './operations/delete-documents.ts'
import { editDocuments } from './operations/edit-documents.ts'
import { createIndex, deleteIndex } from './operations/index-operations.ts'
import { setPrimaryKey } from './operations/primary-key.ts'
import { changeSettings } from './operations/settings-operation.ts'
import { recover } from './recover.ts'
import { Keeper } from './refill/keeper.ts'
import { type Copy, IndexRun } from './run.ts'

export interface WritePathOptions {
  readonly store: Store
  readonly transport: Transport
  readonly kernel: Kernel
  readonly clock: Clock
  readonly views: Publisher
  readonly reachability: Reachability
  readonly config: WriteConfig
  readonly observer: WriteObserver
}

/** The write path of one process. */
export interface WritePath extends Writes {
  /** Settles what the previous process left open; resolves when that is under way for every index. */
  start(): Promise<void>
  /** Highest task uid the node ever acknowledged to us; -1 = none. */
  acknowledged(node: NodeId): number
  /** The node has lost what it acknowledged; its copies are rebuilt. */
  nodeForgot(node: NodeId): Promise<void>
  /** Indexes with a shard whose only copy that is up to date lies on this node. */
  onlyCopies(node: NodeId): readonly IndexUid[]
  /** A node came or went: what waited for it is looked at again. */
  nodeChanged(): void
  /** Copies and open operations in words, for logs and failing tests. */
  describe(): string
  /** Open operations, for the drain at the end. */
  readonly openOperations: () => number
  close(): Promise<void>
}

export function createWritePath(options: WritePathOptions, snapshot: StoreSnapshot): WritePath {
  const context = createContext(options, snapshot)
  const keeper = new Keeper(context)
  const recovering = { current: Promise.resolve() }
  return {
    addDocuments: (write, deadline) => addDocuments(context, write, deadline),
    deleteDocuments: (uid, deletion, customMetadata, deadline) =>
      deleteDocuments(context, { uid, customMetadata }, deletion, deadline),
    editDocuments: (uid, edit, customMetadata, deadline) =>
      editDocuments(context, { uid, customMetadata }, edit, deadline),
    createIndex: (uid, primaryKey, deadline) => createIndex(context, uid, primaryKey, deadline),
    setPrimaryKey: (uid, primaryKey, deadline) => setPrimaryKey(context, uid, primaryKey, deadline),
    deleteIndex: (uid, deadline) => deleteIndex(context, uid, deadline),
    changeSettings: (uid, change, deadline) => changeSettings(context, uid, change, deadline),
    async start() {
      await demoteBehind(context)
      recovering.current = recover(context, snapshot.openOperations)
      keeper.start()
      await recovering.current
    },
    acknowledged: (node) => context.tails.get(node)?.acknowledged ?? -1,
    onlyCopies: (node) => keeper.onlyCopies(node),
    nodeForgot: (node) => keeper.forget(node),
    nodeChanged: () => keeper.tick(),
    describe: () => [...context.runs.values()].map(describeRun).join('\n'),
    openOperations: () => [...context.runs.values()].reduce((sum, run) => sum + run.open.length, 0),
    async close() {
      context.closing = true
      keeper.stop()
      for (const tail of context.tails.values()) tail.close()
    },
  }
}

function describeRun(run: IndexRun): string {
  const copies = run.copies.map((list) =>
    list.map((copy) => `${copy.node}:${copy.state}${copy.member ? '' : '*'}`).join(' '),
  )
  const open = run.open.map((operation) => {
    const legs = operation.legs.map(
      (leg) => `${leg.node}[${leg.writeSet}]:${leg.stage}${leg.joining ? '(joining)' : ''}`,
    )
    return `  ${operation.row.seq} ${operation.row.kind} pending ${[...operation.pending]}: ${legs.join(' ')}`
  })
  return [
    `${run.row.uid} ${copies.join(' | ')} joins ${run.joins} settings ${run.settingsOpen}`,
    ...open,
  ].join('\n')
}

function createContext(options: WritePathOptions, snapshot: StoreSnapshot): WriteContext {
  const tails = new Map<NodeId, NodeTail>()
  const context: WriteContext = {
    ...options,
    client: createMeilisearchClient(options.transport),
    sequence: new Sequence(options.store),
    placements: snapshot.placements,
    clusterId: snapshot.clusterId,
    runs: new Map(),
    tails,
    acknowledgeMs: 0,
    heldBytes: 0,
    closing: false,
  }
  for (const { id: node } of snapshot.nodes) {
    const read = async (from: number, limit: number) => {
      const tasks = await readTasks(context, nodeView(context, node), from, limit)
      return tasks === null ? null : { tasks }
    }
    const acknowledged = snapshot.tails.get(node) ?? -1
    tails.set(node, new NodeTail({ node, clock: options.clock, acknowledged, read }))
  }
  const view = options.views.current()
  for (const row of snapshot.indexes) {
    const index = view.indexes.get(row.uid)
    if (index === undefined) continue
    const names = snapshot.names.filter((name) => name.uid === row.uid && name.generation === row.generation)
    const run = new IndexRun(row, searchFacts(row.settings), copiesOf(index), names)
    run.visible = true
    context.runs.set(row.uid, run)
  }
  return context
}

function copiesOf(index: IndexView): Copy[][] {
  return index.copies.map((copies, shard) =>
    copies.map((copy) => ({
      shard,
      node: copy.node,
      group: copy.group,
      state: copy.state,
      lag: copy.lag,
      member: copy.state === 'current',
      joining: false,
    })),
  )
}

/**
 * Which requests a copy that was behind still had in its lane died with the previous process, so it counts as
 * lagging; but the last copies of a shard stay: nothing else holds it.
 */
async function demoteBehind(context: WriteContext): Promise<void> {
  for (const run of context.runs.values()) {
    const marks = run.copies.flatMap((copies) => {
      const others = copies.some((copy) => copy.member)
      return copies.flatMap((copy) => {
        if (copy.state !== 'behind') return []
        if (!others) {
          copy.member = true
          return []
        }
        copy.state = 'lagging'
        copy.lag = 0
        const { uid: indexUid, generation } = run.row
        return [{ indexUid, generation, shard: copy.shard, node: copy.node, state: copy.state, lag: 0 }]
      })
    })
    if (marks.length === 0) continue
    const epoch = await persist(context, () => context.store.markCopies(marks))
    publishIndex(context, run, epoch)
    settle(context, run)
  }
}
