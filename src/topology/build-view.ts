import type { GroupId, IndexUid, NodeId, ShardId } from '../model/ids.ts'
import type { CopyMark } from '../model/operation.ts'
import type { IndexRow, NameRow, NodeRow, PlacementRow, StoreSnapshot } from '../model/store.ts'
import type { CopyView, IndexView, JsonObject, NodeView, SearchFacts, View } from '../model/view.ts'
import { assert } from '../std/assert.ts'

/**
 * What belongs to an index besides its own row; rows of other indexes, generations and shard counts are
 * skipped.
 */
export interface IndexParts {
  readonly nodes: ReadonlyMap<NodeId, NodeView>
  readonly placements: readonly PlacementRow[]
  readonly names: readonly NameRow[]
  readonly marks: readonly CopyMark[]
}

/** The view that a snapshot of the store describes. `facts` reads an index's settings as shown to clients. */
export function buildView(snapshot: StoreSnapshot, facts: (settings: JsonObject) => SearchFacts): View {
  const nodes = buildNodes(snapshot.nodes)
  const { placements, names, copies: marks } = snapshot
  const indexes = new Map<IndexUid, IndexView>()
  for (const row of snapshot.indexes)
    indexes.set(row.uid, buildIndex(row, { nodes, placements, names, marks }, facts(row.settings)))
  return { epoch: snapshot.epoch, nodes, groups: groupsOf(nodes), indexes }
}

/** Throws when the placement lacks a shard or names an unknown node: the store is written by us alone. */
function buildIndex(row: IndexRow, parts: IndexParts, facts: SearchFacts): IndexView {
  const marks = new Map<string, CopyMark>()
  const holds = new Map<NodeId, Set<ShardId>>()
  for (const mark of parts.marks) {
    if (mark.indexUid !== row.uid || mark.generation !== row.generation) continue
    marks.set(markKey(mark.shard, mark.node), mark)
    hold(holds, mark.node, mark.shard)
  }
  const copies: CopyView[][] = []
  for (const placement of parts.placements) {
    if (placement.shards !== row.shards) continue
    copies[placement.shard] = placement.nodes.map((node) => {
      hold(holds, node, placement.shard)
      const group = parts.nodes.get(node)?.group
      assert(
        group !== undefined,
        `shard ${placement.shard} of ${row.shards} is placed on unknown node ${node}`,
      )
      return copyView(node, group, marks.get(markKey(placement.shard, node)))
    })
  }
  for (let shard = 0; shard < row.shards; shard++)
    assert((copies[shard]?.length ?? 0) > 0, `shard ${shard} of ${row.shards} has no placement`)
  const { uid, generation, shards, primaryKey, createdAt, updatedAt, settingsVersion, settings } = row
  return {
    ...{
      uid,
      generation,
      shards,
      primaryKey,
      createdAt,
      updatedAt,
      settingsVersion,
      settings,
      facts,
      copies,
    },
    names: namesOf(row, parts.names),
    holds,
  }
}

/**
 * The view after copies changed their states. Marks of other generations are ignored. A mark for a node that
 * is not assigned the shard says that something of it is there, so the node *holds* it from then on.
 */
export function withMarks(view: View, marks: readonly CopyMark[], epoch: number): View {
  const indexes = new Map(view.indexes)
  for (const mark of marks) {
    const index = indexes.get(mark.indexUid)
    if (index === undefined || index.generation !== mark.generation) continue
    indexes.set(index.uid, withMark(index, mark))
  }
  return { ...view, epoch: Math.max(view.epoch, epoch), indexes }
}

/** The view with an index added or replaced. */
export function withIndex(view: View, index: IndexView, epoch: number): View {
  const indexes = new Map(view.indexes).set(index.uid, index)
  return { ...view, epoch: Math.max(view.epoch, epoch), indexes }
}

export function withoutIndex(view: View, uid: IndexUid, epoch: number): View {
  const indexes = new Map(view.indexes)
  indexes.delete(uid)
  return { ...view, epoch: Math.max(view.epoch, epoch), indexes }
}

/** The view after the physical index on one node was renamed. */
export function withName(view: View, row: NameRow, epoch: number): View {
  const index = view.indexes.get(row.uid)
  if (index === undefined || index.generation !== row.generation) return view
  return withIndex(view, { ...index, names: new Map(index.names).set(row.node, row.name) }, epoch)
}

function withMark(index: IndexView, mark: CopyMark): IndexView {
  const copies = index.copies.map((list, shard) =>
    shard === mark.shard
      ? list.map((copy) => (copy.node === mark.node ? copyView(copy.node, copy.group, mark) : copy))
      : list,
  )
  if (index.holds.get(mark.node)?.has(mark.shard)) return { ...index, copies }
  const held = new Set(index.holds.get(mark.node)).add(mark.shard)
  return { ...index, copies, holds: new Map(index.holds).set(mark.node, held) }
}

function copyView(node: NodeId, group: GroupId, mark: CopyMark | undefined): CopyView {
  if (mark === undefined || mark.state === 'current') return { node, group, state: 'current', lag: null }
  // A lagging copy of unknown lag can only be rebuilt from nothing.
  const lag = mark.state === 'lagging' ? (mark.lag ?? 0) : mark.lag
  return { node, group, state: mark.state, lag }
}

/** The newest name per node: fences are counted upwards and never reused. */
function namesOf(row: IndexRow, names: readonly NameRow[]): ReadonlyMap<NodeId, string> {
  const newest = new Map<NodeId, NameRow>()
  for (const name of names) {
    if (name.uid !== row.uid || name.generation !== row.generation) continue
    const known = newest.get(name.node)
    if (known === undefined || known.fence < name.fence) newest.set(name.node, name)
  }
  return new Map([...newest].map(([node, name]) => [node, name.name]))
}

function buildNodes(rows: readonly NodeRow[]): ReadonlyMap<NodeId, NodeView> {
  return new Map(rows.map(({ id, address, group }) => [id, { id, address, group }]))
}

function groupsOf(nodes: ReadonlyMap<NodeId, NodeView>): readonly GroupId[] {
  return [...new Set([...nodes.values()].map((node) => node.group))].sort((left, right) => left - right)
}

function hold(holds: Map<NodeId, Set<ShardId>>, node: NodeId, shard: ShardId): void {
  const held = holds.get(node)
  if (held === undefined) holds.set(node, new Set([shard]))
  else held.add(shard)
}

function markKey(shard: ShardId, node: NodeId): string {
  return `${shard} ${node}`
}
