import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { eventually, freePorts, removeFolder, temporaryFolder } from '../test/e2e/processes.ts'
import { ask, ended, forked, nextMessage } from './parts/children.ts'
import { benchEnvironment, fillStore, MASTER_KEY, placesOf } from './parts/filled-store.ts'
import { type BenchRow, spreadOf, spreadText } from './parts/rounds.ts'
import { INDEX, recordedSearch, replyHash } from './parts/search-case.ts'
import type { LoadOrder, LoadResult } from './parts/search-load.ts'

/*
 * The proxy as it is started by its users, in front of three stub nodes: how long until it is ready, and its
 * memory idle, under load and after it. Linux only: memory is read from /proc.
 */

const NODES = 3
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const SAMPLE_MS = 50
const SIZES = {
  small: { starts: 1, requests: 200, connections: 8, settleMs: 50 },
  full: { starts: 5, requests: 20_000, connections: 64, settleMs: 3_000 },
}
type Size = (typeof SIZES)['full']

/** Resident megabytes. */
function residentMb(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return (Number(kilobytes) * 1024) / 1e6
}

async function isReady(port: number): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${port}/_miroir/ready`)).ok
}

/** Time until a new process answers that it is ready. */
async function start(
  port: number,
  env: Record<string, string>,
): Promise<{ proxy: ChildProcess; ms: number }> {
  const startedMs = performance.now()
  const options = ['serve', '--port', String(port)]
  const proxy = spawn(process.execPath, [MAIN, ...options], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await eventually('the proxy is ready', () => isReady(port))
  return { proxy, ms: performance.now() - startedMs }
}

async function stop(proxy: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => proxy.once('exit', resolve))
  proxy.kill('SIGTERM')
  await gone
}

interface Memory {
  readonly idle: number
  readonly most: number
  readonly after: readonly number[]
  readonly hash: string
}

/** The same load twice: what stays after the second must not be more than what stayed after the first. */
async function memoryOf(proxy: ChildProcess, port: number, size: Size): Promise<Memory> {
  const pid = proxy.pid ?? 0
  const { requests, connections, settleMs } = size
  const load = forked(new URL('./parts/search-load.ts', import.meta.url), [])
  await nextMessage(load)
  await pause(settleMs)
  const idle = residentMb(pid)
  let most = idle
  const sampling = setInterval(() => {
    most = Math.max(most, residentMb(pid))
  }, SAMPLE_MS)
  try {
    const after: number[] = []
    let hash = ''
    for (let turn = 0; turn < 2; turn++) {
      const path = `/indexes/${INDEX}/search`
      const order: LoadOrder = {
        port,
        key: MASTER_KEY,
        path,
        body: recordedSearch().body,
        connections,
        requests,
      }
      hash = replyHash((await ask<LoadResult>(load, order)).reply)
      await pause(settleMs)
      after.push(residentMb(pid))
    }
    return { idle, most, after, hash }
  } finally {
    clearInterval(sampling)
    await ended(load, null)
  }
}

async function measured(size: Size): Promise<{ startsMs: number[]; memory: Memory }> {
  const folder = temporaryFolder()
  const stub = forked(new URL('./parts/stub-node.ts', import.meta.url), [String(NODES)])
  let proxy: ChildProcess | null = null
  try {
    const { ports } = await nextMessage<{ ports: number[] }>(stub)
    const nodes = placesOf(ports)
    const path = join(folder, 'miroir.db')
    await fillStore(path, nodes)
    const [port = 0] = await freePorts(1)
    const env = {
      ...benchEnvironment(nodes, path),
      MIROIR_METRICS__ENABLED: 'false',
      MIROIR_LOG__LEVEL: 'warn',
    }
    const startsMs: number[] = []
    for (let turn = 0; turn < size.starts; turn++) {
      if (proxy !== null) await stop(proxy)
      const started = await start(port, env)
      proxy = started.proxy
      startsMs.push(started.ms)
    }
    if (proxy === null) throw new Error('nothing was started')
    return { startsMs, memory: await memoryOf(proxy, port, size) }
  } finally {
    if (proxy !== null) await stop(proxy)
    await ended(stub, null)
    removeFolder(folder)
  }
}

export async function run(size: 'small' | 'full'): Promise<BenchRow[]> {
  const { startsMs, memory } = await measured(SIZES[size])
  const { idle, most, after, hash } = memory
  if (hash !== recordedSearch().hash) throw new Error(`a wrong reply: ${hash}`)
  const [first = 0, second = 0] = after
  const judged = (holds: boolean): boolean | null => (size === 'full' ? holds : null)
  const plain = { target: null, holds: null, hash }
  const starts = spreadOf(startsMs)
  const grown = second / first
  return [
    { name: 'start until ready', value: starts.median, unit: 'ms', peer: spreadText(starts), ...plain },
    { name: 'memory: idle', value: idle, unit: 'MB', target: '≤ 150', holds: judged(idle <= 150), hash },
    { name: 'memory: most under load', value: most, unit: 'MB', ...plain },
    { name: 'memory: after load', value: first, unit: 'MB', ...plain },
    {
      ...{ name: 'memory: after load again', value: grown, unit: '×', target: '≤ 1.1', hash },
      ...{ holds: judged(grown <= 1.1), peer: 'after the first load' },
    },
  ]
}
