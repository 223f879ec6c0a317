import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { taskRoutes } from '../../../src/api/tasks.ts'
import { createTasks } from '../../../src/features/tasks/tasks.ts'
import type { Store } from '../../../src/model/store.ts'
import type { NewTask } from '../../../src/model/task.ts'
import { parseMoment } from '../../../src/std/timestamp.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import { send } from './requests.ts'
import { openedMemoryStore } from './stores.ts'

/* What a node answered about its tasks, asked again here with the same tasks in the store. */

interface Step {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly status: number
  readonly answer: string
  readonly task?: Readonly<Record<string, unknown>>
}

const lines = readFileSync(new URL('../../compat/meilisearch-1.50.jsonl', import.meta.url), 'utf8')
const steps: readonly Step[] = lines
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
const first = steps.findIndex(({ name }) => name === 'tasks')
const asked = steps.slice(first, steps.findIndex(({ name }) => name === 'batch missing') + 1)

function recordedTasks(): NewTask[] {
  const tasks = steps.slice(0, first).flatMap(({ task }) => (task === undefined ? [] : [task]))
  return tasks.map((task) => {
    const at = (name: string) => parseMoment(String(task[name]))
    return {
      indexUid: task['indexUid'],
      type: task['type'],
      status: task['status'],
      canceledBy: task['canceledBy'],
      details: task['details'] ?? null,
      error: task['error'],
      enqueuedMs: at('enqueuedAt'),
      startedMs: at('startedAt'),
      finishedMs: at('finishedAt'),
      customMetadata: task['customMetadata'] ?? null,
    } as NewTask
  })
}

/** Nanoseconds are not kept, and what a node tells of its batches' insides is its own. */
function stable(text: string): string {
  return text
    .replace(/"(enqueuedAt|startedAt|finishedAt)":"[0-9T:.-]+Z"/g, '"$1":"…"')
    .replace(/"duration":"PT[0-9.]+S"/g, '"duration":"…"')
    .replace(/,"progressTrace":\{[^}]*\}/g, '')
    .replace(/"batchStrategy":"[^"]*"/g, '"batchStrategy":"…"')
}

describe('recorded answers', () => {
  let store: Store
  let routes: ReturnType<typeof taskRoutes>

  beforeAll(async () => {
    store = await openedMemoryStore()
    for (const task of recordedTasks()) await store.addTask(task)
    routes = taskRoutes({ tasks: createTasks({ store, clock: new VirtualClock() }) })
  })

  test('cover the routes of tasks', () => {
    expect(asked.map(({ name }) => name)).toContain('delete tasks')
    expect(asked).toHaveLength(23)
  })

  for (const { name, method, path, status, answer, task } of asked) {
    test(`${name}: ${method} ${path}`, async () => {
      const reply = await send(routes, method, path)
      expect({ status: reply.status, body: stable(reply.body) }).toEqual({ status, body: stable(answer) })
      if (task === undefined) return
      // The work goes on behind the answer, in this store without any waiting for a disk.
      await new Promise((resolve) => setImmediate(resolve))
      const later = await send(routes, 'GET', `/tasks/${task['uid']}`)
      expect(stable(later.body)).toBe(stable(JSON.stringify(task)))
    })
  }
})
