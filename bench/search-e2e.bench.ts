import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask, ended, forked, nextMessage } from './parts/children.ts'
import { type BenchRow, spreadOf, spreadText } from './parts/rounds.ts'
import { INDEX, recordedSearch, replyHash } from './parts/search-case.ts'
import type { LoadOrder, LoadResult } from './parts/search-load.ts'
import type { ProxyUsage } from './parts/search-proxy.ts'

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

/** What runs beside the bench, each in a process of its own. */
const PROGRAMS = {
  stub: new URL('./parts/stub-node.ts', import.meta.url),
  proxy: new URL('./parts/search-proxy.ts', import.meta.url),
  load: new URL('./parts/search-load.ts', import.meta.url),
}
/** More options for the proxy's Node, such as --cpu-prof. */
const PROXY_OPTIONS = (process.env['BENCH_PROXY_OPTIONS'] ?? '').split(' ').filter((text) => text !== '')

interface Measured {
  readonly mainUs: number
  readonly allUs: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** The proxy in front of so many nodes, and a load generator, each in a process of its own. */
class Bench {
  readonly #children: ChildProcess[] = []
  readonly #folder = mkdtempSync(join(tmpdir(), 'miroir-bench-'))
  #proxy: ChildProcess | null = null
  #load: ChildProcess | null = null
  #order: Omit<LoadOrder, 'connections' | 'requests'> | null = null
  hash = ''

  static async start(nodes: number): Promise<Bench> {
    const bench = new Bench()
    try {
      await bench.#start(nodes)
      return bench
    } catch (error) {
      await bench.stop()
      throw error
    }
  }

  async #start(nodes: number): Promise<void> {
    const stub = await this.#spawn<{ ports: number[] }>('stub', [String(nodes)])
    const proxy = await this.#spawn<{ port: number; key: string }>('proxy', [
      this.#folder,
      ...stub.hello.ports.map(String),
    ])
    const load = await this.#spawn('load', [])
    this.#proxy = proxy.child
    this.#load = load.child
    const path = `/indexes/${INDEX}/search`
    this.#order = { ...proxy.hello, path, body: recordedSearch().body }
  }

  async #spawn<Hello>(
    program: keyof typeof PROGRAMS,
    args: readonly string[],
  ): Promise<{ child: ChildProcess; hello: Hello }> {
    const child = forked(PROGRAMS[program], args, program === 'proxy' ? PROXY_OPTIONS : [])
    this.#children.push(child)
    return { child, hello: await nextMessage<Hello>(child) }
  }

  async round(requests: number, connections: number): Promise<Measured> {
    const before = await this.#usage()
    const result = await ask<LoadResult>(this.#load, { ...this.#order, requests, connections })
    const after = await this.#usage()
    this.hash = replyHash(result.reply)
    return {
      mainUs: (after.mainUs - before.mainUs) / requests,
      allUs: (after.allUs - before.allUs) / requests,
      perSecond: requests / result.seconds,
      p50Ms: result.p50Ms,
      p99Ms: result.p99Ms,
    }
  }

  #usage(): Promise<ProxyUsage> {
    return ask<ProxyUsage>(this.#proxy, 'usage')
  }

  async stop(): Promise<void> {
    await Promise.all([ended(this.#proxy, 'stop'), ended(this.#load, null)])
    await Promise.all(this.#children.map((child) => ended(child, null)))
    rmSync(this.#folder, { recursive: true, force: true })
  }
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
  const benches = new Map<number, Bench>()
  try {
    for (const nodes of found.keys()) benches.set(nodes, await Bench.start(nodes))
    for (const bench of benches.values()) await bench.round(warmUp, connections)
    for (let round = 0; round < rounds; round++) {
      for (const [nodes, bench] of benches) found.get(nodes)?.push(await bench.round(requests, connections))
    }
    for (const [nodes, bench] of benches) {
      if (bench.hash !== wanted) throw new Error(`a wrong reply over ${nodes} nodes: ${bench.hash}`)
    }
  } finally {
    await Promise.all([...benches.values()].map((bench) => bench.stop()))
  }
  const timed = size === 'full'
  return [...found].flatMap(([nodes, all]) => CLAIMS.map((claim) => rowOf(claim, nodes, all, timed)))
}
