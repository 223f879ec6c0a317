import type { NodeChoice } from '../model/choice.ts'
import type { NodeId } from '../model/ids.ts'
import type { Clock } from '../std/clock.ts'
import { afterExchange, type Breaker, breakerState, CLOSED } from './breaker.ts'

/** How an exchange with a node ended, as far as choosing copies is concerned. */
export type ExchangeEnd =
  /** An answer of whatever kind; `serviceMs` is what the node says it worked, null when it does not say. */
  | { readonly kind: 'answer'; readonly tookMs: number; readonly serviceMs: number | null }
  /** The request was at fault: the node is well, how fast it is remains unsaid. */
  | { readonly kind: 'refusal' }
  /** Nothing usable. `blame`: the node's fault, as opposed to the end of a request's own time. */
  | { readonly kind: 'fault'; readonly tookMs: number; readonly blame: boolean }
  /** Broken off by us; it would have taken longer. */
  | { readonly kind: 'cancelled'; readonly tookMs: number }

export interface NodeScores extends NodeChoice {
  began(node: NodeId): void
  ended(node: NodeId, end: ExchangeEnd): void
  /** The health monitor says that the node is well again. */
  recovered(node: NodeId): void
  outstanding(node: NodeId): number
}

export interface NodeScoresOptions {
  readonly clock: Clock
  /** What a fault counts as: a node that fails fast must never look fast. */
  readonly faultMs: number
  /** Called when a node's breaker opens. */
  readonly opened?: (node: NodeId) => void
}

/** Time after which a sample counts half. */
const HALF_LIFE_MS = 5_000
/** Time after which half of a judgement is forgotten when nothing new is learnt. */
const FORGET_MS = 2_000
/** Least weight of a sample: many samples a moment must not count as one. */
const WEIGHT_MIN = 0.02
const FAULT_WEIGHT_MIN = 0.2
/** Nodes report whole milliseconds, rounded down. */
const ROUNDED_MS = 0.5

interface Times {
  responseMs: number
  serviceMs: number
}

/** Averages in milliseconds, 0 = no sample yet. */
interface Standing extends Times {
  sampledAt: number
  outstanding: number
  breaker: Breaker
}

/**
 * What this process knows of the nodes it reads from: C3's score, `R − S + (1 + q)³ · S` with averages of
 * response time R and service time S and the exchanges q now under way. What was learnt of a node fades
 * towards the fleet's average while it is not asked, so that a node that was slow is tried again.
 */
export function createNodeScores(options: NodeScoresOptions): NodeScores {
  return new Scores(options)
}

class Scores implements NodeScores {
  readonly #options: NodeScoresOptions
  readonly #standings = new Map<NodeId, Standing>()
  readonly #fleet: Standing = newStanding()

  constructor(options: NodeScoresOptions) {
    this.#options = options
  }

  cost(node: NodeId): number {
    const known = this.#standings.get(node)
    if (known === undefined) return 0
    const { responseMs, serviceMs } = this.#faded(known)
    return responseMs - serviceMs + (1 + known.outstanding) ** 3 * serviceMs
  }

  avoid(node: NodeId): boolean {
    const known = this.#standings.get(node)
    if (known === undefined) return false
    const state = breakerState(known.breaker, this.#options.clock.now())
    return state === 'open' || (state === 'half-open' && known.outstanding > 0)
  }

  outstanding(node: NodeId): number {
    return this.#standings.get(node)?.outstanding ?? 0
  }

  began(node: NodeId): void {
    this.#standing(node).outstanding += 1
  }

  ended(node: NodeId, end: ExchangeEnd): void {
    const standing = this.#standing(node)
    standing.outstanding = Math.max(0, standing.outstanding - 1)
    if (end.kind === 'answer') {
      const service = end.serviceMs === null ? end.tookMs : Math.min(end.tookMs, end.serviceMs + ROUNDED_MS)
      this.#sample(standing, { responseMs: end.tookMs, serviceMs: service }, WEIGHT_MIN)
      this.#sample(this.#fleet, { responseMs: end.tookMs, serviceMs: service }, WEIGHT_MIN)
      this.#judge(node, standing, true)
    } else if (end.kind === 'fault' && end.blame) {
      const responseMs = Math.max(end.tookMs, this.#options.faultMs)
      this.#sample(standing, { responseMs, serviceMs: responseMs }, FAULT_WEIGHT_MIN)
      this.#judge(node, standing, false)
    } else if (end.kind === 'refusal') {
      this.#judge(node, standing, true)
    } else if (end.tookMs > standing.responseMs) {
      // A lower bound: it says something only when it is more than was expected.
      this.#sample(standing, { responseMs: end.tookMs, serviceMs: standing.serviceMs }, WEIGHT_MIN)
    }
  }

  recovered(node: NodeId): void {
    const known = this.#standings.get(node)
    if (known !== undefined) known.breaker = CLOSED
  }

  /** What is left of the last judgement after the time since it was made. */
  #faded(standing: Standing): Times {
    const kept = 2 ** -((this.#options.clock.now() - standing.sampledAt) / FORGET_MS)
    const { responseMs, serviceMs } = this.#fleet
    return {
      responseMs: responseMs + (standing.responseMs - responseMs) * kept,
      serviceMs: serviceMs + (standing.serviceMs - serviceMs) * kept,
    }
  }

  #sample(into: Standing, found: Times, least: number): void {
    const now = this.#options.clock.now()
    const known = this.#faded(into)
    // The weight is taken before the stamp moves; the first sample of all is the average.
    const weight = Math.max(least, 1 - 2 ** -((now - into.sampledAt) / HALF_LIFE_MS))
    into.responseMs = known.responseMs + weight * (found.responseMs - known.responseMs)
    into.serviceMs = known.serviceMs + weight * (found.serviceMs - known.serviceMs)
    into.sampledAt = now
  }

  #judge(node: NodeId, standing: Standing, good: boolean): void {
    const { clock, opened } = this.#options
    const before = standing.breaker
    standing.breaker = afterExchange(before, good, clock.now())
    if (standing.breaker.opens > before.opens) opened?.(node)
  }

  #standing(node: NodeId): Standing {
    const known = this.#standings.get(node)
    if (known !== undefined) return known
    const made = newStanding()
    this.#standings.set(node, made)
    return made
  }
}

function newStanding(): Standing {
  return { responseMs: 0, serviceMs: 0, sampledAt: -Infinity, outstanding: 0, breaker: CLOSED }
}
