// @ts-check
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { ensureInstalled } from './install.mjs'
import { isProgram, root, run, tool } from './run.mjs'

const STAMP = join(root, 'dist/.stamp')
const INPUTS = ['src', 'assembly', 'tsconfig.json', 'asconfig.json', 'package-lock.json']
const COMPILED = /\.(js|js\.map)$/

/** Builds only when an input has changed since the last good build. Ends the process on failure. */
export function ensureBuilt() {
  ensureInstalled()
  const stamp = inputStamp()
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) return
  const exitCode = build(stamp)
  if (exitCode !== 0) process.exit(exitCode)
}

/**
 * @param {string} stamp
 * @returns {number} exit code
 */
function build(stamp) {
  rmSync(STAMP, { force: true })
  mkdirSync(join(root, 'dist/kernel'), { recursive: true })
  removeOrphans()
  const steps = /** @type {const} */ ([
    ['kernels: asc', 'asc', ['assembly/index.ts', '--config', 'asconfig.json', '--target', 'release']],
    ['program: tsc', 'tsc', ['--project', 'tsconfig.json', '--pretty']],
  ])
  for (const [title, program, args] of steps) {
    console.error(`build: ${title}`)
    if (run(tool(program), args, { quiet: true }) !== 0) {
      console.error(`build: ${title} failed`)
      return 1
    }
  }
  copyAssets()
  writeFileSync(STAMP, stamp)
  console.error('build: done')
  return 0
}

/** A hash over names and contents of everything that the build reads. */
function inputStamp() {
  const hash = createHash('sha256').update(process.version)
  for (const file of INPUTS.flatMap((input) => filesBelow(join(root, input))).sort()) {
    hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file))
  }
  return hash.digest('hex')
}

/** Removes what was compiled from sources that no longer exist, so that nothing runs on leftovers. */
function removeOrphans() {
  const dist = join(root, 'dist')
  for (const file of filesBelow(dist).filter((path) => COMPILED.test(path))) {
    const source = join(root, 'src', relative(dist, file).replace(COMPILED, '.ts'))
    if (!existsSync(source)) rmSync(file)
  }
}

/** Files that are not TypeScript go along as they are. */
function copyAssets() {
  const source = join(root, 'src')
  for (const file of filesBelow(source).filter((path) => !path.endsWith('.ts'))) {
    const target = join(root, 'dist', relative(source, file))
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(file, target)
  }
}

/**
 * @param {string} path a file or a folder
 * @returns {string[]}
 */
function filesBelow(path) {
  if (!existsSync(path)) return []
  const names = namesIn(path)
  if (names === null) return [path]
  return names.flatMap((name) => filesBelow(join(path, name)))
}

/**
 * @param {string} path
 * @returns {string[] | null} names in a folder, null for a file
 */
function namesIn(path) {
  try {
    return readdirSync(path)
  } catch {
    return null
  }
}

if (isProgram(import.meta.url)) {
  if (process.argv.includes('--if-needed')) ensureBuilt()
  else {
    ensureInstalled()
    process.exitCode = build(inputStamp())
  }
}
