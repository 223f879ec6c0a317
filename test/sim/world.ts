import { searchFacts } from '../../src/catalogue/settings.ts'
import type { NodeRow, Store } from '../../src/model/store.ts'
import type { DocumentWrite, WriteReceipt } from '../../src/model/writes.ts'
import { deadlineAfter } from '../../src/std/deadline.ts'
import { seededRandom } from '../../src/std/random.ts'
import { VirtualClock } from '../../src/std/virtual-clock.ts'
import { buildView } from '../../src/topology/build-view.ts'
import { placeShards } from '../../src/topology/placement.ts'
import { createRegistry, type Registry } from '../../src/topology/registry.ts'
import { xxh64 } from '../../src/topology/xxh64.ts'
import type { WriteConfig } from '../../src/writes/context.ts'
import { createWritePath, type WritePath } from '../../src/writes/write-path.ts'
import { createMemoryStore } from '../unit/state/memory-store.ts'
import { ModelNetwork } from './model-network.ts'
import type { ModelNode } from './model-node.ts'
import { twinKernel } from './twin-kernel.ts'

export interface WorldOptions {
  readonly seed?: number
  readonly groups?: number
  readonly nodesPerGroup?: number
  readonly replicationFactor?: number
  readonly shards?: number
  readonly config?: Partial<WriteConfig>
}

/** The store as one pod sees it: a dead pod's calls neither arrive nor return. */
function podStore(store: Store): { store: Store; crash: () => Promise<void> } {
  let dead = false
  const guarded = new Proxy(store, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...values: unknown[]) => Promise<unknown>
      return (...values: unknown[]) => {
        if (dead) return new Promise(() => undefined)
        return method.apply(target, values).then((result) => (dead ? new Promise(() => undefined) : result))
      }
    },
  })
  return {
    store: guarded,
    async crash() {
      dead = true
      await store.close()
    },
  }
}

/** One simulated pod in front of model nodes: the real write path on virtual time, network and store. */
export class World {
  readonly clock = new VirtualClock()
  readonly random
  readonly network: ModelNetwork
  readonly store: Store
  readonly notes: string[] = []
  readonly #options: WorldOptions
  readonly #nodes: NodeRow[] = []
  /** Nodes the monitor would call down. */
  readonly down = new Set<string>()
  #crash: (() => Promise<void>) | null = null
  registry!: Registry
  writes!: WritePath

  constructor(options: WorldOptions = {}) {
    this.#options = options
    this.random = seededRandom(options.seed ?? 1)
    this.network = new ModelNetwork(this.clock, this.random)
    this.store = createMemoryStore({ random: this.random, wall: () => this.clock.wall() })
    const { groups = 1, nodesPerGroup = 2 } = options
    for (let group = 0; group < groups; group++) {
      for (let node = 0; node < nodesPerGroup; node++) {
        const id = `n${group}${node}`
        this.#nodes.push({ id, address: `http://${id}`, group })
        this.network.add(id)
      }
    }
  }

