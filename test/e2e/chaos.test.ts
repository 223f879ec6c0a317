import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/std/random.ts'
import { INDEXES, LIVE, type Sightings } from './chaos/load.ts'
import { ChaosRun, type Fault } from './chaos/round.ts'
import type { ChaosWorld } from './chaos/world.ts'
import { Dice } from './differential/data.ts'
import { pause, type Shape } from './processes.ts'
import { meilisearchBinary } from './real-node.ts'

const ROUNDS = Number(process.env['CHAOS_ROUNDS'] ?? 0)
const SEED = Number(process.env['CHAOS_SEED'] ?? 1)
const ONLY = new RegExp(process.env['CHAOS_ONLY'] ?? '')
const REAL = process.env['CHAOS_REAL'] === '1'

const SHAPE: Shape = { groups: 2, nodesPerGroup: 2, replicationFactor: 1, shards: 6 }
const binary = REAL ? meilisearchBinary() : null
if (!REAL || binary === null) {
  process.stderr.write(
    '\n*** CHAOS RUNS WITH EMBEDDED NODES ONLY (CHAOS_REAL=1 and MEILISEARCH_BIN for real ones) ***\n',
  )
}

/**
 * Copies come back while clients go on. Real nodes on a small machine take seconds for every task, so that
 * joins give way to the operations that wait for them: there, they come back when the load ends.
 */
async function healedUnderLoad(world: ChaosWorld): Promise<void> {
  if (binary === null) await world.healed(INDEXES)
  else await pause(2_000)
}

/** Killed in the middle of everything, and started again on what it has. */
const kill: Fault = async (world, at) => {
  const node = world.node(at % world.nodes.length)
  await node.kill()
  await pause(1_500)
  await node.start()
  await healedUnderLoad(world)
}

/** Asleep with requests in its sockets, which it answers long after their senders gave up. */
const sleep: Fault = async (world, at) => {
  const node = world.node(at % world.nodes.length)
  node.signal('SIGSTOP')
  await pause(4_500)
  node.signal('SIGCONT')
  await healedUnderLoad(world)
}

/** Shorter than anybody notices. */
const doze: Fault = async (world, at) => {
  const node = world.node(at % world.nodes.length)
  for (let nap = 0; nap < 4; nap++) {
    node.signal('SIGSTOP')
    await pause(450)
    node.signal('SIGCONT')
    await pause(200)
  }
  await healedUnderLoad(world)
}

const wipe: Fault = async (world, at) => {
  const node = world.node(at % world.nodes.length)
  await node.wipe()
  await pause(300)
  await node.start()
  await healedUnderLoad(world)
}

const killProxy: Fault = async (world) => {
  await world.proxy.kill()
  await world.proxy.start()
  await healedUnderLoad(world)
}

const FAULTS = [
  { name: 'a node is killed and comes back', fault: kill, away: false },
  { name: 'a node sleeps and wakes', fault: sleep, away: false },
  { name: 'a node stutters', fault: doze, away: false },
  { name: 'a node loses its volume', fault: wipe, away: false },
  { name: 'the proxy is killed and comes back', fault: killProxy, away: true },
]

describe(`clients write and search while ${binary === null ? 'embedded' : 'real'} nodes`, () => {
  let run: ChaosRun
  beforeAll(async () => {
    run = await ChaosRun.start(SHAPE, binary)
  }, 120_000)
  afterAll(() => run?.world.stop(), 60_000)

  const endure = async ({ name, fault, away }: (typeof FAULTS)[number]): Promise<Sightings> => {
    const { seen, complaints } = await run.round(fault, away)
    if (ROUNDS > 0) process.stdout.write(`${name}: ${summary(seen)}\n`)
    const found = [...complaints, ...seen.failedSearches, ...seen.wrongSearches, ...seen.oddWrites]
    expect(found.slice(0, 12).join('\n')).toBe('')
    expect(seen.writes).toBeGreaterThan(0)
    expect(seen.searches).toBeGreaterThan(0)
    return seen
  }

  it('a node is killed and comes back', async () => {
    const seen = await endure({ name: 'kill', fault: kill, away: false })
    expect(seen.degradedWrites).toBeGreaterThan(0)
    expect(seen.degradedSearches).toBe(0)
  }, 120_000)

  for (const fault of FAULTS.slice(1)) it(fault.name, () => endure(fault), 120_000)

  it.runIf(ROUNDS > 0)(
    `${ROUNDS} more faults in any order`,
    async () => {
      const dice = new Dice(seededRandom(SEED))
      const faults = FAULTS.filter(({ name }) => ONLY.test(name))
      for (let round = 0; round < ROUNDS; round++) await endure(dice.pick(faults))
    },
    ROUNDS * 120_000,
  )

  it('the comparison sees a document that one copy lacks', async () => {
    const node = run.world.node(0)
    const [shard, copies] = [...(await run.world.copies(LIVE))].find(([, found]) => found.has(node.id)) ?? []
    expect(shard).toBeDefined()
    const [first] = JSON.parse(copies?.get(node.id) ?? '[]') as { id: string }[]
    await run.tamper(node, { method: 'DELETE', path: `/${first?.id}` })
    expect((await run.complaints()).join()).toContain(`"id":"${first?.id}"`)
  }, 60_000)
})

function summary(seen: Sightings): string {
  return Object.entries(seen)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.length : value}`)
    .join(', ')
}
