import type { NodeTask } from './task.ts'

interface TaskPage {
  readonly from: number | null
  readonly limit: number
  readonly reverse: boolean
}

interface FoundTasks {
  readonly tasks: readonly NodeTask[]
  readonly total: number
  readonly from: number | null
  readonly next: number | null
}

/** All tasks of the node in ascending order of uid. */
export class TaskLog {
  readonly #tasks = new Map<number, NodeTask>()
  /** Uids in ascending order; deleted ones are skipped when read. */
  #order: number[] = []
  #last = -1

  /** The uid the next task gets: last + 1, also when the last one was deleted. */
  get nextUid(): number {
    return this.#last + 1
  }

  set lastUid(uid: number) {
    this.#last = Math.max(this.#last, uid)
  }

  add(task: NodeTask): void {
    this.#tasks.set(task.uid, task)
    this.#order.push(task.uid)
    this.lastUid = task.uid
  }

  get(uid: number): NodeTask | undefined {
    return this.#tasks.get(uid)
  }

  delete(uids: readonly number[]): void {
    for (const uid of uids) this.#tasks.delete(uid)
    this.#order = this.#order.filter((uid) => this.#tasks.has(uid))
  }

  *ascending(): Generator<NodeTask> {
    for (const uid of this.#order) {
      const task = this.#tasks.get(uid)
      if (task !== undefined) yield task
    }
  }

  /** One page: `from` is inclusive, `next` is the `from` of the page after it. Null matches everything. */
  page(matches: ((task: NodeTask) => boolean) | null, page: TaskPage): FoundTasks {
    if (matches === null) return this.#pageOfAll(page)
    const found = Array.from(this.ascending()).filter(matches)
    const ordered = page.reverse ? found : found.toReversed()
    const { from } = page
    const rest =
      from === null ? ordered : ordered.filter((task) => (page.reverse ? task.uid >= from : task.uid <= from))
    return cut(rest, page.limit, found.length)
  }

  /** The tail of a long log is asked for again and again, so nothing before it is looked at. */
  #pageOfAll({ from, limit, reverse }: TaskPage): FoundTasks {
    const order = this.#order
    const start = from === null ? (reverse ? 0 : order.length - 1) : this.#placeOf(from, reverse)
    const rest: NodeTask[] = []
    for (let at = start; at >= 0 && at < order.length && rest.length <= limit; at += reverse ? 1 : -1) {
      const task = this.#tasks.get(order[at] ?? -1)
      if (task !== undefined) rest.push(task)
    }
    return cut(rest, limit, this.#tasks.size)
  }

  /** Place of the first uid from `uid` on: upwards in reverse, else downwards. */
  #placeOf(uid: number, reverse: boolean): number {
    let low = 0
    let high = this.#order.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#order[middle] ?? 0) < uid) low = middle + 1
      else high = middle
    }
    return reverse || this.#order[low] === uid ? low : low - 1
  }
}

function cut(rest: readonly NodeTask[], limit: number, total: number): FoundTasks {
  const tasks = rest.slice(0, limit)
  return { tasks, total, from: tasks[0]?.uid ?? null, next: rest[limit]?.uid ?? null }
}
