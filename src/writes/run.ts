import type { ErrorBody } from '../model/errors.ts'
import type { GroupId, IndexUid, NodeId, Seq, ShardId } from '../model/ids.ts'
import type { CopyMark, OperationRow } from '../model/operation.ts'
import type { IndexRow, NameRow } from '../model/store.ts'
import type { NewTask } from '../model/task.ts'
import type { CopyState, IndexView, JsonObject, SearchFacts } from '../model/view.ts'
import type { NodeRequest } from '../nodes/transport.ts'
import { assert } from '../std/assert.ts'
import type { Deferred } from './deferred.ts'
import { Lane, type LaneEntry } from './dispatch/lane.ts'

/** A shard on a node, as the write path knows it. */
export interface Copy {
  readonly shard: ShardId
  readonly node: NodeId
  readonly group: GroupId
  state: CopyState
  lag: Seq | null
  /** In the deciding set: holds every settled operation (M2). */
  member: boolean
  /** Being refilled: gets writes in a paused lane, is not counted anywhere. */
  joining: boolean
}

/** How a node's task ended. */
export interface LegEnd {
  readonly ok: boolean
  readonly error: ErrorBody | null
  readonly details: JsonObject | null
}

/**
 * One request of an operation to one node.
 * waiting → sent → acked (202) → ended (task over, or refused with an error body)
 *                → missed (surely not there) | ambiguous (nobody knows yet) → acked | missed | left
 * left: none of its copies counts any more.
 */
export type LegStage = 'waiting' | 'sent' | 'acked' | 'ended' | 'missed' | 'ambiguous' | 'left'

/** Part number of a leg that a previous process sent. */
export const ANY_PART = -1

export interface Leg extends LaneEntry {
  readonly operation: Operation
  readonly node: NodeId
  /** Numbers the legs of one operation on one node; part of the metadata. */
  readonly part: number
  /** Carries shards whose copies are joining; nobody counts on it. */
  joining: boolean
  /** Shards it writes; narrowed when it starts and when copies leave. */
  writeSet: readonly ShardId[]
  stage: LegStage
  /** The node's task. */
  uid: number | null
  end: LegEnd | null
  /** Our mark in the node's task, fixed when it is sent; null where nodes drop it. */
  metadata: string | null
  /** Why it was missed or is ambiguous. */
  reason: string
  attempts: number
  /** Highest uid the node had acknowledged when this was sent: its task, if any, has a higher one. */
  floor: number
  /** Ambiguous, but its exchange is still open and may yet be answered. */
  parked: boolean
}

export interface ShardResult {
  readonly ok: boolean
  readonly error: ErrorBody | null
}

/** What an operation does that depends on its kind. */
export interface OperationBehaviour {
  /** The request of a leg; the physical name is the node's at that moment. */
  request(leg: Leg, name: string): Promise<NodeRequest>
  /** Task details and error once every shard is settled. */
  details(operation: Operation, ok: boolean): JsonObject | null
  /** No leg needs its body any more. May be called more than once. */
  readonly decided?: () => void
  /** Changes of the catalogue that follow from success; null = none. */
  readonly whenDone?: (operation: Operation, ok: boolean) => Promise<Consequence>
}

/** What a settled operation changes beside its task. */
export interface Consequence {
  readonly index: IndexRow | null
  readonly settingsApplied: readonly { readonly node: NodeId; readonly version: number }[]
  readonly retire: boolean
  /** Overrules the nodes' verdict, e.g. settings that were refused on one copy. */
  readonly error?: ErrorBody
}

export interface Operation {
  readonly row: OperationRow
  readonly run: IndexRun
  /** Every shard it touches. */
  readonly shards: readonly ShardId[]
  readonly task: NewTask | null
  /** Asked alone first: when it refuses, nothing happened and the client hears its words. */
  canary: Leg | null
  /** Resolves when legs other than the canary may go; false when the operation was withdrawn. */
  readonly go: Deferred<boolean>
  taskUid: number | null
  readonly behaviour: OperationBehaviour
  legs: Leg[]
  /** Shards that are not settled yet. */
  readonly pending: Set<ShardId>
  readonly results: Map<ShardId, ShardResult>
  startedMs: number
  /** Monotonic time after which nothing is resent. */
  readonly resendUntil: number
  /** Set once `endOperation` is under way. */
  finalised: boolean
  /** Its end is durable and visible. */
  closed: boolean
  /** Legs may start. */
  recorded: boolean
  graceOver: boolean
  readonly confirmed: Deferred<void>
  readonly ended: Deferred<boolean>
}

