import { counted } from './counted.ts'
import { table } from './table.ts'
import type { DegradedCopy, IndexAnswer, NodeAnswer, TopologyAnswer } from './topology-answer.ts'

const DEGRADED_COPIES_SHOWN_MAX = 20

/** True when nothing is missing, late or moving. */
export function isWell(answer: TopologyAnswer): boolean {
  return answer.fully_covered && answer.degraded_node_count === 0 && answer.lagging_copies === 0
}

/** The answer in words: first whether all is well and why not, then nodes, then indexes. */
export function statusText(url: string, answer: TopologyAnswer): string {
  const lines = [`${url}: ${headline(answer)}`, ...reasons(answer).map((reason) => `  - ${reason}`), '']
  lines.push(shape(answer), '', ...nodeTable(answer.nodes))
  if (answer.indexes.length > 0) lines.push('', ...indexTable(answer.indexes))
  const degraded = answer.indexes.flatMap(({ uid, degraded }) =>
    degraded.map((copy) => copyInWords(uid, copy)),
  )
  if (degraded.length > 0) lines.push('', ...degraded.slice(0, DEGRADED_COPIES_SHOWN_MAX))
  const hidden = degraded.length - DEGRADED_COPIES_SHOWN_MAX
  if (hidden > 0) lines.push(`and ${hidden} more (all with -o json)`)
  return `${lines.join('\n')}\n`
}

function headline(answer: TopologyAnswer): string {
  if (isWell(answer)) return 'well: every shard has all its copies'
  return answer.fully_covered ? 'degraded, but every shard can be read' : 'some shards cannot be read'
}

function reasons(answer: TopologyAnswer): string[] {
  const found: string[] = []
  if (!answer.fully_covered)
    found.push('at least one shard has no readable copy: searches are partial or refused')
  if (answer.degraded_node_count > 0) found.push(`${counted(answer.degraded_node_count, 'node')} not healthy`)
  if (answer.lagging_copies > 0)
    found.push(`${counted(answer.lagging_copies, 'copy', 'copies')} missed writes and will be repaired`)
  if (answer.rebalance_in_progress) found.push('shards are being moved')
  return found
}

function shape(answer: TopologyAnswer): string {
  const groups = new Set(answer.nodes.map((node) => node.replica_group)).size
  const copies = counted(answer.replication_factor, 'copy', 'copies')
  const where = `${counted(answer.nodes.length, 'node')} in ${counted(groups, 'group')}`
  return `${where}, ${counted(answer.shards, 'shard')}, ${copies} of each per group, epoch ${answer.epoch}`
}

function nodeTable(nodes: readonly NodeAnswer[]): string[] {
  const sorted = [...nodes].sort((left, right) => left.replica_group - right.replica_group)
  const rows = sorted.map((node) => [
    node.id,
    node.replica_group,
    node.status,
    node.shard_count,
    ago(node.last_seen_ms),
    node.version ?? '?',
    node.address,
    node.error ?? '',
  ])
  return table(['node', 'group', 'status', 'shards', 'last seen', 'version', 'address', 'error'], rows)
}

function indexTable(indexes: readonly IndexAnswer[]): string[] {
  const rows = indexes.map(({ uid, shards, copies }) => [
    uid,
    shards,
    copies.current,
    copies.behind,
    copies.lagging,
  ])
  return table(['index', 'shards', 'copies current', 'behind', 'lagging'], rows)
}

function copyInWords(uid: string, { shard, node, state, lag }: DegradedCopy): string {
  const subject = `${uid}: the copy of shard ${shard} on ${node}`
  if (state === 'behind')
    return `${subject} is behind: it takes writes and is not read until it has caught up`
  if (state === 'lagging' && lag === 0) return `${subject} is being rebuilt from nothing`
  if (state === 'lagging')
    return `${subject} is lagging: it holds everything up to operation ${lag ?? 'unknown'}`
  return `${subject} is ${state}`
}

function ago(lastSeenMs: number | null): string {
  if (lastSeenMs === null) return 'never'
  if (lastSeenMs < 60_000) return `${(lastSeenMs / 1000).toFixed(1)} s ago`
  return `${Math.floor(lastSeenMs / 60_000)} min ago`
}
