import type { Database } from 'better-sqlite3'
import type { Seq, TaskUid } from '../../model/ids.ts'
import { SEQ_MAX } from '../../model/ids.ts'
import type { OperationRow } from '../../model/operation.ts'
import type { OperationEnd } from '../../model/store.ts'
import { StoreConflict, StoreUnavailable } from '../../model/store.ts'
import type { NewTask } from '../../model/task.ts'
import type { CatalogueTable } from './catalogue.ts'
import { pack, unpack } from './codec.ts'
import type { Counters } from './counters.ts'
import type { SyncStore } from './protocol.ts'
import type { TaskTable } from './tasks.ts'

/** Operation records live apart from task rows and outlive them (M5). */
export interface OperationTable
  extends Pick<
    SyncStore,
    | 'takeSeqs'
    | 'recordOperation'
    | 'openTask'
    | 'voidOperation'
    | 'markCopies'
    | 'endOperation'
    | 'settledAfter'
    | 'forgetOperations'
  > {
  /** Not settled, ascending. */
  open(): readonly OperationRow[]
}

interface Stored {
  readonly seq: number
  readonly uid: string
  readonly generation: number
  readonly task: number | null
  readonly record: Uint8Array
}

interface Rooms {
  readonly counters: Counters
  readonly catalogue: CatalogueTable
  readonly tasks: TaskTable
}

export function createOperations(database: Database, rooms: Rooms): OperationTable {
  const operations = new Operations(database, rooms)
  return {
    open: () => operations.open(),
    takeSeqs(count) {
      const first = rooms.counters.take('seq', count, SEQ_MAX)
      if (first === null) throw new StoreUnavailable('operation numbers are used up')
      return first
    },
    recordOperation: (operation, task) => operations.record(operation, task),
    openTask: (seq, task) => operations.openTask(seq, task),
    voidOperation: (seq) => operations.void(seq),
    markCopies(marks) {
      rooms.catalogue.mark(marks)
      return rooms.counters.nextEpoch()
    },
    endOperation: (end) => operations.end(end),
    settledAfter: (uid, generation, after) => operations.settledAfter(uid, generation, after),
    forgetOperations: (uid, generation, upTo) => operations.forget(uid, generation, upTo),
  }
}

class Operations {
  readonly #rooms: Rooms
  readonly #statements: ReturnType<typeof prepare>

  constructor(database: Database, rooms: Rooms) {
    this.#rooms = rooms
    this.#statements = prepare(database)
  }

  open(): readonly OperationRow[] {
    return this.#statements.open.all().map(rowOf)
  }

  record(operation: Omit<OperationRow, 'taskUid'>, task: NewTask | null): TaskUid | null {
    const { seq, indexUid, generation, kind, shards, ids, payload } = operation
    if (!this.#rooms.counters.wasTaken('seq', seq))
      throw new StoreConflict(`operation number ${seq} was never handed out`)
    if (this.#statements.exists.get(seq) !== undefined)
      throw new StoreConflict(`operation ${seq} is recorded already`)
    if (!this.#rooms.catalogue.has(indexUid, generation))
      throw new StoreConflict(`index \`${indexUid}\` has no generation ${generation}`)
    const taskUid = task === null ? null : this.#rooms.tasks.addTask(task)
    this.#statements.add.run(seq, indexUid, generation, taskUid, pack({ kind, shards, ids, payload }))
    return taskUid
  }

  openTask(seq: Seq, task: NewTask): TaskUid {
    const { task: present } = this.#openRow(seq)
    if (present !== null) throw new StoreConflict(`operation ${seq} has task ${present} already`)
    const uid = this.#rooms.tasks.addTask(task)
    this.#statements.setTask.run(uid, seq)
    return uid
  }

  /** The task goes with the operation: its client heard an error and never a task uid. */
  void(seq: Seq): void {
    const { task } = this.#openRow(seq)
    this.#statements.remove.run(seq)
    if (task !== null) this.#rooms.tasks.removeOpen(task)
  }

  end(end: OperationEnd): number {
    const { catalogue, counters, tasks } = this.#rooms
    const { uid, generation, task } = this.#openRow(end.seq)
    if (end.task !== null) {
      if (end.task.uid !== task)
        throw new StoreConflict(`operation ${end.seq} has task ${task}, not ${end.task.uid}`)
      tasks.changeTask(end.task.uid, end.task.change)
    }
    catalogue.mark(end.marks)
    if (end.index !== null) catalogue.replaceIndex(end.index)
    for (const { node, version } of end.settingsApplied)
      catalogue.applySettings(uid, generation, node, version)
    this.#statements.settle.run(end.seq)
    if (end.retire) {
      catalogue.retire(uid, generation, end.seq)
      // Nothing of this generation will ever be caught up again.
      this.#statements.forgetAll.run(uid, generation)
    }
    return counters.nextEpoch()
  }

  settledAfter(uid: string, generation: number, after: Seq): readonly OperationRow[] {
    return this.#statements.settledAfter.all(uid, generation, after).map(rowOf)
  }

  forget(uid: string, generation: number, upTo: Seq): void {
    this.#statements.forget.run(uid, generation, upTo)
  }

  #openRow(seq: Seq): Stored {
    const row = this.#statements.openOne.get(seq)
    if (row === undefined) throw new StoreConflict(`operation ${seq} is not open`)
    return row
  }
}

function rowOf(stored: Stored): OperationRow {
  const record = unpack<Pick<OperationRow, 'kind' | 'shards' | 'ids' | 'payload'>>(stored.record)
  const { seq, uid, generation, task } = stored
  return { seq, indexUid: uid, generation, ...record, taskUid: task }
}

const COLUMNS = 'seq, uid, generation, task, record'

function prepare(database: Database) {
  return {
    exists: database.prepare('SELECT 1 FROM operations WHERE seq = ?'),
    add: database.prepare(`INSERT INTO operations (${COLUMNS}, settled) VALUES (?, ?, ?, ?, ?, 0)`),
    setTask: database.prepare('UPDATE operations SET task = ? WHERE seq = ?'),
    settle: database.prepare('UPDATE operations SET settled = 1 WHERE seq = ?'),
    remove: database.prepare('DELETE FROM operations WHERE seq = ?'),
    open: database.prepare<[], Stored>(`SELECT ${COLUMNS} FROM operations WHERE settled = 0 ORDER BY seq`),
    openOne: database.prepare<[number], Stored>(
      `SELECT ${COLUMNS} FROM operations WHERE seq = ? AND settled = 0`,
    ),
    settledAfter: database.prepare<[string, number, number], Stored>(
      `SELECT ${COLUMNS} FROM operations ` +
        'WHERE settled = 1 AND uid = ? AND generation = ? AND seq > ? ORDER BY seq',
    ),
    forget: database.prepare(
      'DELETE FROM operations WHERE settled = 1 AND uid = ? AND generation = ? AND seq <= ?',
    ),
    forgetAll: database.prepare('DELETE FROM operations WHERE settled = 1 AND uid = ? AND generation = ?'),
  }
}
