import type { Clock } from './clock.ts'

/** A point in monotonic time that travels as a value with a request. */
export interface Deadline {
  /** Monotonic milliseconds on the clock it was made from. */
  readonly at: number
}

export function deadlineAfter(clock: Clock, budgetMs: number): Deadline {
  return { at: clock.now() + budgetMs }
}

/** Milliseconds left; never negative. */
export function remainingMs(clock: Clock, deadline: Deadline): number {
  return Math.max(0, deadline.at - clock.now())
}

/** The earlier of a deadline and now + `budgetMs`. */
export function tighten(clock: Clock, deadline: Deadline, budgetMs: number): Deadline {
  const own = clock.now() + budgetMs
  return own < deadline.at ? { at: own } : deadline
}
