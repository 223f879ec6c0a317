import { beforeEach, describe, expect, test } from 'vitest'
import { taskRoutes } from '../../../src/api/tasks.ts'
import { createTasks } from '../../../src/features/tasks/tasks.ts'
import type { Store } from '../../../src/model/store.ts'
import { StoreUnavailable } from '../../../src/model/store.ts'
import type { NewTask } from '../../../src/model/task.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import { send } from './requests.ts'
import { openedMemoryStore } from './stores.ts'

const born: NewTask = {
  indexUid: 'films',
  type: 'documentAdditionOrUpdate',
  status: 'enqueued',
  canceledBy: null,
  details: { receivedDocuments: 2, indexedDocuments: null },
  error: null,
  enqueuedMs: Date.UTC(2026, 0, 1),
  startedMs: null,
  finishedMs: null,
  customMetadata: null,
}
const ended: NewTask = {
  ...born,
  status: 'succeeded',
  startedMs: born.enqueuedMs + 1,
  finishedMs: born.enqueuedMs + 251,
}

let store: Store
let clock: VirtualClock

beforeEach(async () => {
  store = await openedMemoryStore()
  clock = new VirtualClock(0, Date.UTC(2026, 0, 2))
})

async function get(target: string, method = 'GET', over: Store = store) {
  const routes = taskRoutes({ tasks: createTasks({ store: over, clock }) })
  const { status, body } = await send(routes, method, target)
  return { status, body: JSON.parse(body) }
}

