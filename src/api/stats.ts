import type { Call, HeaderList, Reply, Route } from '../model/call.ts'
import { fail } from '../model/errors.ts'
import type { NodeId, ShardId } from '../model/ids.ts'
import { shardText } from '../model/injected.ts'
import type { IndexView, NodeView, Reachability, Views } from '../model/view.ts'
import { text, utf8 } from '../std/bytes.ts'
import type { Clock } from '../std/clock.ts'
import { type Deadline, tighten } from '../std/deadline.ts'
import { objectText } from '../std/json-members.ts'
import { requireIndex } from './request/index-uid.ts'
import { booleanOf, parametersIn } from './request/parameters.ts'
import { refusal } from './request/refusals.ts'
import { type CoverPart, coverOf } from './statistics/cover.ts'
import {
  indexStatsText,
  type NodeIndexStats,
  type StatsForm,
  type StatsPart,
  sizeText,
} from './statistics/sum.ts'

/** The part of the door to nodes that statistics need. */
export interface StatsTransport {
  send(
    node: NodeView,
    request: {
      readonly method: 'GET' | 'POST'
      readonly path: string
      readonly body?: Uint8Array
      readonly operation: string
      readonly write: false
    },
    deadline: Deadline,
  ): Promise<
    | { readonly kind: 'answer'; readonly status: number; readonly body: Uint8Array }
    | { readonly kind: 'never-sent' | 'ambiguous' }
  >
}

export interface StatsRouteDeps {
  readonly views: Views
  readonly reachability: Reachability
  readonly transport: StatsTransport
  readonly clock: Clock
  readonly nodeTimeoutMs: number
}

interface NodeStats {
  readonly databaseSize: number
  readonly usedDatabaseSize: number
  readonly lastUpdate: string | null
  readonly indexes: Readonly<Record<string, NodeIndexStats>>
}

/** How statistics of one index on one node are come by; null when the node does not tell. */
type AskIndex = (node: NodeView, name: string) => Promise<NodeIndexStats | null>

interface IndexParts {
  readonly parts: readonly StatsPart[]
  readonly uncovered: readonly ShardId[]
  /** True when numbers other than that of documents were scaled. */
  readonly estimated: boolean
}

const PARAMETERS = ['showInternalDatabaseSizes', 'sizeFormat']
/** Rounds of choosing other nodes after some did not answer. */
const ROUNDS_MAX = 3
/** Indexes named in a header. */
const NAMED_MAX = 20

/** Statistics: summed over nodes that hold every shard once, databases over all nodes. */
export function statsRoutes(deps: StatsRouteDeps): Route[] {
  const access = { kind: 'action', action: 'stats.get' } as const
  return [
    { method: 'GET', template: '/stats', access, handler: (call) => allStats(deps, call) },
    { method: 'GET', template: '/indexes/{uid}/stats', access, handler: (call) => indexStats(deps, call) },
  ]
}

function formOf(query: string): StatsForm {
  let human = false
  let internalSizes = false
  parametersIn(query, PARAMETERS, (name, value) => {
    if (name === 'sizeFormat') human = isHuman(value)
    else internalSizes = booleanOf('invalid_stats_show_internal_database_sizes', name, value)
  })
  return { human, internalSizes }
}

function isHuman(value: string): boolean {
  if (value === 'human' || value === 'raw') return value === 'human'
  const message = `Unknown value \`${value}\` for parameter \`sizeFormat\`: expected one of \`human\`, \`raw\``
  throw refusal('invalid_stats_size_format', message)
}

async function indexStats(deps: StatsRouteDeps, call: Call): Promise<Reply> {
  const form = formOf(call.query)
  const index = requireIndex(deps.views, call)
  const path = (name: string): string => `/indexes/${name}/stats?${queryOf(form)}`
  const ask: AskIndex = (node, name) =>
    askJson<NodeIndexStats>(deps, node, { path: path(name) }, call.deadline)
  const found = await partsOf(deps, index, ask, call.deadline)
  if (found.uncovered.length === index.shards)
    throw fail('miroir_shard_unavailable', { uid: index.uid, shards: 'all' })
  const degraded = found.uncovered.length === 0 ? null : `shards=${found.uncovered.join(',')}`
  return reply(indexStatsText(found.parts, form), degraded, found.estimated)
}

