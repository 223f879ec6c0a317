import { join } from 'node:path'
import { createSqliteStore } from '../../src/state/sqlite/store.ts'
import { createMemoryStore } from '../unit/state/memory-store.ts'
import { scratch } from './store-fixtures.ts'
import { storeSuite } from './store-suite.ts'

storeSuite('memory', () => {
  const store = createMemoryStore()
  return { make: () => store }
})

storeSuite('sqlite', (onEnd) => {
  const path = join(scratch(onEnd), 'missing', 'directory', 'store.db')
  return { make: () => createSqliteStore({ path }) }
})
