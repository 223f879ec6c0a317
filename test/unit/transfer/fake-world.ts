import type { NodeRequest, Outcome, Transport } from '../../../src/nodes/transport.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import { TransferFailure } from '../../../src/transfer/failure.ts'
import type { Job, JobStore } from '../../../src/transfer/job.ts'
import { Progress } from '../../../src/transfer/progress.ts'
import type { TransferContext } from '../../../src/transfer/run-import.ts'
import { FakeMeilisearch } from './fake-meilisearch.ts'

export type Side = 'source' | 'target'

/** Two fake servers, a virtual clock, and everything a transfer says. */
export class FakeWorld {
  readonly source = new FakeMeilisearch()
  readonly target = new FakeMeilisearch()
  readonly clock = new VirtualClock()
  readonly said: string[] = []
  readonly noted: string[] = []
  /** Answers instead of a server, or changes something; null lets the server answer. */
  meddle: (side: Side, request: NodeRequest) => Outcome | null = () => null
  stop = new AbortController()

  context(): TransferContext {
    const transport: Transport = {
      send: async (node, request) => {
        const side = node.id as Side
        return this.meddle(side, request) ?? this[side].answer(request)
      },
      close: async () => undefined,
    }
    const write = (text: string): number => this.noted.push(text.trimEnd())
    const progress = new Progress({ clock: this.clock, write, isTerminal: false })
    const say = (line: string): number => this.said.push(line)
    return { transport, clock: this.clock, stop: this.stop.signal, progress, say }
  }

  /** Moves the clock until the work has ended. */
  async run<Value>(work: (context: TransferContext) => Promise<Value>): Promise<Value> {
    let over = false
    const promise = work(this.context()).finally(() => {
      over = true
    })
    promise.catch(() => undefined)
    while (!over) await this.clock.advance(1_000)
    return promise
  }

  /** The failure that ends the work. */
  async failure(work: (context: TransferContext) => Promise<unknown>): Promise<TransferFailure> {
    try {
      await this.run(work)
    } catch (error) {
      if (error instanceof TransferFailure) return error
      throw error
    }
    throw new Error('it did not fail')
  }
}

/** A job kept in memory; `onSave` may throw behind a save, as a process may die there. */
export function memoryJobs(onSave: () => void = () => undefined): JobStore & { job: Job | null } {
  const store = {
    job: null as Job | null,
    load: () => store.job,
    save(job: Job) {
      store.job = structuredClone(job)
      onSave()
    },
    clear() {
      store.job = null
    },
  }
  return store
}

export function documents(count: number, from = 0): string[] {
  return Array.from(
    { length: count },
    (_, at) => `{"id":${from + at},"big":9007199254740993,"one":1.0,"text":"n ${at}"}`,
  )
}
