import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask, ended, forked, nextMessage } from './parts/children.ts'
import type { OpenLoad, OpenResult } from './parts/overload-load.ts'
import type { BenchRow } from './parts/rounds.ts'
import { INDEX, recordedSearch, replyHash } from './parts/search-case.ts'
import type { ProxyUsage } from './parts/search-proxy.ts'

/*
 * Goodput of the shipped proxy in front of nodes that do so many searches a second and no more: at what they
 * can do, at twice as much, and after that. Good is what is answered within a second.
 */

const NODES = 3
const PARALLEL = 8
const SERVICE_MS = 40
const CAPACITY = (PARALLEL * 1000) / SERVICE_MS
const PATIENCE_MS = 1_000

interface Size {
  readonly usual: number
  readonly over: number
  readonly after: number
}

const SIZES: Record<'small' | 'full', Size> = {
  small: { usual: 2, over: 2, after: 2 },
  full: { usual: 8, over: 20, after: 15 },
}

/** Of what nodes can do, while we look for the best: at exactly that rate queues have no end. */
const USUAL = 0.95
const RECOVERED = 0.95
const AFTER = 0.5

interface Measured {
  readonly result: OpenResult
  readonly before: ProxyUsage
  readonly after: ProxyUsage
}

async function measure(size: Size): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'miroir-overload-'))
  const children: ChildProcess[] = []
  const start = async <Hello>(name: string, args: readonly string[]): Promise<[ChildProcess, Hello]> => {
    const child = forked(new URL(name, import.meta.url), args)
    children.push(child)
    return [child, await nextMessage<Hello>(child)]
  }
  let proxy: ChildProcess | null = null
  try {
    const [, { ports }] = await start<{ ports: number[] }>(
      './parts/stub-node.ts',
      [NODES, PARALLEL, SERVICE_MS].map(String),
    )
    const [started, hello] = await start<{ port: number; key: string }>('./parts/search-proxy.ts', [
      folder,
      ...ports.map(String),
    ])
    proxy = started
    const [load] = await start('./parts/overload-load.ts', [])
    const before = await ask<ProxyUsage>(proxy, 'usage')
    const order: OpenLoad = {
      ...{ port: hello.port, key: hello.key, path: `/indexes/${INDEX}/search`, patienceMs: PATIENCE_MS },
      phases: [
        { perSecond: USUAL * CAPACITY, seconds: size.usual },
        { perSecond: 2 * CAPACITY, seconds: size.over },
        { perSecond: AFTER * CAPACITY, seconds: size.after },
      ],
    }
    const result = await ask<OpenResult>(load, order)
    return { result, before, after: await ask<ProxyUsage>(proxy, 'usage') }
  } finally {
    await ended(proxy, 'stop')
    await Promise.all(children.map((child) => ended(child, null)))
    rmSync(folder, { recursive: true, force: true })
  }
}

const mean = (counts: readonly number[], from: number, to: number): number =>
  counts.slice(from, to).reduce((sum, count) => sum + count, 0) / (to - from)

/** Seconds from the end of the overload until all searches are answered in time, and stay so. */
function recoverySeconds(good: readonly number[], from: number): number {
  const wanted = RECOVERED * AFTER * CAPACITY
  const bad = good.findLastIndex((count, second) => second >= from && count < wanted)
  return bad < 0 ? 0 : bad + 1 - from
}

interface Promised {
  readonly target: string
  readonly holds: boolean
}

export async function run(size: 'small' | 'full'): Promise<BenchRow[]> {
  const { usual, over } = SIZES[size]
  const { result, before, after } = await measure(SIZES[size])
  const { good, shed, rude } = result
  const hash = replyHash(result.reply)
  if (hash !== recordedSearch().hash) throw new Error(`a wrong reply under load: ${hash}`)
  if (rude > 0) throw new Error(`${rude} sheds did not say when to come back`)
  // The first second warms up.
  const best = mean(good, 1, usual)
  const kept = mean(good, usual, usual + over)
  const timed = size === 'full'
  const row = (name: string, value: number, unit: string, promise?: Promised): BenchRow => ({
    ...{ name: `overload: ${name}`, value, unit, hash },
    target: promise?.target ?? null,
    holds: timed ? (promise?.holds ?? null) : null,
  })
  // A machine that is busy with other things proves nothing.
  const undisturbed = best > 0.8 * USUAL * CAPACITY
  const share = (100 * kept) / Math.max(1, best)
  const recovery = recoverySeconds(good, usual + over)
  const growth = (after.rssBytes - before.rssBytes) / 2 ** 20
  return [
    row(`goodput at what ${NODES} nodes can do (${CAPACITY}/s)`, best, 'searches/s'),
    row('goodput at twice as much', kept, 'searches/s'),
    row('goodput at twice as much, of the best', share, '%', {
      target: '≥ 80',
      holds: share >= 80 && undisturbed,
    }),
    row('shed with 503 at twice as much', mean(shed, usual, usual + over), 'searches/s'),
    row('recovered after', recovery, 's', { target: '≤ 10', holds: recovery <= 10 }),
    row('memory grown by', growth, 'MB'),
  ]
}
