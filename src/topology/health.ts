/**
 * State of a node as operators see it. `joining` has never proved itself; `degraded` failed lately, but not
 * often enough to be given up; `failed` was given up or must not be used. The moves that exist are in
 * `MOVES`.
 */
export type NodeState = 'joining' | 'active' | 'degraded' | 'draining' | 'failed' | 'removed'

/** Why a node is not read. */
export type UnreadableCause =
  | 'unreachable'
  /** Runs a version this program was not made for. */
  | 'incompatible'
  /** Does not accept the configured key. */
  | 'unauthorized'
  /**
   * Does not know the key that was made for it, or has forgotten tasks it acknowledged: a wiped, restored or
   * exchanged instance (M6, M8). Ends only by adoption.
   */
  | 'amnesia'
  /** Another node of ours lives at this address already (M8). */
  | 'conflict'

export interface NodeHealth {
  readonly state: NodeState
  /** Null while the node may be read. */
  readonly cause: UnreadableCause | null
  /** Asked to drain; remembered while the node is failed. */
  readonly draining: boolean
  /** Failed probes in a row. */
  readonly failures: number
  /** Good probes in a row since the node failed. */
  readonly successes: number
  readonly version: string | null
  /** Newest task uid the node has; -1 = none, null = not known yet. */
  readonly newestTask: number | null
  /** Answers internal federated searches; false until a probe saw it. */
  readonly federates: boolean
  /** What went wrong last, for people; null once it is well again. */
  readonly error: string | null
  /** Wall milliseconds of its last good answer. */
  readonly lastSeenMs: number | null
}

export interface HealthThresholds {
  /** Failed probes in a row until a node is given up. */
  readonly unhealthy: number
  /** Good probes in a row until a failed node is read again. */
  readonly recovery: number
}

export type HealthSignal =
  | {
      readonly kind: 'probe-ok'
      readonly version: string
      readonly newestTask: number
      readonly federates: boolean
      readonly wallMs: number
    }
  | { readonly kind: 'probe-failed'; readonly error: string }
  /** It answers, but must not be used. */
  | {
      readonly kind: 'probe-rejected'
      readonly cause: Exclude<UnreadableCause, 'unreachable'>
      readonly error: string
      readonly version: string | null
    }
  /** Passive signals from requests that were made anyway. */
  | { readonly kind: 'exchange-ok'; readonly wallMs: number }
  | { readonly kind: 'exchange-failed'; readonly error: string }
  /** Operators. A move that does not exist changes nothing. */
  | { readonly kind: 'drain' }
  | { readonly kind: 'remove' }
  /** The amnesiac node's copies were put down for a rebuild; it may be used again. */
  | { readonly kind: 'adopt' }

export const NEW_NODE: NodeHealth = {
  state: 'joining',
  cause: 'unreachable',
  draining: false,
  failures: 0,
  successes: 0,
  version: null,
  newestTask: null,
  federates: false,
  error: null,
  lastSeenMs: null,
}

/** `lastSeenMs` need not be finer; it is updated by every answer otherwise. */
const LAST_SEEN_RESOLUTION_MS = 500

/**
 * A degraded node that goes on failing is given up like any other, though the older list of moves lacks that.
 */
const MOVES: Readonly<Record<NodeState, readonly NodeState[]>> = {
  joining: ['active'],
  active: ['degraded', 'draining', 'failed'],
  degraded: ['active', 'failed'],
  draining: ['failed', 'removed'],
  failed: ['active', 'degraded'],
  removed: [],
}

export function mayMove(from: NodeState, to: NodeState): boolean {
  return MOVES[from].includes(to)
}

export function isReadable(health: NodeHealth): boolean {
  return health.state === 'active' || health.state === 'degraded' || health.state === 'draining'
}

/** New writes may be sent; a draining node takes them only for shards that it still owns. */
export function isWritable(health: NodeHealth): boolean {
  return isReadable(health)
}

/** The health after a signal; the same object when nothing changed. */
export function nextHealth(
  health: NodeHealth,
  signal: HealthSignal,
  thresholds: HealthThresholds,
): NodeHealth {
  if (health.state === 'removed') return health
  switch (signal.kind) {
    case 'probe-ok':
      return probeOk(health, signal, thresholds)
    case 'probe-failed':
      return probeFailed(health, signal.error, thresholds)
    case 'probe-rejected':
      return probeRejected(health, signal)
    case 'exchange-ok':
      return exchangeOk(health, signal.wallMs)
    case 'exchange-failed':
      return health.state === 'active' ? { ...health, state: 'degraded', error: signal.error } : health
    case 'drain':
      return health.state === 'active' ? { ...health, state: 'draining', draining: true } : health
    case 'remove':
      return health.state === 'draining' ? { ...health, state: 'removed', cause: 'unreachable' } : health
    case 'adopt':
      return health.cause === 'amnesia' ? { ...health, cause: 'unreachable', successes: 0 } : health
  }
}

function probeOk(
  health: NodeHealth,
  signal: HealthSignal & { kind: 'probe-ok' },
  thresholds: HealthThresholds,
): NodeHealth {
  const seen = {
    ...health,
    failures: 0,
    version: signal.version,
    newestTask: signal.newestTask,
    federates: signal.federates,
    lastSeenMs: signal.wallMs,
  }
  // Once it has taken new tasks it looks well again, but what it forgot is still missing.
  if (health.cause === 'amnesia') return seen
  if (health.state === 'failed') {
    const successes = health.successes + 1
    if (successes < thresholds.recovery) return { ...seen, successes }
  }
  const state = health.draining ? 'draining' : 'active'
  return { ...seen, state, cause: null, successes: 0, error: null }
}

function probeFailed(health: NodeHealth, error: string, thresholds: HealthThresholds): NodeHealth {
  const failures = health.failures + 1
  const failed = { ...health, failures, successes: 0, error }
  if (!isReadable(health)) return { ...failed, cause: health.cause === 'amnesia' ? 'amnesia' : 'unreachable' }
  if (failures >= thresholds.unhealthy) return { ...failed, state: 'failed', cause: 'unreachable' }
  return { ...failed, state: health.state === 'draining' ? 'draining' : 'degraded' }
}

function probeRejected(health: NodeHealth, signal: HealthSignal & { kind: 'probe-rejected' }): NodeHealth {
  const state = health.state === 'joining' ? 'joining' : 'failed'
  const cause = health.cause === 'amnesia' ? 'amnesia' : signal.cause
  const version = signal.version ?? health.version
  return { ...health, state, cause, version, successes: 0, error: signal.error }
}

function exchangeOk(health: NodeHealth, wallMs: number): NodeHealth {
  if (!isReadable(health)) return health
  const well = health.state !== 'degraded' && health.failures === 0 && health.error === null
  if (well && wallMs - (health.lastSeenMs ?? 0) < LAST_SEEN_RESOLUTION_MS) return health
  const state = health.state === 'degraded' ? 'active' : health.state
  return { ...health, state, failures: 0, error: null, lastSeenMs: wallMs }
}