  /** Starts a pod on the store as it is; the previous one, if any, is thought dead. */
  async start(): Promise<void> {
    const { shards = 4, replicationFactor = 1 } = this.#options
    const hash = (bytes: Uint8Array): bigint => xxh64(bytes)
    const placements = placeShards({ nodes: this.#nodes, shards, replicationFactor, hash })
    await this.#crash?.()
    const pod = podStore(this.store)
    this.#crash = pod.crash
    const snapshot = await pod.store.open({ nodes: this.#nodes, shards, replicationFactor, placements })
    this.registry = createRegistry(buildView(snapshot, searchFacts))
    this.writes = createWritePath(
      {
        store: pod.store,
        transport: this.network,
        kernel: twinKernel(),
        clock: this.clock,
        views: this.registry,
        reachability: {
          readable: (node) => this.node(node).up && !this.down.has(node),
          federates: () => true,
        },
        config: {
          ...{ shards, minAcks: 1, maxTrailMs: 5_000, nodeTimeoutMs: 2_000, graceMs: 300 },
          ...{
            missingPrimaryKey: 'error' as const,
            maxBodyBytes: 1e6,
            laneBytesMax: 1e8,
            laneOperationsMax: 10_000,
            retainedIdsMax: 100,
          },
          ...this.#options.config,
        },
        observer: {
          copyLeft: () => undefined,
          refillEnded: () => undefined,
          limitHit: () => undefined,
          taskEnded: () => undefined,
          note: (level, message, facts) => this.notes.push(`${level}: ${message} ${JSON.stringify(facts)}`),
        },
      },
      snapshot,
    )
    void this.writes.start()
  }

  node(id: string): ModelNode {
    const node = this.network.nodes.get(id)
    if (node === undefined) throw new Error(`no node ${id}`)
    return node
  }

  get nodeIds(): string[] {
    return this.#nodes.map((node) => node.id)
  }

  /** Lets virtual time pass until the promise settles. */
  async run<T>(promise: Promise<T>, limitMs = 120_000, explain: () => string = () => ''): Promise<T> {
    let done = false
    const watched = promise.finally(() => {
      done = true
    })
    watched.catch(() => undefined)
    for (let at = 0; at < limitMs && !done; at += 5) await this.clock.advance(5)
    if (!done) throw new Error(`not settled within ${limitMs} virtual milliseconds ${explain()}`)
    return watched
  }

  add(
    uid: string,
    documents: Record<string, unknown>[],
    extra: Partial<DocumentWrite> = {},
  ): Promise<WriteReceipt> {
    const body = new TextEncoder().encode(JSON.stringify(documents))
    const base = { uid, mode: 'replace', format: 'json', delimiter: ',', body, primaryKey: null } as const
    const write: DocumentWrite = { ...base, customMetadata: null, skipCreation: false, ...extra }
    return this.writes.addDocuments(write, this.deadline())
  }

  deadline(ms = 20_000) {
    return deadlineAfter(this.clock, ms)
  }

  /** Waits for a task to end. */
  async task(receipt: WriteReceipt): Promise<{ status: string; error: unknown; details: unknown }> {
    for (let at = 0; at < 120_000; at += 20) {
      const row = await this.store.getTask(receipt.task.taskUid)
      if (row !== null && row.finishedMs !== null) return row
      await this.clock.advance(20)
    }
    throw new Error(`task ${receipt.task.taskUid} did not end`)
  }

  /** Lets background work finish: no open operation, every copy current. */
  async heal(limitMs = 120_000): Promise<void> {
    for (let at = 0; at < limitMs; at += 100) {
      await this.clock.advance(100)
      const view = this.registry.current()
      const settled = [...view.indexes.values()].every((index) =>
        index.copies.every((copies) => copies.every((copy) => copy.state === 'current')),
      )
      if (settled && this.writes.openOperations() === 0) return
    }
    const states = [...this.registry.current().indexes.values()].map((index) =>
      index.copies.map((copies) => copies.map((copy) => `${copy.node}:${copy.state}`).join(' ')).join(' | '),
    )
    throw new Error(
      `not healed: ${states.join(' ; ')} open ${this.writes.describe()}\n${this.notes.join('\n')}`,
    )
  }

  /** Every node's task log, for a trace. */
  nodeLogs(): string {
    return this.nodeIds
      .flatMap((id) =>
        this.node(id).tasks.map(
          (task) =>
            `${id} ${task.uid} ${task.indexUid} ${task.type} ${task.status} ${task.customMetadata ?? ''} ${task.error?.code ?? ''}`,
        ),
      )
      .concat(this.notes)
      .join('\n')
  }

  /** Copies and open operations in words, for a failure's message. */
  openState(): string {
    return this.writes.describe()
  }

  /**
   * What every assigned copy holds of a shard, without the injected fields' values but with their presence
   * checked.
   */
  contents(uid: string): Map<string, Map<string, Record<string, unknown>>> {
    const index = this.registry.current().indexes.get(uid)
    const found = new Map<string, Map<string, Record<string, unknown>>>()
    for (const [node, name] of index?.names ?? []) {
      const documents = this.node(node).indexes.get(name)?.documents ?? new Map()
      found.set(node, new Map([...documents].sort(([one], [other]) => (one < other ? -1 : 1))))
    }
    return found
  }

  /** Throws unless every node has the same settings of the index. */
  assertSettings(uid: string): void {
    const index = this.registry.current().indexes.get(uid)
    const found = new Set<string>()
    for (const [node, name] of index?.names ?? []) {
      if (!index?.holds.has(node)) continue
      found.add(JSON.stringify(this.node(node).indexes.get(name)?.settings['stopWords'] ?? null))
    }
    if (found.size > 1) throw new Error(`settings differ: ${[...found].join(' / ')}`)
  }

  /** Throws unless the copies of each shard hold the same documents. */
  assertConverged(uid: string): void {
    const found = new Map<string, Set<string>>()
    const owners = new Map<string, number>()
    for (const documents of this.contents(uid).values()) {
      for (const [id, document] of documents) {
        const key = `${document['_miroir_shard']} ${id}`
        found.set(key, (found.get(key) ?? new Set()).add(JSON.stringify(document)))
        owners.set(key, (owners.get(key) ?? 0) + 1)
      }
    }
    const copies = this.registry.current().indexes.get(uid)?.copies[0]?.length ?? 0
    for (const [key, versions] of found) {
      if (versions.size > 1) throw new Error(`diverged: ${key}: ${[...versions].join(' / ')}`)
      if (owners.get(key) !== copies)
        throw new Error(`diverged: ${key} is on ${owners.get(key)} of ${copies} copies`)
    }
  }

  /** Throws unless every shard's copies are equal and hold exactly `expected`. */
  assertEqual(uid: string, expected: ReadonlyMap<string, Record<string, unknown>>): void {
    const index = this.registry.current().indexes.get(uid)
    if (index === undefined) throw new Error(`no index ${uid}`)
    const contents = this.contents(uid)
    const owners = new Map<string, number>()
    for (const [node, documents] of contents) {
      for (const [id, document] of documents) {
        const { _miroir_shard: shard, _miroir_seq: seq, ...rest } = document
        if (typeof shard !== 'string' || typeof seq !== 'string')
          throw new Error(`${node}/${id} lost our fields`)
        const wanted = expected.get(id)
        if (wanted === undefined) throw new Error(`risen: ${id} on ${node}`)
        if (JSON.stringify(rest) !== JSON.stringify(wanted)) {
          throw new Error(
            `different: ${id} on ${node}: ${JSON.stringify(rest)} instead of ${JSON.stringify(wanted)}`,
          )
        }
        owners.set(id, (owners.get(id) ?? 0) + 1)
      }
    }
    const copies = index.copies[0]?.length ?? 0
    for (const id of expected.keys()) {
      if (owners.get(id) !== copies)
        throw new Error(`lost: ${id} is on ${owners.get(id) ?? 0} of ${copies} copies`)
    }
  }
}
