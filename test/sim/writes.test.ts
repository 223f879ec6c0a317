import { describe, expect, it } from 'vitest'
import { World } from './world.ts'

const film = (id: number, extra: Record<string, unknown> = {}) => ({ id, title: `film ${id}`, ...extra })
const films = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => film(from + at))
const asMap = (documents: Record<string, unknown>[]) =>
  new Map(documents.map((document) => [String(document['id']), document]))

async function started(options: ConstructorParameters<typeof World>[0] = {}): Promise<World> {
  const world = new World(options)
  await world.run(world.start())
  return world
}

describe('write path', () => {
  it('spreads documents over nodes and copies and reports what a node would', async () => {
    const world = await started({ groups: 2, nodesPerGroup: 3 })
    const receipt = await world.run(world.add('films', films(0, 40)))
    expect(receipt.headers).toEqual([])
    expect(receipt.task).toMatchObject({ taskUid: 0, indexUid: 'films', status: 'enqueued' })
    const task = await world.task(receipt)
    expect(task.status).toBe('succeeded')
    expect(task.details).toEqual({ receivedDocuments: 40, indexedDocuments: 40 })
    await world.heal()
    world.assertEqual('films', asMap(films(0, 40)))
  })

  it('goes on with one copy down, says so, and brings it back by itself', async () => {
    const world = await started({ groups: 2, nodesPerGroup: 2 })
    await world.task(await world.run(world.add('films', films(0, 20))))
    world.node('n00').up = false
    const receipt = await world.run(world.add('films', films(20, 40)))
    expect(receipt.headers[0]?.[0]).toBe('X-Miroir-Degraded')
    expect((await world.task(receipt)).status).toBe('succeeded')
    world.node('n00').up = true
    await world.heal()
    world.assertEqual('films', asMap(films(0, 40)))
  })

  it('never lets a request that arrives late undo a later one (H1)', async () => {
    const world = await started({ groups: 2, nodesPerGroup: 1 })
    await world.task(await world.run(world.add('films', [film(1)])))
    world.network.fate = (node, request) =>
      node === 'n00' && request.operation === 'write' && request.path.includes('/documents?')
        ? 'late'
        : 'deliver'
    const put = await world.run(world.add('films', [film(1, { late: true })]))
    world.network.fate = () => 'deliver'
    const gone = await world.run(
      world.writes.deleteDocuments('films', { kind: 'ids', ids: ['1'] }, null, world.deadline()),
    )
    expect((await world.task(put)).status).toBe('succeeded')
    expect((await world.task(gone)).status).toBe('succeeded')
    await world.clock.advance(60_000)
    await world.heal()
    world.assertEqual('films', new Map())
  })

  it('resolves an unanswered write on the only copy by a fence, whether it happened or not', async () => {
    for (const fate of ['lose-answer', 'lose-request', 'late'] as const) {
      const world = await started({ groups: 1, nodesPerGroup: 1 })
      await world.task(await world.run(world.add('films', [film(1)])))
      let first = true
      world.network.fate = (_node, request) => {
        if (!first || request.operation !== 'write') return 'deliver'
        first = false
        return fate
      }
      const receipt = await world.run(world.add('films', [film(2)]))
      expect((await world.task(receipt)).status).toBe('succeeded')
      await world.clock.advance(60_000)
      await world.heal()
      world.assertEqual('films', asMap([film(1), film(2)]))
    }
  })

  it('makes a copy leave that failed what another one did, and repairs it (H12)', async () => {
    const world = await started({ groups: 2, nodesPerGroup: 1 })
    await world.task(await world.run(world.add('films', films(0, 5))))
    world.node('n00').poison = (document) => document['bad'] === true
    const receipt = await world.run(world.add('films', [film(7, { bad: true })]))
    expect((await world.task(receipt)).status).toBe('succeeded')
    world.node('n00').poison = () => false
    await world.heal()
    world.assertEqual('films', asMap([...films(0, 5), film(7, { bad: true })]))
  })

  it('fails the operation for the client when every copy failed it, and keeps every copy', async () => {
    const world = await started({ groups: 2, nodesPerGroup: 1 })
    await world.task(await world.run(world.add('films', films(0, 5))))
    for (const id of world.nodeIds) world.node(id).poison = (document) => document['bad'] === true
    const task = await world.task(await world.run(world.add('films', [film(7, { bad: true })])))
    expect(task).toMatchObject({ status: 'failed', error: { code: 'invalid_document_geo_field' } })
    await world.heal()
    world.assertEqual('films', asMap(films(0, 5)))
  })

  it('answers 503 and sends nothing when a shard has no copy that answers', async () => {
    const world = await started({ groups: 1, nodesPerGroup: 1 })
    await world.task(await world.run(world.add('films', films(0, 5))))
    world.node('n00').up = false
    await expect(world.run(world.add('films', [film(9)]))).rejects.toMatchObject({
      body: { code: 'miroir_no_quorum' },
    })
    world.node('n00').up = true
    await world.heal()
    world.assertEqual('films', asMap(films(0, 5)))
  })

  it('keeps the order of writes per document under concurrency', async () => {
    const world = await started({ groups: 2, nodesPerGroup: 2, seed: 7 })
    await world.task(await world.run(world.add('films', films(0, 8))))
    const receipts = []
    for (let round = 0; round < 30; round++) receipts.push(world.add('films', [film(round % 4, { round })]))
    for (const receipt of receipts) await world.run(receipt)
    await world.heal()
    const expected = asMap(films(0, 8))
    for (let round = 26; round < 30; round++) expected.set(String(round % 4), film(round % 4, { round }))
    world.assertEqual('films', expected)
  })

  it('refuses settings that one node refuses, before anything happened anywhere', async () => {
    const world = await started({ groups: 2, nodesPerGroup: 1 })
    await world.task(await world.run(world.add('films', films(0, 2))))
    for (const id of world.nodeIds) world.node(id).rejectSettings = () => true
    const body = new TextEncoder().encode('{"rankingRules":["nonsense"]}')
    const change = { route: null, method: 'PATCH', body } as const
    await expect(
      world.run(world.writes.changeSettings('films', change, world.deadline())),
    ).rejects.toMatchObject({
      status: 400,
      body: { code: 'invalid_settings_ranking_rules' },
    })
    expect((await world.store.listTasks({}, { limit: 10, reverse: false })).total).toBe(1)
    for (const id of world.nodeIds) world.node(id).rejectSettings = () => false
    const accepted = await world.run(world.writes.changeSettings('films', change, world.deadline()))
    expect((await world.task(accepted)).status).toBe('succeeded')
  })

  it('sets the others back when one node refuses settings in its task', async () => {
    const world = await started({ groups: 2, nodesPerGroup: 1 })
    await world.task(await world.run(world.add('films', films(0, 2))))
    world.node('n10').refuseSettings = (body) => JSON.stringify(body['stopWords']) === '["the"]'
    const body = new TextEncoder().encode('{"stopWords":["the"]}')
    const receipt = await world.run(
      world.writes.changeSettings('films', { route: null, method: 'PATCH', body }, world.deadline()),
    )
    expect(await world.task(receipt)).toMatchObject({ status: 'failed' })
    await world.heal()
    for (const [node, name] of world.registry.current().indexes.get('films')?.names ?? []) {
      expect(world.node(node).indexes.get(name)?.settings['stopWords'] ?? []).toEqual([])
    }
  })

  it('survives the death of the process at any moment of a write', async () => {
    for (let step = 0; step < 24; step++) {
      const world = await started({ groups: 2, nodesPerGroup: 2, seed: step })
      await world.task(await world.run(world.add('films', films(0, 6))))
      const write = world.add('films', [film(3, { step }), film(100)])
      write.catch(() => undefined)
      await world.clock.advance(step)
      await world.writes.close()
      await world.run(world.start())
      await world.heal()
      const rows = await world.store.listTasks({}, { limit: 10, reverse: false })
      const last = rows.rows[0]
      const expected = asMap(films(0, 6))
      if (rows.total === 2 && last?.status === 'succeeded') {
        expected.set('3', film(3, { step })).set('100', film(100))
      }
      world.assertEqual('films', expected)
    }
  })

  it('rebuilds a node that lost its volume', async () => {
    const world = await started({ groups: 2, nodesPerGroup: 2 })
    await world.task(await world.run(world.add('films', films(0, 30))))
    world.node('n01').wipe()
    void world.writes.nodeForgot('n01')
    await world.heal()
    world.assertEqual('films', asMap(films(0, 30)))
  })

  it('deletes by ids, by filter and everything, and counts once whatever the copies', async () => {
    const world = await started({ groups: 2, nodesPerGroup: 3, replicationFactor: 2 })
    await world.task(await world.run(world.add('films', films(0, 30))))
    const remove = (deletion: Parameters<typeof world.writes.deleteDocuments>[1]) =>
      world
        .run(world.writes.deleteDocuments('films', deletion, null, world.deadline()))
        .then((r) => world.task(r))
    expect(await remove({ kind: 'ids', ids: ['1', '2', '999'] })).toMatchObject({
      details: { providedIds: 3, deletedDocuments: 2, originalFilter: null },
    })
    expect(await remove({ kind: 'filter', filter: 'id = 5' })).toMatchObject({
      details: { providedIds: 0, deletedDocuments: 1, originalFilter: '"id = 5"' },
    })
    expect(await remove({ kind: 'all' })).toMatchObject({ details: { deletedDocuments: 27 } })
    await world.heal()
    world.assertEqual('films', new Map())
  })

  it('creates, deletes and re-creates an index under a new generation', async () => {
    const world = await started({ groups: 2, nodesPerGroup: 1 })
    const create = () =>
      world.run(world.writes.createIndex('films', 'id', world.deadline())).then((r) => world.task(r))
    expect(await create()).toMatchObject({ status: 'succeeded', details: { primaryKey: 'id' } })
    expect(await create()).toMatchObject({ status: 'failed', error: { code: 'index_already_exists' } })
    await world.task(await world.run(world.add('films', films(0, 4))))
    const gone = await world.run(world.writes.deleteIndex('films', world.deadline()))
    expect(await world.task(gone)).toMatchObject({ status: 'succeeded', details: { deletedDocuments: 4 } })
    expect(world.registry.current().indexes.has('films')).toBe(false)
    await world.task(await world.run(world.add('films', films(10, 12))))
    await world.heal()
    expect(world.registry.current().indexes.get('films')?.generation).toBe(2)
    world.assertEqual('films', asMap(films(10, 12)))
  })
})
