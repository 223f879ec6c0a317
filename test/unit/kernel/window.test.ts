import { expect, it } from 'vitest'
import { FIELD } from '../../../src/kernel/abi.ts'
import { createInlineKernel } from '../../../src/kernel/inline.ts'
import { kernelModule } from '../../../src/kernel/module.ts'
import { KernelWindow } from '../../../src/kernel/window.ts'

const module = await kernelModule()

it('lays regions out apart, each with its slack', () => {
  const window = new KernelWindow(module)
  window.begin()
  const regions = [0, 1, 63, 64, 100_000, 3].map((size) => window.region(size)!)
  for (const [index, region] of regions.entries()) {
    expect(region.at % 64).toBe(0)
    expect(region.end + 64).toBeLessThanOrEqual(regions[index + 1]?.at ?? window.bytes.length)
  }
})

it('says no to what 32-bit addresses cannot reach, and goes on', () => {
  const window = new KernelWindow(module)
  window.begin()
  expect(window.region(2 ** 32)).toBeNull()
  window.begin()
  expect(window.region(1_000)).not.toBeNull()
})

it('drops an instance that has grown large', () => {
  const window = new KernelWindow(module)
  window.begin()
  window.region(80_000_000)
  window.trim()
  expect(window.bytes.length).toBe(0)
  window.begin()
  window.region(10)
  expect(window.bytes.length).toBeLessThan(1_000_000)
})

it('traps on an address outside its memory, and a new instance works', () => {
  const window = new KernelWindow(module)
  window.begin()
  window.set(FIELD.rows, 0xfffffff0)
  window.set(FIELD.count, 1)
  expect(() => window.exports.gatherRows()).toThrow(/out of bounds/)
  window.discard()
  window.begin()
  window.set(FIELD.count, 0)
  expect(window.exports.gatherRows()).toBe(0)
})

it('makes a bug of ours an error, and the next call works', () => {
  const kernel = createInlineKernel(module)
  const body = Buffer.from('[{"id":1}]')
  const rows = Uint32Array.of(1, 99, 0, 0, 0, 0)
  expect(() => kernel.gather({ body, rows, shards: null, seq: 0 })).toThrow('a kernel call failed')
  expect(kernel.split({ body, format: 'json', primaryKey: 'id', shards: 4 })).toMatchObject({ documents: 1 })
})
