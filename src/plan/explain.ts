import type { NodeId } from '../model/ids.ts'
import type { NarrowingReason, ReadTarget, Refusal, SearchPlan } from '../model/plan.ts'
import type { IndexView } from '../model/view.ts'
import { text } from '../std/bytes.ts'
import { type JsonMember, objectText } from '../std/json-members.ts'
import type { SearchRequest } from './request/search-request.ts'

/** A plan and what it was made from. */
export interface MadePlan {
  /** Epoch of the view. */
  readonly epoch: number
  readonly index: IndexView
  readonly request: SearchRequest
  readonly plan: SearchPlan | Refusal
}

/** How one exchange with a node went. */
export interface TracedExchange {
  readonly node: NodeId
  readonly outcome: string
  readonly tookMs: number
}

/** How the plan did when it was carried out. */
export interface Execution {
  readonly exchanges: readonly TracedExchange[]
  /** Of the whole search, and of folding the answers. */
  readonly tookMs: number
  readonly mergeMs: number
  readonly plans: number
  /** Of the reply. */
  readonly status: number
  readonly estimatedHits: number | null
  readonly degraded: string | null
  readonly approximate: string | null
}

/**
 * `operator` shows nodes, names on nodes and the requests to them; `client` only what a reader of answers may
 * know: how many, how far and how exactly.
 */
export type Detail = 'operator' | 'client'

export interface Warning {
  readonly type: string
  readonly message: string
}

/** The plan as JSON text. Requests to nodes are spliced in as they would be sent. */
export function explanation(made: MadePlan, detail: Detail, execution: Execution | null): string {
  const { index, plan } = made
  const warnings = warningsOf(made)
  const members = [
    member('resolved_uid', index.uid),
    member('alias_resolution', null),
    ...(detail === 'operator'
      ? [
          member('view_epoch', made.epoch),
          member('index_generation', index.generation),
          member('settings_version', index.settingsVersion),
        ]
      : []),
    ...(plan.kind === 'refusal' ? refused(plan) : planned(plan, index, detail)),
    member('warnings', warnings),
    ...(execution === null ? [] : [{ key: 'execution', value: executed(execution, detail) }]),
  ]
  return objectText(members)
}

function member(key: string, value: unknown): JsonMember {
  return { key, value: JSON.stringify(value) }
}

function refused({ feature }: Refusal): JsonMember[] {
  return [member('kind', 'refused'), member('refusal', `${feature} is not supported.`)]
}

function planned(plan: SearchPlan, index: IndexView, detail: Detail): JsonMember[] {
  const { targets, uncovered, narrowing, merge } = plan
  const shards = targets.flatMap((target) => target.shards).sort((one, other) => one - other)
  const groups = [...new Set(targets.map((target) => target.node.group))]
  const group = groups.length === 1 ? { id: groups[0], reason: 'fewest nodes' } : null
  const { uid: _uid, primaryKey: _key, internal, facets, ...instructions } = merge
  return [
    member('kind', merge.whole ? 'whole' : 'merged'),
    member('tier', tierOf(targets)),
    member('narrowed', narrowing.shards !== null && narrowing.shards.length < index.shards),
    member('narrowing_reason', narrowing.reason),
    member('node_count', targets.length),
    member('shard_count', shards.length),
    member('index_shard_count', index.shards),
    member('uncovered_shard_count', uncovered.length),
    member('sub_requests', { planned: targets.length, possibly_asked_again: partial(targets).length }),
    ...(detail === 'client'
      ? []
      : [
          member('chosen_group', group),
          member(
            'target_nodes',
            targets.map((target) => target.node.id),
          ),
          member('target_shards', shards),
          member('uncovered_shards', uncovered),
          { key: 'targets', value: `[${targets.map(targetText).join(',')}]` },
        ]),
    member('merge', detail === 'client' ? instructions : { ...instructions, facets, internal }),
  ]
}

/** S: the search route of nodes; F: their internal federated search. */
function tierOf(targets: readonly ReadTarget[]): 'S' | 'F' {
  return targets.some((target) => target.internal === true) ? 'F' : 'S'
}

/** Targets that are asked for their likely part of a deep page only. */
function partial(targets: readonly ReadTarget[]): readonly ReadTarget[] {
  return targets.filter((target) => target.depth !== undefined)
}

function targetText(target: ReadTarget): string {
  const { node, name, shards, shardFilter, method, path, depth } = target
  const body = target.body === null || typeof target.body === 'string' ? target.body : text(target.body)
  return objectText([
    member('node', node.id),
    member('group', node.group),
    member('index', name),
    member('shards', shards),
    member('shard_filter', shardFilter),
    member('method', method),
    member('path', path),
    { key: 'body', value: body === null || body === '' ? 'null' : body },
    ...(depth === undefined ? [] : [member('depth', depth)]),
  ])
}

function executed(execution: Execution, detail: Detail): string {
  return JSON.stringify({
    took_ms: rounded(execution.tookMs),
    merge_ms: rounded(execution.mergeMs),
    plans: execution.plans,
    exchanges: execution.exchanges.map(({ node, outcome, tookMs }) => ({
      ...(detail === 'operator' ? { node } : {}),
      outcome,
      took_ms: rounded(tookMs),
    })),
    status: execution.status,
    estimated_hits: execution.estimatedHits,
    degraded: detail === 'operator' || execution.degraded === null ? execution.degraded : 'yes',
    approximate: execution.approximate,
  })
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

const UNUSED_KEYS: Readonly<Partial<Record<NarrowingReason, string>>> = {
  'too-many-keys': 'The filter stands for more primary keys than a plan is narrowed by.',
  'fields-of-nodes': 'The filter names primary keys, but `facets` and `attributesToSearchOn` need all nodes.',
  'restricted-operators': 'Rules of `filterableAttributes` that restrict operators need all nodes.',
  unreadable: 'The filter could not be read here; nodes judge it.',
}

/** What a reader of the answer should know, by type. */
export function warningsOf({ plan, request }: MadePlan): readonly Warning[] {
  if (plan.kind === 'refusal') return [{ type: 'refused', message: `${plan.feature} is not supported.` }]
  const { targets, uncovered, narrowing, merge } = plan
  const several = targets.length > 1
  const warnings: Warning[] = []
  const warn = (when: boolean, type: string, message: string): void => {
    if (when) warnings.push({ type, message })
  }
  warn(uncovered.length > 0, 'uncovered_shards', `${uncovered.length} shards have no copy that can be read.`)
  const unused = UNUSED_KEYS[narrowing.reason]
  warn(unused !== undefined, 'not_narrowed', unused ?? '')
  const counted = merge.distinct !== null || merge.threshold !== null
  warn(counted, 'further_questions', 'Totals and facets may need further questions to each node.')
  const deep = partial(targets).length > 0
  warn(
    deep,
    'asked_again',
    'Nodes are asked for their likely part of a deep page, and again if it was too small.',
  )
  const strategy = request.members.findLast(({ key }) => key === 'matchingStrategy')?.value
  const frequent = several && strategy === '"frequency"'
  warn(frequent, 'matching_strategy', '`frequency` drops words by how often each node has them.')
  return warnings
}