async function allStats(deps: StatsRouteDeps, call: Call): Promise<Reply> {
  const form = formOf(call.query)
  const nodes = [...deps.views.current().nodes.values()].filter(({ id }) => deps.reachability.readable(id))
  const request = { path: `/stats?${queryOf(form)}` }
  const answers = await Promise.all(
    nodes.map((node) => askJson<NodeStats>(deps, node, request, call.deadline)),
  )
  const byNode = new Map<NodeId, NodeStats>()
  for (const [at, node] of nodes.entries()) {
    const answer = answers[at] ?? null
    if (answer !== null) byNode.set(node.id, answer)
  }
  if (byNode.size === 0) throw fail('miroir_shard_unavailable', { uid: '*', shards: 'all' })
  const ask: AskIndex = async (node, name) => byNode.get(node.id)?.indexes[name] ?? null
  const indexes = [...deps.views.current().indexes.values()].sort((one, other) =>
    one.uid < other.uid ? -1 : 1,
  )
  const found = await Promise.all(indexes.map((index) => partsOf(deps, index, ask, call.deadline)))
  const incomplete = indexes.filter((_, at) => (found[at]?.uncovered.length ?? 0) > 0).map(({ uid }) => uid)
  const entries = indexes.map(({ uid }, at) => ({
    key: uid,
    value: indexStatsText(found[at]?.parts ?? [], form),
  }))
  const degraded = incomplete.length === 0 ? null : `indexes=${incomplete.slice(0, NAMED_MAX).join(',')}`
  const body = databasesText([...byNode.values()], objectText(entries), form)
  return reply(
    body,
    degraded,
    found.some(({ estimated }) => estimated),
  )
}

function databasesText(nodes: readonly NodeStats[], indexes: string, { human }: StatsForm): string {
  const sum = (read: (stats: NodeStats) => number): string =>
    sizeText(
      nodes.reduce((total, stats) => total + read(stats), 0),
      human,
    )
  const latest = nodes
    .flatMap(({ lastUpdate }) => (lastUpdate === null ? [] : [lastUpdate]))
    .sort((one, other) => Date.parse(other) - Date.parse(one))
  return objectText([
    { key: 'databaseSize', value: sum((stats) => stats.databaseSize) },
    { key: 'usedDatabaseSize', value: sum((stats) => stats.usedDatabaseSize) },
    { key: 'lastUpdate', value: JSON.stringify(latest[0] ?? null) },
    { key: 'indexes', value: indexes },
  ])
}

function reply(body: string, degraded: string | null, estimated: boolean): Reply {
  const headers: [string, string][] = []
  if (degraded !== null) headers.push(['X-Miroir-Degraded', degraded])
  if (estimated) headers.push(['X-Miroir-Approximate', 'fieldDistribution'])
  const list: HeaderList = headers
  return {
    status: 200,
    contentType: 'application/json',
    body,
    ...(list.length === 0 ? {} : { headers: list }),
  }
}

/** Asks nodes that cover the index, and others for those that do not answer. */
async function partsOf(
  deps: StatsRouteDeps,
  index: IndexView,
  ask: AskIndex,
  deadline: Deadline,
): Promise<IndexParts> {
  const silent = new Set<NodeId>()
  const usable = (node: NodeId): boolean => deps.reachability.readable(node) && !silent.has(node)
  for (let round = 0; ; round++) {
    const { parts: cover, uncovered } = coverOf(deps.views.current(), index, usable)
    const answers = await Promise.all(cover.map((part) => askPart(deps, part, ask, deadline)))
    const parts = answers.filter((answer) => answer !== null)
    const missing = cover.filter((_, at) => answers[at] === null)
    const estimated = cover.some((part) => !part.whole)
    if (missing.length === 0) return { parts, uncovered, estimated }
    for (const part of missing) silent.add(part.node.id)
    if (round + 1 < ROUNDS_MAX) continue
    return { parts, uncovered: [...uncovered, ...missing.flatMap((part) => part.shards)], estimated }
  }
}

async function askPart(
  deps: StatsRouteDeps,
  part: CoverPart,
  ask: AskIndex,
  deadline: Deadline,
): Promise<StatsPart | null> {
  const [stats, counted] = await Promise.all([
    ask(part.node, part.name),
    part.whole ? null : askCount(deps, part, deadline),
  ])
  if (stats === null) return null
  if (part.whole) return { stats, documents: stats.numberOfDocuments }
  return counted === null ? null : { stats, documents: counted }
}

/** Documents of some of a node's shards. */
async function askCount(deps: StatsRouteDeps, part: CoverPart, deadline: Deadline): Promise<number | null> {
  const values = part.shards.map((shard) => `"${shardText(shard)}"`).join(', ')
  const body = utf8(JSON.stringify({ limit: 0, filter: `_miroir_shard IN [${values}]` }))
  const path = `/indexes/${part.name}/documents/fetch`
  const answer = await askJson<{ readonly total: number }>(deps, part.node, { path, body }, deadline)
  return answer?.total ?? null
}

function queryOf({ internalSizes }: StatsForm): string {
  return `sizeFormat=raw&showInternalDatabaseSizes=${internalSizes}`
}

async function askJson<Answer>(
  deps: StatsRouteDeps,
  node: NodeView,
  { path, body }: { readonly path: string; readonly body?: Uint8Array },
  deadline: Deadline,
): Promise<Answer | null> {
  const base = { path, operation: 'stats', write: false } as const
  const request =
    body === undefined ? ({ ...base, method: 'GET' } as const) : ({ ...base, method: 'POST', body } as const)
  const outcome = await deps.transport.send(node, request, tighten(deps.clock, deadline, deps.nodeTimeoutMs))
  if (outcome.kind !== 'answer' || outcome.status !== 200) return null
  try {
    return JSON.parse(text(outcome.body)) as Answer
  } catch {
    return null
  }
}
