import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runSeed, type Tally } from './differential/run.ts'
import { DifferentialWorld } from './differential/world.ts'
import type { Shape } from './processes.ts'
import { meilisearchBinary } from './real-node.ts'

const SEEDS = Number(process.env['DIFF_SEEDS'] ?? 2)
const FIRST = Number(process.env['DIFF_FIRST'] ?? 1)
const STEPS = Number(process.env['DIFF_STEPS'] ?? 120)

const SHAPES: readonly Shape[] = [
  { groups: 2, nodesPerGroup: 3, replicationFactor: 1, shards: 6 },
  { groups: 1, nodesPerGroup: 3, replicationFactor: 2, shards: 6 },
]
const binary = meilisearchBinary()
if (binary === null) {
  process.stderr.write(
    '\n*** NO MEILISEARCH BINARY: THE COMPARISON WITH REAL NODES IS SKIPPED (set MEILISEARCH_BIN) ***\n',
  )
}

const KINDS = [
  { kind: 'embedded', binary: null, skipped: false },
  { kind: 'real', binary, skipped: binary === null },
]

for (const { kind, binary: program, skipped } of KINDS) {
  for (const shape of SHAPES) {
    const name = `${kind} nodes, ${shape.groups} × ${shape.nodesPerGroup}, ${shape.replicationFactor} copies a group`
    describe.skipIf(skipped)(`one node and many: ${name}`, () => {
      let world: DifferentialWorld
      beforeAll(async () => {
        world = await DifferentialWorld.start(shape, program)
      }, 60_000)
      afterAll(() => world?.stop(), 60_000)

      it(`answer alike for ${SEEDS} seeds from ${FIRST}`, async () => {
        const tally: Tally = { writes: 0, reads: 0, unsupported: 0, marks: 0, ties: 0, labelled: 0 }
        const found: string[] = []
        const steps = program === null ? STEPS : Math.ceil(STEPS / 3)
        for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
          for (const text of await runSeed(world, { seed, steps, real: program !== null }, tally)) {
            found.push(`seed ${seed}: ${text}`)
          }
        }
        if (process.env['DIFF_SEEDS'] !== undefined)
          process.stdout.write(`${name}: ${JSON.stringify(tally)}\n`)
        expect(found.join('\n\n')).toBe('')
        expect(tally.reads).toBeGreaterThan(0)
      }, 3_600_000)
    })
  }
}
