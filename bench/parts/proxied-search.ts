import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask, ended, forked, nextMessage } from './children.ts'
import { INDEX, recordedSearch } from './search-case.ts'
import type { LoadOrder, LoadResult } from './search-load.ts'
import type { ProxyUsage } from './search-proxy.ts'

/** What runs beside the bench, each in a process of its own. */
const PROGRAMS = {
  stub: new URL('./stub-node.ts', import.meta.url),
  proxy: new URL('./search-proxy.ts', import.meta.url),
  load: new URL('./search-load.ts', import.meta.url),
}
/** More options for the proxy's Node, such as --cpu-prof. */
const PROXY_OPTIONS = (process.env['BENCH_PROXY_OPTIONS'] ?? '').split(' ').filter((text) => text !== '')

export interface Measured {
  readonly mainUs: number
  readonly allUs: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** The proxy in front of so many nodes, and a load generator, each in a process of its own. */
export class ProxiedSearch {
  readonly #children: ChildProcess[] = []
  readonly #folder = mkdtempSync(join(tmpdir(), 'miroir-bench-'))
  #proxy: ChildProcess | null = null
  #load: ChildProcess | null = null
  #order: Omit<LoadOrder, 'connections' | 'requests' | 'body'> | null = null
  /** Body of the last reply. */
  reply = ''

  static async start(nodes: number): Promise<ProxiedSearch> {
    const bench = new ProxiedSearch()
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
    this.#order = { ...proxy.hello, path }
  }

  async #spawn<Hello>(
    program: keyof typeof PROGRAMS,
    args: readonly string[],
  ): Promise<{ child: ChildProcess; hello: Hello }> {
    const child = forked(PROGRAMS[program], args, program === 'proxy' ? PROXY_OPTIONS : [])
    this.#children.push(child)
    return { child, hello: await nextMessage<Hello>(child) }
  }

  /** That many searches, all with the same body. */
  async round(requests: number, connections: number, body = recordedSearch().body): Promise<Measured> {
    const before = await this.#usage()
    const result = await ask<LoadResult>(this.#load, { ...this.#order, body, requests, connections })
    const after = await this.#usage()
    this.reply = result.reply
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
