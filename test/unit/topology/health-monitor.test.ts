import { beforeEach, describe, expect, it } from 'vitest'
import type { ProbeResult } from '../../../src/model/probe.ts'
import type { NodeView } from '../../../src/model/view.ts'
import { seededRandom } from '../../../src/std/random.ts'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import {
  createHealthMonitor,
  type HealthEvent,
  type HealthMonitor,
} from '../../../src/topology/health-monitor.ts'

const INTERVAL_MS = 5_000
const well: ProbeResult = { kind: 'ok', version: '1.50.0', newestTask: 10, federates: true }
const refused: ProbeResult = { kind: 'unreachable', error: 'no connection (ECONNREFUSED)', hard: true }
const slow: ProbeResult = { kind: 'unreachable', error: 'no answer before the deadline', hard: false }

const node = (id: string): NodeView => ({ id, address: `http://${id}:7700`, group: 0 })

describe('health monitor', () => {
  let clock: VirtualClock
  let nodes: NodeView[]
  let results: Map<string, ProbeResult>
  let probes: { id: string; at: number }[]
  let acknowledged: number
  let events: HealthEvent[]
  let monitor: HealthMonitor

  beforeEach(() => {
    clock = new VirtualClock()
    nodes = [node('n1'), node('n2')]
    results = new Map()
    probes = []
    acknowledged = -1
    events = []
    monitor = createHealthMonitor({
      clock,
      random: seededRandom(1),
      config: { intervalMs: INTERVAL_MS, unhealthyThreshold: 3, recoveryThreshold: 2 },
      nodes: () => nodes,
      probe: async ({ id }) => {
        probes.push({ id, at: clock.now() })
        return results.get(id) ?? well
      },
      acknowledgedTask: () => acknowledged,
    })
    monitor.subscribe((event) => events.push(event))
  })
  const observe = (id: string, error: string | null, operation = 'search'): void =>
    monitor.observe({ node: id, operation, error })
  const kinds = (): string[] => events.map((event) => `${event.kind} ${event.node}`)
  /** Lets the first failing probes of n1 run until it is given up. */
  const breakNode = async (): Promise<void> => {
    results.set('n1', refused)
    observe('n1', 'refused')
    await clock.advance(1_000)
    expect(monitor.health('n1').state).toBe('failed')
  }

  it('probes every node at once when it starts', async () => {
    expect(monitor.readable('n1')).toBe(false)
    monitor.start()
    await clock.advance(0)
    expect(probes.map(({ id }) => id)).toEqual(['n1', 'n2'])
    expect(monitor.readable('n1') && monitor.readable('n2')).toBe(true)
    expect(events).toEqual([
      { kind: 'node-up', node: 'n1', newestTask: 10 },
      { kind: 'node-up', node: 'n2', newestTask: 10 },
    ])
    expect(monitor.readable('unknown')).toBe(false)
  })

  it('probes again in intervals that only ever shorten', async () => {
    monitor.start()
    await clock.advance(60_000)
    const times = probes.filter(({ id }) => id === 'n1').map(({ at }) => at)
    const gaps = times.slice(1).map((at, index) => at - times[index]!)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(INTERVAL_MS)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(INTERVAL_MS * 0.7)
    expect(new Set(gaps).size).toBeGreaterThan(1)
  })

  it('asks a node that has never answered more often', async () => {
    results.set('n1', refused)
    monitor.start()
    await clock.advance(0)
    expect(monitor.health('n1')).toMatchObject({ state: 'joining', error: refused.error })
    results.set('n1', well)
    await clock.advance(INTERVAL_MS / 5)
    expect(monitor.readable('n1')).toBe(true)
  })

  it('notices a refused connection at once and confirms it quickly', async () => {
    monitor.start()
    await clock.advance(2_000)
    const before = probes.length
    results.set('n1', refused)
    observe('n1', 'refused')
    expect(monitor.health('n1').state).toBe('degraded')
    await clock.advance(0)
    expect(probes.length).toBe(before + 1)
    await clock.advance(INTERVAL_MS / 10)
    expect(monitor.health('n1').state).toBe('failed')
    expect(monitor.readable('n1')).toBe(false)
    expect(monitor.readable('n2')).toBe(true)
    expect(events.at(-1)).toEqual({
      kind: 'node-down',
      node: 'n1',
      cause: 'unreachable',
      error: refused.error,
    })
  })

  it('reads a returned node again within one interval', async () => {
    monitor.start()
    await clock.advance(2_000)
    await breakNode()
    await clock.advance(60_000)
    expect(monitor.readable('n1')).toBe(false)
    results.set('n1', { kind: 'ok', version: '1.50.0', newestTask: 12, federates: true })
    await clock.advance(INTERVAL_MS)
    expect(monitor.readable('n1')).toBe(true)
    expect(events.at(-1)).toEqual({ kind: 'node-up', node: 'n1', newestTask: 12 })
    expect(kinds()).toEqual(['node-up n1', 'node-up n2', 'node-down n1', 'node-up n1'])
  })

  it('gives a slow node its time', async () => {
    monitor.start()
    await clock.advance(0)
    results.set('n1', slow)
    await clock.advance(INTERVAL_MS * 1.9)
    expect(monitor.health('n1').state).toBe('degraded')
    expect(monitor.readable('n1')).toBe(true)
    await clock.advance(INTERVAL_MS * 2)
    expect(monitor.readable('n1')).toBe(false)
  })

  it('forgives a hiccup', async () => {
    monitor.start()
    await clock.advance(2_000)
    observe('n1', 'broken')
    await clock.advance(0)
    expect(monitor.health('n1')).toMatchObject({ state: 'active', error: null })
    expect(kinds()).toEqual(['node-up n1', 'node-up n2'])
  })

  it('does not probe once per failed request', async () => {
    monitor.start()
    await clock.advance(2_000)
    const before = probes.length
    for (let count = 0; count < 1_000; count++) observe('n1', 'deadline')
    await clock.advance(0)
    expect(probes.length).toBe(before + 1)
    for (let count = 0; count < 1_000; count++) observe('n1', 'deadline')
    await clock.advance(INTERVAL_MS / 20)
    expect(probes.length).toBe(before + 2)
  })

  it('ignores exchanges that are probes, unknown nodes and errors of our own making', async () => {
    monitor.start()
    await clock.advance(2_000)
    const before = probes.length
    observe('n1', 'refused', 'probe')
    observe('n9', 'refused')
    observe('n1', 'invalid')
    observe('n1', 'closed')
    await clock.advance(0)
    expect(probes.length).toBe(before)
    expect(monitor.health('n1').state).toBe('active')
  })

  it('keeps last_seen fresh from exchanges', async () => {
    monitor.start()
    await clock.advance(2_000)
    observe('n1', null)
    expect(monitor.health('n1').lastSeenMs).toBe(clock.wall())
  })

  it('drops a node of another version, or one that does not know us, at once', async () => {
    monitor.start()
    await clock.advance(0)
    for (const cause of ['incompatible', 'unauthorized'] as const) {
      results.set('n1', { kind: 'rejected', cause, error: `it is ${cause}`, version: '1.49.0' })
      await clock.advance(INTERVAL_MS)
      expect(monitor.readable('n1')).toBe(false)
      expect(events.at(-1)).toEqual({ kind: 'node-down', node: 'n1', cause, error: `it is ${cause}` })
    }
    results.set('n1', well)
    await clock.advance(INTERVAL_MS)
    expect(monitor.readable('n1')).toBe(true)
  })

  it('finds a node that has forgotten what it acknowledged', async () => {
    acknowledged = 10
    monitor.start()
    await clock.advance(0)
    expect(monitor.readable('n1')).toBe(true)
    acknowledged = 11
    await clock.advance(INTERVAL_MS)
    expect(monitor.health('n1')).toMatchObject({ state: 'failed', cause: 'amnesia' })
    expect(kinds().sort()).toEqual(['node-down n1', 'node-down n2', 'node-up n1', 'node-up n2'])
    results.set('n1', { kind: 'ok', version: '1.50.0', newestTask: 500, federates: true })
    await clock.advance(INTERVAL_MS * 5)
    expect(monitor.readable('n1')).toBe(false)
    expect(monitor.adopt('n1')).toBe(true)
    await clock.advance(INTERVAL_MS)
    expect(monitor.readable('n1')).toBe(true)
    expect(monitor.adopt('n1')).toBe(false)
  })

  it('does not take an acknowledgement during the probe for amnesia', async () => {
    acknowledged = 10
    const answers: ((result: ProbeResult) => void)[] = []
    const other = createHealthMonitor({
      clock,
      random: seededRandom(1),
      config: { intervalMs: INTERVAL_MS, unhealthyThreshold: 3, recoveryThreshold: 2 },
      nodes: () => [node('n1')],
      probe: () => new Promise((resolve) => answers.push(resolve)),
      acknowledgedTask: () => acknowledged,
    })
    other.start()
    acknowledged = 11
    answers[0]!(well)
    await clock.advance(0)
    expect(other.readable('n1')).toBe(true)
    other.stop()
  })

  it('follows nodes that come and go', async () => {
    monitor.start()
    await clock.advance(0)
    nodes = [node('n2'), node('n3')]
    monitor.refresh()
    await clock.advance(0)
    expect(monitor.readable('n3')).toBe(true)
    expect(monitor.readable('n1')).toBe(false)
    const before = probes.length
    await clock.advance(INTERVAL_MS * 2)
    expect(probes.slice(before).some(({ id }) => id === 'n1')).toBe(false)
  })

  it('drains on request', async () => {
    monitor.start()
    await clock.advance(0)
    expect(monitor.remove('n1')).toBe(false)
    expect(monitor.drain('n1')).toBe(true)
    expect(monitor.readable('n1')).toBe(true)
    expect(monitor.remove('n1')).toBe(true)
    expect(monitor.readable('n1')).toBe(false)
    expect(monitor.drain('n9')).toBe(false)
  })

  it('stops', async () => {
    monitor.start()
    await clock.advance(0)
    monitor.stop()
    const before = probes.length
    observe('n1', 'refused')
    await clock.advance(INTERVAL_MS * 3)
    expect(probes.length).toBe(before)
    expect(clock.pending).toBe(0)
  })
})
