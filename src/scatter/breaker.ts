/**
 * Whether a node is worth asking, by how its last exchanges ended. *closed*: yes · *open*: not before
 * `openUntil` · *half-open* (that time is over): one exchange at a time, whose end decides. It only tells
 * which copies to prefer; whether a node may be read at all is the health monitor's business.
 */
export interface Breaker {
  /** Faults in a row. */
  readonly faults: number
  /** Times it opened since it was closed; 0 = closed. */
  readonly opens: number
  /** Monotonic milliseconds. */
  readonly openUntil: number
}

export const CLOSED: Breaker = { faults: 0, opens: 0, openUntil: 0 }

/** Faults in a row that open it. */
const FAULTS_MAX = 5
const OPEN_MS = 1_000
const OPEN_MS_MAX = 30_000

export function breakerState(breaker: Breaker, now: number): 'closed' | 'open' | 'half-open' {
  if (breaker.opens === 0) return 'closed'
  return now < breaker.openUntil ? 'open' : 'half-open'
}

/** The breaker after an exchange ended at `now`; the same object when nothing changed. */
export function afterExchange(breaker: Breaker, good: boolean, now: number): Breaker {
  if (good) return breaker === CLOSED ? breaker : CLOSED
  const state = breakerState(breaker, now)
  // The end of something that began before it opened.
  if (state === 'open') return breaker
  const faults = breaker.faults + 1
  if (state === 'closed' && faults < FAULTS_MAX) return { ...breaker, faults }
  const openMs = Math.min(OPEN_MS_MAX, OPEN_MS * 2 ** breaker.opens)
  return { faults, opens: breaker.opens + 1, openUntil: now + openMs }
}
