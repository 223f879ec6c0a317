import { limits } from '../config/limits.ts'
import type { Kernel } from '../kernel/kernel.ts'
import type { CopyFault } from '../model/answers.ts'
import type { NodeId } from '../model/ids.ts'
import type { Narrowing } from '../model/plan.ts'
import type { Reachability, Views } from '../model/view.ts'
import type { MadePlan } from '../plan/explain.ts'
import { isNarrowable, type Narrow } from '../plan/filter/narrow.ts'
import type { ScatterDeps } from '../scatter/exchange.ts'
import type { Hedging } from '../scatter/hedging.ts'
import type { NodeScores } from '../scatter/node-scores.ts'
import type { Clock } from '../std/clock.ts'
import type { Deadline } from '../std/deadline.ts'
import type { Random } from '../std/random.ts'
import type { QueryVectors } from './near/query-vectors.ts'
import type { SharedSearches } from './sharing.ts'

/** Asks nodes to say which index and query an answer belongs to. */
export const METADATA_HEADER = 'meili-include-metadata'

export interface ReadConfig {
  /** Budget of one exchange with one node. */
  readonly nodeTimeoutMs: number
  /** What a client gets when shards have no readable copy: the rest with a header, or 503. */
  readonly unavailableShardPolicy: 'partial' | 'error'
  /** Primary keys that a request may be narrowed by; 0 = never narrow. */
  readonly narrowKeysMax?: number
  /** How hybrid searches are merged over several nodes; exactly by default. */
  readonly hybridMode?: 'exact' | 'fast'
}

/** Small callbacks for metrics; each must be cheap and must not throw. */
export interface ReadObserver {
  /** One exchange with a node. */
  readonly exchange?: (node: NodeId, result: 'ok' | 'refused' | CopyFault, tookMs: number) => void
  /** One client request: nodes asked in the plan, whether one had everything, shards nobody answered for. */
  readonly planned?: (operation: ReadOperation, targets: number, whole: boolean) => void
  /** Nodes asked a second time, because the first answer held too few hits for the page. */
  readonly askedAgain?: (operation: ReadOperation, targets: number) => void
  readonly uncovered?: (operation: ReadOperation, shards: number) => void
  /** A request whose filter names primary keys: the share of shards that it is asked of, 0 to 1. */
  readonly narrowed?: (share: number) => void
  /** A search was planned, before anybody is asked. */
  readonly made?: (made: MadePlan) => void
  /** Answers of a search were folded, further questions included. */
  readonly folded?: (tookMs: number) => void
  /** A plan was explained: types of its warnings, and whether it was carried out too. */
  readonly explained?: (warnings: readonly string[], executed: boolean) => void
}

export type ReadOperation = 'search' | 'documents' | 'facet-search'

export interface ReadDeps {
  readonly views: Views
  readonly reachability: Reachability
  readonly transport: ScatterDeps['transport']
  readonly kernel: Kernel
  readonly clock: Clock
  readonly random: Random
  readonly config: ReadConfig
  readonly observe?: ReadObserver
  /** How nodes do: chooses among copies. Absent: they are all alike. */
  readonly scores?: NodeScores
  /** Absent: no vector of a query is remembered. */
  readonly queryVectors?: QueryVectors
  /** Absent: no part of a read is asked twice. */
  readonly hedging?: Hedging
  /** Runs work that asks nodes when there is room for it, else rejects. Absent: always at once. */
  readonly admit?: <Result>(work: () => Promise<Result>) => Promise<Result>
  /** Absent: every search asks nodes by itself. */
  readonly shared?: SharedSearches
}

/** What travels with one read besides its body. */
export interface ReadContext {
  readonly deadline: Deadline
  /** Request headers for nodes, from a fixed list. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON texts of filters the caller's key imposes; each an element of the outer filter array. */
  readonly extraFilters: readonly string[]
  /** What the answer is to be called, where several share a name; by default it gets its own. */
  readonly requestUid?: string
}

/** How plans are narrowed to the shards of the primary keys that a filter names. */
export function narrowOf({ kernel, config }: ReadDeps): Narrow {
  return {
    keysMax: config.narrowKeysMax ?? limits.narrowableKeysMax,
    shardOf: (key, shards) => kernel.shardOf(key, shards),
  }
}

/** Tells the observer of a plan that could be narrowed. */
export function noteNarrowing(deps: ReadDeps, narrowing: Narrowing, shards: number): void {
  if (isNarrowable(narrowing)) deps.observe?.narrowed?.((narrowing.shards?.length ?? shards) / shards)
}

export function scatterDeps(deps: ReadDeps): ScatterDeps {
  const { transport, clock, config, observe, scores, hedging } = deps
  return {
    transport,
    clock,
    nodeTimeoutMs: config.nodeTimeoutMs,
    scores,
    hedging,
    ...(observe?.exchange === undefined ? {} : { observe: observe.exchange }),
  }
}
