import { limits } from '../../config/limits.ts'
import type { Store } from '../../model/store.ts'
import type { Clock, Timer } from '../../std/clock.ts'

export interface PrunerDeps {
  readonly store: Pick<Store, 'pruneTasks'>
  readonly clock: Clock
  /** Age at which finished tasks are removed. */
  readonly ttlSeconds: number
  /** Time between two passes. */
  readonly intervalS: number
  /** Told how many tasks a pass removed. */
  readonly onPruned?: (tasks: number) => void
  /** Told why a pass stopped early; the next one tries again. */
  readonly onFailure?: (error: unknown) => void
}

/** Removes old finished tasks now and then, a bounded number each time. The answer stops it. */
export function startPruner(deps: PrunerDeps): () => void {
  let timer: Timer | null = null
  let stopped = false

  const schedule = (): void => {
    if (!stopped) timer = deps.clock.after(deps.intervalS * 1_000, () => void pass())
  }
  // The next pass is planned after this one, so that passes never overlap.
  const pass = async (): Promise<void> => {
    try {
      const tasks = await prune(deps, () => stopped)
      deps.onPruned?.(tasks)
    } catch (error) {
      deps.onFailure?.(error)
    }
    schedule()
  }

  schedule()
  return () => {
    stopped = true
    timer?.cancel()
  }
}

async function prune({ store, clock, ttlSeconds }: PrunerDeps, stopped: () => boolean): Promise<number> {
  const beforeMs = clock.wall() - ttlSeconds * 1_000
  let pruned = 0
  while (pruned < limits.prunedTasksMax && !stopped()) {
    const wanted = Math.min(limits.prunedTasksPerCommit, limits.prunedTasksMax - pruned)
    const removed = await store.pruneTasks(beforeMs, wanted)
    pruned += removed
    if (removed < wanted) break
  }
  return pruned
}