/** Lets the work behind an answer run. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('a task', () => {
  test('has no batch, duration or times before they are there', async () => {
    await store.addTask(born)
    const { body } = await get('/tasks/0')
    expect(body).toEqual({
      uid: 0,
      batchUid: null,
      indexUid: 'films',
      status: 'enqueued',
      type: 'documentAdditionOrUpdate',
      canceledBy: null,
      details: { receivedDocuments: 2, indexedDocuments: null },
      error: null,
      duration: null,
      enqueuedAt: '2026-01-01T00:00:00Z',
      startedAt: null,
      finishedAt: null,
    })
    expect((await get('/batches/0')).body.code).toBe('batch_not_found')
    expect((await get('/batches')).body.total).toBe(0)
  })

  test('has a running batch while it is processed', async () => {
    const uid = await store.addTask(born)
    await store.changeTask(uid, { status: 'processing', startedMs: born.enqueuedMs + 5 })
    expect((await get('/tasks/0')).body).toMatchObject({ batchUid: 0, duration: null })
    const { body } = await get('/batches/0')
    expect(body).toMatchObject({ progress: { steps: [], percentage: 0 }, finishedAt: null, duration: null })
    expect(body.stats).toEqual({
      totalNbTasks: 1,
      status: { processing: 1 },
      types: { documentAdditionOrUpdate: 1 },
      indexUids: { films: 1 },
    })
  })

  test('shows what it has at its end, members in a node’s order', async () => {
    await store.addTask({ ...ended, details: null, customMetadata: 'abc' })
    const { body } = await get('/tasks/0')
    expect(body).toMatchObject({ duration: 'PT0.250S', customMetadata: 'abc', batchUid: 0 })
    expect(Object.keys(body).join()).toBe(
      'uid,batchUid,indexUid,status,type,canceledBy,error,duration,enqueuedAt,startedAt,finishedAt,customMetadata',
    )
  })

  test('or batch with a wrong uid is refused', async () => {
    expect(await get('/tasks/4294967296')).toMatchObject({ status: 400, body: { code: 'invalid_task_uids' } })
    expect((await get('/batches/-1')).body).toMatchObject({
      code: 'invalid_batch_uids',
      message: 'Batch uid `-1` is invalid. It should only contain numeric characters.',
    })
  })
})

describe('pages', () => {
  test('walk over all tasks without gap or repetition, both ways', async () => {
    for (let count = 0; count < 23; count++) await store.addTask(born)
    for (const reverse of [false, true]) {
      const seen: number[] = []
      let from: number | null = reverse ? 0 : 22
      while (from !== null) {
        const { body } = await get(`/tasks?limit=5&from=${from}&reverse=${reverse}`)
        expect(body).toMatchObject({ total: 23, limit: 5, from })
        seen.push(...body.results.map(({ uid }: { uid: number }) => uid))
        from = body.next
      }
      const all = Array.from({ length: 23 }, (_, place) => place)
      expect(seen).toEqual(reverse ? all : all.reverse())
    }
  })

  test('of batches are bounded and filtered like those of tasks', async () => {
    for (const task of [ended, born, { ...ended, indexUid: 'other' }, ended]) await store.addTask(task)
    const uids = async (query: string) =>
      (await get(`/batches?${query}`)).body.results.map(({ uid }: { uid: number }) => uid)
    expect(await uids('')).toEqual([3, 2, 0])
    expect(await uids('indexUids=films&limit=1')).toEqual([3])
    expect(await uids('uids=1,2')).toEqual([2])
    expect((await get('/tasks?batchUids=0,1')).body.results).toHaveLength(1)
  })

  test('are cut at a bound, and say where to go on', async () => {
    const asked: number[] = []
    const watched: Store = {
      ...store,
      listTasks: (filter, page) => {
        asked.push(page.limit)
        return store.listTasks(filter, page)
      },
    }
    expect((await get('/tasks?limit=4294967295', 'GET', watched)).body.limit).toBe(4_294_967_295)
    expect(asked).toEqual([10_001])
  })
})

describe('canceling', () => {
  test('what has not ended is refused clearly, and nothing happens', async () => {
    await store.addTask(ended)
    await store.addTask(born)
    expect(await get('/tasks/cancel?uids=0,1', 'POST')).toMatchObject({
      status: 400,
      body: { code: 'miroir_unsupported', message: expect.stringContaining('Canceling tasks') },
    })
    expect((await get('/tasks')).body.total).toBe(2)
    expect((await get('/tasks/cancel?statuses=succeeded', 'POST')).status).toBe(200)
  })
})

describe('deleting', () => {
  test('removes finished tasks that were there, and tells how many', async () => {
    for (const task of [ended, born, ended, { ...ended, indexUid: 'other' }]) await store.addTask(task)
    const { status, body } = await get('/tasks?indexUids=films', 'DELETE')
    expect([status, body]).toEqual([
      200,
      {
        taskUid: 4,
        indexUid: null,
        status: 'enqueued',
        type: 'taskDeletion',
        enqueuedAt: '2026-01-02T00:00:00Z',
      },
    ])
    await settle()
    expect((await get('/tasks/4')).body).toMatchObject({
      status: 'succeeded',
      details: { matchedTasks: 3, deletedTasks: 2, originalFilter: '?indexUids=films' },
    })
    expect((await get('/tasks')).body.results.map(({ uid }: { uid: number }) => uid)).toEqual([4, 3, 1])
  })

  test('that was interrupted is taken up again', async () => {
    await store.addTask(ended)
    const broken: Store = { ...store, deleteTasks: () => Promise.reject(new StoreUnavailable('disk full')) }
    await get('/tasks?uids=*', 'DELETE', broken)
    await settle()
    expect((await get('/tasks/1')).body).toMatchObject({
      status: 'processing',
      details: { deletedTasks: null },
    })
    await createTasks({ store, clock }).resume()
    expect((await get('/tasks/1')).body).toMatchObject({ status: 'succeeded', details: { deletedTasks: 1 } })
    await createTasks({ store, clock }).resume()
    expect((await get('/tasks')).body.total).toBe(1)
  })

  test('says so when the store cannot take it', async () => {
    await store.close()
    expect(await get('/tasks?uids=*', 'DELETE')).toMatchObject({
      status: 503,
      body: { code: 'miroir_store_unavailable' },
    })
  })
})
