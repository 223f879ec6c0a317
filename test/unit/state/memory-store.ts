import { SEQ_MAX } from '../../../src/model/ids.ts'
import type { Store } from '../../../src/model/store.ts'
import { StoreConflict, StoreUnavailable } from '../../../src/model/store.ts'
import { physicalName } from '../../../src/state/names.ts'
import type { Random } from '../../../src/std/random.ts'
import { systemRandom } from '../../../src/std/random.ts'
import type { State } from './memory-state.ts'
import {
  addPlacement,
  addTask,
  applySettings,
  birth,
  bySeq,
  changeTask,
  copyOf,
  createIndex,
  endOperation,
  isOf,
  keyOf,
  mark,
  nameOf,
  openOperation,
  recordOperation,
  setNodeAddresses,
  snapshot,
  TERMINAL,
  take,
} from './memory-state.ts'
import { listTasks, matches } from './task-filter.ts'

/**
 * The slow and obvious twin of the SQLite store: plain maps, deep copies in and out, everything undone when a
 * call rejects. What it holds survives `close` and the next `open`, as a file would.
 */
export function createMemoryStore(options: { random?: Random; wall?: () => number } = {}): Store {
  const { random = systemRandom, wall = () => 0 } = options
  let state: State | null = null
  let opened = false

  /** One transaction: works on a copy that replaces the state only if nothing was thrown. */
  const change = async <Value>(step: (state: State) => Value): Promise<Value> => {
    if (state === null || !opened) throw new StoreUnavailable('the store is not open')
    const next = copyOf(state)
    const value = structuredClone(step(next))
    state = next
    return value
  }
  const read = async <Value>(step: (state: State) => Value): Promise<Value> => {
    if (state === null || !opened) throw new StoreUnavailable('the store is not open')
    return structuredClone(step(state))
  }

  return {
    async open(seed) {
      if (opened) throw new StoreConflict('the store is open already')
      const fresh = state === null
      state ??= birth(structuredClone(seed), random, wall())
      opened = true
      return structuredClone(snapshot(state, fresh))
    },
    async close() {
      opened = false
    },
    takeSeqs: (count) => change((all) => take(all, 'nextSeq', count, SEQ_MAX)),
    setNodeAddresses: (nodes) => change((all) => setNodeAddresses(all, structuredClone(nodes))),
    setNodeIdentity: (node, keyUid) =>
      change((all) => {
        all.identities.set(node, keyUid)
        all.tails.set(node, -1)
      }),
    setFeatures: (on) =>
      change((all) => {
        all.features = [...on].sort()
      }),
    addPlacement: (rows) => change((all) => addPlacement(all, structuredClone(rows))),
    createIndex: (row, nodes) => change((all) => createIndex(all, structuredClone(row), nodes)),
    advanceName: (uid, generation, node) =>
      change((all) => {
        const found = nameOf(all, uid, generation, node)
        const fence = found.fence + 1
        const moved = { ...found, fence, name: physicalName(uid, generation, fence) }
        all.names.set(keyOf(uid, generation, node), moved)
        all.epoch++
        return moved
      }),
    setSettingsApplied: (uid, generation, node, version) =>
      change((all) => {
        applySettings(all, { uid, generation, node }, version)
        all.epoch++
      }),
    recordOperation: (operation, task) =>
      change((all) => recordOperation(all, structuredClone(operation), structuredClone(task))),
    openTask: (seq, task) =>
      change((all) => {
        const { row } = openOperation(all, seq)
        if (row.taskUid !== null) throw new StoreConflict(`operation ${seq} has a task`)
        const taskUid = addTask(all, structuredClone(task))
        all.operations.set(seq, { row: { ...row, taskUid }, settled: false })
        return taskUid
      }),
    voidOperation: (seq) =>
      change((all) => {
        const { row } = openOperation(all, seq)
        all.operations.delete(seq)
        const task = row.taskUid === null ? undefined : all.tasks.get(row.taskUid)
        if (task !== undefined && !TERMINAL.includes(task.status)) all.tasks.delete(task.uid)
      }),
    markCopies: (marks) =>
      change((all) => {
        mark(all, structuredClone(marks))
        return ++all.epoch
      }),
    endOperation: (end) => change((all) => endOperation(all, structuredClone(end))),
    settledAfter: (uid, generation, after) =>
      read((all) =>
        bySeq(all, ({ row, settled }) => settled && isOf(row, uid, generation) && row.seq > after),
      ),
    forgetOperations: (uid, generation, upTo) =>
      change((all) => {
        for (const { row, settled } of [...all.operations.values()]) {
          if (settled && isOf(row, uid, generation) && row.seq <= upTo) all.operations.delete(row.seq)
        }
      }),
    saveTails: (tails) =>
      change((all) => {
        for (const [node, uid] of tails) all.tails.set(node, uid)
      }),
    addTask: (task) => change((all) => addTask(all, structuredClone(task))),
    changeTask: (uid, to) => change((all) => changeTask(all, uid, structuredClone(to))),
    getTask: (uid) => read((all) => all.tasks.get(uid) ?? null),
    listTasks: (filter, page) => read((all) => listTasks([...all.tasks.values()], filter, page)),
    pruneTasks: (beforeMs, limit) =>
      change((all) => {
        const ended = [...all.tasks.values()]
          .filter(
            ({ status, finishedMs }) => TERMINAL.includes(status) && (finishedMs ?? Infinity) < beforeMs,
          )
          .sort((a, b) => (a.finishedMs ?? 0) - (b.finishedMs ?? 0) || a.uid - b.uid)
          .slice(0, limit)
        for (const { uid } of ended) all.tasks.delete(uid)
        return ended.length
      }),
    deleteTasks: (filter, below, limit) =>
      change((all) => {
        const ended = [...all.tasks.values()]
          .filter((task) => TERMINAL.includes(task.status) && task.uid < below && matches(task, filter))
          .sort((a, b) => b.uid - a.uid)
          .slice(0, limit)
        for (const { uid } of ended) all.tasks.delete(uid)
        return ended.length
      }),
    countTasks: () =>
      read((all) => {
        const counts: Record<string, number> = {
          enqueued: 0,
          processing: 0,
          succeeded: 0,
          failed: 0,
          canceled: 0,
        }
        for (const { status } of all.tasks.values()) counts[status] = (counts[status] ?? 0) + 1
        return counts
      }),
  }
}
