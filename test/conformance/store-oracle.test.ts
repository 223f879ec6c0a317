import type { Database } from 'better-sqlite3'
import Sqlite from 'better-sqlite3'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Store } from '../../src/model/store.ts'
import type { TaskFilter, TaskPage } from '../../src/model/task.ts'
import { migrate } from '../../src/state/sqlite/migrations.ts'
import type { Outcome, StoreMethod } from '../../src/state/sqlite/protocol.ts'
import type { Session } from '../../src/state/sqlite/session.ts'
import { startSession } from '../../src/state/sqlite/session.ts'
import { QUERY_BOUNDS } from '../../src/state/sqlite/task-query.ts'
import { createMemoryStore } from '../unit/state/memory-store.ts'
import { indexRow, newTask, operation, operationEnd, seed } from './store-fixtures.ts'

/* The SQLite store against its slow twin: the same calls, the same answers. */

const birth = { clusterId: 'c', searchKeyUid: 's', adminKeyUid: 'a', createdMs: 0 }

async function makePair(bounds = QUERY_BOUNDS): Promise<Pair> {
  const database = new Sqlite(':memory:')
  migrate(database, 0)
  const twin = createMemoryStore()
  await twin.open(seed)
  return { database, session: startSession(database, { seed, birth }, bounds), twin }
}

const small = fc.integer({ min: 0, max: 9 })
const status = fc.constantFrom('enqueued', 'processing', 'succeeded', 'failed', 'canceled')
const type = fc.constantFrom('documentAdditionOrUpdate', 'documentDeletion', 'settingsUpdate', 'indexSwap')
const indexUid = fc.constantFrom('films', 'b', 'c')
const time = fc.integer({ min: 0, max: 6 })

const task = fc
  .record({
    indexUid: fc.option(indexUid),
    type,
    status,
    canceledBy: fc.option(small),
    enqueuedMs: time,
    startedMs: fc.option(time),
    finishedMs: fc.option(time),
  })
  .map((changes) => newTask(changes))

const filter: fc.Arbitrary<TaskFilter> = fc.record(
  {
    uids: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 20 }),
    statuses: fc.array(status, { maxLength: 3 }),
    types: fc.array(type, { maxLength: 3 }),
    indexUids: fc.array(fc.oneof(indexUid, fc.constant('')), { maxLength: 3 }),
    canceledBy: fc.array(small, { maxLength: 3 }),
    beforeEnqueuedMs: time,
    afterEnqueuedMs: time,
    beforeStartedMs: time,
    afterStartedMs: time,
    beforeFinishedMs: time,
    afterFinishedMs: time,
  },
  { requiredKeys: [] },
)

const page: fc.Arbitrary<TaskPage> = fc
  .record({
    from: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
    limit: fc.integer({ min: 0, max: 12 }),
    reverse: fc.boolean(),
  })
  .map(({ from, ...rest }) => (from === undefined ? rest : { ...rest, from }))

type Step = readonly [method: StoreMethod, ...given: unknown[]]

const seq = fc.integer({ min: 0, max: 12 })
const node = fc.constantFrom('a', 'b', 'z')
const generation = fc.constantFrom(1, 1, 1, 2)
const mark = fc.record({
  indexUid,
  generation,
  shard: fc.integer({ min: 0, max: 1 }),
  node,
  state: fc.constantFrom('current', 'behind', 'lagging'),
  lag: fc.option(seq),
})
const change = fc.record(
  { status, details: fc.constant({ x: 1 }), startedMs: time, finishedMs: fc.option(time), canceledBy: small },
  { requiredKeys: ['status'] },
)
const end = fc.record({
  seq,
  task: fc.option(fc.record({ uid: small, change })),
  marks: fc.array(mark, { maxLength: 2 }),
  index: fc.option(fc.tuple(indexUid, generation).map(([uid, of]) => ({ ...indexRow(uid), generation: of }))),
  settingsApplied: fc.array(fc.record({ node, version: small }), { maxLength: 1 }),
  retire: fc.boolean(),
})

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.constant('takeSeqs' as const), fc.integer({ min: 1, max: 4 })),
  fc.tuple(fc.constant('createIndex' as const), indexUid.map(indexRow), fc.constant(['a', 'b'])),
  fc.tuple(fc.constant('createIndex' as const), indexUid.map(indexRow), fc.constant(['a'])),
  fc.tuple(fc.constant('advanceName' as const), indexUid, generation, node),
  fc.tuple(fc.constant('setSettingsApplied' as const), indexUid, generation, node, small),
  fc.tuple(
    fc.constant('recordOperation' as const),
    fc.record({ seq, indexUid, generation }).map((changes) => operation(changes.seq, changes)),
    fc.option(task),
  ),
  fc.tuple(fc.constant('openTask' as const), seq, task),
  fc.tuple(fc.constant('voidOperation' as const), seq),
  fc.tuple(fc.constant('markCopies' as const), fc.array(mark, { maxLength: 3 })),
  fc.tuple(
    fc.constant('endOperation' as const),
    end.map((changes) => operationEnd(changes.seq, changes as never)),
  ),
  fc.tuple(
    fc.constant('endOperation' as const),
    seq.map((of) => operationEnd(of)),
  ),
  fc.tuple(fc.constant('settledAfter' as const), indexUid, generation, seq),
  fc.tuple(fc.constant('forgetOperations' as const), indexUid, generation, seq),
  fc.tuple(fc.constant('addTask' as const), task),
  fc.tuple(fc.constant('addTask' as const), task),
  fc.tuple(fc.constant('addTask' as const), task),
  fc.tuple(fc.constant('changeTask' as const), small, change),
  fc.tuple(fc.constant('getTask' as const), small),
  fc.tuple(fc.constant('listTasks' as const), filter, page),
  fc.tuple(fc.constant('pruneTasks' as const), time, small),
  fc.tuple(fc.constant('deleteTasks' as const), filter, small, small),
  fc.tuple(fc.constant('countTasks' as const)),
)

