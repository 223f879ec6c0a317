import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cover } from '../../../src/plan/cover.ts'
import { shardFilter, shardText } from '../../../src/plan/shard-filter.ts'
import { type Placement, viewOf } from '../flows/read-world.ts'

interface Case {
  readonly placement: Placement
  readonly shards: number
  readonly down: readonly string[]
  readonly draw: number
}

const states = ['current', 'current', 'current', 'behind', 'lagging'] as const

const cases: fc.Arbitrary<Case> = fc
  .record({
    shards: fc.integer({ min: 1, max: 9 }),
    nodes: fc.integer({ min: 1, max: 6 }),
    groups: fc.integer({ min: 1, max: 3 }),
    seed: fc.array(fc.nat(4), { minLength: 60, maxLength: 60 }),
    extra: fc.array(fc.nat(8), { maxLength: 8 }),
    downNodes: fc.array(fc.nat(5), { maxLength: 3 }),
    draw: fc.double({ min: 0, max: 0.999, noNaN: true }),
  })
  .map(({ shards, nodes, groups, seed, extra, downNodes, draw }) => {
    const names = Array.from({ length: nodes }, (_, node) => `n${node}`)
    const own = (node: number): number[] =>
      Array.from({ length: shards }, (_, shard) => shard).filter(
        (shard) => shard % nodes === node || seed[(node * 9 + shard) % 60] === 1,
      )
    const placement: Placement = Object.fromEntries(
      names.map((name, node) => [
        name,
        {
          group: node % groups,
          shards: own(node),
          holds: [
            ...new Set([...own(node), ...extra.filter((shard) => shard < shards && shard % 2 === node % 2)]),
          ],
          states: Object.fromEntries(
            own(node).map((shard) => [shard, states[seed[(node * 7 + shard + 3) % 60] ?? 0] ?? 'current']),
          ),
        },
      ]),
    )
    return { placement, shards, down: downNodes.map((node) => `n${node}`), draw }
  })

const coverOf = ({ placement, down, draw }: Case) => {
  const view = viewOf(placement)
  const index = view.indexes.get('films')!
  const wanted = Array.from({ length: index.shards }, (_, shard) => shard)
  const usable = (node: string): boolean => !down.includes(node)
  return { index, wanted, usable, found: cover({ index, nodes: view.nodes, shards: wanted, usable, draw }) }
}

test('every shard is read once, from a current copy on a usable node, or is uncovered', () => {
  fc.assert(
    fc.property(cases, (plan) => {
      const { index, wanted, usable, found } = coverOf(plan)
      const served = found.picks.flatMap((pick) => pick.shards)
      expect([...served, ...found.uncovered].sort((a, b) => a - b)).toEqual(wanted)
      const readable = (shard: number): string[] =>
        index.copies[shard]!.filter((copy) => copy.state === 'current' && usable(copy.node)).map(
          ({ node }) => node,
        )
      for (const pick of found.picks)
        for (const shard of pick.shards) expect(readable(shard)).toContain(pick.node.id)
      for (const shard of found.uncovered) expect(readable(shard)).toEqual([])
      expect(new Set(found.picks.map((pick) => pick.node.id)).size).toBe(found.picks.length)
    }),
    { numRuns: 400 },
  )
})

test('filters let through what is asked and nothing else that lies on the node', () => {
  fc.assert(
    fc.property(cases, (plan) => {
      const { index, found } = coverOf(plan)
      for (const pick of found.picks) {
        const held = [...(index.holds.get(pick.node.id) ?? [])]
        const filter = shardFilter(index, pick.node.id, pick.shards)
        const passed = held.filter((shard) => passes(filter, shard))
        expect(passed.sort((a, b) => a - b)).toEqual(pick.shards)
        if (filter === null) expect(held.length).toBe(pick.shards.length)
        else expect(filter).toMatch(/^(NOT )?_miroir_shard IN \["[!%()*:;?]{4}"(, "[!%()*:;?]{4}")*\]$/)
      }
    }),
    { numRuns: 400 },
  )
})

function passes(filter: string | null, shard: number): boolean {
  if (filter === null) return true
  return filter.includes(`"${shardText(shard)}"`) !== filter.startsWith('NOT ')
}

test('one node that holds everything is asked alone, equal ones in turn', () => {
  const placement: Placement = {
    a: { group: 0, shards: [0, 1] },
    b: { group: 0, shards: [2] },
    c: { group: 1, shards: [0, 1, 2] },
    d: { group: 2, shards: [0, 1, 2] },
  }
  const asked = [0, 0.3, 0.6, 0.9].map((draw) => {
    const { found } = coverOf({ placement, shards: 3, down: [], draw })
    expect(found.picks).toHaveLength(1)
    return found.picks[0]!.node.id
  })
  expect(new Set(asked)).toEqual(new Set(['c', 'd']))
})

test('groups and the nodes of a set are used in turn', () => {
  const placement: Placement = {
    a: { group: 0, shards: [0, 1] },
    b: { group: 0, shards: [0, 1] },
    c: { group: 0, shards: [2, 3] },
    d: { group: 0, shards: [2, 3] },
    e: { group: 1, shards: [0, 2] },
    f: { group: 1, shards: [1, 3] },
  }
  const seen = new Set<string>()
  for (let draw = 0; draw < 1; draw += 0.01) {
    const { found } = coverOf({ placement, shards: 4, down: [], draw })
    expect(found.picks).toHaveLength(2)
    for (const pick of found.picks) seen.add(pick.node.id)
  }
  expect(seen).toEqual(new Set(['a', 'b', 'c', 'd', 'e', 'f']))
})

test('shard numbers are written as four octal digits', () => {
  expect([0, 1, 7, 8, 63, 4095].map(shardText)).toEqual(['!!!!', '!!!%', '!!!?', '!!%!', '!!??', '????'])
})

test('the shorter list is named', () => {
  const { index } = coverOf({
    placement: { a: { group: 0, shards: [0, 1, 2, 3, 4] }, b: { group: 0, shards: [5], holds: [0, 5] } },
    shards: 6,
    down: [],
    draw: 0,
  })
  expect(shardFilter(index, 'a', [0, 1, 2, 3, 4])).toBeNull()
  expect(shardFilter(index, 'a', [0, 1, 2, 4])).toBe('NOT _miroir_shard IN ["!!!)"]')
  expect(shardFilter(index, 'a', [2])).toBe('_miroir_shard IN ["!!!("]')
  expect(shardFilter(index, 'b', [5])).toBe('_miroir_shard IN ["!!!:"]')
  expect(shardFilter(index, 'unknown', [0])).toBe('_miroir_shard IN ["!!!!"]')
})
