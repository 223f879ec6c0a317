import { describe, expect, it } from 'vitest'
import { systemRoutes, type VersionBody } from '../../../src/api/system.ts'
import type { NodeView } from '../../../src/model/view.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import { buildView } from '../../../src/topology/build-view.ts'
import { FACTS, snapshot } from '../topology/snapshot-sample.ts'
import { ask } from './admin/call-sample.ts'

const body = (pkgVersion: string): VersionBody => ({ commitSha: 'c', commitDate: 'd', pkgVersion })

function setup(versions: Record<string, string | null>, readable: string[] = ['a', 'b', 'c', 'd']) {
  const clock = new VirtualClock()
  const asked: string[] = []
  const view = buildView(snapshot(), () => FACTS)
  const routes = systemRoutes({
    views: { current: () => view },
    health: {
      readable: (node) => readable.includes(node),
      federates: () => true,
      health: (node) => ({ version: versions[node] ?? null }),
    },
    clock,
    askVersion: async ({ id }: NodeView) => {
      asked.push(id)
      const version = versions[id]
      return version === undefined || version === null ? null : body(version)
    },
  })
  return { clock, asked, routes, readable }
}

describe('system routes', () => {
  it('say that it runs, to anyone', async () => {
    const { routes } = setup({})
    const root = await ask(routes, '/')
    expect(root.value).toEqual({ status: 'Meilisearch is running' })
    const health = await ask(routes, '/health')
    expect(health.reply.status).toBe(200)
    expect(health.value).toEqual({ status: 'available' })
    expect([root, health].map(({ route }) => route.access.kind)).toEqual(['public', 'public'])
  })

  it('tell the version of a readable node, kept for a minute', async () => {
    const { clock, asked, routes } = setup({ b: '1.50.0' }, ['b'])
    const first = await ask(routes, '/version')
    expect(first.route.access).toEqual({ kind: 'action', action: 'version' })
    expect(first.value).toEqual(body('1.50.0'))
    await clock.advance(59_000)
    await ask(routes, '/version')
    expect(asked).toEqual(['b'])
    await clock.advance(1_000)
    await ask(routes, '/version')
    expect(asked).toEqual(['b', 'b'])
  })

  it('ask once for many', async () => {
    const { asked, routes } = setup({ a: '1.50.0' }, ['a'])
    await Promise.all(Array.from({ length: 10 }, () => ask(routes, '/version')))
    expect(asked).toEqual(['a'])
  })

  it('tell the lowest version of a mixed cluster', async () => {
    const { routes } = setup({ a: '1.50.10', b: '1.50.9', c: '1.50.11' })
    expect((await ask(routes, '/version')).value).toEqual(body('1.50.9'))
  })

  it('try another node, then the old answer, then say that there is none', async () => {
    const versions: Record<string, string | null> = { a: null, b: '1.50.0' }
    const { clock, routes, readable } = setup(versions)
    expect((await ask(routes, '/version')).value).toEqual(body('1.50.0'))
    readable.length = 0
    await clock.advance(120_000)
    expect((await ask(routes, '/version')).value).toEqual(body('1.50.0'))
    await expect(ask(setup({}).routes, '/version')).rejects.toMatchObject({ status: 502 })
  })
})
