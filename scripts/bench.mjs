// @ts-check
// npm run bench: one line per claim. Each bench/*.bench.ts exports run(size) and is run in a process of its
// own.
import { fork } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { ensureBuilt } from './build.mjs'
import { root } from './run.mjs'

/**
 * @typedef {object} Row
 * @property {string} name the claim
 * @property {number} value
 * @property {string} unit
 * @property {string | null} [target] what the claim promises, in words
 * @property {boolean | null} [holds] null: nothing is promised
 * @property {string} [hash] of the result, so that no work can be optimised away
 */

if (process.send === undefined) await benchAll()
else await benchOne()

async function benchAll() {
  const options = readOptions()
  ensureBuilt()
  const only = new RegExp(options.only)
  const names = readdirSync(join(root, 'bench')).filter(
    (name) => name.endsWith('.bench.ts') && only.test(name),
  )
  /** @type {Row[]} */
  const rows = []
  let broken = names.length === 0
  if (broken) console.error(`bench: no file in bench/ matches ${options.only}`)
  for (const name of names.sort()) {
    console.error(`bench: ${basename(name, '.bench.ts')}`)
    const found = await inOwnProcess(join(root, 'bench', name), options.small ? 'small' : 'full')
    if (found === null) broken = true
    else rows.push(...found)
  }
  console.log(options.json ? JSON.stringify(rows, null, 2) : asTable(rows))
  process.exitCode = broken || rows.some(({ holds }) => holds === false) ? 1 : 0
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      small: { type: 'boolean', default: false },
      only: { type: 'string', default: '.' },
    },
  })
  return values
}

/** In the child: runs one file and sends its rows to the parent. */
async function benchOne() {
  const [file = '', size = 'full'] = process.argv.slice(2)
  /** @type {{ run(size: string): Promise<readonly Row[]> }} */
  const bench = await import(pathToFileURL(file).href)
  const rows = await bench.run(size)
  process.send?.(rows, () => process.exit(0))
}

/**
 * @param {string} file
 * @param {'small' | 'full'} size
 * @returns {Promise<Row[] | null>} null when it failed
 */
function inOwnProcess(file, size) {
  const execArgv = ['--import', 'tsx', '--enable-source-maps', '--expose-gc']
  // What a bench prints goes to stderr: stdout is the report.
  const child = fork(fileURLToPath(import.meta.url), [file, size], {
    execArgv,
    stdio: ['ignore', 2, 2, 'ipc'],
  })
  return new Promise((resolve) => {
    /** @type {Row[] | null} */
    let rows = null
    child.on('message', (message) => {
      rows = /** @type {Row[]} */ (message)
    })
    child.on('exit', (code) => resolve(code === 0 ? rows : null))
  })
}

/** @param {readonly Row[]} rows */
function asTable(rows) {
  const cells = rows.map(({ name, value, unit, target, holds, hash }) => [
    name,
    `${rounded(value)} ${unit}`,
    target ?? '–',
    holds === true ? 'yes' : holds === false ? 'NO' : '–',
    hash ?? '–',
  ])
  const lines = [['claim', 'value', 'target', 'holds', 'hash'], ...cells]
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  )
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** @param {number} value */
function rounded(value) {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}
