import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../../src/nodes/transport.ts'
import { importAll } from './fake-import.ts'
import { documents, FakeWorld, memoryJobs } from './fake-world.ts'

function worldOf(count: number): FakeWorld {
  const world = new FakeWorld()
  world.source.fill('films', documents(count))
  return world
}

const gone: Outcome = { kind: 'never-sent', reason: 'no connection (ECONNREFUSED)' }
const cut: Outcome = { kind: 'ambiguous', reason: 'the connection broke before the answer was complete' }

function answered(status: number, body: object): Outcome {
  return { kind: 'answer', status, contentType: 'application/json', body: Buffer.from(JSON.stringify(body)) }
}

describe('a source that stops in the middle', () => {
  it('is waited for, then the run ends with what to do, and the next one goes on from there', async () => {
    const world = worldOf(300)
    const jobs = memoryJobs()
    world.meddle = (side, { path }) =>
      side === 'source' && /documents\?offset=(1[5-9]\d|2\d\d)/.test(path) ? gone : null
    const failure = await world.failure(importAll(jobs))
    expect(failure.kind).toBe('failed')
    expect(failure.message).toBe(
      'source http://source: no connection (ECONNREFUSED), for more than 60 s; ' +
        'what was copied is kept: bring the server back and run the same command again',
    )
    expect(world.clock.now()).toBeGreaterThan(60_000)
    const kept = jobs.job?.indexes['films']
    expect(kept).toMatchObject({ phase: 'copying' })
    expect(kept?.records).toBeGreaterThan(100)
    world.meddle = () => null
    world.source.asked.length = 0
    const [films] = await world.run(importAll(jobs))
    expect(films).toMatchObject({ records: 300, problems: [] })
    expect(world.source.asked.find((line) => line.includes('documents?offset='))).toContain(
      `offset=${kept?.records}&`,
    )
    expect(world.target.documents('films')).toEqual(world.source.documents('films'))
  })

  it('and comes back is not noticed but in a note', async () => {
    const world = worldOf(300)
    let failures = 8
    world.meddle = (side, { path }) =>
      side === 'source' && path.includes('documents?offset=') && failures-- > 0 ? cut : null
    const [films] = await world.run(importAll(memoryJobs()))
    expect(films?.problems).toEqual([])
    expect(world.noted.join('\n')).toContain(
      'the connection broke before the answer was complete; trying again',
    )
  })
})

it('an answer that is cut off is asked for again in a smaller page', async () => {
  const world = worldOf(100)
  const limits: string[] = []
  world.meddle = (side, { path }) => {
    const [, limit] = /offset=0&limit=(\d+)/.exec(path) ?? []
    if (side !== 'source' || limit === undefined) return null
    limits.push(limit)
    return Number(limit) > 10 ? cut : null
  }
  const [films] = await world.run(importAll(memoryJobs()))
  expect(films?.problems).toEqual([])
  expect(limits.slice(0, 4)).toEqual(['50', '25', '12', '6'])
})

it('an answer that is not what Meilisearch would say is no documents', async () => {
  const world = worldOf(3)
  world.meddle = (side, { path }) =>
    side === 'source' && path.includes('documents?offset=') ? answered(200, { results: [1] }) : null
  expect((await world.failure(importAll(memoryJobs()))).message).toContain(
    'was not answered as Meilisearch would',
  )
})

