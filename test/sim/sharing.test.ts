import { describe, expect, it } from 'vitest'
import { SharedSearches } from '../../src/flows/sharing.ts'
import type { Reply } from '../../src/model/call.ts'
import type { IndexView } from '../../src/model/view.ts'
import { text } from '../../src/std/bytes.ts'
import { sleep } from '../../src/std/clock.ts'
import { randomInteger, seededRandom } from '../../src/std/random.ts'
import { World } from './world.ts'

/*
 * Many clients make the same search while one writes, waits for success and searches at once: it must see
 * its write, though searches that began before are still under way and may be joined.
 */

const FIRST = Number(process.env['SIM_FIRST'] ?? 1)
const SEEDS = Array.from({ length: 6 }, (_, at) => FIRST + at)
const WRITES = 30
const ANSWER_MS = 60
const UID = 'films'

interface Result {
  readonly stale: readonly string[]
  readonly searches: number
  readonly joined: number
}

/** `viewOf` names what flights are kept under; the right one is the view itself. */
async function history(seed: number, viewOf: (index: IndexView) => IndexView): Promise<Result> {
  const dice = seededRandom(seed)
  const world = new World({ seed, groups: 2, nodesPerGroup: 1, shards: 1 })
  await world.run(world.start())
  for (const id of world.nodeIds) world.node(id).applyMs = 1 + randomInteger(dice, 40)
  let joined = 0
  const observe = (event: string): void => {
    if (event === 'joined') joined += 1
  }
  const shared = new SharedSearches({ clock: world.clock, observe })
  let searches = 0
  const search = async (): Promise<number> => {
    const index = world.registry.current().indexes.get(UID)
    if (index === undefined) return -1
    searches += 1
    const { reply } = shared.join(viewOf(index), 'the search', () => readCopy(world, index, dice.next()))
    const body = JSON.parse(text((await reply).body as Uint8Array))
    return Number(body.results[0]?.v ?? -1)
  }
  let busy = true
  const others = (): void => {
    if (!busy) return
    void search()
    world.clock.after(1 + 6 * dice.next(), others)
  }
  others()
  const stale: string[] = []
  for (let version = 0; version < WRITES; version++) {
    const receipt = await world.run(world.add(UID, [{ id: 'k', v: version }], { primaryKey: 'id' }))
    await succeeded(world, receipt.task.taskUid)
    const seen = await world.run(search())
    if (seen < version) stale.push(`wrote ${version}, saw ${seen}`)
  }
  busy = false
  await world.clock.advance(1_000)
  return { stale, searches, joined }
}

async function succeeded(world: World, taskUid: number): Promise<void> {
  for (;;) {
    const row = await world.store.getTask(taskUid)
    if (row?.status === 'succeeded') return
    await world.clock.advance(1)
  }
}

/**
 * The documents of one current copy, as they are when the request arrives there; the answer takes its time.
 */
async function readCopy(world: World, index: IndexView, draw: number): Promise<Reply> {
  const current = index.copies[0]!.filter((copy) => copy.state === 'current')
  const node = current[Math.floor(draw * current.length)]!.node
  const path = `/indexes/${index.names.get(node)}/documents/fetch`
  const request = {
    method: 'POST',
    path,
    body: Buffer.from('{}'),
    operation: 'search',
    write: false,
  } as const
  const outcome = await world.network.send(
    world.registry.current().nodes.get(node)!,
    request,
    world.deadline(),
  )
  if (outcome.kind !== 'answer') throw new Error(`${node}: ${outcome.kind}`)
  await sleep(world.clock, ANSWER_MS)
  return { status: outcome.status, body: outcome.body }
}

describe.each(SEEDS)('equal searches that share an answer, seed %i', (seed) => {
  it('a client sees what it wrote, whoever began the search', async () => {
    const { stale, searches, joined } = await history(seed, (index) => index)
    expect(stale).toEqual([])
    expect(joined).toBeGreaterThan(searches / 2)
  })

  it('the planted bug, one key for all times, is found', async () => {
    let first: IndexView | null = null
    const { stale } = await history(seed, (index) => {
      first ??= index
      return first
    })
    expect(stale).not.toEqual([])
  })
})
