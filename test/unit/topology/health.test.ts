import { describe, expect, it } from 'vitest'
import {
  type HealthSignal,
  isReadable,
  isWritable,
  mayMove,
  NEW_NODE,
  type NodeHealth,
  type NodeState,
  nextHealth,
} from '../../../src/topology/health.ts'

const thresholds = { unhealthy: 3, recovery: 2 }
const ok: HealthSignal = {
  kind: 'probe-ok',
  version: '1.50.0',
  newestTask: 7,
  federates: true,
  wallMs: 1_000,
}
const bad: HealthSignal = { kind: 'probe-failed', error: 'no connection' }
const old: HealthSignal = {
  kind: 'probe-rejected',
  cause: 'incompatible',
  error: 'the node runs 1.49.0',
  version: '1.49.0',
}
const stranger: HealthSignal = {
  kind: 'probe-rejected',
  cause: 'unauthorized',
  error: 'the node does not accept the node key',
  version: null,
}
const wiped: HealthSignal = { kind: 'probe-rejected', cause: 'amnesia', error: 'forgot', version: '1.50.0' }
const served: HealthSignal = { kind: 'exchange-ok', wallMs: 2_000 }
const refused: HealthSignal = { kind: 'exchange-failed', error: 'refused' }
const signals: HealthSignal[] = [
  ok,
  bad,
  old,
  stranger,
  wiped,
  served,
  refused,
  { kind: 'drain' },
  { kind: 'remove' },
  { kind: 'adopt' },
]

const follow = (list: HealthSignal[], start: NodeHealth = NEW_NODE): NodeHealth =>
  list.reduce((health, signal) => nextHealth(health, signal, thresholds), start)
const state = (...list: HealthSignal[]): NodeState => follow(list).state

