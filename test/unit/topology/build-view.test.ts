import { describe, expect, it } from 'vitest'
import type { View } from '../../../src/model/view.ts'
import { buildView, withIndex, withMarks, withName, withoutIndex } from '../../../src/topology/build-view.ts'
import { uncoveredIndexes } from '../../../src/topology/coverage.ts'
import { FACTS, frozen, indexRow, mark, nameRow, snapshot } from './snapshot-sample.ts'

const build = (change = {}): View => frozen(buildView(frozen(snapshot(change)), () => FACTS))
const films = (view: View) => view.indexes.get('films')!
const stateOf = (view: View, shard: number, node: string) =>
  films(view).copies[shard]!.find((copy) => copy.node === node)

describe('buildView', () => {
  it('shows nodes, groups and indexes of the snapshot', () => {
    const view = build()
    expect(view.epoch).toBe(7)
    expect(view.groups).toEqual([0, 1])
    expect(view.nodes.get('c')).toEqual({ id: 'c', address: 'http://c:7700', group: 1 })
    expect(films(view)).toMatchObject({
      ...{ uid: 'films', generation: 3, shards: 2, primaryKey: 'id', settingsVersion: 1, facts: FACTS },
      ...{ createdAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-02T00:00:00Z' },
      settings: { rankingRules: [] },
    })
    expect(films(view)).not.toHaveProperty('rawSettings')
  })

  it('reads facts from the settings shown to clients', () => {
    const view = buildView(snapshot(), (settings) => ({ ...FACTS, embedders: Object.keys(settings) }))
    expect(films(view).facts.embedders).toEqual(['rankingRules'])
  })

  it('lists copies in placement order, current unless marked', () => {
    const view = build({ copies: [mark('c'), mark('b', { shard: 1, state: 'behind', lag: 50 })] })
    expect(films(view).copies).toEqual([
      [
        { node: 'a', group: 0, state: 'current', lag: null },
        { node: 'c', group: 1, state: 'lagging', lag: 41 },
      ],
      [
        { node: 'b', group: 0, state: 'behind', lag: 50 },
        { node: 'd', group: 1, state: 'current', lag: null },
      ],
    ])
  })

  it('skips marks and names of other indexes and generations', () => {
    const view = build({
      copies: [mark('a', { generation: 2 }), mark('a', { indexUid: 'books' })],
      names: [
        nameRow('a'),
        nameRow('a', { generation: 2, fence: 9 }),
        nameRow('a', { uid: 'books', fence: 8 }),
      ],
    })
    expect(stateOf(view, 0, 'a')?.state).toBe('current')
    expect([...films(view).names]).toEqual([['a', 'films__g3_0']])
  })

  it('takes the newest fence of a name', () => {
    const names = [nameRow('a', { fence: 2 }), nameRow('a', { fence: 10 }), nameRow('a', { fence: 1 })]
    expect(films(build({ names })).names.get('a')).toBe('films__g3_10')
  })

  it('uses the placement of the index’s own number of shards', () => {
    const view = build({ indexes: [indexRow({ shards: 1 })] })
    expect(films(view).copies.map((list) => list.map(({ node }) => node))).toEqual([['a', 'd']])
  })

  it('says what each node holds: assigned shards and whatever else a mark tells of', () => {
    const view = build({ copies: [mark('b', { shard: 0, lag: 0 })] })
    expect([...films(view).holds.get('a')!]).toEqual([0])
    expect([...films(view).holds.get('b')!].sort()).toEqual([0, 1])
    expect(films(view).copies[0]!.map(({ node }) => node)).toEqual(['a', 'c'])
  })

  it('rebuilds a lagging copy of unknown lag from nothing', () => {
    expect(stateOf(build({ copies: [mark('a', { lag: null })] }), 0, 'a')?.lag).toBe(0)
  })

  it('refuses placements that are incomplete', () => {
    expect(() => build({ placements: [{ shards: 2, shard: 0, nodes: ['a'] }] })).toThrow('shard 1 of 2')
    expect(() => build({ nodes: [] })).toThrow('unknown node')
  })
})

describe('changes to a view', () => {
  it('mark copies without touching the old view', () => {
    const before = build({ indexes: [indexRow(), indexRow({ uid: 'books' })] })
    const next = withMarks(before, [mark('a'), mark('c', { state: 'behind', lag: 60 })], 8)
    expect(stateOf(next, 0, 'a')).toEqual({ node: 'a', group: 0, state: 'lagging', lag: 41 })
    expect(stateOf(next, 0, 'c')).toEqual({ node: 'c', group: 1, state: 'behind', lag: 60 })
    expect(stateOf(before, 0, 'a')?.state).toBe('current')
    expect(next.epoch).toBe(8)
    expect(next.indexes.get('books')).toBe(before.indexes.get('books'))
    expect(films(next).copies[1]).toBe(films(before).copies[1])
    expect(films(next).holds).toBe(films(before).holds)
  })

  it('mark a copy current again', () => {
    const lagging = build({ copies: [mark('a')] })
    const next = withMarks(lagging, [mark('a', { state: 'current', lag: null })], 9)
    expect(stateOf(next, 0, 'a')).toEqual({ node: 'a', group: 0, state: 'current', lag: null })
  })

  it('take a mark on a foreign node as something it holds', () => {
    const next = withMarks(build(), [mark('b', { lag: 0 })], 8)
    expect([...films(next).holds.get('b')!].sort()).toEqual([0, 1])
  })

  it('ignore marks of indexes and generations that are gone', () => {
    const before = build()
    const next = withMarks(before, [mark('a', { generation: 1 }), mark('a', { indexUid: 'gone' })], 8)
    expect(films(next)).toBe(films(before))
  })

  it('never lower the epoch', () => {
    expect(withMarks(build(), [mark('a')], 3).epoch).toBe(7)
  })

  it('add, replace and drop indexes', () => {
    const before = build()
    const books = { ...films(before), uid: 'books' }
    const added = withIndex(before, books, 8)
    expect([...added.indexes.keys()]).toEqual(['films', 'books'])
    expect([...withoutIndex(added, 'films', 9).indexes.keys()]).toEqual(['books'])
    expect([...before.indexes.keys()]).toEqual(['films'])
  })

  it('rename the physical index on one node', () => {
    const before = build()
    const next = withName(before, nameRow('a', { fence: 1 }), 8)
    expect(films(next).names.get('a')).toBe('films__g3_1')
    expect(films(next).names.get('b')).toBe('films__g3_0')
    expect(films(before).names.get('a')).toBe('films__g3_0')
    expect(withName(before, nameRow('a', { generation: 2 }), 8)).toBe(before)
  })
})

describe('uncoveredIndexes', () => {
  const readable = (...ids: string[]) => ({
    readable: (id: string) => ids.includes(id),
    federates: () => true,
  })

  it('finds shards without a current copy on a readable node', () => {
    expect(uncoveredIndexes(build(), readable('a', 'b'))).toEqual([])
    expect(uncoveredIndexes(build(), readable('a', 'd'))).toEqual([])
    expect(uncoveredIndexes(build(), readable('a', 'c'))).toEqual([{ uid: 'films', shards: [1] }])
    const marked = build({ copies: [mark('a'), mark('b', { shard: 1, state: 'behind' })] })
    expect(uncoveredIndexes(marked, readable('a', 'b'))).toEqual([{ uid: 'films', shards: [0, 1] }])
    expect(uncoveredIndexes(build({ indexes: [] }), readable())).toEqual([])
  })
})
