import type { NodeId } from '../../model/ids.ts'
import { utf8 } from '../../std/bytes.ts'
import { sleep } from '../../std/clock.ts'
import { nodeView, tailOf, type WriteContext } from '../context.ts'
import { sendWrite } from '../dispatch/node-calls.ts'

/** Why a refill ended early; it is tried again later. */
export class RefillFailed extends Error {
  override readonly name = 'RefillFailed'
}

export interface NodeWrite {
  readonly method: 'PATCH' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  /** The write may create the index. */
  readonly creates?: boolean
}

/** A write to the target whose success the refill depends on. */
export async function must(
  context: WriteContext,
  node: NodeId,
  write: NodeWrite,
  check: Check,
): Promise<void> {
  const authority = write.creates === true ? 'master' : 'node'
  const base = {
    method: write.method,
    path: write.path,
    authority,
    operation: 'refill',
    write: true,
  } as const
  const request = write.body === undefined ? base : { ...base, body: utf8(JSON.stringify(write.body)) }
  const outcome = await sendWrite(context, nodeView(context, node), request)
  if (outcome.kind !== 'acked') throw new RefillFailed(`${write.method} on ${node}: ${outcome.kind}`)
  await succeeded(context, node, outcome.uid, check)
}

/** Waits for the end of a task on the target, as long as the refill may go on. */
export async function succeeded(
  context: WriteContext,
  node: NodeId,
  uid: number,
  check: Check,
): Promise<void> {
  let outcome: string | null | undefined
  tailOf(context, node).watch(uid, null, (event) => {
    if (event.kind === 'vanished') outcome = 'the task vanished'
    else outcome = event.task.status === 'succeeded' ? null : (event.task.error?.message ?? event.task.status)
  })
  for (let delayMs = POLL_MIN_MS; outcome === undefined; delayMs = Math.min(POLL_MAX_MS, delayMs * 2)) {
    check()
    await sleep(context.clock, delayMs)
  }
  if (outcome !== null) throw new RefillFailed(`task ${uid} on ${node}: ${outcome}`)
}

/** Throws `RefillFailed` when the refill must stop. */
export type Check = () => void

const POLL_MIN_MS = 2
const POLL_MAX_MS = 50
