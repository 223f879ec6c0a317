import { MiroirError } from '../../model/errors.ts'
import type { TaskType } from '../../model/task.ts'
import type { Timer } from '../../std/clock.ts'
import type { Engine } from '../engine/engine.ts'
import { refusalBody } from '../http/refusal.ts'
import { applyClear, applyDeleteFilter, applyDeleteIds, applyDocuments } from './apply-documents.ts'
import {
  applyCancel,
  applyCreateIndex,
  applyDeleteIndex,
  applyDeleteTasks,
  applySettings,
  applySwap,
  applyUpdateIndex,
  zeroCounters,
} from './apply-index.ts'
import type { Details, NodeTask, Work } from './task.ts'

export interface NewTask {
  readonly type: TaskType
  readonly indexUid: string | null
  readonly details: Details
  readonly work: Work
  readonly customMetadata?: string | null
}

/** Long stretches of work let requests through in between. */
const SLICE_MS = 20

/** Gives tasks their uids and applies them one after another in that order. */
export class TaskQueue {
  readonly #engine: Engine
  readonly #applyDelayMs: number
  readonly #waiting: NodeTask[] = []
  #timer: Timer | null = null
  #closed = false

  constructor(engine: Engine, applyDelayMs: number) {
    this.#engine = engine
    this.#applyDelayMs = applyDelayMs
  }

  /** True while tasks of this index wait or run. */
  busyWith(indexUid: string): boolean {
    return this.#waiting.some((task) => task.indexUid === indexUid)
  }

  enqueue(made: NewTask): NodeTask {
    const task: NodeTask = {
      uid: this.#engine.tasks.nextUid,
      indexUid: made.indexUid,
      type: made.type,
      status: 'enqueued',
      canceledBy: null,
      details: made.details,
      error: null,
      enqueuedMs: this.#engine.clock.wall(),
      startedMs: null,
      finishedMs: null,
      customMetadata: made.customMetadata ?? null,
      work: made.work,
    }
    this.#engine.keeper.saveTask(task)
    this.#engine.tasks.add(task)
    this.resume([task])
    return task
  }

  /** Takes up tasks that are not done, after a restart. */
  resume(tasks: readonly NodeTask[]): void {
    for (const task of tasks) {
      // Cancelations overtake everything, as on a node.
      if (task.work?.kind !== 'cancel') {
        this.#waiting.push(task)
        continue
      }
      this.#waiting.unshift(task)
      this.#timer?.cancel()
      this.#timer = null
    }
    this.#schedule()
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  #schedule(): void {
    if (this.#closed || this.#timer !== null) return
    const [next] = this.#waiting
    if (next === undefined) return
    this.#timer = this.#engine.clock.after(this.#waitMs(next), () => {
      this.#timer = null
      this.#run()
    })
  }

  #waitMs(task: NodeTask): number {
    if (task.work?.kind === 'cancel') return 0
    return Math.max(0, task.enqueuedMs + this.#applyDelayMs - this.#engine.clock.wall())
  }

  #run(): void {
    const { clock } = this.#engine
    const end = clock.now() + SLICE_MS
    for (;;) {
      const [task] = this.#waiting
      if (this.#closed || task === undefined || this.#waitMs(task) > 0) break
      this.#waiting.shift()
      if (task.status === 'enqueued') this.#process(task)
      if (clock.now() >= end) break
    }
    this.#schedule()
  }

  #process(task: NodeTask): void {
    const { keeper, clock } = this.#engine
    task.startedMs = clock.wall()
    keeper.atomically(() => {
      try {
        task.details = this.#apply(task)
        task.status = 'succeeded'
      } catch (error) {
        task.status = 'failed'
        task.details = zeroCounters(task.details)
        task.error =
          error instanceof MiroirError ? error.body : refusalBody('internal', `internal: ${String(error)}`)
      }
      task.finishedMs = clock.wall()
      task.work = null
      keeper.saveTask(task)
    })
  }

  #apply(task: NodeTask): Details {
    const engine = this.#engine
    const { work } = task
    switch (work?.kind) {
      case 'documents':
        return applyDocuments(engine, task, work)
      case 'deleteIds':
        return applyDeleteIds(engine, task, work.ids)
      case 'deleteFilter':
        return applyDeleteFilter(engine, task, work.filter)
      case 'clear':
        return applyClear(engine, task)
      case 'settings':
        return applySettings(engine, task, work)
      case 'createIndex':
        return applyCreateIndex(engine, task, work.primaryKey)
      case 'updateIndex':
        return applyUpdateIndex(engine, task, work)
      case 'deleteIndex':
        return applyDeleteIndex(engine, task)
      case 'swap':
        return applySwap(engine, task, work.swaps)
      case 'cancel':
        return applyCancel(engine, task, work.uids)
      case 'deleteTasks':
        return applyDeleteTasks(engine, task, work.uids)
      default:
        return task.details
    }
  }
}
