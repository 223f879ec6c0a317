// @ts-check
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run, tool } from './run.mjs'

/**
 * @typedef {{ status: string, assertionResults: readonly unknown[] }} FileReport
 * @typedef {object} Report
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {readonly FileReport[]} testResults
 */

/**
 * Runs vitest, prints `N passed, N failed, N skipped` as the last line and answers the exit code.
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {number}
 */
export function runVitest(args, env = process.env) {
  const folder = mkdtempSync(join(tmpdir(), 'miroir-test-'))
  const reportFile = join(folder, 'report.json')
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
    const exitCode = run(
      tool('vitest'),
      ['run', '--config', 'test/vitest.config.ts', ...reporters, ...args],
      { env },
    )
    const counts = existsSync(reportFile) ? countsOf(JSON.parse(readFileSync(reportFile, 'utf8'))) : null
    const { passed, failed, skipped } = counts ?? { passed: 0, failed: 1, skipped: 0 }
    console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
    return exitCode === 0 && failed > 0 ? 1 : exitCode
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param {Report} report */
function countsOf(report) {
  // A file that cannot even be loaded has no tests that could fail: it counts as one.
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  ).length
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + brokenFiles,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}
