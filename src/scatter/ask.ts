import type { TargetAnswer, TargetFailure, TargetRefusal } from '../model/answers.ts'
import type { ReadTarget, Retarget } from '../model/plan.ts'
import { Cancel } from '../std/cancel.ts'
import type { Timer } from '../std/clock.ts'
import { remainingMs } from '../std/deadline.ts'
import { type Ask, exchange, type ScatterDeps } from './exchange.ts'
import type { Verdict } from './outcome.ts'

/** What came of asking for one target's shards: answers for each of them once, or a refusal, or failures. */
export interface Asked {
  readonly answers: readonly TargetAnswer[]
  readonly refusal: TargetRefusal | null
  /** Every node that gave nothing usable, when there is neither answer nor refusal. */
  readonly failures: readonly TargetFailure[]
}

export interface HedgeableAsk extends Ask {
  /** Copies that can stand in for a slow one, asked in the same form; null = nobody can. */
  readonly standIn: Retarget | null
  /** Nodes that failed in this request. */
  readonly failed: ReadonlySet<string>
  /** Hedge requests this scatter may still send; taken from. */
  readonly hedges: { left: number }
}

/**
 * Asks one target. Where its node is slower than nearly all answers are, other copies that hold exactly its
 * shards are asked too: whoever is complete first counts, the other is broken off and never looked at.
 */
export async function ask(deps: ScatterDeps, target: ReadTarget, how: HedgeableAsk): Promise<Asked> {
  const { hedging } = deps
  // Asked even where nobody can stand in: every part of a read pays into the budget.
  const delayMs = hedging?.delayMs(target.node.id, how.operation) ?? null
  if (hedging === undefined || delayMs === null || how.standIn === null)
    return askedOf(target, await exchange(deps, target, how))
  const race = new Race(deps, target, { ...how, standIn: how.standIn })
  return race.run(delayMs)
}

interface RaceAsk extends HedgeableAsk {
  readonly standIn: Retarget
}

/** The target's own exchange against the hedge: at most one of them is answered for. */
class Race {
  readonly #deps: ScatterDeps
  readonly #target: ReadTarget
  readonly #how: RaceAsk
  readonly #own = new Cancel()
  readonly #hedge = new Cancel()
  #hedgeState: 'none' | 'running' | 'failed' = 'none'
  #ownFailed = false
  readonly #failures: TargetFailure[] = []
  #timer: Timer | null = null
  #settle: ((asked: Asked) => void) | null = null

  constructor(deps: ScatterDeps, target: ReadTarget, how: RaceAsk) {
    this.#deps = deps
    this.#target = target
    this.#how = how
  }

  run(delayMs: number): Promise<Asked> {
    return new Promise((resolve) => {
      this.#settle = resolve
      this.#timer = this.#deps.clock.after(delayMs, () => this.#startHedge())
      void this.#runOwn()
    })
  }

  async #runOwn(): Promise<void> {
    const verdict = await exchange(this.#deps, this.#target, { ...askOf(this.#how), cancel: this.#own })
    if (verdict.kind !== 'failed') this.#end(askedOf(this.#target, verdict))
    else {
      this.#ownFailed = true
      this.#failures.unshift(failureOf(this.#target, verdict))
      if (this.#hedgeState !== 'running') this.#end(this.#lost())
    }
  }

  #startHedge(): void {
    if (this.#settle === null || this.#ownFailed) return
    const { standIn, failed, hedges, deadline } = this.#how
    const { shards, node } = this.#target
    if (remainingMs(this.#deps.clock, deadline) === 0) return
    const { targets, uncovered } = standIn(shards, new Set([...failed, node.id]))
    if (uncovered.length > 0 || targets.length === 0 || targets.length > hedges.left) return
    // A copy that gives nothing but faults would cost budget and help nobody.
    if (targets.some((target) => this.#deps.scores?.avoid(target.node.id) === true)) return
    if (this.#deps.hedging?.spend(targets.length) !== true) return
    hedges.left -= targets.length
    this.#hedgeState = 'running'
    void this.#runHedge(targets)
  }

  async #runHedge(targets: readonly ReadTarget[]): Promise<void> {
    const answers: TargetAnswer[] = []
    const how = { ...askOf(this.#how), cancel: this.#hedge }
    const one = async (target: ReadTarget): Promise<void> => {
      const verdict = await exchange(this.#deps, target, how)
      if (verdict.kind === 'usable') answers.push({ target, body: verdict.body })
      else this.#hedgeFailed(target, verdict)
    }
    await Promise.all(targets.map(one))
    if (answers.length === targets.length) this.#end({ answers, refusal: null, failures: [] }, true)
  }

  /** One part that fails makes the whole hedge useless. */
  #hedgeFailed(target: ReadTarget, verdict: Exclude<Verdict, { kind: 'usable' }>): void {
    if (this.#settle === null || this.#hedgeState !== 'running') return
    this.#hedgeState = 'failed'
    this.#hedge.cancel()
    if (verdict.kind === 'failed') this.#failures.push(failureOf(target, verdict))
    if (this.#ownFailed) this.#end(this.#lost())
  }

  #lost(): Asked {
    return { answers: [], refusal: null, failures: this.#failures }
  }

  #end(asked: Asked, hedgeWon = false): void {
    const settle = this.#settle
    if (settle === null) return
    this.#settle = null
    this.#timer?.cancel()
    if (this.#hedgeState !== 'none') this.#deps.hedging?.ended(hedgeWon)
    settle(asked)
    // After settling: what they report must find the race over.
    this.#own.cancel()
    this.#hedge.cancel()
  }
}

function askOf({ deadline, operation, headers }: Ask): Ask {
  return { deadline, operation, ...(headers === undefined ? {} : { headers }) }
}

function askedOf(target: ReadTarget, verdict: Verdict): Asked {
  if (verdict.kind === 'usable')
    return { answers: [{ target, body: verdict.body }], refusal: null, failures: [] }
  if (verdict.kind === 'failed') return { answers: [], refusal: null, failures: [failureOf(target, verdict)] }
  const { status, body, code } = verdict
  return { answers: [], refusal: { target, status, body, code }, failures: [] }
}

function failureOf(target: ReadTarget, verdict: Extract<Verdict, { kind: 'failed' }>): TargetFailure {
  return { node: target.node.id, fault: verdict.fault, reason: verdict.reason }
}
