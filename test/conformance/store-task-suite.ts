import { beforeEach, describe, expect, test } from 'vitest'
import type { Store, StoreSnapshot } from '../../src/model/store.ts'
import { StoreConflict } from '../../src/model/store.ts'
import type { OpenedStore } from './store-fixtures.ts'
import { newTask } from './store-fixtures.ts'

/** The part of the store's suite about tasks; `opened` gives the store of the present test. */
export function taskSuite(opened: () => OpenedStore): void {
  let store: Store
  beforeEach(() => {
    store = opened().store
  })
  const reopen = async (): Promise<StoreSnapshot> => {
    const snapshot = await opened().reopen()
    store = opened().store
    return snapshot
  }

  describe('tasks', () => {
    test('keep what they are given, to the last member', async () => {
      const details = JSON.parse('{"__proto__":{"x":[1.5,null,true]},"z":{},"a":"é\\u0000"}')
      const error = { message: 'm', code: 'c', type: 't', link: 'l' }
      const task = newTask({ details, error, indexUid: null, customMetadata: 'abc', enqueuedMs: 1.25 })
      const uid = await store.addTask(task)
      await reopen()
      const found = await store.getTask(uid)
      expect(found).toEqual({ ...task, uid })
      expect(JSON.stringify(found?.details)).toBe(JSON.stringify(details))
      expect(await store.getTask(uid + 1)).toBeNull()
    })

    test('move forward only, and end once', async () => {
      const uid = await store.addTask(newTask())
      await store.changeTask(uid, { status: 'processing', startedMs: 5 })
      await store.changeTask(uid, { status: 'processing', details: null })
      await expect(store.changeTask(uid, { status: 'enqueued' })).rejects.toThrow(StoreConflict)
      await store.changeTask(uid, { status: 'canceled', canceledBy: 9, finishedMs: 6 })
      const found = {
        ...newTask(),
        uid,
        status: 'canceled',
        startedMs: 5,
        finishedMs: 6,
        canceledBy: 9,
        details: null,
      }
      expect(await store.getTask(uid)).toEqual(found)
      await expect(store.changeTask(uid, { status: 'canceled' })).rejects.toThrow(StoreConflict)
      await expect(store.changeTask(uid + 1, { status: 'failed' })).rejects.toThrow(StoreConflict)
      expect(await store.countTasks()).toEqual({
        enqueued: 0,
        processing: 0,
        succeeded: 0,
        failed: 0,
        canceled: 1,
      })
    })

    test('are pruned when they ended long ago, the oldest first, open ones never', async () => {
      const ended = (finishedMs: number) => newTask({ status: 'succeeded', startedMs: 1, finishedMs })
      for (const ms of [30, 10, 20, 40]) await store.addTask(ended(ms))
      await store.addTask(newTask({ status: 'processing', startedMs: 1 }))
      await store.addTask(newTask())
      expect(await store.pruneTasks(40, 2)).toBe(2)
      const uids = async () =>
        (await store.listTasks({}, { limit: 9, reverse: true })).rows.map(({ uid }) => uid)
      expect(await uids()).toEqual([0, 3, 4, 5])
      expect(await store.pruneTasks(40, 2)).toBe(1)
      expect(await store.pruneTasks(40, 2)).toBe(0)
      expect(await uids()).toEqual([3, 4, 5])
      expect(await store.countTasks()).toMatchObject({ enqueued: 1, processing: 1, succeeded: 1 })
    })

    test('are deleted by filter, finished ones below a uid', async () => {
      const ended = newTask({ status: 'failed', startedMs: 1, finishedMs: 2 })
      for (const task of [ended, newTask(), ended, ended, ended]) await store.addTask(task)
      expect(await store.deleteTasks({ statuses: ['failed', 'enqueued'] }, 4, 2)).toBe(2)
      expect(await store.deleteTasks({ statuses: ['failed', 'enqueued'] }, 4, 2)).toBe(1)
      expect(await store.deleteTasks({ statuses: ['enqueued'] }, 4, 2)).toBe(0)
      expect(await store.deleteTasks({}, 0, 2)).toBe(0)
      const left = await store.listTasks({}, { limit: 9, reverse: true })
      expect(left.rows.map(({ uid }) => uid)).toEqual([1, 4])
      expect(left.total).toBe(2)
    })
  })
}
