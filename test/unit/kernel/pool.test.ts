import { afterAll, beforeAll, expect, it } from 'vitest'
import { isFault, type Kernel } from '../../../src/kernel/kernel.ts'
import { createKernel } from '../../../src/kernel/route.ts'

const BORDER_BYTES = 20

let kernel: Kernel
beforeAll(async () => {
  kernel = await createKernel({ inlineMaxBytes: BORDER_BYTES, workers: 2 })
})
afterAll(() => kernel.close())

const request = (body: Uint8Array) => ({ body, format: 'json', primaryKey: 'id', shards: 8 }) as const

it('answers small calls at once and large ones later, alike', async () => {
  const small = kernel.split(request(Buffer.from('[{"id":1}]')))
  expect(small).not.toBeInstanceOf(Promise)
  const large = kernel.split(request(Buffer.from(`[{"id":1}]${' '.repeat(BORDER_BYTES)}`)))
  expect(large).toBeInstanceOf(Promise)
  expect(await large).toEqual(await small)
})

it('leaves the caller its bytes', async () => {
  const memory = new Uint8Array(new SharedArrayBuffer(64))
  memory.set(Buffer.from('[{"id":1},{"id":2},{"id":3}]'))
  const shared = memory.subarray(0, 28)
  for (const body of [shared, Buffer.from(shared), new Uint8Array(shared)]) {
    const before = Buffer.from(body).toString()
    const result = await kernel.split(request(body))
    if (isFault(result)) throw new Error(result.fault)
    const gathered = await kernel.gather({ body, rows: result.rows, shards: null, seq: 1 })
    expect(gathered).toBeInstanceOf(Uint8Array)
    expect(result.rows.length).toBe(18)
    expect(Buffer.from(body).toString()).toBe(before)
  }
})

it('works on many calls at once', async () => {
  const bodies = Array.from({ length: 200 }, (_, size) => `[${'{"id":"x"},'.repeat(size)}{"id":${size}}]`)
  const results = await Promise.all(bodies.map((body) => kernel.split(request(Buffer.from(body)))))
  expect(results.map((result) => (isFault(result) ? result.fault : result.documents))).toEqual(
    bodies.map((_, size) => size + 1),
  )
})

it('throws for a bug of ours in a worker and goes on', async () => {
  const body = Buffer.from(`[{"id":1}${' '.repeat(BORDER_BYTES)}]`)
  const rows = Uint32Array.of(1, 99, 0, 0, 0, 0)
  await expect(kernel.gather({ body, rows, shards: null, seq: 0 })).rejects.toThrow('a kernel call failed')
  expect(await kernel.split(request(body))).toMatchObject({ documents: 1 })
})

it('ends pending calls with a fault when it is closed', async () => {
  const closing = await createKernel({ inlineMaxBytes: 0, workers: 1 })
  const body = Buffer.from(`[${'{"id":1},'.repeat(200_000)}{}]`)
  const pending = [closing.split(request(body)), closing.split(request(body))]
  await closing.close()
  const [, second] = await Promise.all(pending)
  expect(second).toMatchObject({ fault: 'no-slab' })
  expect(await closing.split(request(body))).toMatchObject({ fault: 'no-slab' })
})
