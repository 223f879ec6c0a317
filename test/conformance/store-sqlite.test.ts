import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Store } from '../../src/model/store.ts'
import { StoreConflict, StoreUnavailable } from '../../src/model/store.ts'
import { openDatabase, refuseNetwork } from '../../src/state/sqlite/open.ts'
import type { SqliteStoreOptions } from '../../src/state/sqlite/store.ts'
import { createSqliteStore } from '../../src/state/sqlite/store.ts'
import { newTask, operation, scratch, seed, withOperations } from './store-fixtures.ts'

const writerEntry = fileURLToPath(new URL('./store-writer.mjs', import.meta.url))

function freshPath(): string {
  return join(scratch(onTestFinished), 'store.db')
}

function makeStore(options: SqliteStoreOptions): Store {
  const store = createSqliteStore({ busyTimeoutMs: 50, ...options })
  onTestFinished(() => store.close())
  return store
}

/** Runs the writer until it has printed `lines` lines, kills it, and answers all that it printed. */
async function killedWriter(path: string, lines: number): Promise<string[]> {
  const child = spawn(process.execPath, [writerEntry, path, JSON.stringify(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const printed: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    printed.push(line)
    if (printed.length === lines) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return printed
}

describe('a process that is killed', () => {
  test('leaves everything that was acknowledged, each once', async () => {
    const path = freshPath()
    const known = new Map<number, number>()
    for (const lines of [150, 75, 200]) {
      const printed = await killedWriter(path, lines)
      expect(printed.length).toBeGreaterThanOrEqual(lines)
      // The last line may have been cut by the kill.
      for (const line of printed.slice(1, -1)) {
        const [seq = -1, uid = -1] = line.split(' ').map(Number)
        expect(known.has(seq)).toBe(false)
        expect([...known.values()].includes(uid)).toBe(false)
        known.set(seq, uid)
      }
    }
    const store = makeStore({ path })
    const { openOperations } = await store.open(seed)
    const found = new Map(openOperations.map((row) => [row.seq, row]))
    for (const [seq, uid] of known) {
      expect(found.get(seq)).toMatchObject({ ids: [`id-${seq}`], taskUid: uid, shards: [seq % 2] })
      expect(await store.getTask(uid)).toMatchObject({ details: { providedIds: seq } })
    }
    expect(await store.takeSeqs(1)).toBeGreaterThan(Math.max(...found.keys()))
    expect(await store.addTask(newTask())).toBeGreaterThan(Math.max(...known.values()))
  })
})

describe('opening a file', () => {
  test('that another process or this one has open is refused, until it is let go', async () => {
    const path = freshPath()
    const store = makeStore({ path })
    await store.open(seed)
    await expect(store.open(seed)).rejects.toThrow(StoreConflict)
    const other = makeStore({ path })
    await expect(other.open(seed)).rejects.toThrow(/in use by another process/)
    const [said] = await killedWriter(path, 1)
    expect(said).toMatch(/^StoreUnavailable: the store .*store\.db is in use by another process/)
    await store.close()
    expect((await other.open(seed)).fresh).toBe(false)
  })

  test('of a newer program, or of another one, is refused untouched', async () => {
    const path = freshPath()
    const store = createSqliteStore({ path })
    await store.open(seed)
    await store.close()
    const newer = new Sqlite(path)
    newer.exec('UPDATE schema_version SET version = 999')
    newer.close()
    const before = readFileSync(path)
    await expect(makeStore({ path }).open(seed)).rejects.toThrow(/schema_version_ahead.*schema 999/)
    expect(readFileSync(path).equals(before)).toBe(true)

    const foreign = join(dirname(path), 'foreign.db')
    const database = new Sqlite(foreign)
    database.exec('CREATE TABLE notes (text TEXT)')
    database.close()
    const bytes = readFileSync(foreign)
    await expect(makeStore({ path: foreign }).open(seed)).rejects.toThrow(/another program/)
    expect(readFileSync(foreign).equals(bytes)).toBe(true)
  })

  test('that is damaged, or no database, or a directory, is refused', async () => {
    const path = freshPath()
    const store = createSqliteStore({ path })
    await store.open(seed)
    await Promise.all(Array.from({ length: 500 }, () => store.addTask(newTask())))
    await store.close()
    truncateSync(path, 50_000)
    await expect(makeStore({ path }).open(seed)).rejects.toThrow(StoreUnavailable)
    writeFileSync(path, 'not a database'.repeat(1_000))
    await expect(makeStore({ path }).open(seed)).rejects.toThrow(StoreUnavailable)
    mkdirSync(join(dirname(path), 'directory'))
    await expect(makeStore({ path: join(dirname(path), 'directory') }).open(seed)).rejects.toThrow(
      StoreUnavailable,
    )
  })

  test('syncs every commit, and holds the lock of a write-ahead log', () => {
    const database = openDatabase({ path: freshPath(), busyTimeoutMs: 0, bytesMax: null })
    onTestFinished(() => {
      database.close()
    })
    const of = (name: string) => database.pragma(name, { simple: true })
    expect(['synchronous', 'journal_mode', 'locking_mode'].map(of)).toEqual([2, 'wal', 'exclusive'])
  })

  test('where nothing can be written is refused with the path', async () => {
    const file = freshPath()
    writeFileSync(file, '')
    const path = join(file, 'below', 'store.db')
    await expect(makeStore({ path }).open(seed)).rejects.toThrow(
      /the store .*below.store\.db cannot be opened/,
    )
  })

  test('on a network file system is refused', () => {
    for (const type of [0x6969, 0xff534d42, 0x65735546]) {
      expect(() => refuseNetwork('/mnt', () => type)).toThrow(/network file system/)
    }
    expect(() => refuseNetwork('/mnt', () => 0xef53)).not.toThrow()
  })
})

describe('while it runs', () => {
  test('calls that arrive during a commit share the next one', async () => {
    const commits: number[] = []
    const store = makeStore({ path: freshPath(), onCommit: (calls) => commits.push(calls) })
    await store.open(seed)
    const wave = (count: number) => Array.from({ length: count }, () => store.addTask(newTask()))
    const first = wave(10)
    // Not in the same turn: the first commit is under way by now.
    await new Promise((resolve) => setImmediate(resolve))
    const uids = await Promise.all([...first, ...wave(25), ...wave(2_000)])
    expect(uids).toEqual(uids.map((_, place) => place))
    expect(commits).toEqual([10, 1_000, 1_000, 25])
  })

  test('a full file refuses writes, answers reads, and takes writes again when there is room', async () => {
    const store = makeStore({ path: freshPath(), bytesMax: 400 * 1024 })
    await store.open(seed)
    const ended = newTask({ status: 'succeeded', finishedMs: 1, details: { text: 'x'.repeat(2_000) } })
    let added = 0
    let refused: unknown = null
    while (refused === null) {
      await store.addTask(ended).then(
        () => added++,
        (error) => {
          refused = error
        },
      )
    }
    expect(refused).toBeInstanceOf(StoreUnavailable)
    const whole = { limit: 0, reverse: false }
    const [late, list] = await Promise.allSettled([store.addTask(ended), store.listTasks({}, whole)])
    expect(late.status).toBe('rejected')
    expect(list).toMatchObject({ status: 'fulfilled', value: { total: added } })
    // The prune makes room although its neighbours in the batch do not fit.
    const mixed = await Promise.allSettled([store.addTask(ended), store.pruneTasks(2, 50)])
    expect(mixed[1]).toEqual({ status: 'fulfilled', value: 50 })
    expect(await store.addTask(ended)).toBe(added)
  })

  test('an argument that cannot cross threads fails alone', async () => {
    const store = makeStore({ path: freshPath() })
    await store.open(seed)
    const [seq = 0] = await withOperations(store, 1)
    const next = await store.takeSeqs(1)
    const outcomes = await Promise.allSettled([
      store.addTask(newTask()),
      store.recordOperation(operation(next, { payload: () => seq }), null),
      store.addTask(newTask()),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })
})
