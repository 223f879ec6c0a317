import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ReadTarget, Retarget } from '../../../src/model/plan.ts'
import type { Outcome } from '../../../src/nodes/transport.ts'
import type { ScatterDeps } from '../../../src/scatter/exchange.ts'
import { createHedging, type HedgeEvent } from '../../../src/scatter/hedging.ts'
import { createNodeScores } from '../../../src/scatter/node-scores.ts'
import { runScatter } from '../../../src/scatter/run.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import { answer, errorAnswer, nodeOf, type Script, ScriptedTransport } from '../flows/read-world.ts'

/* A slow copy against those that are asked too. Answers take 20 ms as a rule, so hedges leave after 24. */

const USUAL_MS = 20

const target = (node: string, ...shards: number[]): ReadTarget => ({
  ...{ node: nodeOf(node, 0), name: node, shards, shardFilter: null },
  ...{ method: 'POST', path: `/${node}`, body: '{}' },
})

interface Setting {
  readonly script: Script
  readonly targets: readonly ReadTarget[]
  /** Targets that stand in for a node, by its name. */
  readonly standIns?: Readonly<Record<string, readonly ReadTarget[]>>
  readonly retarget?: Retarget | null
  readonly budgetPercent?: number
}

function run({ script, targets, standIns = {}, retarget = null, budgetPercent = 100 }: Setting) {
  const clock = new VirtualClock()
  const transport = new ScriptedTransport(clock, script)
  const events: HedgeEvent[] = []
  const observed: string[] = []
  const hedging = createHedging({
    clock,
    config: { minTriggerMs: 15, budgetPercent },
    observe: (event) => events.push(event),
  })
  for (let turn = 0; turn < 100; turn++) {
    hedging.took('usual', 'search', USUAL_MS)
    hedging.delayMs('usual', 'documents')
  }
  const scores = createNodeScores({ clock, faultMs: 1000 })
  const observe: ScatterDeps['observe'] = (node, result) => observed.push(`${node} ${result}`)
  const deps: ScatterDeps = { transport, clock, nodeTimeoutMs: 1000, hedging, scores, observe }
  const standIn: Retarget = (shards, failed) => {
    const slow = targets.find((found) => found.shards[0] === shards[0])?.node.id ?? ''
    const found = (standIns[slow] ?? []).filter(({ node }) => !failed.has(node.id))
    const held = new Set(found.flatMap((each) => each.shards))
    return { targets: found, uncovered: shards.filter((shard) => !held.has(shard)) }
  }
  const failed = new Set<string>()
  const how = { retarget, standIn, deadline: { at: 5000 }, operation: 'search', failed, failures: [] }
  const done = runScatter(deps, { targets, uncovered: [], ...how })
  return { clock, transport, events, observed, scores, failed, done }
}

const after = (afterMs: number, outcome: Outcome = answer('{"hits":[]}')) => ({ afterMs, outcome })
const sentTo = (world: ReturnType<typeof run>): string[] => world.transport.sent.map(({ node }) => node)

test('a slow copy is raced by another one, which wins; the slow one is broken off', async () => {
  const world = run({
    script: ({ node }) => after(node === 'slow' ? 900 : USUAL_MS),
    targets: [target('slow', 0, 1), target('b', 2)],
    standIns: { slow: [target('c', 0, 1)] },
  })
  await world.clock.advance(23)
  expect(sentTo(world)).toEqual(['slow', 'b'])
  await world.clock.advance(25)
  const { answers, uncovered, failures } = await world.done
  expect(answers.map((found) => found.target.node.id)).toEqual(['c', 'b'])
  expect([uncovered, failures, [...world.failed]]).toEqual([[], [], []])
  expect(world.transport.cancelled).toEqual(['slow'])
  expect(world.events).toEqual(['sent', 'won'])
  expect(world.observed).toEqual(['b ok', 'c ok'])
  expect(['slow', 'b', 'c'].map((node) => world.scores.outstanding(node))).toEqual([0, 0, 0])
})

test('the slow copy may still win', async () => {
  const world = run({
    script: ({ node }) => after(node === 'slow' ? 40 : 500),
    targets: [target('slow', 0)],
    standIns: { slow: [target('c', 0)] },
  })
  await world.clock.advance(50)
  expect((await world.done).answers.map((found) => found.target.node.id)).toEqual(['slow'])
  expect(world.transport.cancelled).toEqual(['c'])
  expect(world.events).toEqual(['sent', 'lost'])
})

test('several copies stand in for one, and all of them must answer', async () => {
  const standIns = { slow: [target('c', 0), target('d', 1)] }
  const targets = [target('slow', 0, 1)]
  const won = run({ script: ({ node }) => after(node === 'slow' ? 900 : USUAL_MS), targets, standIns })
  await won.clock.advance(60)
  expect((await won.done).answers.map((found) => found.target.node.id)).toEqual(['c', 'd'])
  const script: Script = ({ node }) =>
    node === 'slow' ? after(300) : node === 'c' ? after(5) : { kind: 'never-sent', reason: 'refused' }
  const lost = run({ script, targets, standIns })
  await lost.clock.advance(400)
  expect((await lost.done).answers.map((found) => found.target.node.id)).toEqual(['slow'])
  expect([lost.events, [...lost.failed]]).toEqual([['sent', 'sent', 'lost'], []])
})

