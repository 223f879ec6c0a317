import { describe, expect, it } from 'vitest'
import { readOptions } from '../../../scripts/bench/options.mjs'
import { asTable, reportOf } from '../../../scripts/bench/report.mjs'

const machine = { cpus: 2, model: 'a processor', node: 'v20', load: [3, 2, 1] }

describe('options of the bench suite', () => {
  it('runs everything without any', () => {
    const options = readOptions([])
    expect(options).toMatchObject({ name: null, small: false, json: false, save: null, own: [] })
    expect(options.only.test('anything')).toBe(true)
  })

  it('gives the named bench what the suite does not know', () => {
    const args = ['amplification', '--groups', '2', '--json', '--save', 'a.json', '--nodes=a,b']
    const options = readOptions(args)
    expect(options).toMatchObject({ name: 'amplification', json: true, save: 'a.json' })
    expect(options.own).toEqual(['--groups', '2', '--nodes=a,b'])
  })

  it('takes values behind a space or an equals sign', () => {
    expect(readOptions(['--compare', 'a']).compare).toBe('a')
    expect(readOptions(['--compare=a=b']).compare).toBe('a=b')
  })

  it('refuses what no bench could know, and values that are not there', () => {
    expect(() => readOptions(['--groups', '2'])).toThrow('unknown: --groups 2')
    expect(() => readOptions(['--save'])).toThrow('--save wants a value')
  })
})

describe('report of the bench suite', () => {
  const row = { name: 'claim', value: 2, unit: 'ms', hash: 'one' }
  const report = reportOf(machine, [row])

  it('names every member of a claim', () => {
    const nothing = { target: null, holds: null, peer: null, load: 0 }
    expect(report).toEqual({ machine, claims: [{ ...row, ...nothing }] })
  })

  it('compares with another run, and says when that had another result', () => {
    const then = reportOf(machine, [{ ...row, value: 4 }])
    const other = reportOf(machine, [{ ...row, value: 4, hash: 'other' }])
    expect(asTable(report, then)).toMatch(/× 0\.5$/)
    expect(asTable(report, other)).toMatch(/× 0\.5, of another result$/)
    expect(asTable(report, reportOf(machine, []))).toMatch(/new$/)
  })

  it('shows the machine, its load, and claims that do not hold', () => {
    const failed = reportOf(machine, [{ ...row, target: '≤ 1', holds: false, load: 7.25 }])
    const table = asTable(failed, null)
    expect(table).toContain('2 × a processor, Node v20, load average before the first bench: 3 2 1')
    expect(table).toMatch(/claim +2 ms +≤ 1 +NO +– +7\.3 +one$/)
  })
})
