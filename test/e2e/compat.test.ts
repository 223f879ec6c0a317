import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, type NodeKind, realNodesOrWarn, startCluster } from './cluster.ts'
import { type Difference, differencesOver, substitutesOf } from './compat/differences.ts'
import { type Outcome, recordedOutcome, recordedSteps } from './compat/recording.ts'
import { type Replayed, replay } from './compat/replay.ts'
import { stableOutcome, taskNames } from './compat/stable-text.ts'

/*
 * A whole recorded conversation with one Meilisearch node, held again with the proxy over six. Every step
 * must be answered alike, but for those that test/compat/differences.json names.
 */

const GROUPS = 2
/** Real processes are dear: two in a group still split every index. */
const NODES_PER_GROUP = { embedded: 3, real: 2 }
const REPLAY_MS = 600_000
/** Our fields and the names of indexes on nodes. */
const LEAK = /_miroir_s|__g[0-9]/
const HONEST_REFUSALS = ['miroir_unsupported', 'feature_not_enabled']

const steps = recordedSteps()
const hasRealNodes = realNodesOrWarn('compatibility of the whole proxy')

describe.each<{ kind: NodeKind; engine: 'node' | 'uws' }>([
  { kind: 'embedded', engine: 'node' },
  { kind: 'embedded', engine: 'uws' },
  ...(hasRealNodes ? [{ kind: 'real', engine: 'node' } as const] : []),
])('the recorded conversation over $kind nodes, engine $engine', ({ kind, engine }) => {
  const differences = differencesOver(kind)
  let replayed: ReadonlyMap<string, Replayed> = new Map()
  let outcomes: ReadonlyMap<string, Compared> = new Map()

  let cluster: Cluster | null = null

  beforeAll(async () => {
    const nodesPerGroup = NODES_PER_GROUP[kind]
    cluster = await startCluster({ kind, engine, groups: GROUPS, nodesPerGroup })
    const all = await replay(cluster.url, steps, substitutesOf(differences))
    replayed = new Map(all.map((outcome) => [outcome.step.name, outcome]))
    outcomes = compared(all)
  }, REPLAY_MS)

  afterAll(() => cluster?.close(), REPLAY_MS)

  it.each(steps.map(({ name }) => [name]))('%s', (name) => {
    const listed = differences.find(({ step }) => step === name)
    if (listed?.sometimes === true) return
    const { wanted, got } = outcomes.get(name) ?? {}
    expect(got, 'the step was replayed').toBeDefined()
    if (listed === undefined) expect(got).toEqual(wanted)
    else expect(got, 'answered as by a node now: take it off the list').not.toEqual(wanted)
  })

  it('refuses honestly what it cannot do', () => {
    const silent = unsupported(differences).filter(({ step }) => {
      const { code } = JSON.parse(replayed.get(step)?.answer ?? '{}') as { code?: string }
      return !HONEST_REFUSALS.includes(code ?? '')
    })
    expect(silent.map(({ step }) => step)).toEqual([])
  })

  it('shows nothing of what is behind it', () => {
    const leaks = [...replayed.values()].filter(({ headers, answer, task }) =>
      LEAK.test(headers + answer + (task ?? '')),
    )
    expect(leaks.map(({ step }) => step.name)).toEqual([])
  })

  it('labels a total that is only a bound', () => {
    expect(replayed.get('search distinct')?.headers).toContain('"x-miroir-approximate":"total"')
  })
})

it('the list of differences names each step once', () => {
  const names = new Set(steps.map(({ name }) => name))
  for (const kind of ['embedded', 'real'] as const) {
    const listed = differencesOver(kind).map(({ step }) => step)
    expect(listed.filter((step, at) => !names.has(step) || listed.indexOf(step) !== at)).toEqual([])
  }
})

function unsupported(differences: readonly Difference[]): readonly Difference[] {
  return differences.filter((difference) => difference.class === 'unsupported')
}

type Compared = { readonly wanted: Outcome; readonly got: Outcome }

/** What the recording has for each step and what it got here, without what may differ. */
function compared(replayed: readonly Replayed[]): ReadonlyMap<string, Compared> {
  const theirs = taskNames(steps)
  const ours = taskNames(replayed.map((outcome) => ({ ...outcome, name: outcome.step.name })))
  return new Map(
    replayed.map((outcome) => [
      outcome.step.name,
      { wanted: stableOutcome(recordedOutcome(outcome.step), theirs), got: stableOutcome(outcome, ours) },
    ]),
  )
}
