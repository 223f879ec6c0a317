import { maskShardFilter } from '../catalogue/network-flag.ts'
import { ownRulesFirst } from '../catalogue/own-attributes.ts'
import { scrubText } from '../catalogue/scrub.ts'
import type { TargetRefusal } from '../model/answers.ts'
import type { Reply } from '../model/call.ts'
import { fail } from '../model/errors.ts'
import type { IndexUid, NodeId } from '../model/ids.ts'
import { FOREIGN_PREFIX, OWN_PREFIX } from '../model/injected.ts'
import type { ReadTarget } from '../model/plan.ts'
import type { IndexView, NodeView, View } from '../model/view.ts'
import { exchange } from '../scatter/exchange.ts'
import type { Verdict } from '../scatter/outcome.ts'
import { text } from '../std/bytes.ts'
import { isObject } from '../std/json-values.ts'
import { type ReadContext, type ReadDeps, scatterDeps } from './read-deps.ts'

/** The client's own request, to be sent to one node as it came. */
export interface ClientRequest {
  readonly method: 'GET' | 'POST'
  /** Path and query below `/indexes/{name}/`. */
  readonly route: string
  readonly body: Uint8Array | null
  readonly operation: string
}

/** Nodes tried for an error text. */
const NODES_MAX = 3

/**
 * A refusal as one node without our additions would have put it: the request that was refused carried a
 * filter and page numbers of ours, which error texts quote, so the client's own is put to the same node
 * once more.
 */
export async function refusalReply(
  deps: ReadDeps,
  refusal: TargetRefusal,
  ask: { readonly index: IndexView; readonly request: ClientRequest; readonly context: ReadContext },
): Promise<Reply> {
  const { target } = refusal
  const names = namesOf(ask, ask.index.uid, target.name)
  const own = targetAt({ node: target.node, name: target.name }, ask.request)
  const again = isSame(own, target) ? refusal : await askOne(deps, own, ask)
  const found = 'code' in again ? again : refusal
  return errorReply(found.status, found.body, names)
}

/** Nothing was added to the client's request, so its answer stands. */
function isSame(own: ReadTarget, sent: ReadTarget): boolean {
  return own.method === sent.method && own.path === sent.path && bodyText(own) === bodyText(sent)
}

function bodyText({ body }: ReadTarget): string | null {
  return body === null || typeof body === 'string' ? body : text(body)
}

/**
 * What a node says to a request that cannot be planned, which should be an error. Null when it finds
 * nothing wrong. Throws 503 when no node can be asked.
 */
export async function nodeOpinion(
  deps: ReadDeps,
  ask: {
    readonly view: View
    readonly index: IndexView | null
    readonly uid: string
    readonly request: ClientRequest
    readonly context: ReadContext
  },
): Promise<Reply | null> {
  const places = placesFor(deps, ask.view, ask.index, ask.uid)
  for (const place of places.slice(0, NODES_MAX)) {
    const verdict = await askOne(deps, targetAt(place, ask.request), ask)
    if (verdict.kind === 'usable') return null
    const names = namesOf(ask, ask.uid, place.name)
    if (verdict.kind === 'refused') return errorReply(verdict.status, verdict.body, names)
    // Without an index here, a node that finds only that missing has no objection to the request.
    if (ask.index === null && verdict.fault === 'missing') return null
  }
  throw fail('miroir_shard_unavailable', { uid: ask.uid, shards: 'all' })
}

/** True when a request speaks of our fields: then one node's opinion comes first. */
export function mentionsOwnFields(request: string | null): boolean {
  return request?.includes(OWN_PREFIX) ?? false
}

/** A request that speaks of several indexes, for a node's opinion. */
export interface ManyQuestion {
  readonly view: View
  /** Those that matter most first. */
  readonly indexes: readonly IndexView[]
  readonly path: string
  /** The client's own body with the indexes' names on one node. */
  readonly body: (nameOf: (uid: IndexUid) => string) => string
  /** The index that an error text speaks of. */
  readonly indexIn: (message: string) => IndexView | null
  readonly request: ClientRequest
  readonly context: ReadContext
}

/**
 * What a node says to a request about several indexes. Null when it finds nothing wrong, or nothing but an
 * index missing that it cannot know. Throws 503 when no node can be asked.
 */
