import { expect, test } from 'vitest'
import type { WriteContext } from '../../../src/writes/context.ts'
import { assertRoom } from '../../../src/writes/dispatch/admission.ts'
import { Lane } from '../../../src/writes/dispatch/lane.ts'
import type { IndexRun } from '../../../src/writes/run.ts'

function place(held: number, bounds: { readonly bytes: number; readonly operations: number }) {
  const hits: string[] = []
  const lanes = new Map([
    ['a', new Lane()],
    ['b', new Lane()],
  ])
  const context = {
    heldBytes: held,
    config: { laneBytesMax: bounds.bytes, laneOperationsMax: bounds.operations },
    observer: { limitHit: (limit: string) => void hits.push(limit) },
  } as unknown as WriteContext
  const run = { nodes: ['a', 'b'], lane: (node: string) => lanes.get(node) } as unknown as IndexRun
  return { context, run, lanes, hits }
}

test('bodies fit up to the last byte', () => {
  const { context, run, hits } = place(60, { bytes: 100, operations: 5 })
  expect(() => assertRoom(context, run, 40)).not.toThrow()
  expect(() => assertRoom(context, run, 41)).toThrow('bytes of waiting writes')
  expect(hits).toEqual(['lane_bytes'])
})

test('one node that takes nothing bounds how many operations of an index wait', () => {
  const { context, run, lanes, hits } = place(0, { bytes: 100, operations: 2 })
  const entry = () => ({ shards: [0], bytes: 0, start: () => undefined })
  lanes.get('b')?.enter(entry())
  expect(() => assertRoom(context, run, 0)).not.toThrow()
  lanes.get('b')?.enter(entry())
  expect(() => assertRoom(context, run, 0)).toThrow('waiting writes of this index')
  expect(hits).toEqual(['lane_operations'])
})
