// @ts-check
// npm run bench: one line per claim. Each bench/*.bench.ts exports run(size, args) and is run in a process of
// its own; one that takes options of its own also exports their help.
import { fork } from 'node:child_process'
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { HELP, readOptions } from './bench/options.mjs'
import { asTable, reportOf, thisMachine } from './bench/report.mjs'
import { ensureBuilt } from './build.mjs'
import { root } from './run.mjs'

/** @typedef {import('./bench/report.mjs').Row} Row */
/** @typedef {import('./bench/report.mjs').Report} Report */
/** @typedef {import('./bench/options.mjs').Options} Options */

if (process.send === undefined) await benchAll()
else await benchOne()

async function benchAll() {
  const options = optionsOrEnd(process.argv.slice(2))
  if (options.help && options.name === null) return console.log(HELP)
  // Read before anything runs: a wrong name should not cost a run.
  const before = options.compare === null ? null : readReport(options.compare)
  ensureBuilt()
  const names = chosen(options)
  let broken = names.length === 0
  if (broken) console.error('bench: no bench in bench/ has such a name')
  const machine = thisMachine()
  const profiles = options.profile === null ? null : mkdtempSync(join(tmpdir(), 'miroir-profile-'))
  /** @type {Row[]} */
  const rows = []
  for (const name of names) {
    if (!options.help) console.error(`bench: ${basename(name, '.bench.ts')}`)
    const found = await inOwnProcess(join(root, 'bench', name), options, profiles)
    if (typeof found === 'string') return console.log(found)
    if (found === null) {
      broken = true
      console.error(`bench: BROKEN: ${basename(name, '.bench.ts')}`)
    } else rows.push(...found)
  }
  // Small inputs show that a bench works; whether a claim holds they cannot show.
  const judged = options.small ? rows.map((row) => ({ ...row, holds: null })) : rows
  const report = reportOf(machine, judged)
  if (options.save !== null) writeFileSync(options.save, `${JSON.stringify(report, null, 2)}\n`)
  console.log(options.json ? JSON.stringify(report, null, 2) : asTable(report, before))
  if (profiles !== null && !keepProfile(profiles, options.profile ?? '')) broken = true
  process.exitCode = broken || judged.some(({ holds }) => holds === false) ? 1 : 0
}

/** @param {readonly string[]} args */
function optionsOrEnd(args) {
  try {
    return readOptions(args)
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}\n\n${HELP}`)
    process.exit(1)
  }
}

/**
 * @param {string} file
 * @returns {Report}
 */
function readReport(file) {
  const report = JSON.parse(readFileSync(file, 'utf8'))
  if (!Array.isArray(report.claims)) throw new Error(`${file} is not what --save keeps`)
  return report
}

/** @param {Options} options */
function chosen({ name, only }) {
  const all = readdirSync(join(root, 'bench')).filter((file) => file.endsWith('.bench.ts'))
  const wanted =
    name === null ? all.filter((file) => only.test(file)) : all.filter((file) => file === `${name}.bench.ts`)
  return wanted.sort()
}

/** In the child: runs one file and sends its rows, or its help, to the parent. */
async function benchOne() {
  const [file = '', size = 'full', ...own] = process.argv.slice(2)
  /** @type {{ run(size: string, own: readonly string[]): Promise<readonly Row[]>, help?: string }} */
  const bench = await import(pathToFileURL(file).href)
  const takesNone = bench.help === undefined && own.length > 0 && own[0] !== '--help'
  if (takesNone) throw new Error(`${basename(file, '.bench.ts')} takes no options: ${own.join(' ')}`)
  const found =
    own[0] === '--help'
      ? (bench.help ?? `${basename(file, '.bench.ts')} takes no options of its own`)
      : (await bench.run(size, own)).map((row) => ({ ...row, load: loadavg()[0] ?? 0 }))
  process.send?.(found, () => process.exit(0))
}

/**
 * @param {string} file
 * @param {Options} options
 * @param {string | null} profiles folder for CPU profiles of the proxy
 * @returns {Promise<Row[] | string | null>} its help when that was wanted; null when it failed
 */
function inOwnProcess(file, { small, help, own }, profiles) {
  const execArgv = ['--import', 'tsx', '--enable-source-maps', '--expose-gc']
  const profiling = profiles === null ? {} : { BENCH_PROXY_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` }
  // What a bench prints goes to stderr: stdout is the report.
  const child = fork(
    fileURLToPath(import.meta.url),
    [file, small ? 'small' : 'full', ...(help ? ['--help'] : own)],
    {
      execArgv,
      env: { ...process.env, ...profiling },
      stdio: ['ignore', 2, 2, 'ipc'],
    },
  )
  return new Promise((resolve) => {
    /** @type {Row[] | string | null} */
    let found = null
    child.on('message', (message) => {
      found = /** @type {Row[] | string} */ (message)
    })
    child.on('exit', (code) => resolve(code === 0 ? found : null))
  })
}

/**
 * Keeps the longest of the profiles: each bench may have started several proxies.
 * @param {string} folder
 * @param {string} file
 */
function keepProfile(folder, file) {
  const found = readdirSync(folder).map((name) => join(folder, name))
  const largest = found.sort((one, other) => statSync(other).size - statSync(one).size)[0]
  if (largest === undefined)
    console.error('bench: no profile: none of these benches starts a proxy of its own')
  else {
    copyFileSync(largest, file)
    console.error(`bench: ${file} is the largest of ${found.length} CPU profiles of the proxy`)
  }
  rmSync(folder, { recursive: true, force: true })
  return largest !== undefined
}
