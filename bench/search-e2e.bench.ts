import { type Measured, ProxiedSearch } from './parts/proxied-search.ts'
import { type BenchRow, spreadOf, spreadText } from './parts/rounds.ts'
import { recordedSearch, replyHash } from './parts/search-case.ts'

interface Size {
  readonly warmUp: number
  readonly requests: number
  readonly rounds: number
  readonly connections: number
}

const SIZES: Record<'small' | 'full', Size> = {
  small: { warmUp: 20, requests: 200, rounds: 1, connections: 8 },
  full: { warmUp: 5_000, requests: 10_000, rounds: 5, connections: 64 },
}

interface Claim {
  readonly what: string
  readonly of: (round: Measured) => number
  readonly unit: string
  /** Bounds for three nodes and for one. */
  readonly atMost?: number
  readonly atLeast?: Readonly<Record<number, number>>
}

const CLAIMS: readonly Claim[] = [
  { what: 'CPU of the main thread', of: ({ mainUs }) => mainUs, unit: 'µs/search', atMost: 250 },
  { what: 'CPU of all threads', of: ({ allUs }) => allUs, unit: 'µs/search' },
  {
    what: 'throughput',
    of: ({ perSecond }) => perSecond,
    unit: 'searches/s',
    atLeast: { 1: 10_000, 3: 4_000 },
  },
  { what: 'p50, saturated', of: ({ p50Ms }) => p50Ms, unit: 'ms' },
  { what: 'p99, saturated', of: ({ p99Ms }) => p99Ms, unit: 'ms' },
]

function rowOf(claim: Claim, nodes: number, rounds: readonly Measured[], timed: boolean): BenchRow {
  const spread = spreadOf(rounds.map(claim.of))
  const value = spread.median
  const { atMost } = claim
  const atLeast = claim.atLeast?.[nodes]
  const target = atMost !== undefined ? `≤ ${atMost}` : atLeast !== undefined ? `≥ ${atLeast}` : null
  const holds = target === null ? null : value <= (atMost ?? Infinity) && value >= (atLeast ?? 0)
  const name = `search: ${claim.what}, ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`
  const judged = { target, holds: timed ? holds : null, peer: spreadText(spread) }
  return { name, value, unit: claim.unit, ...judged, hash: recordedSearch().hash }
}

/** Whole searches through the shipped proxy; medians of rounds in which one node and three take turns. */
export async function run(size: 'small' | 'full'): Promise<BenchRow[]> {
  const { warmUp, requests, rounds, connections } = SIZES[size]
  const wanted = recordedSearch().hash
  const found = new Map<number, Measured[]>([
    [3, []],
    [1, []],
  ])
  const benches = new Map<number, ProxiedSearch>()
  try {
    for (const nodes of found.keys()) benches.set(nodes, await ProxiedSearch.start(nodes))
    for (const bench of benches.values()) await bench.round(warmUp, connections)
    for (let round = 0; round < rounds; round++) {
      for (const [nodes, bench] of benches) found.get(nodes)?.push(await bench.round(requests, connections))
    }
    for (const [nodes, bench] of benches) {
      const hash = replyHash(bench.reply)
      if (hash !== wanted) throw new Error(`a wrong reply over ${nodes} nodes: ${hash}`)
    }
  } finally {
    await Promise.all([...benches.values()].map((bench) => bench.stop()))
  }
  const timed = size === 'full'
  return [...found].flatMap(([nodes, all]) => CLAIMS.map((claim) => rowOf(claim, nodes, all, timed)))
}
