import type { ReadDeps } from '../../../src/flows/read-deps.ts'
import type { Call } from '../../../src/model/call.ts'
import type { CopyState, IndexView, NodeView, SearchFacts, View } from '../../../src/model/view.ts'
import type { NodeRequest, Outcome, Transport } from '../../../src/nodes/transport.ts'
import { text, utf8 } from '../../../src/std/bytes.ts'
import type { Deadline } from '../../../src/std/deadline.ts'
import { seededRandom } from '../../../src/std/random.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import { slowKernel } from '../merge/slow-kernel.ts'
import { FACTS } from '../topology/snapshot-sample.ts'

/* A small cluster as the read path sees it: views by hand, nodes by script, time by command. */

/**
 * `{ a: { group: 0, shards: [0, 1] } }`; `holds` when more lies there, `states` of copies that are not
 * current.
 */
export type Placement = Readonly<
  Record<
    string,
    {
      readonly group: number
      readonly shards: readonly number[]
      readonly holds?: readonly number[]
      readonly states?: Readonly<Record<number, CopyState>>
    }
  >
>

export function viewOf(placement: Placement, facts: Partial<SearchFacts> = {}, uid = 'films'): View {
  const nodes = Object.entries(placement)
  const shards = 1 + Math.max(-1, ...nodes.flatMap(([, node]) => node.shards))
  const index: IndexView = {
    uid,
    generation: 1,
    shards,
    primaryKey: 'id',
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
    settingsVersion: 1,
    settings: {},
    facts: { ...FACTS, ...facts },
    copies: Array.from({ length: shards }, (_, shard) =>
      nodes
        .filter(([, node]) => node.shards.includes(shard))
        .map(([id, node]) => ({
          node: id,
          group: node.group,
          state: node.states?.[shard] ?? 'current',
          lag: null,
        })),
    ),
    names: new Map(nodes.map(([id]) => [id, `${uid}__g1_0`])),
    holds: new Map(nodes.map(([id, node]) => [id, new Set(node.holds ?? node.shards)])),
  }
  return {
    epoch: 1,
    nodes: new Map(nodes.map(([id, node]) => [id, nodeOf(id, node.group)])),
    groups: [...new Set(nodes.map(([, node]) => node.group))],
    indexes: new Map([[uid, index]]),
  }
}

export function nodeOf(id: string, group: number): NodeView {
  return { id, address: `http://${id}`, group }
}

export interface Sent {
  readonly node: string
  readonly method: string
  readonly path: string
  readonly body: string | null
  readonly headers: Readonly<Record<string, string>>
}

export type Script = (
  sent: Sent,
  attempt: number,
) => Outcome | 'silence' | { readonly afterMs: number; readonly outcome: Outcome }

/** Nodes that answer as a script says. Silence lasts until the deadline, as the real transport has it. */
export class ScriptedTransport implements Transport {
  readonly sent: Sent[] = []
  /** Nodes whose requests were broken off. */
  readonly cancelled: string[] = []
  readonly #clock: VirtualClock
  readonly #script: Script

  constructor(clock: VirtualClock, script: Script) {
    this.#clock = clock
    this.#script = script
  }

  send(node: NodeView, request: NodeRequest, deadline: Deadline): Promise<Outcome> {
    const sent: Sent = {
      node: node.id,
      method: request.method,
      path: request.path,
      body: request.body === undefined ? null : text(request.body),
      headers: request.headers ?? {},
    }
    this.sent.push(sent)
    const step = this.#script(sent, this.sent.filter((earlier) => earlier.node === node.id).length)
    if (typeof step === 'object' && 'kind' in step) return Promise.resolve(step)
    const late: Outcome = { kind: 'ambiguous', reason: 'deadline' }
    const [at, outcome] =
      step === 'silence'
        ? [deadline.at, late]
        : this.#clock.now() + step.afterMs > deadline.at
          ? [deadline.at, late]
          : [this.#clock.now() + step.afterMs, step.outcome]
    return new Promise((resolve) => {
      const timer = this.#clock.after(at - this.#clock.now(), () => resolve(outcome))
      request.cancel?.listen(() => {
        if (this.#clock.now() >= at) return
        timer.cancel()
        this.cancelled.push(node.id)
        resolve({ kind: 'ambiguous', reason: 'cancelled' })
      })
    })
  }

  async close(): Promise<void> {}
}

export function answer(body: unknown, status = 200): Outcome {
  const bytes = utf8(typeof body === 'string' ? body : JSON.stringify(body))
  return { kind: 'answer', status, contentType: 'application/json', body: bytes }
}

export function errorAnswer(status: number, code: string, message: string): Outcome {
  return answer(
    { message, code, type: 'invalid_request', link: `https://docs.meilisearch.com/errors#${code}` },
    status,
  )
}

const DIGITS = '!%()*:;?'

/** `_miroir_seq` of 18 octal digits. */
export function seqText(seq: number): string {
  return [...seq.toString(8).padStart(18, '0')].map((digit) => DIGITS[Number(digit)]).join('')
}

/** A search answer whose hits carry only their place in the total order. */
export function hitsAnswer(ids: readonly number[], extra: Record<string, unknown> = {}): Outcome {
  const hits = ids.map((id) => ({
    id,
    _miroir_shard: '!!!!',
    _miroir_seq: seqText(id),
    _rankingScoreDetails: { '_miroir_seq:asc': { order: 0, value: seqText(id) } },
  }))
  return answer({
    hits,
    query: '',
    processingTimeMs: 1,
    limit: 20,
    offset: 0,
    estimatedTotalHits: ids.length,
    requestUid: 'node',
    ...extra,
  })
}

export interface World {
  readonly clock: VirtualClock
  readonly transport: ScriptedTransport
  readonly deps: ReadDeps
  readonly down: Set<string>
}

export function worldOf(
  view: View,
  script: Script,
  policy: 'partial' | 'error' = 'partial',
  seed = 1,
): World {
  const clock = new VirtualClock()
  const transport = new ScriptedTransport(clock, script)
  const down = new Set<string>()
  return {
    clock,
    transport,
    down,
    deps: {
      views: { current: () => view },
      reachability: { readable: (node) => !down.has(node), federates: () => true },
      transport,
      kernel: slowKernel((key, shards) => Number(key) % shards || 0),
      clock,
      random: seededRandom(seed),
      config: { nodeTimeoutMs: 1000, unavailableShardPolicy: policy },
    },
  }
}

export interface CallParts {
  readonly method?: string
  readonly query?: string
  readonly body?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  readonly params?: Readonly<Record<string, string>>
  readonly deadlineMs?: number
}

export function callOf(parts: CallParts = {}): Call {
  const headers: Record<string, string> = { 'content-type': 'application/json', ...parts.headers }
  const body = parts.body ?? ''
  return {
    id: 'call',
    method: parts.method ?? 'POST',
    path: '/',
    template: '/',
    params: { uid: 'films', ...parts.params },
    query: parts.query ?? '',
    header: (name) => headers[name.toLowerCase()],
    body: typeof body === 'string' ? utf8(body) : body,
    deadline: { at: parts.deadlineMs ?? 5000 },
    aborted: () => false,
  }
}
