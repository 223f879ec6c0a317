import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ReadTarget, Retarget } from '../../../src/model/plan.ts'
import type { Outcome } from '../../../src/nodes/transport.ts'
import type { ScatterDeps } from '../../../src/scatter/exchange.ts'
import { runScatter } from '../../../src/scatter/run.ts'
import { text } from '../../../src/std/bytes.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import { answer, errorAnswer, nodeOf, type Script, ScriptedTransport } from '../flows/read-world.ts'

const target = (node: string, ...shards: number[]): ReadTarget => ({
  node: nodeOf(node, 0),
  name: `films__g1_${node}`,
  shards,
  shardFilter: null,
  method: 'POST',
  path: `/${node}`,
  body: '{}',
})

interface Setting {
  readonly script: Script
  readonly targets: readonly ReadTarget[]
  readonly spares?: readonly string[]
  readonly deadlineMs?: number
}

function run({ script, targets, spares = [], deadlineMs = 5000 }: Setting) {
  const clock = new VirtualClock()
  const transport = new ScriptedTransport(clock, script)
  const events: string[] = []
  const deps: ScatterDeps = {
    transport,
    clock,
    nodeTimeoutMs: 1000,
    observe: (node, result, tookMs) => events.push(`${node} ${result} ${tookMs}`),
  }
  const retarget: Retarget = (shards, failed) => {
    const spare = spares.find((node) => !failed.has(node))
    return spare === undefined
      ? { targets: [], uncovered: shards }
      : { targets: [target(spare, ...shards)], uncovered: [] }
  }
  const failed = new Set<string>()
  const done = runScatter(deps, {
    targets,
    uncovered: [],
    retarget,
    deadline: { at: deadlineMs },
    operation: 'search',
    failed,
    failures: [],
  })
  return { clock, transport, events, failed, done }
}

const fine: Outcome = answer('{"hits":[]}')

test('answers come in the order of shards, whoever was first', async () => {
  const world = run({
    script: ({ node }) => ({ afterMs: node === 'a' ? 300 : 10, outcome: answer(`{"node":"${node}"}`) }),
    targets: [target('a', 0, 1), target('b', 2)],
  })
  await world.clock.advance(400)
  const { answers, uncovered, failures } = await world.done
  expect(answers.map(({ body }) => text(body))).toEqual(['{"node":"a"}', '{"node":"b"}'])
  expect([uncovered, failures]).toEqual([[], []])
  expect(world.events).toEqual(['b ok 10', 'a ok 300'])
})

test('a silent copy costs its own budget, then another is asked inside the deadline', async () => {
  const world = run({
    script: ({ node }) => (node === 'a' ? 'silence' : fine),
    targets: [target('a', 0), target('b', 1)],
    spares: ['a', 'c'],
  })
  await world.clock.advance(999)
  expect(world.transport.sent.map(({ node }) => node)).toEqual(['a', 'b'])
  await world.clock.advance(1)
  const { answers } = await world.done
  expect(answers.map((found) => found.target.node.id)).toEqual(['c', 'b'])
  expect([...world.failed]).toEqual(['a'])
})

test('a failure is replaced at once, without waiting for slow others', async () => {
  const world = run({
    script: ({ node }) =>
      node === 'a' ? { kind: 'never-sent', reason: 'x' } : { afterMs: 900, outcome: fine },
    targets: [target('a', 0), target('b', 1)],
    spares: ['c'],
  })
  await world.clock.advance(1)
  expect(world.transport.sent.map(({ node }) => node)).toEqual(['a', 'b', 'c'])
  await world.clock.advance(1000)
  expect((await world.done).uncovered).toEqual([])
})

test('the request deadline ends everything', async () => {
  const world = run({
    script: () => 'silence',
    targets: [target('a', 0), target('b', 1)],
    spares: ['c', 'd', 'e', 'f'],
    deadlineMs: 1500,
  })
  await world.clock.advance(1500)
  const { answers, uncovered } = await world.done
  expect([answers, uncovered]).toEqual([[], [0, 1]])
  expect(world.transport.sent).toHaveLength(4)
})

test('attempts are bounded', async () => {
  const spares = Array.from({ length: 50 }, (_, node) => `s${node}`)
  const world = run({
    script: () => ({ kind: 'never-sent', reason: 'x' }),
    targets: [target('a', 0)],
    spares,
  })
  expect((await world.done).uncovered).toEqual([0])
  expect(world.transport.sent.length).toBeLessThan(6)
})

test('a node that refuses the request is neither failed nor replaced', async () => {
  const world = run({
    script: ({ node }) => (node === 'a' ? fine : errorAnswer(400, 'invalid_search_filter', node)),
    targets: [target('c', 4), target('a', 0), target('b', 1)],
    spares: ['d'],
  })
  const { refusals, answers, failures } = await world.done
  expect(refusals.map(({ target: { node }, code }) => [node.id, code])).toEqual([
    ['b', 'invalid_search_filter'],
    ['c', 'invalid_search_filter'],
  ])
  expect([answers.length, failures]).toEqual([1, []])
  expect(world.transport.sent).toHaveLength(3)
})

const outcomes: readonly (Outcome | 'silence')[] = [
  fine,
  'silence',
  { kind: 'never-sent', reason: 'refused' },
  { kind: 'ambiguous', reason: 'reset' },
  answer('{"hits":', 200),
  answer('nope', 500),
  errorAnswer(404, 'index_not_found', 'x'),
  errorAnswer(503, 'too_many_search_requests', 'x'),
  errorAnswer(401, 'missing_authorization_header', 'x'),
]

test('whatever happens, every shard is answered for once or named as uncovered, in time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(outcomes.length - 1), { minLength: 40, maxLength: 40 }),
      async (dice) => {
        let turn = 0
        const world = run({
          script: () => outcomes[dice[turn++ % dice.length] ?? 0] ?? fine,
          targets: [target('a', 0, 3), target('b', 1), target('c', 2, 4)],
          spares: ['d', 'e', 'f'],
        })
        await world.clock.advance(5001)
        const { answers, uncovered } = await world.done
        const served = answers.flatMap((found) => found.target.shards)
        expect([...served, ...uncovered].sort()).toEqual([0, 1, 2, 3, 4])
        expect(world.clock.pending).toBe(0)
      },
    ),
    { numRuns: 60 },
  )
})
