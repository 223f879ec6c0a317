// A process to be killed: opens the store, records operations many at a time, prints each number once
// acknowledged.
import { createSqliteStore } from '../../dist/state/sqlite/store.js'

const [path, seed] = process.argv.slice(2)
const store = createSqliteStore({ path, busyTimeoutMs: 100 })
const opened = await store.open(JSON.parse(seed)).catch((error) => {
  process.stdout.write(`${error.name}: ${error.message}\n`)
  process.exit(3)
})
if (opened.fresh) {
  const row = { shards: 2, primaryKey: null, createdAt: '', updatedAt: '', settingsVersion: 0 }
  await store.createIndex({ uid: 'films', ...row, settings: {}, rawSettings: {} }, ['a', 'b'])
}
process.stdout.write('open\n')

const times = { enqueuedMs: 1, startedMs: null, finishedMs: null }
const task = { indexUid: 'films', type: 'documentDeletion', status: 'enqueued', canceledBy: null, ...times }

async function writer() {
  for (;;) {
    const seq = await store.takeSeqs(1)
    const operation = { seq, indexUid: 'films', generation: 1, kind: 'delete-ids', shards: [seq % 2] }
    const uid = await store.recordOperation(
      { ...operation, ids: [`id-${seq}`], payload: null },
      { ...task, details: { providedIds: seq }, error: null, customMetadata: null },
    )
    process.stdout.write(`${seq} ${uid}\n`)
  }
}
await Promise.all(Array.from({ length: 20 }, writer))
