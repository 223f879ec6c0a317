import fc from 'fast-check'
import { expect, it } from 'vitest'
import { importAll } from './fake-import.ts'
import { documents, FakeWorld, memoryJobs } from './fake-world.ts'

class Killed extends Error {}

const SETTINGS = '{"stopWords":["a"]}'
const OPTIONS = { pageBytes: 400, batchBytes: 150 }

function worldOf(count: number): FakeWorld {
  const world = new FakeWorld()
  world.source.index('films', 'id', SETTINGS)
  world.source.fill('films', documents(count))
  world.source.index('other', 'id', SETTINGS)
  world.source.fill('other', documents(3))
  return world
}

function expectWhole(world: FakeWorld): void {
  for (const uid of ['films', 'other']) {
    expect(world.target.documents(uid)).toEqual(world.source.documents(uid))
    expect(world.target.indexes.get(uid)).toMatchObject({ primaryKey: 'id', settings: SETTINGS })
  }
}

/** Runs until a run survives; kills come after so many saves or requests each. */
async function runThroughKills(
  world: FakeWorld,
  kills: readonly { at: 'save' | 'sent' | 'unsent'; after: number }[],
) {
  let left = Number.POSITIVE_INFINITY
  let at = ''
  const die = (where: string): void => {
    if (where === at && --left < 0) throw new Killed()
  }
  const jobs = memoryJobs(() => die('save'))
  world.meddle = (side, request) => {
    die('unsent')
    const outcome = world[side].answer(request)
    die('sent')
    return outcome
  }
  let died = 0
  for (const kill of [...kills, { at: 'never', after: 0 }]) {
    left = kill.after
    at = kill.at
    try {
      return { imported: await world.run(importAll(jobs, OPTIONS)), died, jobs }
    } catch (error) {
      if (!(error instanceof Killed)) throw error
      died++
    }
  }
  throw new Error('no run survived')
}

it('a run that dies behind any durable step is continued to the same result', async () => {
  for (let after = 0; ; after++) {
    const world = worldOf(30)
    const { imported, died } = await runThroughKills(world, [{ at: 'save', after }])
    expect(imported.map(({ problems }) => problems)).toEqual([[], []])
    expectWhole(world)
    if (died === 0) {
      // As many kills as saves were tried.
      expect(after).toBeGreaterThan(10)
      return
    }
  }
})

it('dies at any requests and saves, again and again, and ends whole', { timeout: 60_000 }, async () => {
  const kill = fc.record({
    at: fc.constantFrom<'save' | 'sent' | 'unsent'>('save', 'sent', 'unsent'),
    after: fc.nat(60),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(kill, { maxLength: 5 }), fc.nat(60), async (kills, count) => {
      const world = worldOf(count)
      const { imported, jobs } = await runThroughKills(world, kills)
      expect(imported.map(({ problems }) => problems)).toEqual([[], []])
      expectWhole(world)
      expect(Object.values(jobs.job?.indexes ?? {}).map(({ phase }) => phase)).toEqual([
        'complete',
        'complete',
      ])
    }),
    { numRuns: 60 },
  )
})
