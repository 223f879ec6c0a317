import type { Database, Statement } from 'better-sqlite3'
import Sqlite from 'better-sqlite3'
import { StoreConflict, StoreUnavailable } from '../../model/store.ts'
import type { Outcome, StoreCall, SyncStore } from './protocol.ts'
import { READS } from './protocol.ts'

/** Not the fault of the caller or of the program: the file cannot be written, or read, right now. */
const TROUBLE = /^SQLITE_(FULL|IOERR|READONLY|BUSY|LOCKED|CANTOPEN|CORRUPT|NOTADB|NOMEM|PROTOCOL|AUTH|PERM)/

/**
 * Group commit: the writes of a batch share one transaction, each in its own savepoint, so that a conflict of
 * one does not undo the others. Reads follow after the commit; they see all of it, and go on when it fails.
 */
export class Batches {
  readonly #database: Database
  readonly #methods: SyncStore
  readonly #statements: Readonly<
    Record<'begin' | 'commit' | 'rollback' | 'mark' | 'undo' | 'keep', Statement>
  >

  constructor(database: Database, methods: SyncStore) {
    this.#database = database
    this.#methods = methods
    this.#statements = {
      begin: database.prepare('BEGIN IMMEDIATE'),
      commit: database.prepare('COMMIT'),
      rollback: database.prepare('ROLLBACK'),
      mark: database.prepare('SAVEPOINT one_call'),
      undo: database.prepare('ROLLBACK TO one_call'),
      keep: database.prepare('RELEASE one_call'),
    }
  }

  /** One outcome per call, in order. Does not throw. */
  run(calls: readonly StoreCall[]): Outcome[] {
    const outcomes: Outcome[] = []
    const writes = [...calls.keys()].filter((index) => !READS.has(callAt(calls, index).method))
    if (writes.length > 0) this.#commit(calls, writes, outcomes)
    for (const [index, call] of calls.entries()) {
      if (READS.has(call.method)) outcomes[index] = this.#attempt(call)
    }
    return outcomes
  }

  #commit(calls: readonly StoreCall[], writes: readonly number[], outcomes: Outcome[]): void {
    try {
      this.#statements.begin.run()
      for (const index of writes) outcomes[index] = this.#inSavepoint(callAt(calls, index))
      this.#statements.commit.run()
    } catch (error) {
      this.#rollback()
      // On a full disk a small call may still fit, or make room, where the whole batch does not.
      const divisible = writes.length > 1 && codeOf(error).startsWith('SQLITE_FULL')
      for (const index of writes) {
        if (divisible) this.#commit(calls, [index], outcomes)
        else outcomes[index] = failure(error)
      }
    }
  }

  #inSavepoint(call: StoreCall): Outcome {
    this.#statements.mark.run()
    const outcome = this.#attempt(call, true)
    if (!outcome.ok) this.#statements.undo.run()
    this.#statements.keep.run()
    return outcome
  }

  #attempt(call: StoreCall, escalate = false): Outcome {
    const method = this.#methods[call.method] as (...given: readonly unknown[]) => unknown
    try {
      return { ok: true, value: method(...call.given) }
    } catch (error) {
      // SQLite may have rolled the whole transaction back by itself.
      if (escalate && TROUBLE.test(codeOf(error))) throw error
      return failure(error)
    }
  }

  #rollback(): void {
    try {
      if (this.#database.inTransaction) this.#statements.rollback.run()
    } catch {
      // What could not be rolled back now was never committed; the next BEGIN tells.
    }
  }
}

export function failure(error: unknown): Outcome {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof StoreConflict) return { ok: false, reason: 'conflict', message }
  const code = codeOf(error)
  if (error instanceof StoreUnavailable) return { ok: false, reason: 'unavailable', message }
  if (TROUBLE.test(code)) return { ok: false, reason: 'unavailable', message: `${message} (${code})` }
  return { ok: false, reason: 'bug', message: error instanceof Error ? (error.stack ?? message) : message }
}

function codeOf(error: unknown): string {
  return error instanceof Sqlite.SqliteError ? error.code : ''
}

function callAt(calls: readonly StoreCall[], index: number): StoreCall {
  const call = calls[index]
  if (call === undefined) throw new RangeError(`no call ${index}`)
  return call
}
