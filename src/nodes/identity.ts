import { createHmac } from 'node:crypto'
import type { NodeId } from '../model/ids.ts'
import type { ProbeResult } from '../model/probe.ts'
import type { NodeView } from '../model/view.ts'
import { utf8 } from '../std/bytes.ts'
import type { Deadline } from '../std/deadline.ts'
import { type Random, uuidv4 } from '../std/random.ts'
import { type MeilisearchClient, type NodeFailure, rejectedKey } from './meilisearch.ts'

/** Everything this program does on a node, but for creating indexes: what comes late must create nothing. */
const ACTIONS: readonly string[] = [
  ...['search', 'documents.*', 'fields.post', 'indexes.get', 'indexes.update', 'indexes.delete'],
  ...[
    'indexes.swap',
    'settings.*',
    'tasks.*',
    'stats.*',
    'version',
    'experimental.get',
    'experimental.update',
  ],
]

/** Durable part of identities. */
export interface IdentityStore {
  setNodeIdentity(node: NodeId, keyUid: string): Promise<void>
}

export interface IdentityOptions {
  /** The nodes' master key. Without one nodes have no keys, and nobody can tell one from another by them. */
  readonly masterKey: string | null
  /** Uids of the keys made so far. */
  readonly known: ReadonlyMap<NodeId, string>
  readonly store: IdentityStore
  readonly random: Random
}

/** `null`: requests carry no key. `undefined`: the node must not be asked yet. */
export type NodeKey = string | null | undefined

/**
 * Each incarnation of a node has an API key of its own (M8): a wiped or exchanged instance does not know it
 * and refuses the very first request, before anything it says can be taken for an answer.
 */
export interface NodeIdentities {
  /** What requests to the node carry; `master` may also create indexes and keys. */
  keyOf(node: NodeId, authority: 'node' | 'master'): NodeKey
  /** Gives a node that has none its key. Null when it has one; else why it must not be used. */
  establish(client: MeilisearchClient, node: NodeView, deadline: Deadline): Promise<ProbeResult | null>
  /** Does the instance at this address have the key of another node of ours? Null when it has not. */
  conflict(client: MeilisearchClient, node: NodeView, deadline: Deadline): Promise<ProbeResult | null>
  /** Makes the key of a node's present incarnation once more, after somebody deleted it. */
  restore(client: MeilisearchClient, node: NodeView, deadline: Deadline): Promise<ProbeResult | null>
  /** The instance behind this id is another one, and all we had on it is written off: it gets a new key. */
  renew(node: NodeId): void
}

export function createIdentities(options: IdentityOptions): NodeIdentities {
  return new Identities(options)
}

class Identities implements NodeIdentities {
  readonly #options: IdentityOptions
  readonly #uids: Map<NodeId, string>
  /** Keys of incarnations that are over. */
  readonly #previous = new Map<NodeId, string>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: IdentityOptions) {
    this.#options = options
    this.#uids = new Map(options.known)
  }

  keyOf(node: NodeId, authority: 'node' | 'master'): NodeKey {
    const { masterKey } = this.#options
    if (masterKey === null || authority === 'master') return masterKey
    const uid = this.#uids.get(node)
    return uid === undefined ? undefined : keyString(masterKey, uid)
  }

  establish(client: MeilisearchClient, node: NodeView, deadline: Deadline): Promise<ProbeResult | null> {
    if (this.#options.masterKey === null || this.#uids.has(node.id)) return Promise.resolve(null)
    return this.#inTurn(async () => {
      if (this.#uids.has(node.id)) return null
      const uid = uuidv4(this.#options.random)
      const reason = await this.#make(client, { node, uid, deadline })
      if (reason !== null) return reason
      await this.#options.store.setNodeIdentity(node.id, uid)
      this.#uids.set(node.id, uid)
      this.#previous.delete(node.id)
      return null
    })
  }

  async conflict(client: MeilisearchClient, node: NodeView, deadline: Deadline): Promise<ProbeResult | null> {
    const present = await client.listKeyUids(node, deadline)
    if (!present.ok) return failed(present.failure)
    const other = this.#owner(node.id, present.value)
    return other === null ? null : conflict(node.id, other)
  }

  restore(client: MeilisearchClient, node: NodeView, deadline: Deadline): Promise<ProbeResult | null> {
    const uid = this.#uids.get(node.id)
    if (uid === undefined) return Promise.resolve(null)
    return this.#inTurn(() => this.#make(client, { node, uid, deadline }))
  }

  renew(node: NodeId): void {
    const uid = this.#uids.get(node)
    if (uid !== undefined) this.#previous.set(node, uid)
    this.#uids.delete(node)
  }

  /** One node after the other, so that two ids of one instance find each other's key. */
  #inTurn<Value>(step: () => Promise<Value>): Promise<Value> {
    const mine = this.#turn.then(step)
    this.#turn = mine.catch(() => undefined)
    return mine
  }

  /** Another node of ours with one of these keys. */
  #owner(node: NodeId, present: readonly string[]): NodeId | null {
    const found = [...this.#uids].find(([id, uid]) => id !== node && present.includes(uid))
    return found?.[0] ?? null
  }

  /** Null when the node has the key now; else why it must not be used. */
  async #make(client: MeilisearchClient, key: NewKey): Promise<ProbeResult | null> {
    const { node, uid, deadline } = key
    const present = await client.listKeyUids(node, deadline)
    if (!present.ok) return failed(present.failure)
    const other = this.#owner(node.id, present.value)
    if (other !== null) return conflict(node.id, other)
    const previous = this.#previous.get(node.id)
    if (previous !== undefined && present.value.includes(previous)) {
      const gone = await client.deleteKey(node, previous, deadline)
      if (!gone.ok) return failed(gone.failure)
    }
    const made = await client.createKey(node, utf8(JSON.stringify(description(node.id, uid))), deadline)
    if (!made.ok) return failed(made.failure)
    return made.value === keyString(this.#options.masterKey ?? '', uid) ? null : notTheMasterKey()
  }
}

interface NewKey {
  readonly node: NodeView
  readonly uid: string
  readonly deadline: Deadline
}

function description(node: NodeId, uid: string): object {
  const what = 'Made by miroir for its own requests. Do not delete it.'
  return {
    ...{ uid, name: `miroir ${node}`, description: what },
    ...{ actions: ACTIONS, indexes: ['*'], expiresAt: null },
  }
}

/** As nodes derive it: lower-case hex of HMAC-SHA-256 (master key, uid). */
function keyString(masterKey: string, uid: string): string {
  return createHmac('sha256', masterKey).update(uid).digest('hex')
}

function conflict(node: NodeId, other: NodeId): ProbeResult {
  const error =
    `the instance at this address is node \`${other}\` already; ` +
    `give \`${node}\` an instance of its own (miroir_node_identity_conflict)`
  return { kind: 'rejected', cause: 'conflict', error, version: null }
}

function notTheMasterKey(): ProbeResult {
  const error = '`node_master_key` is an API key of the node; its master key is needed'
  return { kind: 'rejected', cause: 'unauthorized', error, version: null }
}

function failed(failure: NodeFailure): ProbeResult {
  if (rejectedKey(failure)) {
    const error = 'the node does not accept `node_master_key`'
    return { kind: 'rejected', cause: 'unauthorized', error, version: null }
  }
  const reason = failure.kind === 'refused' ? failure.error.code : failure.reason
  return { kind: 'unreachable', error: `the node could not be given its key: ${reason}`, hard: false }
}
