import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import { type RunningNode, runNode } from './running-node.ts'

const opened: RunningNode[] = []
const directories: string[] = []

async function open(options: Parameters<typeof runNode>[0] = {}): Promise<RunningNode> {
  const running = await runNode(options)
  opened.push(running)
  return running
}

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'devnode-'))
  directories.push(made)
  return made
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map(({ node }) => node.close()))
  for (const made of directories.splice(0)) rmSync(made, { recursive: true })
})

interface View {
  readonly uid: number
  readonly status: string
  readonly type: string
  readonly indexUid: string | null
}

const statuses = async (running: RunningNode): Promise<string[]> => {
  const { json } = await running.call('GET', '/tasks?reverse=true')
  return json.results.map(({ uid, status }: View) => `${uid} ${status}`)
}

describe('tasks', () => {
  it('are applied in order after the delay', async () => {
    const clock = new VirtualClock()
    const running = await open({ clock, applyDelayMs: 500 })
    await running.call('POST', '/indexes/a/documents?primaryKey=id', [{ id: 1 }])
    await clock.advance(300)
    await running.call('DELETE', '/indexes/a/documents/1')
    await clock.advance(200)
    expect(await statuses(running)).toEqual(['0 succeeded', '1 enqueued'])
    await clock.advance(300)
    expect(await statuses(running)).toEqual(['0 succeeded', '1 succeeded'])
  })

  it('can be tailed upwards, chosen and paged through', async () => {
    const running = await open()
    for (let id = 0; id < 5; id++) {
      await running.write('POST', `/indexes/${id % 2 ? 'odd' : 'even'}/documents?customMetadata=op-${id}`, [
        { id },
      ])
    }
    const page = async (query: string) => {
      const { json } = await running.call('GET', `/tasks?${query}`)
      return {
        uids: json.results.map(({ uid }: View) => uid),
        total: json.total,
        from: json.from,
        next: json.next,
      }
    }
    expect(await page('reverse=true&from=1&limit=2')).toEqual({ uids: [1, 2], total: 5, from: 1, next: 3 })
    expect(await page('limit=2')).toEqual({ uids: [4, 3], total: 5, from: 4, next: 2 })
    expect(await page('indexUids=odd')).toEqual({ uids: [3, 1], total: 2, from: 3, next: null })
    expect(await page('uids=1,2&types=documentAdditionOrUpdate&statuses=succeeded')).toMatchObject({
      uids: [2, 1],
    })
    expect(await page('limit=0')).toEqual({ uids: [], total: 5, from: null, next: 4 })
    expect((await running.call('GET', '/tasks/3')).json.customMetadata).toBe('op-3')
  })

  it('move with a renamed index, and later ones find nothing under the old name', async () => {
    const running = await open()
    await running.write('POST', '/indexes/old/documents', [{ id: 1 }])
    const task = await running.write('PATCH', '/indexes/old', { uid: 'new' })
    expect(task.details).toEqual({ primaryKey: null, oldIndexUid: 'old', newIndexUid: 'new' })
    const { json } = await running.call('GET', '/tasks/0')
    expect(json.indexUid).toBe('new')
    expect(await running.write('DELETE', '/indexes/old/documents/1')).toMatchObject({ status: 'failed' })
    expect((await running.call('GET', '/indexes/new/documents')).json.total).toBe(1)
  })

  it('create an index only when the key may', async () => {
    const running = await open()
    const actions = ['documents.*', 'settings.*', 'tasks.*', 'indexes.get']
    const made = await running.call('POST', '/keys', { actions, indexes: ['*'], expiresAt: null })
    const key: string = made.json.key
    const task = await running.write('POST', '/indexes/none/documents', [{ id: 1 }], { key })
    expect(task.error.code).toBe('index_not_found')
    const settings = await running.write('PATCH', '/indexes/none/settings', { stopWords: ['a'] }, { key })
    expect(settings.error.code).toBe('index_not_found')
    expect((await running.call('GET', '/indexes/none')).status).toBe(404)
    expect((await running.call('GET', '/version', undefined, { key })).status).toBe(403)
  })

  it('are canceled ahead of the queue', async () => {
    const clock = new VirtualClock()
    const running = await open({ clock, applyDelayMs: 1000 })
    await running.call('POST', '/indexes/a/documents?primaryKey=id', [{ id: 1 }])
    await running.call('POST', '/indexes/a/documents?primaryKey=id', [{ id: 2 }])
    const { status } = await running.call('POST', '/tasks/cancel?uids=0')
    expect(status).toBe(200)
    await clock.advance(10)
    expect(await statuses(running)).toEqual(['0 canceled', '1 enqueued', '2 succeeded'])
    const { json } = await running.call('GET', '/tasks/0')
    expect(json).toMatchObject({ canceledBy: 2, details: { receivedDocuments: 1, indexedDocuments: 0 } })
    await clock.advance(1000)
    expect((await running.call('GET', '/indexes/a/documents')).json.total).toBe(1)
  })

  it('that are deleted never give their uid to others, not even after a restart', async () => {
    const dataDir = directory()
    const first = await open({ dataDir })
    await first.write('POST', '/indexes/a/documents', [{ id: 1 }])
    await first.write('DELETE', '/tasks?uids=0')
    await first.write('DELETE', '/tasks?uids=1')
    await first.node.close()
    const second = await open({ dataDir })
    expect((await second.write('POST', '/indexes/a/documents', [{ id: 2 }])).uid).toBe(3)
  })
})

describe('a restart', () => {
  it('finds documents, settings, places, keys and tasks again', async () => {
    const dataDir = directory()
    const first = await open({ dataDir })
    await first.write('PATCH', '/indexes/a/settings', {
      sortableAttributes: ['n'],
      rankingRules: ['sort', 'n:desc'],
    })
    await first.write('POST', '/indexes/a/documents', '[{"id":1,"n":1.0},{"id":2,"n":5},{"id":3}]')
    await first.write('DELETE', '/indexes/a/documents/2')
    const before = await snapshot(first)
    await first.node.close()
    const second = await open({ dataDir })
    expect(await snapshot(second)).toEqual(before)
    await second.write('POST', '/indexes/a/documents', [{ id: 4 }])
    const { json } = await second.call('GET', '/indexes/a/documents')
    expect(json.results.map(({ id }: { id: number }) => id)).toEqual([1, 4, 3])
  })

  it('goes on with queued tasks', async () => {
    const dataDir = directory()
    const first = await open({ dataDir, applyDelayMs: 60_000 })
    await first.call('POST', '/indexes/a/documents?customMetadata=late', [{ id: 1 }])
    await first.node.close()
    const second = await open({ dataDir })
    await expect.poll(() => statuses(second)).toEqual(['0 succeeded'])
    expect((await second.call('GET', '/indexes/a/documents')).json.total).toBe(1)
  })
})

async function snapshot(running: RunningNode): Promise<unknown> {
  const paths = [
    '/indexes',
    '/indexes/a/settings',
    '/indexes/a/documents',
    '/tasks',
    '/keys',
    '/indexes/a/stats',
  ]
  return Promise.all(paths.map(async (path) => (await running.call('GET', path)).text))
}
