import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createIdentities } from '../../../src/nodes/identity.ts'
import { createMeilisearchClient } from '../../../src/nodes/meilisearch.ts'
import { createProbe } from '../../../src/nodes/probe.ts'
import type { NodeRequest, Outcome, Transport } from '../../../src/nodes/transport.ts'
import { seededRandom } from '../../../src/std/random.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import { answered, refusal } from './scripted-transport.ts'

/* Instances behind addresses, as far as keys and task numbers go. */

class Instance {
  readonly keys = new Map<string, string>()
  master = 'master'
  newestTask = -1

  answer(request: NodeRequest, key: string | null): Outcome {
    const path = request.path.split('?')[0] ?? ''
    if (path === '/health') return answered(200, { status: 'available' })
    const isMaster = key === this.master
    if (!isMaster && ![...this.keys.values()].includes(key ?? '')) return refusal(403, 'invalid_api_key')
    if (path === '/multi-search') return answered(200, { hits: [] })
    if (path === '/version') return answered(200, { pkgVersion: '1.50.0' })
    if (path === '/tasks') return this.#tasks()
    if (!isMaster) return refusal(403, 'invalid_api_key')
    if (request.method === 'POST') return this.#create(JSON.parse(Buffer.from(request.body ?? []).toString()))
    if (request.method === 'GET')
      return answered(200, { results: [...this.keys.keys()].map((uid) => ({ uid })) })
    this.keys.delete(path.split('/')[2] ?? '')
    return answered(204, '')
  }

  #tasks(): Outcome {
    const results = this.newestTask < 0 ? [] : [{ uid: this.newestTask, status: 'succeeded', type: 'x' }]
    return answered(200, { results, total: results.length })
  }

  #create({ uid }: { uid: string }): Outcome {
    const key = createHmac('sha256', this.master).update(uid).digest('hex')
    this.keys.set(uid, key)
    return answered(201, { uid, key })
  }
}

function world(placed: Readonly<Record<string, Instance>>, known = new Map<string, string>()) {
  const stored = new Map(known)
  const identities = createIdentities({
    ...{ masterKey: 'master', known, random: seededRandom(1) },
    store: { setNodeIdentity: async (node, uid) => void stored.set(node, uid) },
  })
  const transport: Transport = {
    async send(node, request) {
      const key = identities.keyOf(node.id, request.authority ?? 'node')
      if (key === undefined) return { kind: 'never-sent', reason: 'no key' }
      return placed[node.id]?.answer(request, key) ?? { kind: 'never-sent', reason: 'refused' }
    },
    close: async () => undefined,
  }
  const acknowledged = new Map<string, number>()
  const ask = createProbe({
    ...{
      client: createMeilisearchClient(transport),
      clock: new VirtualClock(),
      timeoutMs: 1_000,
      identities,
    },
    acknowledgedTask: (node) => acknowledged.get(node) ?? -1,
  })
  const probe = (id: string) => ask({ id, address: `http://${id}`, group: 0 })
  return { probe, identities, stored, acknowledged, placed }
}

describe('node identity', () => {
  it('gives a new node a key of its own, once, and remembers it', async () => {
    const instance = new Instance()
    const { probe, stored, identities } = world({ a: instance })
    expect(identities.keyOf('a', 'node')).toBeUndefined()
    expect(await probe('a')).toMatchObject({ kind: 'ok' })
    expect(await probe('a')).toMatchObject({ kind: 'ok' })
    expect([...instance.keys]).toEqual([[stored.get('a'), identities.keyOf('a', 'node')]])
    expect(identities.keyOf('a', 'node')).not.toBe('master')
    expect(identities.keyOf('a', 'master')).toBe('master')
    const next = world({ a: instance }, stored)
    expect(await next.probe('a')).toMatchObject({ kind: 'ok' })
    expect(instance.keys.size).toBe(1)
  })

  it('a wiped instance is recognised, and used again only under another key', async () => {
    const nodes: Record<string, Instance> = { a: new Instance() }
    const { probe, identities, acknowledged } = world(nodes)
    await probe('a')
    const before = identities.keyOf('a', 'node')
    acknowledged.set('a', 7)
    nodes['a'] = new Instance()
    expect(await probe('a')).toMatchObject({ kind: 'rejected', cause: 'amnesia' })
    expect(await probe('a')).toMatchObject({ kind: 'rejected', cause: 'amnesia' })
    expect(nodes['a'].keys.size).toBe(0)
    acknowledged.set('a', -1)
    identities.renew('a')
    expect(await probe('a')).toMatchObject({ kind: 'ok' })
    expect(identities.keyOf('a', 'node')).not.toBe(before)
  })

  it('wiped before it acknowledged anything: also', async () => {
    const nodes: Record<string, Instance> = { a: new Instance() }
    const { probe } = world(nodes)
    await probe('a')
    nodes['a'] = new Instance()
    expect(await probe('a')).toMatchObject({ kind: 'rejected', cause: 'amnesia' })
  })

  it('a key that somebody deleted is made again when every task is still there', async () => {
    const instance = new Instance()
    instance.newestTask = 9
    const { probe, acknowledged, stored } = world({ a: instance })
    await probe('a')
    acknowledged.set('a', 9)
    instance.keys.clear()
    expect(await probe('a')).toMatchObject({ kind: 'unreachable', error: expect.stringContaining('again') })
    expect(await probe('a')).toMatchObject({ kind: 'ok' })
    expect([...instance.keys.keys()]).toEqual([stored.get('a')])
  })

  it('a renewed instance loses the key of its former life', async () => {
    const instance = new Instance()
    const { probe, identities, stored } = world({ a: instance })
    await probe('a')
    identities.renew('a')
    await probe('a')
    expect([...instance.keys.keys()]).toEqual([stored.get('a')])
  })

  it('two ids of one instance are a conflict, whoever is asked first', async () => {
    const instance = new Instance()
    const { probe, stored } = world({ a: instance, b: instance })
    const found = await Promise.all([probe('a'), probe('b')])
    expect(found[0]).toMatchObject({ kind: 'ok' })
    expect(found[1]).toMatchObject({
      kind: 'rejected',
      cause: 'conflict',
      error: expect.stringContaining('`a`'),
    })
    expect([...stored.keys()]).toEqual(['a'])
  })

  it('an instance that lives at another node’s address now is a conflict, not a wiped one', async () => {
    const [one, other] = [new Instance(), new Instance()]
    const nodes = { a: one, b: other }
    const { probe } = world(nodes)
    await probe('a')
    await probe('b')
    nodes.b = one
    expect(await probe('b')).toMatchObject({ kind: 'rejected', cause: 'conflict' })
    nodes.b = other
    expect(await probe('b')).toMatchObject({ kind: 'ok' })
  })

  it('an API key in place of the master key is said to be one', async () => {
    const instance = new Instance()
    const { probe } = world({ a: instance })
    instance.master = 'other'
    instance.keys.set('wide', 'master')
    expect(await probe('a')).toMatchObject({ kind: 'rejected', cause: 'unauthorized' })
  })
})
