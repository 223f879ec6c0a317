import type { AddressInfo } from 'node:net'
import { type Clock, systemClock } from '../std/clock.ts'
import { type Random, systemRandom } from '../std/random.ts'
import { Engine } from './engine/engine.ts'
import { defaultKeys } from './http/keys.ts'
import { makeServer } from './http/server.ts'
import { FORGETFUL } from './store/keeper.ts'
import { SqliteKeeper } from './store/sqlite-keeper.ts'
import { TaskQueue } from './tasks/queue.ts'

export interface DevNodeOptions {
  /** 0 = any free port. */
  readonly port: number
  readonly bind?: string
  /** Null keeps everything in memory only. */
  readonly dataDir: string | null
  readonly masterKey: string
  readonly clock?: Clock
  readonly random?: Random
  /** Time from a 202 until the task may be applied. */
  readonly applyDelayMs?: number
  readonly logger?: { info(facts: object, message: string): void }
}

export interface DevNode {
  /** Origin, e.g. `http://127.0.0.1:7700`. */
  readonly address: string
  readonly port: number
  close(): Promise<void>
}

/** Starts an embedded node: a small Meilisearch for trying out, tests and CI, never more. */
export async function startDevNode(options: DevNodeOptions): Promise<DevNode> {
  const clock = options.clock ?? systemClock
  const random = options.random ?? systemRandom
  const bind = options.bind ?? '127.0.0.1'
  const disk = options.dataDir === null ? null : new SqliteKeeper(options.dataDir)
  const keeper = disk ?? FORGETFUL
  const engine = new Engine({ clock, random, keeper })
  const queue = new TaskQueue(engine, options.applyDelayMs ?? 0)
  const waiting = disk?.load(engine) ?? []
  if (engine.keys.size === 0) {
    for (const key of defaultKeys(options.masterKey, random, clock.wall())) {
      engine.keys.set(key.uid, key)
      keeper.saveKey(key)
    }
  }
  const server = makeServer({ engine, queue, masterKey: options.masterKey })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, bind, resolve)
  })
  queue.resume(waiting)
  const { port } = server.address() as AddressInfo
  const host = bind.includes(':') ? `[${bind}]` : bind
  const address = `http://${host}:${port}`
  options.logger?.info({ address, dataDir: options.dataDir }, 'embedded node is listening')
  let closing: Promise<void> | null = null
  const close = async (): Promise<void> => {
    queue.close()
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
    keeper.close()
  }
  return {
    address,
    port,
    close() {
      closing ??= close()
      return closing
    },
  }
}
