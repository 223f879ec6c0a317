// @ts-check
// npm run check: everything about the sources that needs no test run. All steps run, then the failed ones are
// named.
import { ensureBuilt } from './build.mjs'
import { ensureInstalled } from './install.mjs'
import { run, tool } from './run.mjs'

/** @type {readonly (readonly [title: string, program: string, args: readonly string[]])[]} */
const steps = [
  ['format and lint', 'biome', ['check', '--error-on-warnings', '.']],
  ['types of src', 'tsc', ['--noEmit', '--project', 'tsconfig.json']],
  ['types of test, bench and scripts', 'tsc', ['--noEmit', '--project', 'tsconfig.test.json']],
  ['boundaries between rooms', 'depcruise', ['--config', 'scripts/boundaries.cjs', 'src']],
  ['unused files, exports and packages', 'knip', []],
]

ensureInstalled()
// The build's own files are imported too, and must be there to be found.
ensureBuilt()
const failed = steps.filter(([title, program, args]) => {
  console.log(`check: ${title}`)
  return run(tool(program), args) !== 0
})
if (failed.length > 0) console.error(`check: failed: ${failed.map(([title]) => title).join(', ')}`)
else console.log('check: all good')
process.exitCode = failed.length > 0 ? 1 : 0
