import type { NodeId } from '../../model/ids.ts'
import type { ReadTarget } from '../../model/plan.ts'
import type { IndexView } from '../../model/view.ts'
import { embeddingBody } from '../../plan/hybrid.ts'
import type { SearchRequest } from '../../plan/request/search-request.ts'
import { indexPath } from '../../plan/targets.ts'
import { exchange } from '../../scatter/exchange.ts'
import { text } from '../../std/bytes.ts'
import { membersOf, memberValue } from '../../std/json-members.ts'
import { type ReadContext, type ReadDeps, scatterDeps } from '../read-deps.ts'

/** Nodes tried for one vector. */
const NODES_MAX = 3

/**
 * The vector of a search as JSON text: the client's own, or what the nodes' embedder makes of the query,
 * which one node is asked for once. Null when the embedder cannot make one.
 */
export async function queryVector(
  deps: ReadDeps,
  { request, context }: { readonly request: SearchRequest; readonly context: ReadContext },
  index: IndexView,
): Promise<string | null> {
  const given = request.members.findLast(({ key }) => key === 'vector')?.value
  if (request.vector !== null && given !== undefined) return given
  const embed = (): Promise<string | null> => askNodes(deps, request, { index, context })
  if (deps.queryVectors === undefined) return embed()
  const { uid, generation, settingsVersion } = index
  const key = JSON.stringify([uid, generation, settingsVersion, request.hybrid?.embedder, request.query])
  return deps.queryVectors.get(key, embed)
}

async function askNodes(
  deps: ReadDeps,
  request: SearchRequest,
  { index, context }: { readonly index: IndexView; readonly context: ReadContext },
): Promise<string | null> {
  const { deadline } = context
  for (const target of targetsOf(deps, index, embeddingBody(request))) {
    const verdict = await exchange(scatterDeps(deps), target, { deadline, headers: {}, operation: 'search' })
    if (verdict.kind === 'refused') return null
    if (verdict.kind !== 'usable') continue
    return memberValue(membersOf(text(verdict.body)), 'queryVector') ?? null
  }
  return null
}

/** Nodes that have a readable copy, from a random one on. */
function targetsOf(deps: ReadDeps, index: IndexView, body: string): ReadTarget[] {
  const current = index.copies.flat().filter(({ state }) => state === 'current')
  const ids = [...new Set<NodeId>(current.map(({ node }) => node))].filter((id) =>
    deps.reachability.readable(id),
  )
  const turn = Math.floor(deps.random.next() * ids.length)
  return [...ids.slice(turn), ...ids.slice(0, turn)].slice(0, NODES_MAX).flatMap((id) => {
    const node = deps.views.current().nodes.get(id)
    const name = index.names.get(id)
    if (node === undefined || name === undefined) return []
    const path = indexPath(name, 'search')
    return [{ node, name, shards: [], shardFilter: null, method: 'POST', path, body } as const]
  })
}
