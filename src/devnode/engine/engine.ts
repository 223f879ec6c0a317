import type { Clock } from '../../std/clock.ts'
import type { Random } from '../../std/random.ts'
import type { ApiKey } from '../http/keys.ts'
import { notFoundIndex } from '../http/refusal.ts'
import { compareBytes } from '../settings/settings.ts'
import type { Keeper } from '../store/keeper.ts'
import { TaskLog } from '../tasks/task-log.ts'
import { DevIndex } from './dev-index.ts'

/** Everything the node knows, without HTTP. */
export class Engine {
  readonly clock: Clock
  readonly random: Random
  readonly keeper: Keeper
  readonly tasks = new TaskLog()
  readonly keys = new Map<string, ApiKey>()
  readonly #indexes = new Map<string, DevIndex>()
  #nextKey = 1
  lastUpdateMs: number | null = null
  /** The runtime flag `network`, the only one that can be switched on here. */
  network = false

  constructor(parts: { readonly clock: Clock; readonly random: Random; readonly keeper: Keeper }) {
    this.clock = parts.clock
    this.random = parts.random
    this.keeper = parts.keeper
  }

  find(uid: string): DevIndex | undefined {
    return this.#indexes.get(uid)
  }

  /** The index, or the node's 404. */
  index(uid: string): DevIndex {
    const index = this.#indexes.get(uid)
    if (index === undefined) throw notFoundIndex(uid)
    return index
  }

  /** Byte order of uid. */
  indexes(): DevIndex[] {
    return [...this.#indexes.values()].sort((left, right) => compareBytes(left.uid, right.uid))
  }

  create(uid: string): DevIndex {
    const index = new DevIndex(this.#nextKey++, uid, this.clock.wall())
    this.#indexes.set(uid, index)
    this.keeper.saveIndex(index)
    return index
  }

  /** Puts an index back after a restart. */
  adopt(index: DevIndex): void {
    this.#indexes.set(index.uid, index)
    this.#nextKey = Math.max(this.#nextKey, index.key + 1)
  }

  remove(index: DevIndex): void {
    this.#indexes.delete(index.uid)
    this.keeper.dropIndex(index.key)
  }

  rename(index: DevIndex, uid: string): void {
    this.#indexes.delete(index.uid)
    index.uid = uid
    this.#indexes.set(uid, index)
    this.keeper.saveIndex(index)
  }

  swap(left: DevIndex, right: DevIndex): void {
    const { uid } = left
    left.uid = right.uid
    right.uid = uid
    for (const index of [left, right]) {
      this.#indexes.set(index.uid, index)
      this.keeper.saveIndex(index)
    }
  }

  /** Marks an index as changed now. */
  touch(index: DevIndex): void {
    index.updatedMs = this.clock.wall()
    this.lastUpdateMs = index.updatedMs
    this.keeper.saveIndex(index)
  }
}
