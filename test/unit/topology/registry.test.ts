import { describe, expect, it } from 'vitest'
import type { View } from '../../../src/model/view.ts'
import { createRegistry } from '../../../src/topology/registry.ts'
import { frozen } from './snapshot-sample.ts'

const empty: View = frozen({ epoch: 1, nodes: new Map(), groups: [], indexes: new Map() })

describe('registry', () => {
  it('shows what was published last', () => {
    const registry = createRegistry(empty)
    expect(registry.current()).toBe(empty)
    const next = registry.publish((view) => ({ ...view, epoch: 2 }))
    expect(registry.current()).toBe(next)
    expect(next.epoch).toBe(2)
  })

  it('tells subscribers until they leave', () => {
    const registry = createRegistry(empty)
    const told: [number, number][] = []
    const leave = registry.subscribe((view, previous) => told.push([previous.epoch, view.epoch]))
    registry.publish((view) => ({ ...view, epoch: 2 }))
    registry.publish((view) => view)
    registry.publish((view) => ({ ...view, groups: [0] }))
    leave()
    registry.publish((view) => ({ ...view, epoch: 3 }))
    expect(told).toEqual([
      [1, 2],
      [2, 2],
    ])
  })

  it('never goes back', () => {
    const registry = createRegistry({ ...empty, epoch: 5 })
    expect(() => registry.publish((view) => ({ ...view, epoch: 4 }))).toThrow('epoch went from 5 to 4')
    expect(registry.current().epoch).toBe(5)
  })
})
