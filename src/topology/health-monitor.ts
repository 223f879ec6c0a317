import type { NodeId } from '../model/ids.ts'
import type { ProbeResult } from '../model/probe.ts'
import type { NodeView, Reachability } from '../model/view.ts'
import type { Clock, Timer } from '../std/clock.ts'
import type { Random } from '../std/random.ts'
import {
  type HealthSignal,
  isReadable,
  NEW_NODE,
  type NodeHealth,
  nextHealth,
  type UnreadableCause,
} from './health.ts'

export interface HealthConfig {
  readonly intervalMs: number
  readonly unhealthyThreshold: number
  readonly recoveryThreshold: number
}

export type HealthEvent =
  /** May be read from now on. */
  | { readonly kind: 'node-up'; readonly node: NodeId; readonly newestTask: number | null }
  /** May not be read any more, or still not, but for another reason. */
  | {
      readonly kind: 'node-down'
      readonly node: NodeId
      readonly cause: UnreadableCause
      readonly error: string
    }

export interface ObservedExchange {
  readonly node: NodeId
  readonly operation: string
  readonly error: string | null
}

export interface HealthMonitor extends Reachability {
  /** Probes every node at once, then in intervals. */
  start(): void
  stop(): void
  /** Takes up nodes that came and drops those that went. */
  refresh(): void
  /**
   * Passive signal from a finished exchange; `error` null = any answer came, else the short name of what
   * failed: `unknown-key` takes a node out of reads at once, `refused` and `broken` make a node suspect and
   * probe it at once, `deadline` and `queued` only probe it early. Exchanges of operation `probe` are
   * ignored: their results come as such.
   */
  observe(exchange: ObservedExchange): void
  health(node: NodeId): NodeHealth
  /** Operator moves; false when the node is unknown or the move does not exist. */
  drain(node: NodeId): boolean
  remove(node: NodeId): boolean
  adopt(node: NodeId): boolean
  subscribe(listener: (event: HealthEvent) => void): () => void
}

export interface HealthMonitorOptions {
  readonly clock: Clock
  readonly random: Random
  readonly config: HealthConfig
  readonly nodes: () => Iterable<NodeView>
  /** Must end by its own deadline. */
  readonly probe: (node: NodeView) => Promise<ProbeResult>
  /** Highest task uid that the node ever acknowledged to us; -1 or absent = none known. */
  readonly acknowledgedTask?: (node: NodeId) => number
}

interface Watch {
  node: NodeView
  health: NodeHealth
  timer: Timer | null
  probing: boolean
  /** Another probe is wanted as soon as the present one ends. */
  again: boolean
  /** Monotonic milliseconds of the last probe's start. */
  probedAt: number
}

/** Fractions of the interval: after a hard failure or half a recovery; while a node has never answered. */
const CONFIRM_FRACTION = 1 / 20
const JOINING_FRACTION = 1 / 5

const PROBE_OPERATION = 'probe'
const UNKNOWN_KEY = 'unknown-key'
const HARD_ERRORS: readonly string[] = ['refused', 'broken']
const SOFT_ERRORS: readonly string[] = ['deadline', 'queued', 'malformed']

export function createHealthMonitor(options: HealthMonitorOptions): HealthMonitor {
  return new Monitor(options)
}

class Monitor implements HealthMonitor {
  readonly #options: HealthMonitorOptions
  readonly #watches = new Map<NodeId, Watch>()
  readonly #listeners = new Set<(event: HealthEvent) => void>()
  #running = false

  constructor(options: HealthMonitorOptions) {
    this.#options = options
    this.refresh()
  }

