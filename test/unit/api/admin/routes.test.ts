import { describe, expect, it } from 'vitest'
import { adminRoutes } from '../../../../src/api/admin/routes.ts'
import type { StoreSnapshot } from '../../../../src/model/store.ts'
import { VirtualClock } from '../../../../src/std/virtual-clock.ts'
import { buildView } from '../../../../src/topology/build-view.ts'
import { isReadable, NEW_NODE, type NodeHealth } from '../../../../src/topology/health.ts'
import { FACTS, frozen, indexRow, mark, snapshot } from '../../topology/snapshot-sample.ts'
import { ask } from './call-sample.ts'

const clock = new VirtualClock()
const active: NodeHealth = {
  ...NEW_NODE,
  ...{ state: 'active', cause: null, version: '1.50.0', newestTask: 3, lastSeenMs: clock.wall() - 120 },
}
const failed: NodeHealth = {
  ...active,
  ...{ state: 'failed', cause: 'unreachable', error: 'no connection', lastSeenMs: clock.wall() - 45_000 },
}

function routes(change: Partial<StoreSnapshot> = {}, healths: Record<string, NodeHealth> = {}) {
  const state = snapshot(change)
  const view = frozen(buildView(state, () => FACTS))
  const health = (node: string): NodeHealth => healths[node] ?? active
  return adminRoutes({
    ...{ views: { current: () => view }, clock, shards: 2, replicationFactor: 1 },
    placements: state.placements,
    health: { health, readable: (node) => isReadable(health(node)), federates: () => true },
    renderMetrics: () => 'up 1\n',
  })
}

describe('GET /_miroir/topology', () => {
  it('describes a healthy cluster', async () => {
    const { reply, value, route } = await ask(routes(), '/_miroir/topology')
    expect(route.access).toEqual({ kind: 'admin' })
    expect(reply.status).toBe(200)
    expect(value).toEqual({
      ...{ shards: 2, replication_factor: 1, epoch: 7, fully_covered: true, degraded_node_count: 0 },
      ...{ rebalance_in_progress: false, lagging_copies: 0 },
      nodes: ['a', 'b', 'c', 'd'].map((id, at) => ({
        ...{ id, address: `http://${id}:7700`, status: 'active', replica_group: Math.floor(at / 2) },
        ...{ shard_count: 1, last_seen_ms: 120, version: '1.50.0' },
      })),
      indexes: [{ uid: 'films', shards: 2, copies: { current: 4, behind: 0, lagging: 0 }, degraded: [] }],
    })
  })

  it('shows what is wrong', async () => {
    const copies = [mark('a'), mark('b', { shard: 1, state: 'behind', lag: 50 })]
    const { value } = await ask(routes({ copies }, { c: failed, d: NEW_NODE }), '/_miroir/topology')
    expect(value).toMatchObject({
      ...{ fully_covered: false, degraded_node_count: 2, lagging_copies: 1 },
      indexes: [
        {
          uid: 'films',
          copies: { current: 2, behind: 1, lagging: 1 },
          degraded: [
            { shard: 0, node: 'a', state: 'lagging', lag: 41 },
            { shard: 1, node: 'b', state: 'behind', lag: 50 },
          ],
        },
      ],
    })
    const nodes = (value as { nodes: unknown[] }).nodes
    expect(nodes[2]).toMatchObject({ status: 'failed', last_seen_ms: 45_000, error: 'no connection' })
    expect(nodes[3]).toMatchObject({ status: 'joining', last_seen_ms: null, version: null })
    expect(nodes[3]).not.toHaveProperty('error')
  })

  it('cuts endless lists and says so', async () => {
    const shards = 6_000
    const placements = Array.from({ length: shards }, (_, shard) => ({ shards, shard, nodes: ['a', 'c'] }))
    const copies = placements.flatMap(({ shard }) => [mark('a', { shard }), mark('c', { shard })])
    const { value } = await ask(
      routes({ placements, copies, indexes: [indexRow({ shards })] }),
      '/_miroir/topology',
    )
    expect(value).toMatchObject({ lagging_copies: 12_000, degraded_omitted: 2_000 })
  })
})

describe('GET /_miroir/shards', () => {
  it('shows where every shard lives', async () => {
    const { value, route } = await ask(routes({ copies: [mark('c')] }, { b: failed }), '/_miroir/shards')
    expect(route.access).toEqual({ kind: 'admin' })
    expect(value).toEqual({
      indexes: [
        {
          uid: 'films',
          shards: [
            {
              shard: 0,
              nodes: [
                { id: 'a', replica_group: 0, state: 'current', lag: null, readable: true },
                { id: 'c', replica_group: 1, state: 'lagging', lag: 41, readable: true },
              ],
            },
            {
              shard: 1,
              nodes: [
                { id: 'b', replica_group: 0, state: 'current', lag: null, readable: false },
                { id: 'd', replica_group: 1, state: 'current', lag: null, readable: true },
              ],
            },
          ],
        },
      ],
    })
  })

  it('shows one index on request', async () => {
    const indexes = [indexRow(), indexRow({ uid: 'books' })]
    const { value } = await ask(routes({ indexes }), '/_miroir/shards', 'index=books')
    expect((value as { indexes: { uid: string }[] }).indexes.map(({ uid }) => uid)).toEqual(['books'])
    await expect(ask(routes(), '/_miroir/shards', 'index=nope')).rejects.toMatchObject({ status: 404 })
  })
})

describe('GET /_miroir/ready', () => {
  const ready = async (change: Partial<StoreSnapshot>, healths: Record<string, NodeHealth>) => {
    const { reply, value, route } = await ask(routes(change, healths), '/_miroir/ready')
    expect(route.access).toEqual({ kind: 'public' })
    return { code: reply.status, ...(value as { status: string; missing: string[] }) }
  }

  it('is ready while every shard has a current copy on a readable node', async () => {
    const answer = await ask(routes({}, { a: failed, d: failed }), '/_miroir/ready')
    expect(answer.reply.status).toBe(200)
    expect(answer.value).toEqual({ status: 'ready', missing: [] })
  })

  it('is not ready when a shard is out of reach, and names nothing in public', async () => {
    const answer = await ask(routes({}, { a: failed, c: failed }), '/_miroir/ready')
    expect(answer.reply.status).toBe(503)
    expect(answer.value).toEqual({
      status: 'not ready',
      missing: ['1 shards of 1 indexes have no current copy on a readable node'],
    })
    expect(JSON.stringify(answer.value)).not.toContain('films')
    const lagging = await ready({ copies: [mark('a'), mark('c')] }, {})
    expect(lagging.status).toBe('not ready')
  })

  it('waits, without indexes, until all nodes were asked and every group answers', async () => {
    const asked: NodeHealth = { ...NEW_NODE, error: 'no connection' }
    const none = { indexes: [] }
    expect((await ready(none, {})).status).toBe('ready')
    expect((await ready(none, { a: NEW_NODE })).missing).toEqual(['1 of 4 nodes have not been asked yet'])
    expect((await ready(none, { a: asked, c: failed })).status).toBe('ready')
    expect((await ready(none, { c: failed, d: asked })).missing).toEqual(['group 1 has no readable node'])
    expect((await ready({ indexes: [], nodes: [] }, {})).missing).toEqual(['there are no nodes'])
  })
})

describe('GET /_miroir/metrics', () => {
  it('renders what was measured, for the admin', async () => {
    const { reply, value, route } = await ask(routes(), '/_miroir/metrics')
    expect(route.access).toEqual({ kind: 'admin' })
    expect(reply).toMatchObject({ status: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8' })
    expect(value).toBe('up 1\n')
  })
})
