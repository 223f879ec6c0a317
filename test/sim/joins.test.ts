import { expect, it } from 'vitest'
import type { SettingsChange } from '../../src/model/writes.ts'
import { World } from './world.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const films = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => ({ id: from + at, title: `film ${from + at}` }))
const asMap = (documents: { id: number }[]) =>
  new Map(documents.map((document) => [String(document.id), document]))

it('brings a copy back although the settings change all the time', async () => {
  const world = new World({ groups: 2, nodesPerGroup: 1 })
  await world.run(world.start())
  await world.task(await world.run(world.add('films', films(0, 20))))
  world.node('n10').up = false
  await world.run(world.add('films', films(20, 40)))
  world.node('n10').up = true
  world.node('n10').applyMs = 400
  for (let change = 0; change < 60; change++) {
    const stopWords = JSON.stringify({ stopWords: [`word${change}`] })
    const settings: SettingsChange = { route: null, method: 'PATCH', body: encode(stopWords) }
    const receipt = await world.run(world.writes.changeSettings('films', settings, world.deadline()))
    expect((await world.task(receipt)).status).toBe('succeeded')
    await world.clock.advance(50)
  }
  const index = world.registry.current().indexes.get('films')
  expect(index?.copies.flat().map((copy) => copy.state)).not.toContain('lagging')
  await world.heal()
  world.assertEqual('films', asMap(films(0, 40)))
})

it('brings a copy back that lost several requests when the process died', async () => {
  const world = new World({ groups: 2, nodesPerGroup: 1, shards: 1 })
  await world.run(world.start())
  await world.task(await world.run(world.add('films', films(0, 5))))
  world.network.fate = (node, request) =>
    node === 'n10' && request.operation === 'write' ? 'lose-request' : 'deliver'
  for (let at = 5; at < 8; at++) world.add('films', films(at, at + 1)).catch(() => undefined)
  await world.clock.advance(30)
  await world.run(world.start())
  world.network.fate = () => 'deliver'
  await world.clock.advance(20_000)
  await world.heal()
  world.assertConverged('films')
})
