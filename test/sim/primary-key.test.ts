import { expect, test } from 'vitest'
import { World } from './world.ts'

async function started(): Promise<World> {
  const world = new World({ groups: 2, nodesPerGroup: 2 })
  await world.run(world.start())
  return world
}

const rekey = (world: World, key: string | null) =>
  world.run(world.writes.setPrimaryKey('films', key, world.deadline()))
const keysOnNodes = (world: World) =>
  world.nodeIds.map((id) => [...world.node(id).indexes.values()].map((index) => index.primaryKey).join())

test('another primary key is taken while there is no document, on every node', async () => {
  const world = await started()
  await world.task(await world.run(world.writes.createIndex('films', 'id', world.deadline())))
  expect(await world.task(await rekey(world, 'isbn'))).toMatchObject({
    status: 'succeeded',
    details: { primaryKey: 'isbn' },
  })
  expect(keysOnNodes(world)).toEqual(['isbn', 'isbn', 'isbn', 'isbn'])
  expect(world.registry.current().indexes.get('films')?.primaryKey).toBe('isbn')
  const added = await world.run(world.add('films', [{ isbn: 7 }]))
  expect((await world.task(added)).status).toBe('succeeded')
  const again = await world.task(await rekey(world, 'id'))
  expect(again).toMatchObject({ status: 'failed', error: { code: 'index_primary_key_already_exists' } })
  expect(world.registry.current().indexes.get('films')?.primaryKey).toBe('isbn')
})

test('one document on one of the nodes is enough to keep the key', async () => {
  const world = await started()
  await world.task(await world.run(world.add('films', [{ id: 1 }])))
  expect((await world.task(await rekey(world, 'isbn'))).status).toBe('failed')
  const removal = { kind: 'ids', ids: ['1'] } as const
  await world.task(await world.run(world.writes.deleteDocuments('films', removal, null, world.deadline())))
  expect((await world.task(await rekey(world, 'isbn'))).status).toBe('succeeded')
})

test('documents that come while the key is replaced are judged by the new one', async () => {
  const world = await started()
  await world.task(await world.run(world.writes.createIndex('films', 'id', world.deadline())))
  const change = world.writes.setPrimaryKey('films', 'isbn', world.deadline())
  const early = world.add('films', [{ id: 1, isbn: 2 }])
  const results = [await world.run(change), await world.run(early)]
  results.push(await world.run(world.add('films', [{ isbn: 3 }])))
  const ends = []
  for (const result of results) ends.push((await world.task(result)).status)
  expect(ends).toEqual(['succeeded', 'succeeded', 'succeeded'])
  await world.heal()
  expect(keysOnNodes(world)).toEqual(['isbn', 'isbn', 'isbn', 'isbn'])
  const held = [...world.contents('films').values()].flatMap((documents) => [...documents.keys()])
  expect([...new Set(held)].sort()).toEqual(['2', '3'])
})

test('a change that a dead process left open is finished by the next one', async () => {
  const world = await started()
  await world.task(await world.run(world.writes.createIndex('films', 'id', world.deadline())))
  void rekey(world, 'isbn').catch(() => undefined)
  await world.clock.advance(3)
  await world.run(world.start())
  await world.heal()
  const key = world.registry.current().indexes.get('films')?.primaryKey
  expect(keysOnNodes(world)).toEqual(Array(4).fill(key))
})
