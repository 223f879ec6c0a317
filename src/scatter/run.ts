import type { Answers, CopyFault, TargetAnswer, TargetFailure, TargetRefusal } from '../model/answers.ts'
import type { NodeId, ShardId } from '../model/ids.ts'
import type { ReadTarget, ReadTargets, Retarget } from '../model/plan.ts'
import type { NodeRequest, Transport } from '../nodes/transport.ts'
import { utf8 } from '../std/bytes.ts'
import type { Clock } from '../std/clock.ts'
import { type Deadline, remainingMs, tighten } from '../std/deadline.ts'
import { type Verdict, verdictOf } from './outcome.ts'

/** Copies tried for a shard within one request. */
const ATTEMPTS_MAX = 4

export interface ScatterDeps {
  readonly transport: Transport
  readonly clock: Clock
  /** Budget of one exchange; the request's own deadline may end it sooner. */
  readonly nodeTimeoutMs: number
  /** Called once per exchange, with milliseconds. */
  readonly observe?: (node: NodeId, result: 'ok' | 'refused' | CopyFault, tookMs: number) => void
}

export interface Scatter extends ReadTargets {
  /** Other copies for shards whose copy failed; null = do not look for any. */
  readonly retarget: Retarget | null
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
    const verdict = await exchange(this.#deps, target, this.#scatter)
    if (verdict.kind === 'usable') this.#answers.push({ target, body: verdict.body })
    else if (verdict.kind === 'refused')
      this.#refusals.push({ target, status: verdict.status, body: verdict.body, code: verdict.code })
    else await this.#replace(target, verdict, attempt)
  }

  async #replace(
    target: ReadTarget,
    verdict: Extract<Verdict, { kind: 'failed' }>,
    attempt: number,
  ): Promise<void> {
    const { retarget, failed, failures, deadline } = this.#scatter
    const node = target.node.id
    failed.add(node)
    failures.push({ node, fault: verdict.fault, reason: verdict.reason })
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

/** One exchange with one node, within its own budget and the request's. */
export async function exchange(
  deps: ScatterDeps,
  target: ReadTarget,
  scatter: Pick<Scatter, 'deadline' | 'operation' | 'headers'>,
): Promise<Verdict> {
  const started = deps.clock.now()
  const request: NodeRequest = {
    method: target.method,
    path: target.path,
    operation: scatter.operation,
    write: false,
    ...(target.body === null ? {} : { body: bytesOf(target.body) }),
    ...(scatter.headers === undefined ? {} : { headers: scatter.headers }),
  }
  const deadline = tighten(deps.clock, scatter.deadline, deps.nodeTimeoutMs)
  const verdict = verdictOf(await deps.transport.send(target.node, request, deadline))
  const result = verdict.kind === 'usable' ? 'ok' : verdict.kind === 'refused' ? 'refused' : verdict.fault
  deps.observe?.(target.node.id, result, deps.clock.now() - started)
  return verdict
}

function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? utf8(body) : body
}

function byLowestShard(one: { readonly target: ReadTarget }, other: { readonly target: ReadTarget }): number {
  return (one.target.shards[0] ?? 0) - (other.target.shards[0] ?? 0)
}
