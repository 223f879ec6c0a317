import { json, type Reply, type Route } from '../model/call.ts'
import { fail } from '../model/errors.ts'
import type { NodeId } from '../model/ids.ts'
import type { NodeView, Reachability, Views } from '../model/view.ts'
import type { Clock } from '../std/clock.ts'

/** Body of `GET /version`. */
export interface VersionBody {
  readonly commitSha: string
  readonly commitDate: string
  readonly pkgVersion: string
}

export interface SystemDeps {
  readonly views: Views
  readonly health: Reachability & { health(node: NodeId): { readonly version: string | null } }
  readonly clock: Clock
  /** Asks a node for its version; null when it gave no usable answer. Ends by a deadline of its own. */
  readonly askVersion: (node: NodeView) => Promise<VersionBody | null>
}

const VERSION_AGE_MAX_MS = 60_000
const NODES_ASKED_MAX = 3

/** Routes about the service as such. */
export function systemRoutes(deps: SystemDeps): Route[] {
  const version = versionHandler(deps)
  return [
    {
      method: 'GET',
      template: '/',
      access: { kind: 'public' },
      quiet: true,
      handler: () => json(200, { status: 'Meilisearch is running' }),
    },
    {
      method: 'GET',
      template: '/health',
      access: { kind: 'public' },
      quiet: true,
      handler: () => json(200, { status: 'available' }),
    },
    {
      method: 'GET',
      template: '/version',
      access: { kind: 'action', action: 'version' },
      handler: version,
    },
  ]
}

/** Keeps the last version for a minute, and shows an older one rather than none. */
function versionHandler(deps: SystemDeps): () => Promise<Reply> {
  let known: { readonly body: VersionBody; readonly at: number } | null = null
  let asking: Promise<VersionBody | null> | null = null
  return async () => {
    if (known === null || deps.clock.now() - known.at >= VERSION_AGE_MAX_MS) {
      asking ??= lowestVersion(deps).finally(() => {
        asking = null
      })
      const body = await asking
      if (body !== null) known = { body, at: deps.clock.now() }
    }
    if (known === null) throw fail('miroir_node_answer', { node: '*', reason: 'no node tells its version' })
    return json(200, known.body)
  }
}

/** Where nodes differ, clients may rely only on what the oldest can do. */
async function lowestVersion(deps: SystemDeps): Promise<VersionBody | null> {
  const nodes = [...deps.views.current().nodes.values()].filter(({ id }) => deps.health.readable(id))
  const ranked = nodes
    .map((node) => ({ node, rank: rankOf(deps.health.health(node.id).version) }))
    .sort((left, right) => left.rank - right.rank)
  for (const { node } of ranked.slice(0, NODES_ASKED_MAX)) {
    const body = await deps.askVersion(node)
    if (body !== null) return body
  }
  return null
}

/** Orders `major.minor.patch`; unknown versions come last. */
function rankOf(version: string | null): number {
  const parts = /^(\d+)\.(\d+)\.(\d+)/.exec(version ?? '')
  if (parts === null) return Number.MAX_SAFE_INTEGER
  const [, major, minor, patch] = parts
  return (Number(major) * 1_000 + Number(minor)) * 10_000 + Number(patch)
}
