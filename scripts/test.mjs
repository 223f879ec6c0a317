// @ts-check
// npm test: builds when needed (tests use the compiled kernels and workers), then runs every test.
// Arguments go to vitest: npm test -- test/unit/config, npm test -- --project unit
import { ensureBuilt } from './build.mjs'
import { runVitest } from './vitest.mjs'

ensureBuilt()
process.exitCode = runVitest(process.argv.slice(2))