export async function nodeOpinionOnMany(deps: ReadDeps, ask: ManyQuestion): Promise<Reply | null> {
  for (const node of nodesFor(deps, ask).slice(0, NODES_MAX)) {
    const uids = new Map(ask.indexes.map((index) => [nameOn(index, node.id) ?? '', index.uid]))
    const physical = new Map([...uids].map(([name, uid]) => [uid, name]))
    const target = {
      ...({ node, name: '', shards: [], shardFilter: null, method: 'POST', path: ask.path } as const),
      body: foreign(ask.body((uid) => physical.get(uid) || uid)),
    }
    const verdict = await askOne(deps, target, ask)
    if (verdict.kind === 'usable' || (verdict.kind === 'failed' && verdict.fault === 'missing')) return null
    if (verdict.kind === 'refused') {
      const index = ask.indexIn(text(verdict.body))
      const numbered = index !== null && ownRulesFirst(index.facts.filterableAttributes)
      return errorReply(verdict.status, verdict.body, { uids, ownRulesFirst: numbered })
    }
  }
  throw fail('miroir_shard_unavailable', { uid: ask.indexes[0]?.uid ?? '', shards: 'all' })
}

/** Those that hold most of the indexes first. */
function nodesFor(deps: ReadDeps, { view, indexes }: ManyQuestion): NodeView[] {
  const held = (node: NodeView): number => indexes.filter((index) => nameOn(index, node.id) !== null).length
  return [...view.nodes.values()]
    .filter((node) => deps.reachability.readable(node.id))
    .sort((one, other) => held(other) - held(one))
}

/** How one node calls indexes, and how the client calls them. */
interface IndexNames {
  readonly uids: ReadonlyMap<string, IndexUid>
  /** Our filterable rules stand before the client's on nodes, and so shift the numbers of theirs. */
  readonly ownRulesFirst: boolean
  /** The client's body. */
  readonly request?: string | null
}

function namesOf(
  { index, request }: { readonly index: IndexView | null; readonly request: ClientRequest },
  uid: string,
  physical: string,
): IndexNames {
  const numbered = index !== null && ownRulesFirst(index.facts.filterableAttributes)
  return {
    uids: new Map([[physical, uid]]),
    ownRulesFirst: numbered,
    request: request.body === null ? null : text(request.body),
  }
}

type Place = { readonly node: NodeView; readonly name: string }

function placesFor(deps: ReadDeps, view: View, index: IndexView | null, uid: string): Place[] {
  const readable = [...view.nodes.values()].filter((node) => deps.reachability.readable(node.id))
  const places = readable.flatMap((node) => {
    const name = index === null ? uid : nameOn(index, node.id)
    return name === null ? [] : [{ node, name }]
  })
  const turn = Math.floor(deps.random.next() * places.length)
  return [...places.slice(turn), ...places.slice(0, turn)]
}

/** Name on a node that has a readable copy: others may have old settings or no index at all. */
function nameOn(index: IndexView, node: NodeId): string | null {
  const current = index.copies.some((copies) =>
    copies.some((copy) => copy.node === node && copy.state === 'current'),
  )
  return current ? (index.names.get(node) ?? null) : null
}

function targetAt(place: Place, request: ClientRequest): ReadTarget {
  return {
    node: place.node,
    name: place.name,
    shards: [],
    shardFilter: null,
    method: request.method,
    path: `/indexes/${encodeURIComponent(place.name)}/${foreign(request.route)}`,
    body: request.body === null ? null : foreignBytes(request.body),
  }
}

function askOne(
  deps: ReadDeps,
  target: ReadTarget,
  ask: { readonly request: ClientRequest; readonly context: ReadContext },
): Promise<Verdict> {
  const { deadline, headers } = ask.context
  return exchange(scatterDeps(deps), target, { deadline, headers, operation: ask.request.operation })
}

function foreign(route: string): string {
  return route.replaceAll(OWN_PREFIX, FOREIGN_PREFIX)
}

/** Bytes that are no UTF-8 stay as they are: they are what the node shall complain about. */
function foreignBytes(body: Uint8Array): Uint8Array | string {
  const decoded = text(body)
  return decoded.includes(OWN_PREFIX) ? foreign(decoded) : body
}

function errorReply(status: number, body: Uint8Array, names: IndexNames): Reply {
  const shown = clientText(text(body), names).replaceAll(FOREIGN_PREFIX, OWN_PREFIX)
  return { status, contentType: 'application/json', body: shown }
}

/** A node's error body with the index names of the client and none of our fields. */
function clientText(body: string, names: IndexNames): string {
  const { uids, ownRulesFirst: numbered, request = null } = names
  const error: unknown = JSON.parse(body)
  const message = isObject(error) ? error['message'] : undefined
  if (!isObject(error) || typeof message !== 'string') return body
  const shown = { ...error, message: scrubText(message, uids, { ownRulesFirst: numbered }) }
  return JSON.stringify(maskShardFilter(shown, request))
}