describe('keys', () => {
  it.each([
    ['source', '/settings', 'settings.get', '--key (or MIROIR_FROM_KEY)'],
    ['source', 'documents?offset=', 'documents.get', '--key (or MIROIR_FROM_KEY)'],
    ['source', '/version', 'version', '--key (or MIROIR_FROM_KEY)'],
    ['target', '/tasks/', 'tasks.get', '--to-key (or MIROIR_TO_KEY)'],
    ['target', '/documents?primaryKey', 'documents.add', '--to-key (or MIROIR_TO_KEY)'],
  ])('refused on the %s for %s: the missing action is named', async (where, path, action, option) => {
    const world = worldOf(3)
    const refusal = answered(403, { message: 'The provided API key is invalid.', code: 'invalid_api_key' })
    world.meddle = (side, request) => (side === where && request.path.includes(path) ? refusal : null)
    const jobs = memoryJobs()
    const failure = await world.failure(importAll(jobs))
    expect(failure.kind).toBe('key-refused')
    expect(failure.message).toContain('(403: The provided API key is invalid.)')
    expect(failure.message).toContain(`\`${action}\` behind ${option}`)
    world.meddle = () => null
    expect((await world.run(importAll(jobs)))[0]?.problems).toEqual([])
  })

  it('no key at all is told as such', async () => {
    const world = worldOf(3)
    const refusal = answered(401, { message: 'The Authorization header is missing.' })
    world.meddle = (side) => (side === 'source' ? refusal : null)
    const failure = await world.failure(importAll(memoryJobs()))
    expect([failure.kind, failure.message]).toEqual([
      'key-refused',
      expect.stringContaining('401: The Authorization'),
    ])
  })
})

describe('other versions', () => {
  it('before 1.0 and after 1.x are refused with what to do', async () => {
    for (const version of ['0.30.5', '2.0.0']) {
      const world = worldOf(3)
      world.source.version = version
      const failure = await world.failure(importAll(memoryJobs()))
      expect(failure.kind).toBe('invalid')
      expect(failure.message).toContain(`is Meilisearch ${version}; only 1.x is supported`)
    }
  })

  it('without vectors are read without them, unless there are embedders', async () => {
    const world = worldOf(3)
    world.source.version = '1.6.2'
    expect((await world.run(importAll(memoryJobs())))[0]?.problems).toEqual([])
    expect(world.source.asked.filter((line) => line.includes('retrieveVectors'))).toEqual([])
    world.source.index('embedded', 'id', '{"embedders":{"a":{"source":"userProvided"}}}')
    const failure = await world.failure(importAll(memoryJobs(), { indexes: ['embedded'] }))
    expect(failure.message).toContain('index embedded has embedders, and Meilisearch 1.6.2')
  })
})

it('a failed task ends it with the error, the batch and what to do; a later run goes on', async () => {
  const world = worldOf(100)
  const jobs = memoryJobs()
  world.target.judge = (body) =>
    body.includes('"id":70,') ? { code: 'invalid_document_id', message: 'no good' } : null
  const failure = await world.failure(importAll(jobs, { batchBytes: 200 }))
  expect(failure.message).toMatch(
    /task \d+ of index films failed: no good \(invalid_document_id\); it held document \d+ of index films /,
  )
  expect(jobs.job?.indexes['films']?.records).toBeGreaterThan(50)
  expect(jobs.job?.indexes['films']?.records).toBeLessThanOrEqual(70)
  world.target.judge = () => null
  expect((await world.run(importAll(jobs)))[0]).toMatchObject({ records: 100, problems: [] })
})

it('a target that answers 503 for a while is waited for', async () => {
  const world = worldOf(100)
  let times = 4
  world.meddle = (side, { method }) =>
    side === 'target' && method === 'POST' && times-- > 0
      ? answered(503, { message: 'too many requests' })
      : null
  expect((await world.run(importAll(memoryJobs())))[0]?.problems).toEqual([])
})

it('Ctrl-C ends it at once and keeps what was applied', async () => {
  const world = worldOf(300)
  const jobs = memoryJobs()
  world.meddle = (side, { path }) => {
    if (side === 'source' && /documents\?offset=1\d\d/.test(path)) world.stop.abort()
    return null
  }
  expect((await world.failure(importAll(jobs, { pageBytes: 4_000 }))).kind).toBe('interrupted')
  expect(jobs.job?.indexes['films']?.phase).toBe('copying')
  world.stop = new AbortController()
  world.meddle = () => null
  expect((await world.run(importAll(jobs)))[0]).toMatchObject({ records: 300, problems: [] })
})
