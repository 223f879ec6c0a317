/** A cancellable timer. */
export interface Timer {
  cancel(): void
}

/** The only source of time. Tests and the simulator pass a virtual one. */
export interface Clock {
  /** Monotonic milliseconds with fractions; the origin is arbitrary. */
  now(): number
  /** Wall-clock milliseconds since the Unix epoch, for timestamps shown to people. Never for ordering. */
  wall(): number
  /** Calls `fire` once after `delayMs`. Does not keep the process alive. */
  after(delayMs: number, fire: () => void): Timer
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(delayMs, fire) {
    const handle = setTimeout(fire, delayMs)
    handle.unref()
    return { cancel: () => clearTimeout(handle) }
  },
}

/** Resolves after `delayMs` on the given clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve)
  })
}
