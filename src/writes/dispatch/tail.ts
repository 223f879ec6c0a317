import type { NodeId } from '../../model/ids.ts'
import type { NodeTask } from '../../nodes/meilisearch.ts'
import type { Clock } from '../../std/clock.ts'

/**
 * What became of a watched task. `vanished`: the node no longer has it, so the node is not the one we knew.
 */
export type TailEvent = { readonly kind: 'task'; readonly task: NodeTask } | { readonly kind: 'vanished' }

interface Watch {
  readonly since: number
  /** Our metadata on document routes; null where nodes drop it. */
  readonly metadata: string | null
  readonly tell: (event: TailEvent) => void
}

export interface TailPage {
  /** Ascending by uid, beginning at the asked one when the node still has it. */
  readonly tasks: readonly NodeTask[]
}

const PAGE_TASKS = 200
const DELAY_MIN_MS = 4
const DELAY_MAX_MS = 250
const DELAY_DOWN_MS = 500
const TERMINAL = new Set(['succeeded', 'failed', 'canceled'])

/**
 * Follows one node's task log upwards by uid range, never by lists of uids, while something on it is watched
 * (M6). The pace follows the age of the oldest watched task: fresh ones are looked at soon, long ones rarely.
 */
export class NodeTail {
  readonly #watches = new Map<number, Watch[]>()
  readonly #clock: Clock
  readonly #read: (from: number, limit: number) => Promise<TailPage | null>
  #running = false
  #closed = false
  /** Highest uid this node ever acknowledged to us. */
  acknowledged: number

  constructor(options: {
    readonly node: NodeId
    readonly clock: Clock
    readonly acknowledged: number
    /** Reads a page; null when the node did not answer. */
    readonly read: (from: number, limit: number) => Promise<TailPage | null>
  }) {
    this.#clock = options.clock
    this.#read = options.read
    this.acknowledged = options.acknowledged
  }

  /** Tells when the task has ended (or vanished). */
  watch(uid: number, metadata: string | null, tell: (event: TailEvent) => void): void {
    this.acknowledged = Math.max(this.acknowledged, uid)
    const watch = { since: this.#clock.now(), metadata, tell }
    this.#watches.set(uid, [...(this.#watches.get(uid) ?? []), watch])
    if (!this.#running && !this.#closed) void this.#follow()
  }

  close(): void {
    this.#closed = true
    this.#watches.clear()
  }

  async #follow(): Promise<void> {
    this.#running = true
    while (this.#watches.size > 0 && !this.#closed) {
      const answered = await this.#round()
      if (this.#watches.size === 0) break
      await this.#wait(answered ? this.#pace() : DELAY_DOWN_MS)
    }
    this.#running = false
  }

  #pace(): number {
    let oldest = this.#clock.now()
    for (const watches of this.#watches.values()) {
      for (const watch of watches) oldest = Math.min(oldest, watch.since)
    }
    return Math.min(DELAY_MAX_MS, Math.max(DELAY_MIN_MS, (this.#clock.now() - oldest) / 4))
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(delayMs, resolve)
    })
  }

  /** One pass over the log from the lowest watched uid; false when the node did not answer. */
  async #round(): Promise<boolean> {
    let from = Math.min(...this.#watches.keys())
    for (;;) {
      const page = await this.#read(from, PAGE_TASKS)
      if (page === null) return false
      this.#tellVanished(from, page)
      let open = 0
      for (const task of page.tasks) if (!this.#tellEnded(task)) open++
      const last = page.tasks.at(-1)
      if (last === undefined || page.tasks.length < PAGE_TASKS || open > PAGE_TASKS / 2) return true
      const next = [...this.#watches.keys()].filter((uid) => uid > last.uid)
      if (next.length === 0) return true
      from = Math.min(...next)
    }
  }

  #tellEnded(task: NodeTask): boolean {
    if (!TERMINAL.has(task.status)) return false
    const watches = this.#watches.get(task.uid) ?? []
    this.#watches.delete(task.uid)
    for (const watch of watches) {
      const foreign = watch.metadata !== null && task.customMetadata !== watch.metadata
      watch.tell(foreign ? { kind: 'vanished' } : { kind: 'task', task })
    }
    return true
  }

  #tellVanished(from: number, page: TailPage): void {
    const first = page.tasks[0]?.uid
    const end = first ?? Number.POSITIVE_INFINITY
    for (const [uid, watches] of [...this.#watches]) {
      if (uid < from || uid >= end) continue
      this.#watches.delete(uid)
      for (const watch of watches) watch.tell({ kind: 'vanished' })
    }
  }
}
