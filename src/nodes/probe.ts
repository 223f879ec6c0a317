import type { NodeId } from '../model/ids.ts'
import type { ProbeResult } from '../model/probe.ts'
import type { NodeView } from '../model/view.ts'
import type { Clock } from '../std/clock.ts'
import { type Deadline, deadlineAfter } from '../std/deadline.ts'
import type { NodeIdentities } from './identity.ts'
import { type MeilisearchClient, type NodeFailure, rejectedKey } from './meilisearch.ts'

/** Versions this program was made for and tested with. */
const ACCEPTED_VERSION = /^1\.50\.\d+$/
const ACCEPTED_TEXT = '1.50.x'

export interface ProbeOptions {
  readonly client: MeilisearchClient
  readonly clock: Clock
  readonly timeoutMs: number
  readonly identities: NodeIdentities
  /** Highest task uid that the node ever acknowledged to us; -1 = none known. */
  readonly acknowledgedTask: (node: NodeId) => number
}

/**
 * Asks a node for its health, version, newest task and whether it federates, all at once and within one
 * deadline; for the newest task with the key that was made for it. A node that has no key yet is given one.
 */
export function createProbe(options: ProbeOptions): (node: NodeView) => Promise<ProbeResult> {
  const { client, clock, timeoutMs, identities } = options
  return async (node) => {
    const startMs = clock.now()
    const deadline = deadlineAfter(clock, timeoutMs)
    // Read before the probe leaves: what is acknowledged meanwhile need not be in its answer.
    const acknowledged = options.acknowledgedTask(node.id)
    const isKnown = identities.keyOf(node.id, 'node') !== undefined
    const asked = isKnown ? client.newestTask(node, deadline) : null
    const [health, version, federates] = await Promise.all([
      client.getHealth(node, deadline),
      client.getVersion(node, deadline),
      federation(client, node, deadline),
    ])
    const inTime = clock.now() - startMs < timeoutMs
    if (!health.ok) return rejection(health.failure, inTime)
    if (!version.ok) return rejection(version.failure, inTime)
    const { pkgVersion } = version.value
    if (!ACCEPTED_VERSION.test(pkgVersion)) return incompatible(pkgVersion)
    if (asked === null) {
      const reason = await identities.establish(client, node, deadline)
      if (reason !== null) return reason
    }
    const newest = await (asked ?? client.newestTask(node, deadline))
    if (newest.ok) return { kind: 'ok', version: pkgVersion, newestTask: newest.value, federates }
    if (!rejectedKey(newest.failure)) return rejection(newest.failure, inTime)
    return (await keyLost(options, { node, deadline, acknowledged })) ?? stranger(pkgVersion)
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

interface KeyLost {
  readonly node: NodeView
  readonly deadline: Deadline
  readonly acknowledged: number
}

/**
 * The node takes the master key, but not the one made for it. It may be another node of ours. When it has
 * every task it acknowledged, somebody deleted the key: it is made again. Null when it has not.
 */
async function keyLost(options: ProbeOptions, lost: KeyLost): Promise<ProbeResult | null> {
  const { node, deadline, acknowledged } = lost
  const conflict = await options.identities.conflict(options.client, node, deadline)
  if (conflict !== null) return conflict
  const newest = await options.client.newestTask(node, deadline, 'master')
  if (!newest.ok) return rejection(newest.failure, false)
  if (acknowledged < 0 || newest.value < acknowledged) return null
  const reason = await options.identities.restore(options.client, node, deadline)
  const error = 'the key made for this node was deleted on it; it was made again'
  return reason ?? { kind: 'unreachable', error, hard: true }
}

function stranger(version: string): ProbeResult {
  const error = 'the node does not know the key made for it: its data was replaced'
  return { kind: 'rejected', cause: 'amnesia', error, version }
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
