import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIdentities } from '../../src/nodes/identity.ts'
import { createMeilisearchClient, type MeilisearchClient } from '../../src/nodes/meilisearch.ts'
import { createProbe } from '../../src/nodes/probe.ts'
import type { Outcome, Transport } from '../../src/nodes/transport.ts'
import { createUndiciTransport, type ExchangeEvent } from '../../src/nodes/undici.ts'
import { systemClock as clock, sleep } from '../../src/std/clock.ts'
import { type Deadline, deadlineAfter } from '../../src/std/deadline.ts'
import { systemRandom } from '../../src/std/random.ts'
import { MASTER_KEY, meilisearchBinary, type RealNode, startRealNode } from './transport/real-binary.ts'

const binary = meilisearchBinary()
if (binary === null)
  console.warn(
    'SKIPPED: no Meilisearch binary (set MEILISEARCH_BIN); nothing was checked against a real node',
  )

const soon = (): Deadline => deadlineAfter(clock, 30_000)

describe.skipIf(binary === null)('against a real node', () => {
  let node: RealNode
  let transport: Transport
  let client: MeilisearchClient
  const events: ExchangeEvent[] = []

  const make = (nodeKey: string | null): Transport =>
    createUndiciTransport({
      keyOf: () => nodeKey,
      clock,
      connectionsMax: 8,
      onExchange: (event) => events.push(event),
    })
  const addDocuments = (body: Uint8Array): Promise<Outcome> => {
    const path = '/indexes/films/documents?customMetadata=op-1'
    return transport.send(node.view, { method: 'POST', path, body, operation: 'write', write: true }, soon())
  }

  beforeAll(async () => {
    node = await startRealNode(binary ?? '')
    transport = make(MASTER_KEY)
    client = createMeilisearchClient(transport)
    while (!(await client.getHealth(node.view, soon())).ok) await sleep(clock, 50)
  })
  afterAll(async () => {
    await transport?.close()
    await node?.stop()
  })

  it('probes it', async () => {
    const none = async () => null
    const known = { keyOf: () => null, renew: () => {}, establish: none, restore: none, conflict: none }
    const setup = { clock, timeoutMs: 30_000, identities: known, acknowledgedTask: () => -1 }
    const probe = createProbe({ ...setup, client })
    const well = { kind: 'ok', version: expect.stringMatching(/^1\.50\./), federates: true }
    expect(await probe(node.view)).toMatchObject(well)
    const stranger = make('another key, of another instance')
    const unknown = createProbe({ ...setup, client: createMeilisearchClient(stranger) })
    expect(await unknown(node.view)).toMatchObject({ kind: 'rejected', cause: 'unauthorized' })
    await stranger.close()
  })

  it('writes, follows the task and reads back', async () => {
    const outcome = await addDocuments(Buffer.from('[{"id":1,"title":"Metropolis"}]'))
    expect(outcome).toMatchObject({ kind: 'answer', status: 202 })
    for (;;) {
      const page = await client.tailTasks(node.view, 0, 10, soon())
      if (!page.ok) throw new Error(page.failure.kind)
      const [task] = page.value.tasks
      expect(task).toMatchObject({ uid: 0, indexUid: 'films', customMetadata: 'op-1' })
      if (task?.status === 'succeeded') break
      await sleep(clock, 50)
    }
    expect(await client.newestTask(node.view, soon())).toEqual({ ok: true, value: 0 })
    const found = await client.fetchDocuments(node.view, 'films', Buffer.from('{"limit":5}'), soon())
    expect(found.ok && Buffer.from(found.value).toString()).toContain('"title":"Metropolis"')
    const settings = await client.getSettings(node.view, 'films', soon())
    expect(settings).toMatchObject({ ok: true, value: { rankingRules: expect.arrayContaining(['words']) } })
    const stats = await client.getStats(node.view, soon())
    expect(stats).toMatchObject({ ok: true, value: { indexes: { films: { numberOfDocuments: 1 } } } })
    expect(await client.getSettings(node.view, 'nope', soon())).toMatchObject({
      ok: false,
      failure: { kind: 'refused', status: 404, error: { code: 'index_not_found' } },
    })
  })

  it('sends large bodies from shared memory', async () => {
    const documents = Array.from({ length: 40_000 }, (_, id) => ({ id, text: 'x'.repeat(200) }))
    const bytes = Buffer.from(JSON.stringify(documents))
    const memory = new Uint8Array(new SharedArrayBuffer(bytes.length))
    memory.set(bytes)
    expect(await addDocuments(memory)).toMatchObject({ kind: 'answer', status: 202 })
  })

  it('keeps what it sent to a stopped node parked until the node wakes', async () => {
    const before = await client.newestTask(node.view, soon())
    node.process.kill('SIGSTOP')
    const path = '/indexes/films/documents?customMetadata=late'
    const body = Buffer.from('[{"id":2}]')
    const outcome = await transport.send(
      node.view,
      { method: 'POST', path, body, operation: 'write', write: true },
      deadlineAfter(clock, 200),
    )
    node.process.kill('SIGCONT')
    expect(outcome.kind).toBe('ambiguous')
    if (outcome.kind !== 'ambiguous' || outcome.late === undefined) throw new Error('not parked')
    expect(await outcome.late).toMatchObject({ kind: 'answer', status: 202 })
    const after = await client.newestTask(node.view, soon())
    expect(after.ok && before.ok && after.value - before.value).toBe(1)
    expect(events.at(-1)?.error).toBeNull()
  })

  it('gives it a key that creates nothing, and knows it by that key', async () => {
    const written = new Map<string, string>()
    const store = {
      async setNodeIdentity(id: string, uid: string) {
        written.set(id, uid)
      },
    }
    const identities = createIdentities({
      ...{ masterKey: MASTER_KEY, known: new Map(), store, random: systemRandom },
    })
    const own = createUndiciTransport({
      ...{ clock, connectionsMax: 8, keyOf: (id, authority) => identities.keyOf(id, authority) },
    })
    const ask = createProbe({
      ...{ client: createMeilisearchClient(own), clock, timeoutMs: 30_000, identities },
      acknowledgedTask: () => 0,
    })
    expect(await ask(node.view)).toMatchObject({ kind: 'ok' })
    expect([...written.keys()]).toEqual([node.view.id])
    const late = { method: 'POST', path: '/indexes/dead/documents', operation: 'write', write: true } as const
    const sent = await own.send(node.view, { ...late, body: Buffer.from('[{"id":1}]') }, soon())
    expect(sent).toMatchObject({ status: 202 })
    for (;;) {
      const page = await client.tailTasks(node.view, 0, 100, soon())
      if (!page.ok) throw new Error(page.failure.kind)
      const task = page.value.tasks.find((one) => one.indexUid === 'dead')
      if (task?.status === 'failed') {
        expect(task.error?.code).toBe('index_not_found')
        break
      }
      expect(task?.status).not.toBe('succeeded')
      await sleep(clock, 20)
    }
    // Deleted behind our back: it is made again, since every task is still there.
    expect((await client.deleteKey(node.view, written.get(node.view.id) ?? '', soon())).ok).toBe(true)
    expect(await ask(node.view)).toMatchObject({
      kind: 'unreachable',
      error: expect.stringContaining('again'),
    })
    expect(await ask(node.view)).toMatchObject({ kind: 'ok' })
    await own.close()
  })
})
