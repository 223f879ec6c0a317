// @ts-check
import { cpus, loadavg } from 'node:os'

/**
 * @typedef {object} Row
 * @property {string} name the claim
 * @property {number} value
 * @property {string} unit
 * @property {string | null} [target] what the claim promises, in words
 * @property {boolean | null} [holds] null: nothing is promised
 * @property {string | null} [peer] what it was measured beside, in the same run
 * @property {string} [hash] of the result, so that no work can be optimised away
 * @property {number} [load] of the machine when its bench had ended: one minute's average
 */

/**
 * @typedef {object} Machine
 * @property {number} cpus
 * @property {string} model
 * @property {string} node
 * @property {readonly number[]} load averages of 1, 5 and 15 minutes before the first bench
 */

/**
 * @typedef {object} Report
 * @property {Machine} machine
 * @property {readonly Required<Row>[]} claims
 */

/** @returns {Machine} */
export function thisMachine() {
  const all = cpus()
  const load = loadavg().map((average) => Number(average.toFixed(2)))
  return { cpus: all.length, model: all[0]?.model ?? 'unknown', node: process.version, load }
}

/**
 * With every member of every claim there; what says nothing becomes null.
 * @param {Machine} machine
 * @param {readonly Row[]} rows
 * @returns {Report}
 */
export function reportOf(machine, rows) {
  const claims = rows.map(({ name, value, unit, target, holds, peer, hash, load }) => ({
    ...{ name, value, unit, target: target === '' ? null : (target ?? null), holds: holds ?? null },
    ...{ peer: peer ?? null, hash: hash ?? '', load: load ?? 0 },
  }))
  return { machine, claims }
}

/**
 * @param {Report} report
 * @param {Report | null} before another run to compare with
 */
export function asTable({ machine, claims }, before) {
  const older = new Map(before?.claims.map((claim) => [claim.name, claim]))
  const cells = claims.map((claim) => {
    const line = [
      claim.name,
      `${rounded(claim.value)} ${claim.unit}`,
      claim.target ?? '–',
      claim.holds === true ? 'yes' : claim.holds === false ? 'NO' : '–',
      claim.peer ?? '–',
      claim.load.toFixed(1),
      claim.hash === '' ? '–' : claim.hash,
    ]
    return before === null ? line : [...line, change(claim, older.get(claim.name))]
  })
  const heads = ['claim', 'value', 'target', 'holds', 'beside', 'load', 'hash']
  const lines = [before === null ? heads : [...heads, 'now / then'], ...cells]
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const table = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const load = `load average before the first bench: ${machine.load.join(' ')}`
  return [`${machine.cpus} × ${machine.model}, Node ${machine.node}, ${load}`, '', ...table].join('\n')
}

/**
 * @param {Required<Row>} now
 * @param {Required<Row> | undefined} then
 */
function change(now, then) {
  if (then === undefined) return 'new'
  if (then.unit !== now.unit) return `then in ${then.unit}`
  const ratio = then.value === 0 ? (now.value === 0 ? '1' : '∞') : rounded(now.value / then.value)
  // Another hash means another result: such numbers do not compare.
  return then.hash === now.hash ? `× ${ratio}` : `× ${ratio}, of another result`
}

/** @param {number} value */
function rounded(value) {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}
