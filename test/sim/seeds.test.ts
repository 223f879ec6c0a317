import { describe, expect, it } from 'vitest'
import { randomRun } from './random-run.ts'

const FIRST = Number(process.env['SIM_FIRST'] ?? 1)
const COUNT = Number(process.env['SIM_SEEDS'] ?? 200)

/** Seeds that once failed. */
const REGRESSIONS: readonly number[] = []

describe('random histories', () => {
  it(`hold for seeds ${FIRST} to ${FIRST + COUNT - 1}`, async () => {
    const failures: string[] = []
    const seeds = [...REGRESSIONS, ...Array.from({ length: COUNT }, (_, at) => FIRST + at)]
    for (const seed of seeds) {
      await randomRun({ seed, steps: 30 }).catch((error: Error) =>
        failures.push(`seed ${seed}: ${error.message}`),
      )
    }
    expect(failures).toEqual([])
  }, 600_000)

  it('can be traced by seed', async () => {
    const lines: string[] = []
    await randomRun({ seed: 1, steps: 10, log: (line) => lines.push(line) })
    expect(lines.length).toBeGreaterThan(0)
  })
})