test('no hedge where nobody holds all its shards, for want of budget, or towards a broken node', async () => {
  const script: Script = ({ node }) => after(node === 'slow' ? 300 : USUAL_MS)
  const targets = [target('slow', 0, 1)]
  const partly = run({ script, targets, standIns: { slow: [target('c', 0)] } })
  await partly.clock.advance(400)
  expect([sentTo(partly), partly.events]).toEqual([['slow'], []])
  const poor = run({ script, targets, standIns: { slow: [target('c', 0, 1)] }, budgetPercent: 0 })
  await poor.clock.advance(400)
  expect([sentTo(poor), poor.events]).toEqual([['slow'], ['no-budget']])
  const broken = run({ script, targets, standIns: { slow: [target('c', 0, 1)] } })
  for (let turn = 0; turn < 5; turn++) {
    broken.scores.began('c')
    broken.scores.ended('c', { kind: 'fault', tookMs: 1, blame: true })
  }
  await broken.clock.advance(400)
  expect([sentTo(broken), broken.events]).toEqual([['slow'], []])
})

test('a copy that fails while it is raced is replaced by the racer, with no further request', async () => {
  const world = run({
    script: ({ node }) => (node === 'slow' ? after(30, answer('x', 500)) : after(USUAL_MS)),
    targets: [target('slow', 0)],
    standIns: { slow: [target('c', 0)] },
    retarget: () => ({ targets: [target('never', 0)], uncovered: [] }),
  })
  await world.clock.advance(100)
  expect((await world.done).answers.map((found) => found.target.node.id)).toEqual(['c'])
  expect(sentTo(world)).toEqual(['slow', 'c'])
})

test('when both fail, both are passed over from then on', async () => {
  const world = run({
    script: ({ node }) => (node === 'd' ? after(1) : after(30, answer('x', 500))),
    targets: [target('slow', 0)],
    standIns: { slow: [target('c', 0)] },
    retarget: (shards) => ({ targets: [target('d', ...shards)], uncovered: [] }),
  })
  await world.clock.advance(100)
  const { answers, failures } = await world.done
  expect(answers.map((found) => found.target.node.id)).toEqual(['d'])
  expect([...world.failed].sort()).toEqual(['c', 'slow'])
  expect(failures.map(({ node }) => node).sort()).toEqual(['c', 'slow'])
})

test('requests of hedges are bounded for one scatter', async () => {
  const names = Array.from({ length: 9 }, (_, at) => `s${at}`)
  const world = run({
    script: ({ node }) => after(node.startsWith('s') ? 300 : 280),
    targets: names.map((name, shard) => target(name, shard)),
    standIns: Object.fromEntries(names.map((name, shard) => [name, [target(`h${shard}`, shard)]])),
  })
  await world.clock.advance(400)
  expect((await world.done).answers).toHaveLength(9)
  expect(world.events.filter((event) => event === 'sent')).toHaveLength(4)
})

const steps: fc.Arbitrary<ReturnType<Script>> = fc.oneof(
  fc.integer({ min: 1, max: 200 }).map((afterMs) => after(afterMs)),
  fc.integer({ min: 1, max: 200 }).map((afterMs) => after(afterMs, answer('no', 500))),
  fc
    .integer({ min: 1, max: 200 })
    .map((afterMs) => after(afterMs, errorAnswer(400, 'invalid_search_q', 'x'))),
  fc.constant('silence' as const),
  fc.constant<Outcome>({ kind: 'never-sent', reason: 'refused' }),
)

test('whatever happens, every shard is answered for exactly once, and nothing stays under way', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 8, maxLength: 8 }), async (script) => {
      const nodes = ['a', 'b', 'c', 'd', 'e', 'f']
      const world = run({
        script: ({ node }) => script[nodes.indexOf(node)] ?? 'silence',
        targets: [target('a', 0, 1), target('b', 2)],
        standIns: { a: [target('c', 0), target('d', 1)], b: [target('e', 2)] },
        retarget: (shards, failed) =>
          failed.has('f')
            ? { targets: [], uncovered: shards }
            : { targets: [target('f', ...shards)], uncovered: [] },
      })
      await world.clock.advance(5_000)
      const { answers, refusals, uncovered } = await world.done
      const spoken = [...answers, ...refusals].flatMap((found) => found.target.shards)
      expect([...spoken, ...uncovered].sort()).toEqual([0, 1, 2])
      expect(nodes.map((node) => world.scores.outstanding(node))).toEqual([0, 0, 0, 0, 0, 0])
      expect(world.clock.pending).toBe(0)
    }),
    { numRuns: 150 },
  )
})
