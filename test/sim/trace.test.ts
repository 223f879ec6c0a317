import { it } from 'vitest'
import { randomRun } from './random-run.ts'

const seed = process.env['SIM_SEED']

if (seed === undefined) process.stdout.write('Nothing to trace: no seed is named in SIM_SEED.\n')

it.runIf(seed !== undefined)(
  'traces one seed',
  async () => {
    await randomRun({ seed: Number(seed), steps: 30, log: (line) => process.stdout.write(`${line}\n`) })
  },
  120_000,
)
