import type { ShardId } from '../../model/ids.ts'
import { assert } from '../../std/assert.ts'

/** A request's place in a lane: it holds its shards from entering until it leaves. */
export interface LaneEntry {
  /** Null = every shard (a barrier). */
  readonly shards: readonly ShardId[] | null
  readonly start: () => void
  /** Bodies waiting here, in bytes. */
  readonly bytes: number
}

interface Place {
  readonly entry: LaneEntry
  started: boolean
}

/**
 * The order of requests of one index on one node. An entry starts when every earlier entry on one of its
 * shards has left (was acknowledged, ruled out, or its copies left): requests on different shards overlap,
 * barriers wait for all. A lane can be *held* (nothing starts; a fence is quiescing it) and single shards can
 * be *paused* (a copy is joining).
 */
export class Lane {
  readonly #places: Place[] = []
  readonly #paused = new Set<ShardId>()
  #holds = 0
  #idleWaiters: (() => void)[] = []

  /** Queues an entry behind all present ones; it may start within this call. */
  enter(entry: LaneEntry): void {
    this.#places.push({ entry, started: false })
    this.#advance()
  }

  /** Ends an entry, started or not. */
  leave(entry: LaneEntry): void {
    const at = this.#places.findIndex((place) => place.entry === entry)
    if (at < 0) return
    this.#places.splice(at, 1)
    this.#advance()
    this.#tellIdle()
  }

  /** Stops new starts and resolves once nothing that was started is left, apart from `except`. */
  async hold(except: ReadonlySet<LaneEntry>): Promise<void> {
    this.#holds++
    while (this.#places.some((place) => place.started && !except.has(place.entry))) {
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve))
    }
  }

  release(): void {
    assert(this.#holds > 0, 'a lane is released as often as it is held')
    this.#holds--
    this.#advance()
  }

  /** Entries on these shards wait until `resume`; those already started go on. */
  pause(shards: Iterable<ShardId>): void {
    for (const shard of shards) this.#paused.add(shard)
  }

  resume(shards: Iterable<ShardId>): void {
    for (const shard of shards) this.#paused.delete(shard)
    this.#advance()
  }

  /** Tells waiting holders that an excepted entry changed. */
  nudge(): void {
    this.#tellIdle()
  }

  /** Entries inside, started or not. */
  get size(): number {
    return this.#places.length
  }

  get waiting(): number {
    return this.#places.filter((place) => !place.started).length
  }

  get waitingBytes(): number {
    return this.#places.reduce((sum, place) => (place.started ? sum : sum + place.entry.bytes), 0)
  }

  #tellIdle(): void {
    const waiters = this.#idleWaiters
    this.#idleWaiters = []
    for (const wake of waiters) wake()
  }

  #advance(): void {
    if (this.#holds > 0) return
    const taken = new Set<ShardId>(this.#paused)
    let all = false
    const starting: Place[] = []
    for (const place of this.#places) {
      const { shards } = place.entry
      const free =
        shards === null ? !all && taken.size === 0 : !all && !shards.some((shard) => taken.has(shard))
      if (!place.started && free) {
        place.started = true
        starting.push(place)
      }
      if (shards === null) all = true
      else for (const shard of shards) taken.add(shard)
    }
    for (const place of starting) place.entry.start()
  }
}