describe('node health', () => {
  it('joins with the first good probe', () => {
    expect(isReadable(NEW_NODE)).toBe(false)
    expect(follow([ok])).toMatchObject({ state: 'active', cause: null, version: '1.50.0', newestTask: 7 })
    expect(follow([bad, bad, bad, bad])).toMatchObject({ state: 'joining', error: 'no connection' })
    expect(follow([bad, bad, bad, bad, ok])).toMatchObject({ state: 'active', error: null })
  })

  it('is degraded by a failure and given up after three in a row', () => {
    expect(state(ok, bad)).toBe('degraded')
    expect(state(ok, bad, bad)).toBe('degraded')
    expect(follow([ok, bad, bad, bad])).toMatchObject({ state: 'failed', cause: 'unreachable', failures: 3 })
    expect(state(ok, bad, bad, ok, bad, bad)).toBe('degraded')
    expect(isReadable(follow([ok, bad, bad]))).toBe(true)
  })

  it('returns after two good probes in a row', () => {
    const down = [ok, bad, bad, bad]
    expect(state(...down, ok)).toBe('failed')
    expect(state(...down, ok, bad, ok)).toBe('failed')
    expect(follow([...down, ok, ok])).toMatchObject({
      state: 'active',
      cause: null,
      error: null,
      failures: 0,
    })
  })

  it('takes exchanges as hints only', () => {
    expect(follow([ok, refused])).toMatchObject({ state: 'degraded', failures: 0, error: 'refused' })
    expect(state(ok, refused, refused, refused, refused)).toBe('degraded')
    expect(state(ok, refused, bad, bad, bad)).toBe('failed')
    expect(follow([ok, bad, bad, served])).toMatchObject({ state: 'active', failures: 0, lastSeenMs: 2_000 })
    expect(state(ok, bad, bad, bad, served, served)).toBe('failed')
    expect(state(served)).toBe('joining')
  })

  it('costs nothing while all is well', () => {
    const well = follow([ok, served])
    expect(nextHealth(well, { kind: 'exchange-ok', wallMs: 2_010 }, thresholds)).toBe(well)
    expect(nextHealth(well, { kind: 'exchange-ok', wallMs: 2_600 }, thresholds).lastSeenMs).toBe(2_600)
  })

  it('drops a node at once when it must not be used', () => {
    for (const [signal, cause] of [
      [old, 'incompatible'],
      [stranger, 'unauthorized'],
      [wiped, 'amnesia'],
    ] as const) {
      expect(follow([ok, signal])).toMatchObject({ state: 'failed', cause })
      expect(follow([signal])).toMatchObject({ state: 'joining', cause })
    }
    expect(follow([ok, old]).version).toBe('1.49.0')
    expect(follow([ok, stranger]).version).toBe('1.50.0')
    expect(follow([ok, old, bad]).cause).toBe('unreachable')
    expect(state(ok, old, ok, ok)).toBe('active')
  })

  it('never trusts an amnesiac node until it is adopted', () => {
    const good = [ok, ok, ok, served]
    expect(follow([ok, wiped, ...good])).toMatchObject({ state: 'failed', cause: 'amnesia' })
    expect(follow([wiped, ...good])).toMatchObject({ state: 'joining', cause: 'amnesia' })
    expect(follow([ok, wiped, bad, old, ...good]).cause).toBe('amnesia')
    expect(state(ok, wiped, { kind: 'adopt' }, ok, ok)).toBe('active')
    expect(state(wiped, { kind: 'adopt' }, ok)).toBe('active')
  })

  it('drains only what is active, and remembers it', () => {
    const drain: HealthSignal = { kind: 'drain' }
    const remove: HealthSignal = { kind: 'remove' }
    expect(state(drain)).toBe('joining')
    expect(state(ok, bad, drain)).toBe('degraded')
    expect(state(ok, drain, bad)).toBe('draining')
    expect(state(ok, drain, served)).toBe('draining')
    expect(state(ok, drain, bad, bad, bad)).toBe('failed')
    expect(state(ok, drain, bad, bad, bad, ok, ok)).toBe('draining')
    expect(state(ok, remove)).toBe('active')
    expect(state(ok, drain, remove)).toBe('removed')
    expect(isReadable(follow([ok, drain]))).toBe(true)
    expect(isWritable(follow([ok, drain, remove]))).toBe(false)
  })

  it('makes only moves that exist, from every state that can be reached', () => {
    const seen = new Map<string, NodeHealth>([['', NEW_NODE]])
    const edges = new Set<string>()
    for (const health of seen.values()) {
      expect(isReadable(health)).toBe(health.cause === null)
      expect(health.failures).toBeLessThanOrEqual(8)
      for (const signal of signals) {
        const next = nextHealth(health, signal, thresholds)
        if (next.state !== health.state) {
          edges.add(`${health.state} ${next.state}`)
          // A drained node comes back through `active` and drains again.
          const direct = mayMove(health.state, next.state)
          const twice = mayMove(health.state, 'active') && mayMove('active', next.state) && next.draining
          expect(direct || twice, `${health.state} → ${next.state} by ${signal.kind}`).toBe(true)
        }
        const { failures, lastSeenMs: _seen, error: _error, ...rest } = next
        const key = JSON.stringify({ ...rest, failures: Math.min(failures, 8) })
        if (failures <= 8 && !seen.has(key)) seen.set(key, next)
      }
    }
    expect([...edges].sort()).toEqual([
      'active degraded',
      'active draining',
      'active failed',
      'degraded active',
      'degraded failed',
      'draining failed',
      'draining removed',
      'failed active',
      'failed draining',
      'joining active',
    ])
  })

  it('knows the table of moves', () => {
    const states: NodeState[] = ['joining', 'active', 'degraded', 'draining', 'failed', 'removed']
    const moves = states.flatMap((from) =>
      states.filter((to) => mayMove(from, to)).map((to) => `${from}-${to}`),
    )
    expect(moves).toEqual([
      'joining-active',
      'active-degraded',
      'active-draining',
      'active-failed',
      'degraded-active',
      'degraded-failed',
      'draining-failed',
      'draining-removed',
      'failed-active',
      'failed-degraded',
    ])
  })
})
