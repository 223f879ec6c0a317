import type { ProbeResult } from '../model/probe.ts'
import type { NodeView } from '../model/view.ts'
import type { Clock } from '../std/clock.ts'
import { type Deadline, deadlineAfter } from '../std/deadline.ts'
import type { MeilisearchClient, NodeFailure } from './meilisearch.ts'

/** Versions this program was made for and tested with. */
const ACCEPTED_VERSION = /^1\.50\.\d+$/
const ACCEPTED_TEXT = '1.50.x'

export interface ProbeOptions {
  readonly client: MeilisearchClient
  readonly clock: Clock
  readonly timeoutMs: number
}

/**
 * Asks a node for its health, version and newest task and whether it federates, all at once and within one
 * deadline.
 */
export function createProbe(options: ProbeOptions): (node: NodeView) => Promise<ProbeResult> {
  const { client, clock, timeoutMs } = options
  return async (node) => {
    const startMs = clock.now()
    const deadline = deadlineAfter(clock, timeoutMs)
    const [health, version, newest, federates] = await Promise.all([
      client.getHealth(node, deadline),
      client.getVersion(node, deadline),
      client.newestTask(node, deadline),
      federation(client, node, deadline),
    ])
    const inTime = clock.now() - startMs < timeoutMs
    if (!health.ok) return rejection(health.failure, inTime)
    if (!version.ok) return rejection(version.failure, inTime)
    const { pkgVersion } = version.value
    if (!ACCEPTED_VERSION.test(pkgVersion)) return incompatible(pkgVersion)
    if (!newest.ok) return rejection(newest.failure, inTime)
    return { kind: 'ok', version: pkgVersion, newestTask: newest.value, federates }
  }
}

/**
 * Whether a node answers internal federated searches. Where it does not for want of the flag, the flag is
 * set and proved: read back and tried. A node that keeps refusing works all the same, without such searches.
 */
async function federation(client: MeilisearchClient, node: NodeView, deadline: Deadline): Promise<boolean> {
  const tried = await client.tryFederation(node, deadline)
  if (tried.ok || tried.failure.kind !== 'refused') return tried.ok
  if (tried.failure.error.code !== 'feature_not_enabled') return false
  const set = await client.enableNetwork(node, deadline)
  return set.ok && (await client.tryFederation(node, deadline)).ok
}

function incompatible(version: string): ProbeResult {
  const shown = version.slice(0, 40)
  const error = `the node runs Meilisearch ${shown}; this release works with ${ACCEPTED_TEXT} only`
  return { kind: 'rejected', cause: 'incompatible', error, version: shown }
}

function rejection(failure: NodeFailure, inTime: boolean): ProbeResult {
  if (failure.kind === 'unreachable') return { kind: 'unreachable', error: failure.reason, hard: inTime }
  // Typically a proxy in front of a node that is down.
  if (failure.status >= 500)
    return { kind: 'unreachable', error: `the node answers status ${failure.status}`, hard: true }
  if (failure.kind === 'unusable')
    return {
      kind: 'rejected',
      cause: 'incompatible',
      error: `this does not look like Meilisearch: ${failure.reason}`,
      version: null,
    }
  if (failure.status === 401 || failure.status === 403)
    return {
      kind: 'rejected',
      cause: 'unauthorized',
      error: `the node does not accept the node key (${failure.error.code})`,
      version: null,
    }
  return { kind: 'unreachable', error: `the node answers ${failure.error.code}`, hard: true }
}
