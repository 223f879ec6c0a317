import type { IndexUid, NodeId } from '../../model/ids.ts'
import type { Clock, Timer } from '../../std/clock.ts'
import { tailOf, type WriteContext } from '../context.ts'
import { forgetNode, settle } from '../dispatch/settle.ts'
import type { IndexRun } from '../run.ts'
import { refill } from './refill.ts'

const TICK_MS = 200
const CONCURRENT_REFILLS = 2
const BACKOFF_MIN_MS = 500
const BACKOFF_MAX_MS = 30_000
/** How long content operations may wait for a joining copy; doubled by each failure. */
const JOIN_MIN_MS = 500
const JOIN_MAX_MS = 10_000
const HOUSEKEEPING_TICKS = 25

interface Attempt {
  /** Not before this monotonic time. */
  readonly notBefore: number
  readonly failures: number
}

/**
 * Looks after copies in the background: settles what time alone decides, refills what lags, forgets what is
 * over.
 */
export class Keeper {
  readonly #context: WriteContext
  readonly #clock: Clock
  readonly #refilling = new Set<NodeId>()
  readonly #attempts = new Map<string, Attempt>()
  #timer: Timer | null = null
  #ticks = 0
  #stopped = false

  constructor(context: WriteContext) {
    this.#context = context
    this.#clock = context.clock
  }

  start(): void {
    if (this.#stopped) return
    this.#timer = this.#clock.after(TICK_MS, () => {
      this.tick()
      this.start()
    })
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  tick(): void {
    for (const run of [...this.#context.runs.values()]) {
      settle(this.#context, run)
      for (const node of run.nodes) this.#considerRefill(run, node)
    }
    if (++this.#ticks % HOUSEKEEPING_TICKS === 0) void this.#keepHouse().catch(() => undefined)
  }

  /** The node has lost its volume: everything on it is rebuilt (M6, M8). Resolves once that is durable. */
  forget(node: NodeId): Promise<void> {
    tailOf(this.#context, node).acknowledged = -1
    return forgetNode(this.#context, node, 'it is not the instance that we wrote to')
  }

  /** Indexes with a shard of which no other node has a copy that is up to date. */
  onlyCopies(node: NodeId): IndexUid[] {
    const runs = [...this.#context.runs.values()].filter((run) =>
      run.copies.some((copies) => {
        const holding = copies.filter((copy) => copy.state !== 'lagging')
        return holding.length > 0 && holding.every((copy) => copy.node === node)
      }),
    )
    return runs.map((run) => run.row.uid)
  }

  #considerRefill(run: IndexRun, node: NodeId): void {
    const context = this.#context
    if (this.#refilling.size >= CONCURRENT_REFILLS || this.#refilling.has(node)) return
    if (run.dropping !== null || !context.reachability.readable(node)) return
    if (!run.copiesOn(node).some((copy) => copy.state === 'lagging')) return
    const key = `${run.row.uid}/${run.row.generation}/${node}`
    const attempt = this.#attempts.get(key)
    if (attempt !== undefined && this.#clock.now() < attempt.notBefore) return
    this.#refilling.add(node)
    void this.#run(run, node, key).finally(() => this.#refilling.delete(node))
  }

  async #run(run: IndexRun, node: NodeId, key: string): Promise<void> {
    const { observer } = this.#context
    try {
      const failures = this.#attempts.get(key)?.failures ?? 0
      const outcome = await refill(
        this.#context,
        run,
        node,
        Math.min(JOIN_MAX_MS, JOIN_MIN_MS * 2 ** failures),
      )
      if (outcome === 'nothing') return this.#defer(key, 0)
      this.#attempts.delete(key)
      observer.refillEnded('done')
      observer.note('info', 'copies were refilled', { index: run.row.uid, node })
    } catch (error) {
      this.#defer(key, (this.#attempts.get(key)?.failures ?? 0) + 1)
      observer.refillEnded('failed')
      observer.note('warn', 'a refill failed and is tried again', {
        index: run.row.uid,
        node,
        reason: error instanceof Error ? error.message : String(error),
      })
    }
  }

  #defer(key: string, failures: number): void {
    const delay = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** failures)
    this.#attempts.set(key, { failures, notBefore: this.#clock.now() + delay })
  }

  /** Tails are saved, and records of operations that every copy has applied are forgotten (M5). */
  async #keepHouse(): Promise<void> {
    const { store, tails, runs } = this.#context
    await store.saveTails(
      new Map([...tails].map(([node, tail]) => [node, this.#accounted(node, tail.acknowledged)])),
    )
    for (const run of runs.values()) {
      const allCurrent = run.copies.every((copies) => copies.every((copy) => copy.state === 'current'))
      if (!allCurrent) continue
      const upTo = (run.open[0]?.row.seq ?? run.lastSeq + 1) - 1
      if (upTo > 0) await store.forgetOperations(run.row.uid, run.row.generation, upTo)
    }
  }

  /**
   * Up to which uid the node's log needs no second look after a crash: below everything that is not settled.
   */
  #accounted(node: NodeId, acknowledged: number): number {
    let lowest = acknowledged
    for (const run of this.#context.runs.values()) {
      for (const operation of run.open) {
        for (const leg of operation.legs) {
          if (leg.node === node) lowest = Math.min(lowest, leg.uid === null ? leg.floor : leg.uid - 1)
        }
      }
    }
    return lowest
  }
}
