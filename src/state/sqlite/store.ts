import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { limits } from '../../config/limits.ts'
import type { Store, StoreSeed, StoreSnapshot } from '../../model/store.ts'
import { StoreConflict, StoreUnavailable } from '../../model/store.ts'
import type { Clock } from '../../std/clock.ts'
import { systemClock } from '../../std/clock.ts'
import type { Random } from '../../std/random.ts'
import { systemRandom, uuidv4 } from '../../std/random.ts'
import type { Birth, Outcome, StoreCall, StoreMethod, StoreReply, StoreRequest } from './protocol.ts'

export interface SqliteStoreOptions {
  /** The database file; missing directories are made. */
  readonly path: string
  /** How long opening waits for another process to let go of the file. */
  readonly busyTimeoutMs?: number
  /** Upper bound of the file; beyond it writes are refused with `StoreUnavailable`. Absent: the disk. */
  readonly bytesMax?: number
  /** Told how many calls shared a commit. */
  readonly onCommit?: (calls: number) => void
  readonly clock?: Clock
  readonly random?: Random
}

interface Waiting {
  readonly call: StoreCall
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

const BUSY_TIMEOUT_MS = 5_000

/**
 * The store of one machine: SQLite in a thread of its own. Calls that arrive while a commit is under way wait
 * here and share the next one. `open` rejects with `StoreUnavailable` and a text for the operator when the
 * file cannot be used.
 */
export function createSqliteStore(options: SqliteStoreOptions): Store {
  const client = new StoreClient(options)
  const send = <Method extends StoreMethod>(method: Method): Store[Method] =>
    // The port's signature on this side, the same one in protocol.ts on the other.
    ((...given: readonly unknown[]) => client.call({ method, given })) as unknown as Store[Method]
  return {
    open: (seed) => client.open(seed),
    close: () => client.close(),
    takeSeqs: send('takeSeqs'),
    setNodeAddresses: send('setNodeAddresses'),
    setNodeIdentity: send('setNodeIdentity'),
    addPlacement: send('addPlacement'),
    setFeatures: send('setFeatures'),
    createIndex: send('createIndex'),
    advanceName: send('advanceName'),
    setSettingsApplied: send('setSettingsApplied'),
    recordOperation: send('recordOperation'),
    openTask: send('openTask'),
    voidOperation: send('voidOperation'),
    markCopies: send('markCopies'),
    endOperation: send('endOperation'),
    settledAfter: send('settledAfter'),
    forgetOperations: send('forgetOperations'),
    saveTails: send('saveTails'),
    addTask: send('addTask'),
    changeTask: send('changeTask'),
    getTask: send('getTask'),
    listTasks: send('listTasks'),
    pruneTasks: send('pruneTasks'),
    deleteTasks: send('deleteTasks'),
    countTasks: send('countTasks'),
  }
}

class StoreClient {
  readonly #options: SqliteStoreOptions
  #thread: StoreThread | null = null
  #opened = false
  #queue: Waiting[] = []
  /** Resolves when the queue is empty and nothing is under way; null then. */
  #pump: Promise<void> | null = null

  constructor(options: SqliteStoreOptions) {
    this.#options = options
  }

