import { fail } from '../../model/errors.ts'
import type { Seq } from '../../model/ids.ts'
import type { CopyMark } from '../../model/operation.ts'
import type { CopyState } from '../../model/view.ts'
import { sleep } from '../../std/clock.ts'
import { publishIndex, type WriteContext } from '../context.ts'
import { type Copy, type IndexRun, markOf } from '../run.ts'

const RETRY_MS = 500

/**
 * Runs a store call until it is accepted: what it records has already happened on nodes, so giving up is no
 * option. Callers who must answer a client meanwhile race it against their deadline.
 */
export async function persist<T>(context: WriteContext, call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (context.closing || (error as Error).name !== 'StoreUnavailable') throw error
      context.observer.note('error', 'the store does not accept writes, retrying', { reason: String(error) })
      await sleep(context.clock, RETRY_MS)
    }
  }
}

/** Takes copies out of the deciding set: they lack operation `seq`. Resolves once that is durable. */
export function leaveCopies(
  context: WriteContext,
  run: IndexRun,
  copies: readonly Copy[],
  seq: Seq,
): Promise<unknown> {
  const marks: CopyMark[] = []
  for (const copy of new Set(copies)) {
    if (copy.state === 'lagging' && copy.lag !== null && copy.lag < seq) continue
    copy.state = 'lagging'
    copy.lag = Math.min(copy.lag ?? seq - 1, seq - 1)
    copy.member = false
    marks.push(markOf(run, copy))
    context.observer.copyLeft('missed')
  }
  return changed(context, run, marks)
}

/** Puts copies into a state; leaving reads is published before it is durable, entering reads after. */
export function setCopies(
  context: WriteContext,
  run: IndexRun,
  copies: readonly Copy[],
  state: CopyState,
): Promise<unknown> {
  const marks = [...new Set(copies)]
    .filter((copy) => copy.state !== state)
    .map((copy) => {
      copy.state = state
      copy.lag = null
      return markOf(run, copy)
    })
  return changed(context, run, marks)
}

function changed(context: WriteContext, run: IndexRun, marks: readonly CopyMark[]): Promise<unknown> {
  if (marks.length === 0) return Promise.resolve()
  const removing = marks.some((mark) => mark.state !== 'current')
  if (removing) publishIndex(context, run)
  run.marksPending++
  return persist(context, () => context.store.markCopies(marks)).then((epoch) => {
    run.marksPending--
    publishIndex(context, run, epoch)
  })
}

/**
 * A store call on behalf of a waiting client, of which nothing has happened yet: refused at once when the
 * store is.
 */
export async function persistOrRefuse<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if ((error as Error).name !== 'StoreUnavailable') throw error
    throw fail('miroir_store_unavailable', { reason: (error as Error).message })
  }
}
