// @ts-check
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isProgram, root, run } from './run.mjs'

const NATIVE_ADDON = 'node_modules/better-sqlite3/build/Release/better_sqlite3.node'

/**
 * @typedef {{ version?: string, optional?: boolean, peer?: boolean, devOptional?: boolean }} LockedPackage
 * @typedef {{ packages?: Record<string, LockedPackage> }} Lock
 */

/** Installs exactly what package-lock.json names, unless it is there already. Ends the process on failure. */
export function ensureInstalled() {
  const reason = staleReason()
  if (reason !== null) {
    console.error(`installing dependencies (${reason})`)
    end(run('npm', ['ci', '--no-audit', '--no-fund'], { quiet: true, env: environment() }), 'npm ci')
  }
  if (existsSync(join(root, NATIVE_ADDON))) return
  console.error('compiling better-sqlite3')
  end(run('npm', ['rebuild', 'better-sqlite3'], { quiet: true, env: environment() }), 'npm rebuild')
}

/** @returns {string | null} why the installed packages are not the locked ones */
function staleReason() {
  const installedFile = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(installedFile)) return 'none are installed'
  const installed = readLock(installedFile)
  const locked = readLock(join(root, 'package-lock.json'))
  for (const [path, { version, optional, devOptional, peer }] of Object.entries(locked)) {
    if (path === '') continue
    const found = installed[path]
    // Binaries for other platforms are locked, but never installed here.
    const mayBeMissing = optional === true || devOptional === true || peer === true
    if (found === undefined && mayBeMissing) continue
    if (found?.version !== version) return `${path.replace('node_modules/', '')} has changed`
  }
  return null
}

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage>}
 */
function readLock(file) {
  return /** @type {Lock} */ (JSON.parse(readFileSync(file, 'utf8'))).packages ?? {}
}

/**
 * Headers beside the running node spare the compiler a download, which a machine without network cannot make.
 */
function environment() {
  const prefix = dirname(dirname(process.execPath))
  const hasHeaders = existsSync(join(prefix, 'include/node/node_version.h'))
  const given = process.env['npm_config_nodedir'] !== undefined
  return given || !hasHeaders ? process.env : { ...process.env, npm_config_nodedir: prefix }
}

/**
 * @param {number} exitCode
 * @param {string} step
 */
function end(exitCode, step) {
  if (exitCode === 0) return
  console.error(
    `${step} failed. Node ${process.version} needs python3, make and a C++ compiler to build better-sqlite3.`,
  )
  process.exit(1)
}

if (isProgram(import.meta.url)) ensureInstalled()
