import type { NodeId, ShardId } from '../model/ids.ts'
import type { ListPlan, ReadTargets, Retarget } from '../model/plan.ts'
import { type JsonMember, objectText } from '../std/json-members.ts'
import type { ListRequest } from './request/documents-request.ts'
import { indexPath, isWhole, type ReadScope, targetsFor } from './targets.ts'

export interface ListScope extends ReadScope {
  readonly request: ListRequest
  /** Shards that can hold what is asked for, ascending. */
  readonly shards: readonly ShardId[]
}

export interface DocumentScope extends ReadScope {
  readonly shard: ShardId
  readonly id: string
  /** The client's query string, empty or without its `?`. */
  readonly query: string
}

/** The order all copies share: that of the last writes. */
const SEQ_FIELD = '_miroir_seq'

/** Whom to ask for a page of documents. Pure: same arguments, same plan. */
export function planList(scope: ListScope): ListPlan {
  const { request } = scope
  const merged = mergedTargets(scope, scope.shards)
  const whole = isWhole(merged)
  const targets = whole
    ? merged.targets.map((target) => ({
        ...target,
        internal: false,
        body: listBody(scope, { shardFilter: target.shardFilter, whole }),
      }))
    : merged.targets
  const { offset, limit, echo } = request
  return {
    kind: 'list',
    targets,
    uncovered: merged.uncovered,
    merge: { whole, offset: whole ? 0 : offset, limit, echo, sorted: !whole && request.sort.length > 0 },
  }
}

/**
 * Other copies for shards of a merged plan. Null where nobody can help out: such a plan is made anew
 * instead.
 */
export function retargetList(scope: ListScope, plan: ListPlan): Retarget | null {
  if (plan.merge.whole) return null
  return (shards: readonly ShardId[], failed: ReadonlySet<NodeId>) =>
    mergedTargets({ ...scope, usable: (node) => !failed.has(node) && scope.usable(node) }, shards)
}

/** Copies that can answer in a slow one's place: of the same plan, so that either answer fits its merge. */
export function standInList(scope: ListScope, plan: ListPlan): Retarget | null {
  if (!plan.merge.whole) return retargetList(scope, plan)
  return (shards: readonly ShardId[], failed: ReadonlySet<NodeId>) => {
    const other = planList({ ...scope, usable: (node) => !failed.has(node) && scope.usable(node) })
    return other.merge.whole ? other : { targets: [], uncovered: shards }
  }
}

/** The one request for one document. */
export function documentTargets(scope: DocumentScope): ReadTargets {
  const query = scope.query === '' ? '' : `?${scope.query}`
  return targetsFor(scope, [scope.shard], (name) => ({
    method: 'GET',
    path: `${indexPath(name, 'documents')}/${encodeURIComponent(scope.id)}${query}`,
    body: null,
  }))
}

export function retargetDocument(scope: DocumentScope): Retarget {
  return (_shards, failed) =>
    documentTargets({ ...scope, usable: (node) => !failed.has(node) && scope.usable(node) })
}

function mergedTargets(scope: ListScope, shards: readonly ShardId[]): ReadTargets {
  return targetsFor(scope, shards, (name, shardFilter) => ({
    method: 'POST',
    path: indexPath(name, 'documents/fetch'),
    body: listBody(scope, { shardFilter, whole: false }),
    // Then nodes tell what they sorted by, which documents need not show.
    internal: scope.request.sort.length > 0,
  }))
}

function listBody(
  scope: ListScope,
  { shardFilter, whole }: { readonly shardFilter: string | null; readonly whole: boolean },
): string {
  const { request } = scope
  const changes: JsonMember[] = []
  if (shardFilter !== null) {
    const elements = [...request.filters, JSON.stringify(shardFilter)]
    changes.push({ key: 'filter', value: `[${elements.join(',')}]` })
  }
  // What a client's sort leaves open follows the last writes too.
  changes.push({ key: 'sort', value: JSON.stringify([...request.sort, `${SEQ_FIELD}:asc`]) })
  if (!whole) {
    const reach = Math.min(Number.MAX_SAFE_INTEGER, request.offset + request.limit)
    changes.push({ key: 'offset', value: '0' }, { key: 'limit', value: String(reach) })
    if (request.fields !== null && request.sort.length === 0)
      changes.push({ key: 'fields', value: JSON.stringify([...request.fields, SEQ_FIELD]) })
  }
  const keys = new Set(changes.map((change) => change.key))
  return objectText([...request.members.filter((member) => !keys.has(member.key)), ...changes])
}
