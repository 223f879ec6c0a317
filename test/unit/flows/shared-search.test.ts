import { expect, test } from 'vitest'
import { limits } from '../../../src/config/limits.ts'
import type { ReadContext } from '../../../src/flows/read-deps.ts'
import { sharedSearch } from '../../../src/flows/shared-search.ts'
import { SharedSearches, type SharingEvent } from '../../../src/flows/sharing.ts'
import type { Reply } from '../../../src/model/call.ts'
import { MiroirError } from '../../../src/model/errors.ts'
import type { View } from '../../../src/model/view.ts'
import { text, utf8 } from '../../../src/std/bytes.ts'
import { hitsAnswer, type Script, viewOf, type World, worldOf } from './read-world.ts'

const ONE_NODE = { a: { group: 0, shards: [0] } }
const UID = 'x'.repeat(36)
const TOOK_MS = 200

interface Ask {
  readonly text?: string
  readonly route?: string
  readonly extraFilters?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

function sharingWorld(script?: Script) {
  let view: View = viewOf(ONE_NODE)
  const slow: Script = () => ({ afterMs: TOOK_MS, outcome: hitsAnswer([1], { requestUid: UID }) })
  const world: World = worldOf(view, script ?? slow)
  const events: SharingEvent[] = []
  const shared = new SharedSearches({ clock: world.clock, observe: (event) => events.push(event) })
  const deps = { ...world.deps, views: { current: () => view }, shared }
  const ask = (parts: Ask = {}): Promise<Reply> => {
    const { text: body = '{"q":"x"}', route = 'search', extraFilters = [], headers = {} } = parts
    const client = { method: 'POST', route, body: utf8(body), operation: 'search' } as const
    const context: ReadContext = { deadline: { at: world.clock.now() + 5_000 }, headers, extraFilters }
    return sharedSearch(deps, { uid: 'films', text: body, client }, context)
  }
  /** What the end of any write does. */
  const publish = (): void => {
    const index = view.indexes.get('films')!
    view = { ...view, indexes: new Map([['films', { ...index }]]) }
  }
  return { ...world, ask, events, publish }
}

const uidOf = (reply: Reply): string => JSON.parse(text(reply.body as Uint8Array)).requestUid

test('equal searches at one moment ask nodes once; each client has its own request uid', async () => {
  const world = sharingWorld()
  const asked = Array.from({ length: 5 }, () => world.ask())
  await world.clock.advance(TOOK_MS)
  const replies = await Promise.all(asked)
  expect(world.transport.sent).toHaveLength(1)
  expect(new Set(replies.map(uidOf)).size).toBe(5)
  const bodies = replies.map((reply) => text(reply.body as Uint8Array).replace(uidOf(reply), ''))
  expect(new Set(bodies).size).toBe(1)
  expect(world.events).toEqual(['led', 'joined', 'joined', 'joined', 'joined'])
})

test('a request uid is patched in its own place, whatever documents and facets are called', async () => {
  const tricky = hitsAnswer([1], {
    facetDistribution: { requestUid: { '"requestUid":"': 1 } },
    requestUid: UID,
  })
  const world = sharingWorld(() => ({ afterMs: 5, outcome: tricky }))
  const asked = [world.ask(), world.ask()]
  await world.clock.advance(5)
  const [first, second] = await Promise.all(asked)
  expect(uidOf(second!)).not.toBe(uidOf(first!))
  expect(text(second!.body as Uint8Array).replace(uidOf(second!), '')).toBe(
    text(first!.body as Uint8Array).replace(uidOf(first!), ''),
  )
})

test('what differs in anything that shapes the answer is asked apart', async () => {
  const world = sharingWorld()
  const asked = [
    world.ask(),
    world.ask({ text: '{"q":"y"}' }),
    world.ask({ extraFilters: ['"tenant = 1"'] }),
    world.ask({ extraFilters: ['"tenant = 2"'] }),
    world.ask({ extraFilters: ['"tenant = 2"', '"a = 1"'] }),
    world.ask({ route: 'search?q=x' }),
    world.ask({ headers: { 'meili-include-metadata': 'true' } }),
    world.ask({ headers: { 'meili-include-metadata': 'true' } }),
  ]
  await world.clock.advance(TOOK_MS)
  await Promise.all(asked)
  expect(world.transport.sent).toHaveLength(asked.length)
  expect(world.events).not.toContain('joined')
})

test('a search that starts after a write ended never joins one from before', async () => {
  const world = sharingWorld()
  const before = world.ask()
  world.publish()
  const after = world.ask()
  await world.clock.advance(TOOK_MS)
  await Promise.all([before, after])
  expect(world.transport.sent).toHaveLength(2)
})

test('only searches younger than the window are joined, and finished ones never', async () => {
  const world = sharingWorld()
  const asked = [world.ask()]
  await world.clock.advance(limits.sharingWindowMs - 1)
  asked.push(world.ask())
  expect(world.transport.sent).toHaveLength(1)
  await world.clock.advance(1)
  asked.push(world.ask())
  await world.clock.advance(0)
  expect(world.transport.sent).toHaveLength(2)
  await world.clock.advance(TOOK_MS)
  await Promise.all(asked)
  asked.push(world.ask())
  await world.clock.advance(0)
  expect(world.transport.sent).toHaveLength(3)
  await world.clock.advance(TOOK_MS)
  await Promise.all(asked)
})

test('one answer is shared by so many, then another is asked for', async () => {
  const world = sharingWorld()
  const asked = Array.from({ length: limits.sharersMax + 2 }, () => world.ask())
  await world.clock.advance(TOOK_MS)
  await Promise.all(asked)
  expect(world.transport.sent).toHaveLength(2)
})

test('an error is everybody’s, and the next search starts afresh', async () => {
  const world = sharingWorld(() => ({ kind: 'never-sent', reason: 'refused' }))
  const failed = await Promise.allSettled([world.ask(), world.ask()])
  for (const result of failed)
    expect(result).toMatchObject({ status: 'rejected', reason: expect.any(MiroirError) })
  const requests = world.transport.sent.length
  await Promise.allSettled([world.ask()])
  expect(world.transport.sent.length).toBe(2 * requests)
})

test('long bodies and searches beyond the bound are asked apart', async () => {
  const world = sharingWorld()
  const long = `{"q":"${'x'.repeat(limits.sharedTextMax)}"}`
  const asked = [world.ask({ text: long }), world.ask({ text: long })]
  await world.clock.advance(0)
  expect(world.transport.sent).toHaveLength(2)
  await world.clock.advance(TOOK_MS)
  await Promise.all(asked)
})