  async open(seed: StoreSeed): Promise<StoreSnapshot> {
    if (this.#thread !== null) throw new StoreConflict('the store is open already')
    const { path, busyTimeoutMs = BUSY_TIMEOUT_MS, bytesMax = null } = this.#options
    const thread = new StoreThread()
    this.#thread = thread
    try {
      const request = { kind: 'open', path, busyTimeoutMs, bytesMax, seed, birth: this.#birth() } as const
      const [outcome] = await thread.exchange(request)
      const snapshot = unwrap(outcome) as StoreSnapshot
      this.#opened = true
      return snapshot
    } catch (error) {
      this.#thread = null
      await thread.end()
      throw error
    }
  }

  call(call: StoreCall): Promise<unknown> {
    if (!this.#opened) return Promise.reject(new StoreUnavailable('the store is not open'))
    if (this.#queue.length >= limits.storeQueueMax)
      return Promise.reject(new StoreUnavailable('too many calls are waiting for the store'))
    return new Promise((resolve, reject) => {
      this.#queue.push({ call, resolve, reject })
      this.#pump ??= this.#run()
    })
  }

  /** Calls made before are finished first. */
  async close(): Promise<void> {
    const thread = this.#thread
    this.#opened = false
    if (thread === null) return
    while (this.#pump !== null) await this.#pump
    this.#thread = null
    try {
      unwrap((await thread.exchange({ kind: 'close' }))[0])
    } finally {
      await thread.end()
    }
  }

  async #run(): Promise<void> {
    // The other calls of this turn come along.
    await null
    while (this.#queue.length > 0) await this.#send(this.#queue.splice(0, limits.storeCommitCallsMax))
    this.#pump = null
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await this.#exchange(batch.map(({ call }) => call))
      this.#options.onCommit?.(batch.length)
      for (const [index, waiting] of batch.entries()) settle(waiting, outcomes[index])
    } catch (error) {
      // One argument that cannot be sent to another thread must not fail its neighbours.
      if (batch.length > 1 && !(error instanceof StoreUnavailable)) {
        for (const waiting of batch) await this.#send([waiting])
        return
      }
      for (const { reject } of batch) reject(error as Error)
    }
  }

  #exchange(calls: readonly StoreCall[]): Promise<StoreReply> {
    if (this.#thread === null) throw new StoreUnavailable('the store is closed')
    return this.#thread.exchange({ kind: 'calls', calls })
  }

  #birth(): Birth {
    const { clock = systemClock, random = systemRandom } = this.#options
    return {
      clusterId: Buffer.from(random.bytes(8)).toString('hex'),
      searchKeyUid: uuidv4(random),
      adminKeyUid: uuidv4(random),
      createdMs: clock.wall(),
    }
  }
}

/** The worker, spoken to by one request at a time. */
class StoreThread {
  readonly #worker: Worker
  #waiting: { resolve: (reply: StoreReply) => void; reject: (error: Error) => void } | null = null
  #ended: StoreUnavailable | null = null

  constructor() {
    const entry = createRequire(import.meta.url).resolve('#store-worker')
    this.#worker = new Worker(entry, { name: 'store', execArgv: [] })
    this.#worker.unref()
    this.#worker.on('message', (reply: StoreReply) => this.#take()?.resolve(reply))
    this.#worker.on('messageerror', (error) => this.#fail(error))
    this.#worker.on('error', (error) => this.#fail(error))
    this.#worker.on('exit', () => this.#fail(new Error('it ended')))
  }

  exchange(request: StoreRequest): Promise<StoreReply> {
    if (this.#ended !== null) throw this.#ended
    this.#worker.postMessage(request)
    // The process stays alive while an answer is awaited, and only then.
    this.#worker.ref()
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #take() {
    const waiting = this.#waiting
    this.#waiting = null
    this.#worker.unref()
    return waiting
  }

  #fail(error: Error): void {
    this.#ended ??= new StoreUnavailable(`the store's thread stopped: ${error.message}`)
    this.#take()?.reject(this.#ended)
  }
}

function settle(waiting: Waiting, outcome: Outcome | undefined): void {
  try {
    waiting.resolve(unwrap(outcome))
  } catch (error) {
    waiting.reject(error as Error)
  }
}

function unwrap(outcome: Outcome | undefined): unknown {
  if (outcome === undefined) throw new Error('the store gave no answer')
  if (outcome.ok) return outcome.value
  if (outcome.reason === 'conflict') throw new StoreConflict(outcome.message)
  if (outcome.reason === 'unavailable') throw new StoreUnavailable(outcome.message)
  throw new Error(outcome.message)
}
