import type { NodeTask } from './task.ts'

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

  /** One page: `from` is inclusive, `next` is the `from` of the page after it. */
  page(
    matches: (task: NodeTask) => boolean,
    page: { readonly from: number | null; readonly limit: number; readonly reverse: boolean },
  ): { tasks: NodeTask[]; total: number; from: number | null; next: number | null } {
    const found = Array.from(this.ascending()).filter(matches)
    const total = found.length
    const ordered = page.reverse ? found : found.reverse()
    const { from } = page
    const rest =
      from === null ? ordered : ordered.filter((task) => (page.reverse ? task.uid >= from : task.uid <= from))
    const tasks = rest.slice(0, page.limit)
    return {
      tasks,
      total,
      from: tasks[0]?.uid ?? null,
      next: rest[page.limit]?.uid ?? null,
    }
  }
}
