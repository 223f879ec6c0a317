import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const sample = join(import.meta.dirname, 'sample')

interface Cruise {
  summary: { violations: { rule: { name: string }; from: string; to: string }[] }
}

/** Cruises `src` below a folder with the house's rules: the violations, sorted. */
function violations(folder: string): string[] {
  const args = ['--config', join(root, 'scripts/boundaries.cjs'), '--output-type', 'json', 'src']
  const tool = join(root, 'node_modules/.bin/depcruise')
  const output = execFileSync(tool, args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 })
  return (JSON.parse(output) as Cruise).summary.violations
    .map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to.replace(/^.*node_modules\//, '')}`)
    .sort()
}

it('reports every violation that is seeded in the sample, and nothing that is allowed', () => {
  expect(violations(sample)).toEqual([
    'door-undici: src/plan/search.ts -> undici/index.js',
    'feature-isolation: src/features/tasks/tasks.ts -> src/features/aliases/aliases.ts',
    'known-room: src/helpers/help.ts -> src/std/clock.ts',
    'no-cycle: src/merge/left.ts -> src/merge/right.ts',
    'no-development-package: src/kernel/kernel.ts -> vitest/dist/index.d.ts',
    'no-orphan: src/scatter/lonely.ts -> src/scatter/lonely.ts',
    'resolvable: src/kernel/kernel.ts -> ./missing.ts',
    'room-api: src/api/routes.ts -> src/features/aliases/rows.ts',
    'room-nodes: src/nodes/transport.ts -> src/features/aliases/store.ts',
    'room-plan: src/plan/search.ts -> src/nodes/transport.ts',
    'room-state: src/state/rows.ts -> src/features/aliases/aliases.ts',
    'room-std: src/std/clock.ts -> src/model/ids.ts',
  ])
})

it('knows every folder of src', () => {
  const table = createRequire(import.meta.url)(join(root, 'scripts/rooms.cjs')) as { rooms: object }
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )
  const unknown = folders.map(({ name }) => name).filter((name) => !(name in table.rooms))
  expect(unknown, 'add the room to scripts/rooms.cjs or move its files').toEqual([])
})
