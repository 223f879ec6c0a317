import { describe, expect, it } from 'vitest'
import type { Random } from '../../src/std/random.ts'
import type { Placement } from '../unit/flows/read-world.ts'
import { type Latency, quantile, readRun } from './read-run.ts'

const FIRST = Number(process.env['SIM_FIRST'] ?? 1)
const SEEDS = Array.from({ length: 4 }, (_, at) => FIRST + at)

/** Two groups of three nodes, each group with six shards once. */
const TWO_GROUPS: Placement = Object.fromEntries(
  [0, 1, 2, 3, 4, 5].map((node) => [
    `n${node}`,
    { group: Math.floor(node / 3), shards: [node % 3, 3 + (node % 3)] },
  ]),
)
/** One group in which the shards of a node have their second copies on different nodes. */
const SCATTERED: Placement = {
  a: { group: 0, shards: [0, 1, 2] },
  b: { group: 0, shards: [0, 3, 4] },
  c: { group: 0, shards: [1, 3, 5] },
  d: { group: 0, shards: [2, 4, 5] },
}
/** Two nodes that hold everything. */
const TWINS: Placement = { a: { group: 0, shards: [0, 1] }, b: { group: 1, shards: [0, 1] } }

/** Around 8 ms, now and then half a second. */
const hiccups =
  (share: number) =>
  (_node: string, _now: number, random: Random): number => {
    const usual = 5 + 6 * random.next()
    return random.next() < share ? 300 + 400 * random.next() : usual
  }

describe.each(SEEDS)('reads over nodes that hesitate, seed %i', (seed) => {
  it.each([
    ['two groups', TWO_GROUPS, 0.02],
    // A hedge costs several requests here.
    ['copies all over', SCATTERED, 0.01],
    ['twins', TWINS, 0.025],
  ])(
    '%s: hedging cuts the tail within its budget, and no shard is merged twice',
    async (_name, placement, share) => {
      const run = { seed, placement, latency: hiccups(share), reads: 1_500, everyMs: 7 }
      const plain = await readRun({ ...run, budgetPercent: 0 })
      const hedged = await readRun({ ...run, budgetPercent: 5 })
      expect([...plain.wrong, ...hedged.wrong]).toEqual([])
      expect(quantile(plain.took, 0.99)).toBeGreaterThan(250)
      expect(quantile(hedged.took, 0.99)).toBeLessThan(quantile(plain.took, 0.99) / 3)
      expect(hedged.hedges.filter((event) => event === 'won').length).toBeGreaterThan(10)
      expect(hedged.overBudget).toBeLessThanOrEqual(1e-9)
    },
  )

  it('a fleet that slows down as a whole is not asked more than the budget allows', async () => {
    const worse: Latency = (node, now, random) =>
      Math.min(900, hiccups(0.02)(node, now, random) * (now > 3_000 ? 20 : 1))
    const run = { seed, placement: TWO_GROUPS, latency: worse, reads: 1_000, everyMs: 7 }
    const { wrong, overBudget, hedges } = await readRun({ ...run, budgetPercent: 5 })
    expect(wrong).toEqual([])
    expect(overBudget).toBeLessThanOrEqual(1e-9)
    expect(hedges).toContain('no-budget')
  })

  it('a node that becomes slow loses its reads within ten seconds and gets them back likewise', async () => {
    const slowFrom = 10_000
    const slowTo = 30_000
    const latency: Latency = (node, now, random) =>
      5 + 6 * random.next() + (node === 'a' && now >= slowFrom && now < slowTo ? 200 : 0)
    const { sent, wrong } = await readRun({
      ...{ seed, placement: TWINS, latency, reads: 4_500, everyMs: 10, budgetPercent: 0 },
    })
    const shareOfA = (from: number, to: number): number => {
      const within = sent.filter(({ at }) => at >= from && at < to)
      return within.filter(({ node }) => node === 'a').length / within.length
    }
    expect(wrong).toEqual([])
    expect(shareOfA(2_000, slowFrom)).toBeGreaterThan(0.3)
    expect(shareOfA(slowFrom + 10_000, slowTo)).toBeLessThan(0.1)
    expect(shareOfA(slowTo + 10_000, slowTo + 15_000)).toBeGreaterThan(0.3)
  })

  it('a node that fails at once gets next to nothing, and all again when it is well', async () => {
    const latency: Latency = (node, now, random) =>
      node === 'a' && now < 10_000 ? null : 5 + 6 * random.next()
    const { sent, wrong } = await readRun({
      ...{ seed, placement: TWINS, latency, reads: 6_000, everyMs: 10, budgetPercent: 0 },
    })
    const toA = (from: number, to: number): number =>
      sent.filter(({ node, at }) => node === 'a' && at >= from && at < to).length
    expect(wrong).toEqual([])
    expect(toA(1_000, 10_000)).toBeLessThan(30)
    expect(toA(50_000, 60_000)).toBeGreaterThan(200)
  })
})