  start(): void {
    if (this.#running) return
    this.#running = true
    this.refresh()
    for (const watch of this.#watches.values()) this.#probeNow(watch)
  }

  stop(): void {
    this.#running = false
    for (const watch of this.#watches.values()) watch.timer?.cancel()
  }

  refresh(): void {
    const gone = new Set(this.#watches.keys())
    for (const node of this.#options.nodes()) {
      gone.delete(node.id)
      const known = this.#watches.get(node.id)
      if (known !== undefined) {
        known.node = node
        continue
      }
      const watch = { node, health: NEW_NODE, timer: null, probing: false, again: false, probedAt: -Infinity }
      this.#watches.set(node.id, watch)
      if (this.#running) this.#probeNow(watch)
    }
    for (const id of gone) {
      this.#watches.get(id)?.timer?.cancel()
      this.#watches.delete(id)
    }
  }

  readable(node: NodeId): boolean {
    const watch = this.#watches.get(node)
    return watch !== undefined && isReadable(watch.health)
  }

  federates(node: NodeId): boolean {
    return this.health(node).federates
  }

  health(node: NodeId): NodeHealth {
    return this.#watches.get(node)?.health ?? NEW_NODE
  }

  observe(exchange: ObservedExchange): void {
    const watch = this.#watches.get(exchange.node)
    if (watch === undefined || exchange.operation === PROBE_OPERATION) return
    const { error } = exchange
    if (error === UNKNOWN_KEY) {
      // Nothing it says may be read from now on (M8); the probe finds out what it is.
      const reason = 'the node does not know our key'
      this.#apply(watch, { kind: 'probe-rejected', cause: 'unauthorized', error: reason, version: null })
      this.#probeSoon(watch)
    } else if (error === null) {
      this.#apply(watch, { kind: 'exchange-ok', wallMs: this.#options.clock.wall() })
    } else if (HARD_ERRORS.includes(error)) {
      this.#apply(watch, { kind: 'exchange-failed', error })
      this.#probeSoon(watch)
    } else if (SOFT_ERRORS.includes(error)) {
      this.#probeSoon(watch)
    }
  }

  drain(node: NodeId): boolean {
    return this.#operate(node, { kind: 'drain' })
  }

  remove(node: NodeId): boolean {
    return this.#operate(node, { kind: 'remove' })
  }

  adopt(node: NodeId): boolean {
    const done = this.#operate(node, { kind: 'adopt' })
    const watch = this.#watches.get(node)
    if (done && watch !== undefined) this.#probeSoon(watch)
    return done
  }

  subscribe(listener: (event: HealthEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  #operate(node: NodeId, signal: HealthSignal): boolean {
    const watch = this.#watches.get(node)
    return watch !== undefined && this.#apply(watch, signal)
  }

  /** True when something changed. */
  #apply(watch: Watch, signal: HealthSignal): boolean {
    const { unhealthyThreshold: unhealthy, recoveryThreshold: recovery } = this.#options.config
    const before = watch.health
    const after = nextHealth(before, signal, { unhealthy, recovery })
    if (after === before) return false
    watch.health = after
    const node = watch.node.id
    if (isReadable(after)) {
      if (!isReadable(before)) this.#tell({ kind: 'node-up', node, newestTask: after.newestTask })
    } else if (isReadable(before) || (after.cause !== before.cause && after.cause !== 'unreachable')) {
      const cause = after.cause ?? 'unreachable'
      this.#tell({ kind: 'node-down', node, cause, error: after.error ?? cause })
    }
    return true
  }

  #tell(event: HealthEvent): void {
    for (const listener of [...this.#listeners]) listener(event)
  }

  /** Probes at once, but no more often than confirming probes may come. */
  #probeSoon(watch: Watch): void {
    if (!this.#running) return
    if (watch.probing) {
      watch.again = true
      return
    }
    const sinceMs = this.#options.clock.now() - watch.probedAt
    const confirmMs = this.#options.config.intervalMs * CONFIRM_FRACTION
    if (sinceMs >= confirmMs) this.#probeNow(watch)
    else this.#schedule(watch, confirmMs - sinceMs)
  }

  #probeNow(watch: Watch): void {
    watch.timer?.cancel()
    watch.timer = null
    watch.probing = true
    watch.again = false
    watch.probedAt = this.#options.clock.now()
    void this.#probe(watch)
  }

  async #probe(watch: Watch): Promise<void> {
    // Read before the probe leaves: what is acknowledged meanwhile need not be in its answer.
    const acknowledged = this.#options.acknowledgedTask?.(watch.node.id) ?? -1
    const result = await this.#options.probe(watch.node)
    watch.probing = false
    if (!this.#running || this.#watches.get(watch.node.id) !== watch) return
    this.#apply(watch, signalOf(result, acknowledged, this.#options.clock.wall()))
    if (watch.again) this.#probeSoon(watch)
    if (watch.timer === null && !watch.probing) this.#schedule(watch, this.#delayMs(watch.health, result))
  }

  #schedule(watch: Watch, delayMs: number): void {
    watch.timer?.cancel()
    watch.timer = this.#options.clock.after(delayMs, () => this.#probeNow(watch))
  }

  /** Jitter only shortens, so that a node that returns is read again within one interval. */
  #delayMs(health: NodeHealth, result: ProbeResult): number {
    const { intervalMs } = this.#options.config
    const hard = result.kind === 'unreachable' && result.hard
    const suspect = isReadable(health) && hard
    const recovering = health.state === 'failed' && health.successes > 0
    if (suspect || recovering) return intervalMs * CONFIRM_FRACTION
    if (health.state === 'joining') return intervalMs * JOINING_FRACTION
    return intervalMs * (0.7 + 0.2 * this.#options.random.next())
  }
}

function signalOf(result: ProbeResult, acknowledged: number, wallMs: number): HealthSignal {
  if (result.kind === 'unreachable') return { kind: 'probe-failed', error: result.error }
  if (result.kind === 'rejected') return { ...result, kind: 'probe-rejected' }
  const { version, newestTask, federates } = result
  if (newestTask >= acknowledged) return { kind: 'probe-ok', version, newestTask, federates, wallMs }
  const error = `the node acknowledged task ${acknowledged}, but its newest is ${newestTask}: its data was replaced`
  return { kind: 'probe-rejected', cause: 'amnesia', error, version }
}
