// @ts-check
import { spawn, spawnSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Folder of package.json. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Runs a program to its end, output passed through, and answers its exit code.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean, env?: NodeJS.ProcessEnv }} [options] quiet: what it prints goes to stderr
 * @returns {number}
 */
export function run(program, args, options = {}) {
  const { error, status, signal } = spawnSync(program, [...args], {
    cwd: root,
    env: options.env ?? process.env,
    stdio: ['ignore', options.quiet === true ? 2 : 'inherit', 'inherit'],
  })
  if (error !== undefined) {
    console.error(`${program} cannot be run: ${error.message}`)
    return 1
  }
  return signal === null ? (status ?? 1) : 1
}

/**
 * Path of a tool that npm installed.
 * @param {string} name
 */
export function tool(name) {
  return `${root}node_modules/.bin/${name}`
}

/**
 * Becomes `node dist/main.js …`: signals go through, the exit code comes back.
 * @param {readonly string[]} args
 */
export function becomeMain(args) {
  const main = `${root}dist/main.js`
  const child = spawn(process.execPath, ['--enable-source-maps', main, ...args], { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both processes; this one must outlive the child's orderly end.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  process.on('SIGHUP', () => child.kill('SIGHUP'))
  child.on('error', (error) => {
    console.error(`node cannot be started: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exitCode = signal === null ? (code ?? 1) : signal === 'SIGINT' ? 130 : 143
  })
}

/**
 * True when a module is the program that was started, not imported.
 * @param {string} moduleUrl
 */
export function isProgram(moduleUrl) {
  const started = process.argv[1]
  return started !== undefined && fileURLToPath(moduleUrl) === realpathSync(started)
}
