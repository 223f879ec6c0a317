import type { Answers, TargetAnswer, TargetFailure, TargetRefusal } from '../model/answers.ts'
import type { NodeId, ShardId } from '../model/ids.ts'
import type { ReadTarget, ReadTargets, Retarget } from '../model/plan.ts'
import { type Deadline, remainingMs } from '../std/deadline.ts'
import { ask } from './ask.ts'
import type { ScatterDeps } from './exchange.ts'

/** Copies tried for a shard within one request. */
const ATTEMPTS_MAX = 4
/** Requests to stand-ins for slow copies within one scatter. */
const HEDGES_MAX = 4

export interface Scatter extends ReadTargets {
  /** Other copies for shards whose copy failed; null = do not look for any. */
  readonly retarget: Retarget | null
  /** Copies to ask too where one is slow, in the same form as its target; absent = never. */
  readonly standIn?: Retarget | null
  readonly deadline: Deadline
  /** For metrics, such as `search`. */
  readonly operation: string
  readonly headers?: Readonly<Record<string, string>>
  /** Nodes that failed in this request, also in earlier scatters of it. Added to as failures come. */
  readonly failed: Set<NodeId>
  /** Why they did; added to likewise. */
  readonly failures: TargetFailure[]
}

/**
 * Asks all targets at once and answers when each of their shards was answered for, refused or given up. A
 * failed copy is replaced as soon as it fails, by copies on nodes that have not failed, of whatever group.
 */
export async function runScatter(deps: ScatterDeps, scatter: Scatter): Promise<Answers> {
  const run = new Run(deps, scatter)
  await run.serve(scatter.targets, 1)
  run.giveUp(scatter.uncovered)
  return run.result()
}

/** Answers after some targets were asked again: what they brought takes the place of what
 * was known of their shards. */
export function withAnswers(known: Answers | null, asked: ReadTargets, came: Answers): Answers {
  if (known === null) return came
  const again = new Set(asked.targets.flatMap(({ shards }) => shards))
  const kept = known.answers.filter(({ target }) => !target.shards.some((shard) => again.has(shard)))
  return {
    answers: [...kept, ...came.answers].sort(byLowestShard),
    refusals: [...known.refusals, ...came.refusals],
    uncovered: [...known.uncovered, ...came.uncovered].sort((one, other) => one - other),
    failures: came.failures,
  }
}

class Run {
  readonly #deps: ScatterDeps
  readonly #scatter: Scatter
  readonly #answers: TargetAnswer[] = []
  readonly #refusals: TargetRefusal[] = []
  readonly #uncovered = new Set<ShardId>()
  readonly #hedges = { left: HEDGES_MAX }

  constructor(deps: ScatterDeps, scatter: Scatter) {
    this.#deps = deps
    this.#scatter = scatter
  }

  async serve(targets: readonly ReadTarget[], attempt: number): Promise<void> {
    const [only] = targets
    if (targets.length === 1 && only !== undefined) return this.#ask(only, attempt)
    await Promise.all(targets.map((target) => this.#ask(target, attempt)))
  }

  giveUp(shards: readonly ShardId[]): void {
    for (const shard of shards) this.#uncovered.add(shard)
  }

  result(): Answers {
    return {
      answers: this.#answers.sort(byLowestShard),
      refusals: this.#refusals.sort(byLowestShard),
      uncovered: [...this.#uncovered].sort((one, other) => one - other),
      failures: this.#scatter.failures,
    }
  }

  async #ask(target: ReadTarget, attempt: number): Promise<void> {
    const { deadline, operation, headers, failed, standIn = null } = this.#scatter
    const how = { deadline, operation, failed, standIn, hedges: this.#hedges }
    const asked = await ask(this.#deps, target, headers === undefined ? how : { ...how, headers })
    if (asked.refusal !== null) this.#refusals.push(asked.refusal)
    else if (asked.answers.length > 0) this.#answers.push(...asked.answers)
    else await this.#replace(target, asked.failures, attempt)
  }

  async #replace(target: ReadTarget, found: readonly TargetFailure[], attempt: number): Promise<void> {
    const { retarget, failed, failures, deadline } = this.#scatter
    for (const failure of found) failed.add(failure.node)
    failures.push(...found)
    const tired = attempt >= ATTEMPTS_MAX || remainingMs(this.#deps.clock, deadline) === 0
    if (retarget === null || tired) {
      this.giveUp(target.shards)
      return
    }
    const others = retarget(target.shards, failed)
    this.giveUp(others.uncovered)
    await this.serve(others.targets, attempt + 1)
  }
}

function byLowestShard(one: { readonly target: ReadTarget }, other: { readonly target: ReadTarget }): number {
  return (one.target.shards[0] ?? 0) - (other.target.shards[0] ?? 0)
}
