import type { ReadTarget, Retarget } from '../../src/model/plan.ts'
import type { NodeView } from '../../src/model/view.ts'
import type { NodeRequest, Outcome, Transport } from '../../src/nodes/transport.ts'
import { allShards, targetsFor } from '../../src/plan/targets.ts'
import type { ScatterDeps } from '../../src/scatter/exchange.ts'
import { createHedging, type HedgeEvent } from '../../src/scatter/hedging.ts'
import { createNodeScores } from '../../src/scatter/node-scores.ts'
import { runScatter } from '../../src/scatter/run.ts'
import { utf8 } from '../../src/std/bytes.ts'
import type { Deadline } from '../../src/std/deadline.ts'
import { type Random, seededRandom } from '../../src/std/random.ts'
import { VirtualClock } from '../../src/std/virtual-clock.ts'
import { type Placement, viewOf } from '../unit/flows/read-world.ts'

/* Reads over nodes whose answers take as long as a seeded distribution says, on a virtual clock. */

/** Milliseconds an exchange takes; null = it fails at once. */
export type Latency = (node: string, nowMs: number, random: Random) => number | null

export interface ReadRun {
  readonly seed: number
  readonly placement: Placement
  readonly latency: Latency
  readonly reads: number
  readonly everyMs: number
  /** 0 = no hedging. */
  readonly budgetPercent: number
}

export interface ReadResult {
  /** Milliseconds of each read. */
  readonly took: number[]
  /** Requests as they left: to whom and when. */
  readonly sent: { readonly node: string; readonly at: number }[]
  readonly hedges: readonly HedgeEvent[]
  /** Reads that lack a shard, or have one twice. */
  readonly wrong: readonly string[]
  /** Most that hedges ever were beyond their share of what was asked; at most 0 is kept. */
  readonly overBudget: number
}

export async function readRun(run: ReadRun): Promise<ReadResult> {
  const clock = new VirtualClock()
  const random = seededRandom(run.seed)
  const view = viewOf(run.placement)
  const index = view.indexes.get('films')!
  const result = { took: [] as number[], sent: [] as ReadResult['sent'], wrong: [] as string[] }
  const hedges: HedgeEvent[] = []
  let overBudget = -Infinity
  const judge = (): void => {
    const extra = hedges.filter((event) => event === 'sent').length
    const parts = result.sent.length - extra
    overBudget = Math.max(overBudget, extra - (parts * run.budgetPercent) / 100)
  }
  const config = { minTriggerMs: 15, budgetPercent: run.budgetPercent }
  const scores = createNodeScores({ clock, faultMs: 1_000 })
  const deps: ScatterDeps = {
    transport: new TimedTransport(clock, random, run.latency, (node) =>
      result.sent.push({ node, at: clock.now() }),
    ),
    ...{ clock, nodeTimeoutMs: 1_000, scores },
    ...(run.budgetPercent === 0
      ? {}
      : { hedging: createHedging({ clock, config, observe: (event) => hedges.push(event) }) }),
  }
  const read = async (): Promise<void> => {
    const startedMs = clock.now()
    const plan: Retarget = (shards, failed) =>
      targetsFor(
        {
          index,
          nodes: view.nodes,
          usable: (node) => !failed.has(node),
          draw: random.next(),
          choice: scores,
        },
        shards,
        () => ({ method: 'POST', path: '/search', body: '{}' }),
      )
    const wanted = allShards(index)
    const answers = await runScatter(deps, {
      ...plan(wanted, new Set()),
      ...{ retarget: plan, standIn: plan, deadline: { at: startedMs + 5_000 } },
      ...{ operation: 'search', failed: new Set(), failures: [] },
    })
    result.took.push(clock.now() - startedMs)
    const shards = answers.answers.flatMap(({ target }: { target: ReadTarget }) => target.shards)
    const found = [...shards].sort((one, other) => one - other).join()
    if (found !== wanted.join()) result.wrong.push(found)
    judge()
  }
  const done: Promise<void>[] = []
  const arrive = (left: number): void => {
    if (left === 0) return
    done.push(read())
    clock.after(run.everyMs, () => arrive(left - 1))
  }
  arrive(run.reads)
  await clock.advance(run.reads * run.everyMs + 10_000)
  await Promise.all(done)
  return { ...result, hedges, overBudget }
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.floor(share * (sorted.length - 1))] ?? 0
}

const ANSWER = utf8('{"hits":[],"query":"","processingTimeMs":3}')

class TimedTransport implements Transport {
  readonly #clock: VirtualClock
  readonly #random: Random
  readonly #latency: Latency
  readonly #onSend: (node: string) => void

  constructor(clock: VirtualClock, random: Random, latency: Latency, onSend: (node: string) => void) {
    this.#clock = clock
    this.#random = random
    this.#latency = latency
    this.#onSend = onSend
  }

  send(node: NodeView, request: NodeRequest, deadline: Deadline): Promise<Outcome> {
    this.#onSend(node.id)
    const tookMs = this.#latency(node.id, this.#clock.now(), this.#random)
    if (tookMs === null) return Promise.resolve({ kind: 'never-sent', reason: 'refused' })
    const leftMs = deadline.at - this.#clock.now()
    const late: Outcome = { kind: 'ambiguous', reason: 'deadline' }
    const fine: Outcome = { kind: 'answer', status: 200, contentType: 'application/json', body: ANSWER }
    return new Promise((resolve) => {
      const timer = this.#clock.after(Math.min(tookMs, leftMs), () => resolve(tookMs > leftMs ? late : fine))
      request.cancel?.listen(() => {
        timer.cancel()
        resolve({ kind: 'ambiguous', reason: 'cancelled' })
      })
    })
  }

  async close(): Promise<void> {}
}
