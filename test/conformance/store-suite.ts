import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Store, StoreSnapshot } from '../../src/model/store.ts'
import { StoreConflict, StoreUnavailable } from '../../src/model/store.ts'
import { indexRow, newTask, operation, operationEnd, seed, withOperations } from './store-fixtures.ts'
import { operationSuite } from './store-operation-suite.ts'
import { taskSuite } from './store-task-suite.ts'

/** A place that outlives the stores opened on it, as a file does. */
export interface StorePlace {
  make(): Store
}

/** What any store must do. Crashes, disks and files are the business of each implementation's own tests. */
export function storeSuite(name: string, makePlace: (onEnd: (end: () => void) => void) => StorePlace): void {
  describe(name, () => {
    let place: StorePlace
    let store: Store
    let first: StoreSnapshot
    const ends: (() => void)[] = []

    beforeEach(async () => {
      place = makePlace((end) => ends.push(end))
      store = place.make()
      first = await store.open(seed)
    })
    afterEach(async () => {
      await store.close()
      for (const end of ends.splice(0)) end()
    })

    const reopen = async (): Promise<StoreSnapshot> => {
      await store.close()
      store = place.make()
      return store.open({ ...seed, shards: 99, nodes: [], placements: [] })
    }

    const opened = () => ({ store, reopen })

    describe('opening', () => {
      test('creates from the seed, once', async () => {
        expect(first).toMatchObject({
          fresh: true,
          shards: 2,
          replicationFactor: 1,
          epoch: expect.any(Number),
        })
        expect(first.nodes).toEqual(seed.nodes)
        expect(first.placements).toEqual(seed.placements)
        expect(first.clusterId).toMatch(/^[0-9a-f]{16}$/)
        expect(first.defaultKeyUids.search).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        )
        expect(first.defaultKeyUids.admin).not.toBe(first.defaultKeyUids.search)
        expect(first.tails).toEqual(
          new Map([
            ['a', -1],
            ['b', -1],
          ]),
        )
        expect(await reopen()).toEqual({ ...first, fresh: false })
      })

      test('refuses calls while it is closed, and finishes those made before', async () => {
        const pending = store.addTask(newTask())
        await store.close()
        expect(await pending).toBe(0)
        await expect(store.takeSeqs(1)).rejects.toThrow(StoreUnavailable)
        await store.close()
        await reopen()
        expect(await store.getTask(0)).toMatchObject({ uid: 0 })
      })

      test('gives back everything that was put in', async () => {
        const [one = 0, two = 0] = await withOperations(store, 2)
        const index = { ...indexRow('films'), generation: 1, primaryKey: 'id', rawSettings: { a: [1, null] } }
        await store.endOperation(operationEnd(one, { index, settingsApplied: [{ node: 'a', version: 3 }] }))
        const mark = {
          indexUid: 'films',
          generation: 1,
          shard: 1,
          node: 'b',
          state: 'lagging',
          lag: 0,
        } as const
        await store.markCopies([mark])
        await store.advanceName('films', 1, 'b')
        await store.saveTails(new Map([['b', 7]]))
        await store.setNodeAddresses([{ id: 'a', address: 'http://new', group: 0 }])
        expect(first.identities).toEqual(new Map())
        await store.setNodeIdentity('a', 'uid-1')
        await store.setNodeIdentity('a', 'uid-2')
        const found = await reopen()
        expect(found.identities).toEqual(new Map([['a', 'uid-2']]))
        expect(found.indexes).toEqual([index])
        expect(found.copies).toEqual([mark])
        expect(found.names).toEqual([
          { uid: 'films', generation: 1, node: 'a', fence: 0, name: 'films__g1_0', settingsVersion: 3 },
          { uid: 'films', generation: 1, node: 'b', fence: 1, name: 'films__g1_1', settingsVersion: 0 },
        ])
        expect(found.openOperations).toEqual([{ ...operation(two), taskUid: null }])
        expect(found.tails).toEqual(
          new Map([
            ['a', -1],
            ['b', 7],
          ]),
        )
        expect(found.nodes[0]?.address).toBe('http://new')
        expect(found.epoch).toBeGreaterThan(first.epoch)
      })
    })

    describe('numbers', () => {
      test('operation numbers are never handed out twice, also after a restart', async () => {
        const blocks = await Promise.all([3, 1, 5].map((count) => store.takeSeqs(count)))
        expect(blocks).toEqual([1, 4, 5])
        await reopen()
        expect(await store.takeSeqs(1)).toBe(10)
        await expect(store.takeSeqs(0)).rejects.toThrow()
        await expect(store.takeSeqs(1.5)).rejects.toThrow()
        await expect(store.takeSeqs(2 ** 33)).rejects.toThrow(StoreUnavailable)
        expect(await store.takeSeqs(1)).toBe(11)
      })

      test('task uids ascend from 0 and are not reused when the newest are gone', async () => {
        const ended = newTask({ status: 'failed', startedMs: 1, finishedMs: 2 })
        expect(await Promise.all([0, 1, 2].map(() => store.addTask(ended)))).toEqual([0, 1, 2])
        expect(await store.pruneTasks(10, 100)).toBe(3)
        expect(await store.addTask(ended)).toBe(3)
        expect(await store.deleteTasks({ uids: [3] }, 4, 10)).toBe(1)
        await reopen()
        expect(await store.addTask(ended)).toBe(4)
      })

      test('every change of what a view shows moves the epoch on', async () => {
        const seen = [first.epoch]
        const epochNow = async () => seen.push(await store.markCopies([]))
        await epochNow()
        await store.createIndex(indexRow('films'), ['a'])
        await epochNow()
        await store.advanceName('films', 1, 'a')
        await epochNow()
        await store.setSettingsApplied('films', 1, 'a', 1)
        await epochNow()
        await store.addPlacement([{ shards: 1, shard: 0, nodes: ['a'] }])
        await epochNow()
        await store.setNodeAddresses([])
        const last = await epochNow()
        expect(seen).toHaveLength(last)
        const steps = seen.slice(1).map((epoch, place) => epoch - (seen[place] ?? 0))
        expect(steps).toEqual([1, 2, 2, 2, 2, 2])
        expect((await reopen()).epoch).toBe(seen.at(-1))
      })
    })

    describe('catalogue', () => {
      test('an index that was dropped comes back with a new generation', async () => {
        const [seq = 0] = await withOperations(store, 1)
        await expect(store.createIndex(indexRow('films'), [])).rejects.toThrow(StoreConflict)
        const lagging = {
          indexUid: 'films',
          generation: 1,
          shard: 0,
          node: 'a',
          state: 'behind',
          lag: 0,
        } as const
        await store.markCopies([lagging])
        await store.endOperation(operationEnd(seq, { retire: true }))
        const gone = await reopen()
        expect([gone.indexes, gone.names, gone.copies, gone.openOperations]).toEqual([[], [], [], []])
        const again = await store.createIndex(indexRow('films'), ['b'])
        expect(again.index.generation).toBe(2)
        expect(again.names).toEqual([
          { uid: 'films', generation: 2, node: 'b', fence: 0, name: 'films__g2_0', settingsVersion: 0 },
        ])
        await store.markCopies([lagging])
        expect((await reopen()).copies).toEqual([])
      })

      test('a uid too long for a node gets a hashed physical name', async () => {
        const { names } = await store.createIndex(indexRow('x'.repeat(512)), ['a'])
        expect(names[0]?.name).toMatch(/^[0-9a-f]{64}__h1_0$/)
        expect((await store.advanceName('x'.repeat(512), 1, 'a')).name).toMatch(/^[0-9a-f]{64}__h1_1$/)
      })

      test('experimental features replace each other', async () => {
        expect((await reopen()).features).toEqual([])
        await store.setFeatures(['b', 'a'])
        expect((await reopen()).features).toEqual(['a', 'b'])
        await store.setFeatures(['c'])
        expect((await reopen()).features).toEqual(['c'])
      })

      test('a placement is kept once it is there', async () => {
        const rows = [
          { shards: 3, shard: 1, nodes: ['b'] },
          { shards: 3, shard: 0, nodes: ['a'] },
        ]
        const sorted = [rows[1], rows[0]]
        expect(await store.addPlacement(rows)).toEqual(sorted)
        expect(await store.addPlacement([{ shards: 3, shard: 0, nodes: ['z'] }])).toEqual(sorted)
        expect((await reopen()).placements).toEqual([...seed.placements, ...sorted])
      })

      test('what is not there cannot be changed', async () => {
        await store.createIndex(indexRow('films'), ['a'])
        const row = { ...indexRow('films'), generation: 2 }
        const [seq = 0] = [await store.takeSeqs(1)]
        await store.recordOperation(operation(seq), null)
        await expect(store.advanceName('films', 1, 'b')).rejects.toThrow(StoreConflict)
        await expect(store.advanceName('films', 2, 'a')).rejects.toThrow(StoreConflict)
        await expect(store.setSettingsApplied('nope', 1, 'a', 1)).rejects.toThrow(StoreConflict)
        await expect(store.setNodeAddresses([{ id: 'z', address: '', group: 0 }])).rejects.toThrow(
          StoreConflict,
        )
        await expect(store.endOperation(operationEnd(seq, { index: row }))).rejects.toThrow(StoreConflict)
        expect((await reopen()).openOperations).toHaveLength(1)
      })
    })

    operationSuite(opened)
    taskSuite(opened)

    test('calls at the same time: one conflict does not hurt the others', async () => {
      const [seq = 0] = await withOperations(store, 1)
      const outcomes = await Promise.allSettled([
        store.addTask(newTask()),
        store.recordOperation(operation(seq), newTask()),
        store.changeTask(77, { status: 'failed' }),
        store.takeSeqs(2),
        store.createIndex(indexRow('films'), []),
        store.addTask(newTask()),
        store.listTasks({}, { limit: 5, reverse: false }),
      ])
      expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual([
        true,
        false,
        false,
        true,
        false,
        true,
        true,
      ])
      const uids = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
      expect(uids.slice(0, 3)).toEqual([0, seq + 1, 1])
      expect(await store.addTask(newTask())).toBe(2)
    })
  })
}
