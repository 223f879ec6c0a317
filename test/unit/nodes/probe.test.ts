import { describe, expect, it } from 'vitest'
import type { ProbeResult } from '../../../src/model/probe.ts'
import type { NodeIdentities } from '../../../src/nodes/identity.ts'
import { createMeilisearchClient } from '../../../src/nodes/meilisearch.ts'
import { createProbe } from '../../../src/nodes/probe.ts'
import type { Outcome } from '../../../src/nodes/transport.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import { answered, NODE, refusal, scriptedTransport } from './scripted-transport.ts'

const TIMEOUT_MS = 2_000
const version = (pkgVersion: string): Outcome =>
  answered(200, { commitSha: 'c', commitDate: 'd', pkgVersion })
const good: Record<string, Outcome> = {
  '/health': answered(200, { status: 'available' }),
  '/version': version('1.50.0'),
  '/multi-search': answered(200, { hits: [] }),
  '/tasks': answered(200, { results: [{ uid: 12, status: 'enqueued', type: 'x' }], total: 13 }),
}

/** Without keys on nodes: nothing to establish. */
const identities: NodeIdentities = {
  ...{
    keyOf: () => null,
    renew: () => undefined,
    establish: async () => null,
    restore: async () => null,
    conflict: async () => null,
  },
}
const KNOWN = { identities, acknowledgedTask: () => -1 }

async function probe(change: Record<string, Outcome> = {}, clock = new VirtualClock()): Promise<ProbeResult> {
  const outcomes = { ...good, ...change }
  const transport = scriptedTransport(({ path }) => outcomes[path.split('?')[0] ?? ''] ?? answered(404, ''))
  const client = createMeilisearchClient(transport)
  const ask = createProbe({ client, clock, timeoutMs: TIMEOUT_MS, ...KNOWN })
  const answer = await ask(NODE)
  for (const { operation, write } of transport.requests) expect([operation, write]).toEqual(['probe', false])
  return answer
}

describe('probe', () => {
  it('finds a healthy node, its version and its newest task', async () => {
    const found: ProbeResult = await probe()
    expect(found).toEqual({ kind: 'ok', version: '1.50.0', newestTask: 12, federates: true })
    expect(await probe({ '/tasks': answered(200, { results: [], total: 0 }) })).toMatchObject({
      newestTask: -1,
    })
  })

  it('accepts any patch of the known version and nothing else', async () => {
    expect(await probe({ '/version': version('1.50.17') })).toMatchObject({ kind: 'ok', version: '1.50.17' })
    for (const other of ['1.49.0', '1.51.0', '2.50.0', '1.50', '1.50.0-rc.1', '11.50.0', '']) {
      const answer = await probe({ '/version': version(other) })
      expect(answer).toMatchObject({ kind: 'rejected', cause: 'incompatible', version: other })
      expect(answer).toHaveProperty(
        'error',
        `the node runs Meilisearch ${other}; this release works with 1.50.x only`,
      )
    }
  })

  it('knows a node that does not know our key', async () => {
    for (const [status, code] of [
      [403, 'invalid_api_key'],
      [401, 'missing_authorization_header'],
    ] as const) {
      const rejected = { kind: 'rejected', cause: 'unauthorized', version: null }
      expect(await probe({ '/version': refusal(status, code) })).toMatchObject(rejected)
    }
  })

  it('sets the flag that internal federated searches need, and proves it', async () => {
    /** A node whose flag the probe may set; `deaf` says yes and changes nothing. */
    const asked = async (kind: 'settable' | 'refusing' | 'deaf') => {
      let network = false
      const transport = scriptedTransport(({ method, path, headers }) => {
        if (path === '/experimental-features') {
          expect(method).toBe('PATCH')
          if (kind === 'refusing') return refusal(403, 'invalid_api_key')
          network = kind === 'settable'
          return answered(200, { metrics: false, network: true })
        }
        if (path !== '/multi-search') return good[path.split('?')[0] ?? ''] ?? answered(404, '')
        expect(headers).toEqual({ 'meili-proxy-search': 'true' })
        return network ? answered(200, { hits: [] }) : refusal(400, 'feature_not_enabled')
      })
      const client = createMeilisearchClient(transport)
      const ask = createProbe({ client, clock: new VirtualClock(), timeoutMs: TIMEOUT_MS, ...KNOWN })
      const found = [await ask(NODE), await ask(NODE)]
      const sets = transport.requests.filter(({ method }) => method === 'PATCH').length
      return { federates: found.map((one) => one.kind === 'ok' && one.federates), sets }
    }
    expect(await asked('settable')).toEqual({ federates: [true, true], sets: 1 })
    expect(await asked('refusing')).toEqual({ federates: [false, false], sets: 2 })
    expect(await asked('deaf')).toEqual({ federates: [false, false], sets: 2 })
    const broken = { '/multi-search': answered(500, 'oops') }
    expect(await probe(broken)).toMatchObject({ kind: 'ok', federates: false })
  })

  it('calls a refused connection hard and silence soft', async () => {
    const refused: Outcome = { kind: 'never-sent', reason: 'no connection (ECONNREFUSED)' }
    expect(await probe({ '/health': refused })).toEqual({
      ...{ kind: 'unreachable', error: 'no connection (ECONNREFUSED)', hard: true },
    })
    const clock = new VirtualClock()
    const transport = scriptedTransport(
      () =>
        new Promise((resolve) =>
          clock.after(TIMEOUT_MS, () =>
            resolve({ kind: 'ambiguous', reason: 'no answer before the deadline' }),
          ),
        ),
    )
    const client = createMeilisearchClient(transport)
    const ask = createProbe({ client, clock, timeoutMs: TIMEOUT_MS, ...KNOWN })
    const asked = ask(NODE)
    await clock.advance(TIMEOUT_MS)
    expect(await asked).toMatchObject({ kind: 'unreachable', hard: false })
  })

  it('does not blame the version for a proxy in front of a dead node', async () => {
    expect(await probe({ '/health': answered(502, '<html>') })).toMatchObject({
      kind: 'unreachable',
      hard: true,
    })
    expect(await probe({ '/tasks': refusal(503, 'internal') })).toMatchObject({
      kind: 'unreachable',
      hard: true,
    })
  })

  it('rejects what is not Meilisearch', async () => {
    expect(await probe({ '/health': answered(200, 'hello') })).toMatchObject({
      ...{ kind: 'rejected', cause: 'incompatible' },
      error: expect.stringContaining('does not look like Meilisearch'),
    })
    expect(await probe({ '/version': answered(404, '') })).toMatchObject({ cause: 'incompatible' })
  })
})
