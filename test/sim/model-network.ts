import type { NodeView } from '../../src/model/view.ts'
import type { NodeRequest, Outcome, Transport } from '../../src/nodes/transport.ts'
import type { Clock } from '../../src/std/clock.ts'
import type { Deadline } from '../../src/std/deadline.ts'
import type { Random } from '../../src/std/random.ts'
import { ModelNode } from './model-node.ts'

/** What the network does to one exchange. */
export type Fate =
  | 'deliver'
  /** Executed, but the answer is lost. */
  | 'lose-answer'
  /** Executed only after `lateMs`; the sender gives up at its deadline. */
  | 'late'
  /** Lost before the node saw it; the sender cannot know. */
  | 'lose-request'

export class ModelNetwork implements Transport {
  readonly nodes = new Map<string, ModelNode>()
  latencyMs = 1
  lateMs = 30_000
  fate: (node: string, request: NodeRequest) => Fate = () => 'deliver'
  readonly #clock: Clock
  readonly #random: Random

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  add(id: string): ModelNode {
    const node = new ModelNode(this.#clock)
    this.nodes.set(id, node)
    return node
  }

  async send(view: NodeView, request: NodeRequest, deadline: Deadline): Promise<Outcome> {
    const node = this.nodes.get(view.id)
    if (node === undefined || !node.up) return { kind: 'never-sent', reason: 'refused' }
    await this.#pause(this.latencyMs * this.#random.next())
    if (!node.up) return { kind: 'never-sent', reason: 'refused' }
    const fate = this.fate(view.id, request)
    if (fate === 'lose-request') return this.#giveUp(deadline)
    if (fate === 'late') {
      this.#clock.after(this.lateMs, () => {
        if (node.up) node.handle(request)
      })
      return this.#giveUp(deadline)
    }
    const answer = node.handle(request)
    if (fate === 'lose-answer') return this.#giveUp(deadline)
    await this.#pause(this.latencyMs * this.#random.next())
    return {
      kind: 'answer',
      status: answer.status,
      contentType: 'application/json',
      body: new TextEncoder().encode(JSON.stringify(answer.body)),
    }
  }

  async close(): Promise<void> {}

  async #giveUp(deadline: Deadline): Promise<Outcome> {
    await this.#pause(Math.max(0, deadline.at - this.#clock.now()))
    return { kind: 'ambiguous', reason: 'deadline' }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(delayMs, resolve)
    })
  }
}
