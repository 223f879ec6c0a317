import type { Tasks } from '../features/tasks/tasks.ts'
import type { Route } from '../model/call.ts'
import { json } from '../model/call.ts'

export interface TaskRouteDeps {
  readonly tasks: Tasks
}

/** Tasks, and their batches, as a node shows them. */
export function taskRoutes({ tasks }: TaskRouteDeps): Route[] {
  const read = { kind: 'action', action: 'tasks.get' } as const
  return [
    {
      method: 'GET',
      template: '/tasks',
      access: read,
      handler: async (call) => json(200, await tasks.list(call.query)),
    },
    {
      method: 'GET',
      template: '/tasks/{uid}',
      access: read,
      handler: async (call) => json(200, await tasks.get(call.params['uid'] ?? '')),
    },
    {
      method: 'POST',
      template: '/tasks/cancel',
      access: { kind: 'action', action: 'tasks.cancel' },
      handler: async (call) => json(200, await tasks.cancel(call.query)),
    },
    {
      method: 'DELETE',
      template: '/tasks',
      access: { kind: 'action', action: 'tasks.delete' },
      handler: async (call) => json(200, await tasks.remove(call.query)),
    },
    {
      method: 'GET',
      template: '/batches',
      access: read,
      handler: async (call) => json(200, await tasks.batches(call.query)),
    },
    {
      method: 'GET',
      template: '/batches/{uid}',
      access: read,
      handler: async (call) => json(200, await tasks.batch(call.params['uid'] ?? '')),
    },
  ]
}
