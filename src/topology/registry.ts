import type { View, Views } from '../model/view.ts'
import { assert } from '../std/assert.ts'

export type ViewListener = (view: View, previous: View) => void

/** The one place where the present view is kept and replaced. */
export interface Registry extends Views {
  /**
   * Replaces the view by what `change` makes of it, and answers the new one. A change that answers its
   * argument publishes nothing; the epoch never goes down.
   */
  publish(change: (view: View) => View): View
  /** Called after each change, in the same turn; answers how to stop. */
  subscribe(listener: ViewListener): () => void
}

export function createRegistry(initial: View): Registry {
  const listeners = new Set<ViewListener>()
  let view = initial
  return {
    current: () => view,
    publish(change) {
      const previous = view
      const next = change(previous)
      if (next === previous) return previous
      assert(next.epoch >= previous.epoch, `epoch went from ${previous.epoch} to ${next.epoch}`)
      view = next
      for (const listener of [...listeners]) listener(next, previous)
      return next
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
  }
}
