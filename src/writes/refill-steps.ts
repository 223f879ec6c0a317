import type { NodeId } from '../model/ids.ts'
import { utf8 } from '../std/bytes.ts'
import { nodeView, tailOf, type WriteContext } from './context.ts'
import { sendWrite } from './node-calls.ts'

/** Why a refill ended early; it is tried again later. */
export class RefillFailed extends Error {
  override readonly name = 'RefillFailed'
}

export interface NodeWrite {
  readonly method: 'PATCH' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: unknown
}

/** A write to the target whose success the refill depends on. */
export async function must(context: WriteContext, node: NodeId, write: NodeWrite): Promise<void> {
  const base = { method: write.method, path: write.path, operation: 'refill', write: true } as const
  const request = write.body === undefined ? base : { ...base, body: utf8(JSON.stringify(write.body)) }
  const outcome = await sendWrite(context, nodeView(context, node), request)
  if (outcome.kind !== 'acked') throw new RefillFailed(`${write.method} on ${node}: ${outcome.kind}`)
  await succeeded(context, node, outcome.uid)
}

/** Waits for the end of a task on the target. */
export async function succeeded(context: WriteContext, node: NodeId, uid: number): Promise<void> {
  const failure = await new Promise<string | null>((resolve) => {
    tailOf(context, node).watch(uid, null, (event) => {
      if (event.kind === 'vanished') resolve('the task vanished')
      else
        resolve(event.task.status === 'succeeded' ? null : (event.task.error?.message ?? event.task.status))
    })
  })
  if (failure !== null) throw new RefillFailed(`task ${uid} on ${node}: ${failure}`)
}