/** An index as the write path runs it: the authority for its copies; the view is made from it. */
export class IndexRun {
  row: IndexRow
  facts: SearchFacts
  readonly copies: readonly (readonly Copy[])[]
  readonly names: Map<NodeId, NameRow>
  readonly lanes = new Map<NodeId, Lane>()
  /** Operations that are not settled or have legs under way, ascending. */
  readonly open: Operation[] = []
  /** In the view: its creation is settled. */
  visible = false
  /** Highest number given to an operation of this index. */
  lastSeq: Seq = 0
  /** Primary key known from an accepted write that is not settled yet. */
  primaryKey: string | null
  /** Copies that are joining: content operations wait meanwhile. */
  joins = 0
  /** State changes that are not durable yet. */
  marksPending = 0
  /** Settings changes under way: content operations wait meanwhile. */
  settingsOpen = 0
  dropping: Promise<unknown> | null = null
  /** Its primary key is being replaced: writes wait. */
  rekeying: Promise<unknown> | null = null
  /** Ends when the index exists for clients; null when it always did. */
  creation: Promise<unknown> | null = null
  #quietWaiters: (() => void)[] = []
  readonly #naming = new Map<NodeId, Promise<unknown>>()

  constructor(
    row: IndexRow,
    facts: SearchFacts,
    copies: readonly (readonly Copy[])[],
    names: readonly NameRow[],
  ) {
    this.row = row
    this.facts = facts
    this.copies = copies
    this.primaryKey = row.primaryKey
    this.names = new Map(names.map((name) => [name.node, name]))
    for (const name of names) this.lanes.set(name.node, new Lane())
  }

  get uid(): IndexUid {
    return this.row.uid
  }

  lane(node: NodeId): Lane {
    const lane = this.lanes.get(node)
    assert(lane !== undefined, `node ${node} has a lane of ${this.row.uid}`)
    return lane
  }

  name(node: NodeId): NameRow {
    const name = this.names.get(node)
    assert(name !== undefined, `node ${node} has a name of ${this.row.uid}`)
    return name
  }

  copy(shard: ShardId, node: NodeId): Copy | undefined {
    return this.copies[shard]?.find((copy) => copy.node === node)
  }

  /**
   * Name changes of the index on one node, one after another: two at once would rename each other's work
   * away.
   */
  async naming<T>(node: NodeId, change: () => Promise<T>): Promise<T> {
    const before = this.#naming.get(node) ?? Promise.resolve()
    const mine = before.then(change, change)
    this.#naming.set(node, mine)
    return mine
  }

  copiesOn(node: NodeId): Copy[] {
    return this.copies.flatMap((copies) => copies.filter((copy) => copy.node === node))
  }

  get nodes(): NodeId[] {
    return [...this.names.keys()]
  }

  /** No copy joins and no settings change is open: a content operation may take its place now. */
  get isQuiet(): boolean {
    return this.joins === 0 && this.settingsOpen === 0
  }

  /** Operations that wait for quiet: a join that keeps them waiting too long is dropped. */
  get waitingForQuiet(): number {
    return this.#quietWaiters.length
  }

  /**
   * Waits until it is quiet or `enough` says so; true when it is quiet. Check again in the turn that depends
   * on it.
   */
  async quiet(enough: Promise<unknown>): Promise<boolean> {
    let late = false
    void enough.then(() => {
      late = true
      this.tellQuiet()
    })
    while (!this.isQuiet && !late) await new Promise<void>((resolve) => this.#quietWaiters.push(resolve))
    return this.isQuiet
  }

  /** Opens a settings change, in a turn in which it is quiet; answers how to close it. */
  openSettings(): () => void {
    assert(this.isQuiet, 'one settings change at a time')
    this.settingsOpen++
    let open = true
    return () => {
      if (!open) return
      open = false
      this.settingsOpen--
      this.tellQuiet()
    }
  }

  tellQuiet(): void {
    const waiters = this.#quietWaiters
    this.#quietWaiters = []
    for (const wake of waiters) wake()
  }

  /** True when every operation up to `seq` on these shards is settled. */
  settledUpTo(seq: Seq, shards: ReadonlySet<ShardId>): boolean {
    return !this.open.some(
      (operation) =>
        operation.row.seq <= seq && !operation.closed && operation.shards.some((shard) => shards.has(shard)),
    )
  }

  toView(): IndexView {
    const { row } = this
    const holds = new Map<NodeId, Set<ShardId>>()
    for (const copies of this.copies) {
      for (const copy of copies) {
        const held = holds.get(copy.node) ?? new Set<ShardId>()
        held.add(copy.shard)
        holds.set(copy.node, held)
      }
    }
    return {
      uid: row.uid,
      generation: row.generation,
      shards: row.shards,
      primaryKey: row.primaryKey,
      createdAt: row.createdAt,
      updatedAt: row.updatedAt,
      settingsVersion: row.settingsVersion,
      settings: row.settings,
      facts: this.facts,
      copies: this.copies.map((copies) =>
        copies.map(({ node, group, state, lag }) => ({ node, group, state, lag })),
      ),
      names: new Map([...this.names].map(([node, name]) => [node, name.name])),
      holds,
    }
  }
}

/** May this copy get the operation's bytes? */
export function isWritten(copy: Copy): boolean {
  return copy.state !== 'lagging' || copy.joining
}

export function markOf(run: IndexRun, copy: Copy): CopyMark {
  const { uid: indexUid, generation } = run.row
  return { indexUid, generation, shard: copy.shard, node: copy.node, state: copy.state, lag: copy.lag }
}