/** So that most random calls find something to work on. */
const prelude: readonly Step[] = [
  ['createIndex', indexRow('films'), ['a', 'b']],
  ['createIndex', indexRow('b'), ['a']],
  ['takeSeqs', 11],
  ...[1, 2, 3, 4].map((of): Step => ['recordOperation', operation(of), of < 3 ? newTask() : null]),
  ['recordOperation', operation(5, { indexUid: 'b' }), newTask({ indexUid: 'b' })],
]

interface Pair {
  readonly database: Database
  readonly session: Session
  readonly twin: Store
}

async function both({ session, twin }: Pair, [method, ...given]: Step): Promise<boolean> {
  const [outcome] = session.batches.run([{ method, given }])
  const call = twin[method] as (...values: unknown[]) => Promise<unknown>
  const expected = await call(...given).then(
    (value): Outcome => ({ ok: true, value }),
    (): Outcome => ({ ok: false, reason: 'conflict', message: '' }),
  )
  expect(comparable(outcome), method).toEqual(comparable(expected))
  return outcome?.ok === true
}

/** All that would be found after a restart. */
async function bothAfterRestart({ database, twin }: Pair): Promise<void> {
  const identity = { fresh: false, clusterId: '', createdMs: 0, defaultKeyUids: { search: '', admin: '' } }
  await twin.close()
  const expected = await twin.open(seed)
  expect({ ...startSession(database, { seed, birth }).snapshot, ...identity }).toEqual({
    ...expected,
    ...identity,
  })
}

describe('the SQLite store answers as its twin does', () => {
  test('for any sequence of calls', async () => {
    let succeeded = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }), async (steps) => {
        const pair = await makePair()
        try {
          for (const each of [...prelude, ...steps]) succeeded += Number(await both(pair, each))
          await both(pair, ['listTasks', {}, { limit: 100, reverse: true }])
          await bothAfterRestart(pair)
        } finally {
          pair.session.close()
        }
      }),
      { numRuns: 300 },
    )
    // Else the generator would not reach what it is meant to test.
    expect(succeeded).toBeGreaterThan(5_000)
  })

  for (const mergedCellsMax of [0, 3, 256])
    for (const sortedRowsMax of [0, 5, 20_000])
      test(`for any filter and page (bounds ${mergedCellsMax}, ${sortedRowsMax})`, async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.array(task, { maxLength: 60, size: 'max' }),
            fc.array(fc.tuple(filter, page), { minLength: 1, maxLength: 8 }),
            async (tasks, queries) => {
              const pair = await makePair({ mergedCellsMax, sortedRowsMax })
              try {
                for (const each of tasks) await both(pair, ['addTask', each])
                for (const [wanted, part] of queries)
                  expect(await both(pair, ['listTasks', wanted, part])).toBe(true)
              } finally {
                pair.session.close()
              }
            },
          ),
          { numRuns: 40 },
        )
      })
})

/** Texts of conflicts may differ. */
function comparable(outcome: Outcome | undefined): unknown {
  return outcome?.ok === false ? { ok: false, reason: outcome.reason } : outcome
}
