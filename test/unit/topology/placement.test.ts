import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PlacementRow } from '../../../src/model/store.ts'
import { placeShards, scoreOf } from '../../../src/topology/placement.ts'
import { xxh64 } from '../../../src/topology/xxh64.ts'

interface Node {
  id: string
  group: number
}

const group = (size: number, number = 0, prefix = 'meili-'): Node[] =>
  Array.from({ length: size }, (_, at) => ({ id: `${prefix}${number}-${at}`, group: number }))

const place = (
  nodes: Node[],
  shards: number,
  replicationFactor: number,
  existing?: PlacementRow[],
): PlacementRow[] =>
  placeShards({ nodes, shards, replicationFactor, hash: xxh64, ...(existing && { existing }) })

function loads(rows: PlacementRow[], nodes: Node[]): number[] {
  return nodes.map(({ id }) => rows.filter((row) => row.nodes.includes(id)).length)
}

/** Copies that are somewhere else than before. */
function moves(before: PlacementRow[], after: PlacementRow[]): number {
  return after.reduce(
    (sum, row, at) => sum + row.nodes.filter((id) => !before[at]!.nodes.includes(id)).length,
    0,
  )
}

const shape = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
    shards: fc.integer({ min: 1, max: 70 }),
    wanted: fc.integer({ min: 1, max: 4 }),
    prefix: fc.string({ unit: 'grapheme', maxLength: 6 }),
  })
  .map(({ sizes, shards, wanted, prefix }) => ({
    shards,
    replicationFactor: Math.min(wanted, ...sizes),
    groups: sizes.map((size, number) => group(size, number, prefix)),
  }))

describe('placeShards', () => {
  it('keeps its answers for ever', () => {
    const rows = place(group(3), 8, 1)
    expect(rows.map(({ nodes }) => nodes.join())).toMatchInlineSnapshot(`
      [
        "meili-0-0",
        "meili-0-2",
        "meili-0-1",
        "meili-0-1",
        "meili-0-0",
        "meili-0-2",
        "meili-0-2",
        "meili-0-1",
      ]
    `)
    expect(scoreOf(xxh64, 7, 'meili-0')).toBe(
      xxh64(Uint8Array.of(7, 0, 0, 0, ...Buffer.from('meili-0'), 255)),
    )
  })

  it('places every shard on as many different nodes of every group as asked, loads within one', () => {
    fc.assert(
      fc.property(shape, ({ groups, shards, replicationFactor }) => {
        const rows = place(groups.flat(), shards, replicationFactor)
        expect(rows.map((row) => row.shard)).toEqual(Array.from({ length: shards }, (_, shard) => shard))
        for (const row of rows) {
          expect(row.shards).toBe(shards)
          expect(new Set(row.nodes).size).toBe(groups.length * replicationFactor)
          const order = row.nodes.map((id) => groups.findIndex((nodes) => nodes.some((n) => n.id === id)))
          expect(order).toEqual(groups.flatMap((_, number) => Array(replicationFactor).fill(number)))
        }
        for (const nodes of groups) {
          const counts = loads(rows, nodes)
          const mirrored = nodes.length % replicationFactor === 0
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
          const units = mirrored ? nodes.length / replicationFactor : nodes.length
          const cap = Math.ceil((shards * (mirrored ? 1 : replicationFactor)) / units)
          expect(Math.max(...counts)).toBeLessThanOrEqual(cap)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('does not depend on the order in which nodes are named', () => {
    fc.assert(
      fc.property(
        shape.chain((value) =>
          fc.record({
            value: fc.constant(value),
            shuffled: fc.shuffledSubarray(value.groups.flat(), { minLength: value.groups.flat().length }),
          }),
        ),
        ({ value, shuffled }) => {
          const { groups, shards, replicationFactor } = value
          expect(place(shuffled, shards, replicationFactor)).toEqual(
            place(groups.flat(), shards, replicationFactor),
          )
        },
      ),
      { numRuns: 50 },
    )
  })

  it('mirrors sets where the group size is a multiple of the factor', () => {
    for (const [size, factor] of [
      [2, 2],
      [4, 2],
      [6, 2],
      [6, 3],
      [9, 3],
    ] as const) {
      const nodes = group(size)
      const rows = place(nodes, 64, factor)
      const held = nodes.map(({ id }) => rows.filter((row) => row.nodes.includes(id)).map((row) => row.shard))
      for (let first = 0; first < size; first += factor)
        for (let at = first; at < first + factor; at++) expect(held[at]).toEqual(held[first])
    }
  })

  it('balances the names that plain rendezvous hashing places badly', () => {
    for (const shards of [16, 64]) {
      const nodes = ['meili-0', 'meili-1', 'meili-2'].map((id) => ({ id, group: 0 }))
      const counts = loads(place(nodes, shards, 1), nodes)
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
    }
  })

  it('moves nothing when nothing changed', () => {
    fc.assert(
      fc.property(shape, ({ groups, shards, replicationFactor }) => {
        const rows = place(groups.flat(), shards, replicationFactor)
        expect(place(groups.flat(), shards, replicationFactor, rows)).toEqual(rows)
      }),
      { numRuns: 50 },
    )
  })

  it('moves little when a node comes or goes, and stays balanced', () => {
    for (let size = 1; size <= 8; size++) {
      const small = group(size)
      const large = group(size + 1)
      const before = place(small, 64, 1)
      const after = place(large, 64, 1, before)
      expect(moves(before, after)).toBeLessThanOrEqual(Math.ceil(64 / (size + 1)))
      const counts = loads(after, large)
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      const back = place(small, 64, 1, after)
      expect(moves(after, back)).toBeLessThanOrEqual(Math.ceil(64 / (size + 1)) + 1)
    }
  })

  it('moves little with several copies', () => {
    // 5, 7 and 8 nodes do not form sets of 3, so single nodes change places.
    const before = place(group(7), 64, 3)
    const grown = place(group(8), 64, 3, before)
    expect(moves(before, grown)).toBeLessThanOrEqual(2 * Math.ceil((64 * 3) / 8))
    const shrunk = place(group(5), 64, 3, place(group(7), 64, 3))
    expect(moves(before, shrunk)).toBeLessThanOrEqual(2 * Math.ceil((2 * 64 * 3) / 7))
  })

  it('leaves other groups alone', () => {
    const before = place([...group(3), ...group(3, 1)], 64, 1)
    const after = place([...group(3), ...group(4, 1)], 64, 1, before)
    expect(after.map(({ nodes }) => nodes[0])).toEqual(before.map(({ nodes }) => nodes[0]))
  })

  it('refuses a group that is too small', () => {
    expect(() => place([...group(3), ...group(1, 1)], 8, 2)).toThrow('group 1 has 1 nodes')
    expect(() => place([...group(2), ...group(2)], 8, 2)).toThrow('twice')
  })
})
