// @ts-check
// npm run sim: the simulator alone. `-- --seed 42` replays one run with its trace, `-- --seeds 1000` tries
// that many, beginning at `--first`.
import { parseArgs } from 'node:util'
import { ensureBuilt } from './build.mjs'
import { runVitest } from './vitest.mjs'

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string' }, seeds: { type: 'string' }, first: { type: 'string' } },
  allowPositionals: true,
})
for (const [name, text] of Object.entries(values)) {
  if (/^\d+$/.test(String(text))) continue
  console.error(`--${name}: ${JSON.stringify(text)} is not a whole number; write one such as 42`)
  process.exit(2)
}

ensureBuilt()
process.exitCode = runVitest(['--project', 'sim', ...positionals], {
  ...process.env,
  ...(values.seed === undefined ? {} : { SIM_SEED: values.seed, SIM_FIRST: values.seed, SIM_SEEDS: '1' }),
  ...(values.seeds === undefined ? {} : { SIM_SEEDS: values.seeds }),
  ...(values.first === undefined ? {} : { SIM_FIRST: values.first }),
})
