import { beforeEach, describe, expect, test } from 'vitest'
import type { Store, StoreSnapshot } from '../../src/model/store.ts'
import { StoreConflict } from '../../src/model/store.ts'
import type { OpenedStore } from './store-fixtures.ts'
import { indexRow, newTask, operation, operationEnd, withOperations } from './store-fixtures.ts'

/** The suite's part about operations and copies; `opened` gives the store of the present test. */
export function operationSuite(opened: () => OpenedStore): void {
  let store: Store
  beforeEach(() => {
    store = opened().store
  })
  const reopen = async (): Promise<StoreSnapshot> => {
    const snapshot = await opened().reopen()
    store = opened().store
    return snapshot
  }

  describe('operations', () => {
    test('are recorded once, for a generation that exists, under a number that was taken', async () => {
      const [seq = 0] = await withOperations(store, 1)
      const next = await store.takeSeqs(1)
      const refused = [
        operation(seq),
        operation(next + 1),
        operation(next, { generation: 2 }),
        operation(next, { indexUid: 'nope' }),
      ]
      for (const each of refused)
        await expect(store.recordOperation(each, newTask())).rejects.toThrow(StoreConflict)
      expect(await store.recordOperation(operation(next), newTask())).toBe(0)
    })

    test('get a task when recorded or later, one at most', async () => {
      const [seq = 0] = await withOperations(store, 1)
      const uid = await store.openTask(seq, newTask({ type: 'settingsUpdate' }))
      expect(await store.getTask(uid)).toEqual({ ...newTask({ type: 'settingsUpdate' }), uid })
      await expect(store.openTask(seq, newTask())).rejects.toThrow(StoreConflict)
      await expect(store.openTask(seq + 1, newTask())).rejects.toThrow(StoreConflict)
      expect((await reopen()).openOperations).toEqual([{ ...operation(seq), taskUid: uid }])
    })

    test('that are void leave nothing, not even their task', async () => {
      const [seq = 0] = await withOperations(store, 1)
      const uid = await store.openTask(seq, newTask())
      await store.voidOperation(seq)
      expect(await store.getTask(uid)).toBeNull()
      await expect(store.voidOperation(seq)).rejects.toThrow(StoreConflict)
      expect((await reopen()).openOperations).toEqual([])
      expect(await store.addTask(newTask())).toBe(uid + 1)
    })

    test('end with all that follows, or not at all', async () => {
      const [seq = 0] = await withOperations(store, 1)
      const uid = await store.openTask(seq, newTask())
      const mark = {
        indexUid: 'films',
        generation: 1,
        shard: 0,
        node: 'a',
        state: 'lagging',
        lag: 4,
      } as const
      const change = { status: 'succeeded', details: { indexedDocuments: 1 }, finishedMs: 9 } as const
      const wrong = operationEnd(seq, {
        task: { uid, change },
        marks: [mark],
        settingsApplied: [{ node: 'nope', version: 1 }],
      })
      await expect(store.endOperation(wrong)).rejects.toThrow(StoreConflict)
      await expect(store.endOperation(operationEnd(seq, { task: { uid: uid + 1, change } }))).rejects.toThrow(
        StoreConflict,
      )
      expect(await store.getTask(uid)).toMatchObject({ status: 'enqueued' })
      const before = await reopen()
      expect([before.copies, before.openOperations.length]).toEqual([[], 1])

      const epoch = await store.endOperation({ ...wrong, settingsApplied: [{ node: 'b', version: 2 }] })
      expect(epoch).toBe(before.epoch + 1)
      await expect(store.endOperation(wrong)).rejects.toThrow(StoreConflict)
      expect(await store.getTask(uid)).toEqual({ ...newTask(), ...change, uid })
      const after = await reopen()
      expect([after.copies, after.openOperations, after.epoch]).toEqual([[mark], [], epoch])
      expect(after.names.find(({ node }) => node === 'b')?.settingsVersion).toBe(2)
    })

    test('are kept for catching up until they are forgotten, apart from their tasks', async () => {
      const seqs = await withOperations(store, 5)
      const [one = 0, two = 0, three = 0, four = 0] = seqs
      const ids = {
        kind: 'delete-ids',
        ids: ['1', 'zwei'],
        shards: null,
        payload: { z: [1, { y: null }] },
      } as const
      const sixth = await store.takeSeqs(1)
      const uid = await store.recordOperation(operation(sixth, ids), newTask())
      const change = { status: 'succeeded', finishedMs: 5 } as const
      await store.endOperation(operationEnd(sixth, { task: { uid: uid ?? 0, change } }))
      for (const seq of [four, one, two]) await store.endOperation(operationEnd(seq))
      expect(await store.pruneTasks(6, 10)).toBe(1)
      const settled = await store.settledAfter('films', 1, one)
      expect(settled).toEqual([
        { ...operation(two), taskUid: null },
        { ...operation(four), taskUid: null },
        { ...operation(sixth, ids), taskUid: uid },
      ])
      await store.forgetOperations('films', 1, four)
      expect((await store.settledAfter('films', 1, 0)).map(({ seq }) => seq)).toEqual([sixth])
      expect((await reopen()).openOperations.map(({ seq }) => seq)).toEqual([three, seqs[4]])
      expect(await store.settledAfter('films', 2, 0)).toEqual([])
    })
  })

  describe('copies', () => {
    test('only exceptions are kept', async () => {
      await store.createIndex(indexRow('films'), ['a', 'b'])
      const mark = (node: string, state: 'current' | 'behind' | 'lagging', lag: number | null) =>
        ({ indexUid: 'films', generation: 1, shard: 0, node, state, lag }) as const
      const epoch = await store.markCopies([mark('a', 'behind', 3), mark('b', 'lagging', 2)])
      expect(await store.markCopies([mark('a', 'lagging', 1), mark('b', 'current', null)])).toBe(epoch + 1)
      expect((await reopen()).copies).toEqual([mark('a', 'lagging', 1)])
    })
  })
}
