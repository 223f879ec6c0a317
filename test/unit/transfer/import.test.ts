import { describe, expect, it } from 'vitest'
import { importAll } from './fake-import.ts'
import { documents, FakeWorld, memoryJobs } from './fake-world.ts'

function worldOf(count: number): FakeWorld {
  const world = new FakeWorld()
  world.source.index('films', 'id', '{"stopWords":["the"],"distinctAttribute":null}')
  world.source.fill('films', documents(count))
  return world
}

describe('a copy', () => {
  it('has settings, primary key and every document byte for byte', async () => {
    const world = worldOf(500)
    world.source.index('empty', null)
    const jobs = memoryJobs()
    const imported = await world.run(importAll(jobs))
    expect(imported.map(({ uid, records, problems }) => [uid, records, problems])).toEqual([
      ['films', 500, []],
      ['empty', 0, []],
    ])
    expect(world.target.documents('films')).toEqual(world.source.documents('films'))
    expect(world.target.indexes.get('films')).toMatchObject({
      primaryKey: 'id',
      settings: '{"stopWords":["the"],"distinctAttribute":null}',
    })
    expect(world.target.indexes.get('empty')?.primaryKey).toBeNull()
    expect(imported[0]?.verdict).toMatchObject({ records: 500, targetDocuments: 500, differentCount: 0 })
    expect(imported[0]?.verdict?.sourceDigest).toBe(imported[0]?.verdict?.targetDigest)
    expect(jobs.job?.indexes['films']?.phase).toBe('complete')
  })

  it('asks for vectors, in pages that grow to the size asked for', async () => {
    const world = worldOf(500)
    await world.run(importAll(memoryJobs(), { pageBytes: 10_000 }))
    const pages = world.source.asked.filter((line) => line.includes('documents?offset='))
    expect(pages.every((line) => line.endsWith('&retrieveVectors=true'))).toBe(true)
    const limits = pages.map((line) => Number(/limit=(\d+)/.exec(line)?.[1]))
    expect(limits[0]).toBe(50)
    expect(Math.max(...limits)).toBeGreaterThan(100)
    expect(Math.max(...limits)).toBeLessThan(250)
  })

  it('keeps a bounded number of writes in the queue of the target', async () => {
    const world = worldOf(2_000)
    await world.run(importAll(memoryJobs(), { batchBytes: 200, pageBytes: 5_000 }))
    expect(world.target.openMax).toBeGreaterThan(2)
    expect(world.target.openMax).toBeLessThanOrEqual(16)
  })

  it('sends what is too long for the target in halves', async () => {
    const world = worldOf(100)
    world.target.bodyBytesMax = 300
    const [films] = await world.run(importAll(memoryJobs()))
    expect(films?.problems).toEqual([])
    expect(world.target.documents('films')).toEqual(world.source.documents('films'))
  })

  it('may have another name', async () => {
    const world = worldOf(3)
    await world.run(importAll(memoryJobs(), { indexes: ['f*'], as: 'movies' }))
    expect(world.target.documents('movies')).toHaveLength(3)
  })
})

describe('an index that is there', () => {
  it('is refused before anything is written anywhere', async () => {
    const world = worldOf(3)
    world.source.index('other')
    world.target.fill('films', documents(1, 100))
    const failure = await world.failure(importAll(memoryJobs()))
    expect(failure.kind).toBe('invalid')
    expect(failure.message).toContain('index films holds 1 documents already')
    expect(failure.message).toContain('--into-existing')
    expect(world.target.asked.filter((line) => !line.startsWith('GET'))).toEqual([])
  })

  it('is filled when asked for, and keeps its settings', async () => {
    const world = worldOf(3)
    world.target.index('films', 'id', '{"mine":1}')
    world.target.fill('films', documents(1, 100))
    const [films] = await world.run(importAll(memoryJobs(), { intoExisting: true }))
    expect(films?.problems).toEqual([])
    expect(world.target.documents('films')).toHaveLength(4)
    expect(world.target.indexes.get('films')?.settings).toBe('{"mine":1}')
  })
})

describe('a source that changes meanwhile', () => {
  it('is noticed and told, and the index is not complete', async () => {
    const world = worldOf(200)
    let pages = 0
    world.meddle = (side, { path }) => {
      if (side === 'source' && path.includes('documents?offset=') && ++pages === 3)
        world.source.fill('films', ['{"id":0,"new":1}'])
      return null
    }
    const jobs = memoryJobs()
    const [films] = await world.run(importAll(jobs))
    expect(films?.problems[0]).toContain('was changed while it was copied')
    expect(films?.problems[1]).toContain('1 documents are missing or different on target http://target: "0"')
    expect(jobs.job?.indexes['films']?.phase).toBe('copied')
  })

  it('is copied from its beginning by the next run', async () => {
    const world = worldOf(200)
    const jobs = memoryJobs()
    world.meddle = (side, { path }) => {
      if (side === 'source' && /documents\?offset=1\d\d/.test(path))
        world.source.fill('films', ['{"id":0,"new":1}'])
      return null
    }
    await world.run(importAll(jobs, { pageBytes: 4_000 }))
    world.meddle = () => null
    const [films] = await world.run(importAll(jobs))
    expect(films?.problems).toEqual([])
    expect(world.target.documents('films')).toEqual(world.source.documents('films'))
  })

  it('and loses documents needs --restart, which deletes the unfinished index only', async () => {
    const world = worldOf(200)
    world.source.fill('done', documents(2))
    const jobs = memoryJobs()
    await world.run(importAll(jobs, { indexes: ['done'] }))
    world.target.judge = () => ({ code: 'internal', message: 'disk full' })
    await world.failure(importAll(jobs, { indexes: ['films'] }))
    world.target.judge = () => null
    world.target.fill('films', documents(1, 900))
    world.source.indexes.get('films')?.documents.delete('7')
    const [films] = await world.run(importAll(jobs, { restart: true, indexes: ['films'] }))
    expect(films?.problems).toEqual([])
    expect(world.target.documents('films')).toEqual(world.source.documents('films'))
    expect(world.target.asked.filter((line) => line.startsWith('DELETE'))).toEqual(['DELETE /indexes/films'])
    expect(world.target.documents('done')).toHaveLength(2)
  })
})

it('the state of another import is not continued', async () => {
  const world = worldOf(3)
  const jobs = memoryJobs()
  jobs.job = { version: 1, from: 'elsewhere', to: 'target', indexes: {} }
  const failure = await world.failure(importAll(jobs))
  expect(failure.kind).toBe('invalid')
  expect(failure.message).toContain('is of an import from elsewhere to target')
  expect(world.target.documents('films')).toEqual([])
})

it('a target that loses a document behind its back is found out', async () => {
  const world = worldOf(50)
  const jobs = memoryJobs()
  world.meddle = (side, { path }) => {
    if (side === 'target' && path.endsWith('/fetch'))
      world.target.indexes.get('films')?.documents.delete('13')
    return null
  }
  const [films] = await world.run(importAll(jobs))
  expect(films?.problems).toEqual([
    '1 documents are missing or different on target http://target: "13"',
    'target http://target has 49 documents, the source 50',
  ])
  expect(jobs.job?.indexes['films']?.phase).toBe('copied')
})

it('floats that nodes round are the same', async () => {
  const world = new FakeWorld()
  world.source.fill('films', ['{"id":1,"n":0.11791870367106105}'])
  world.meddle = (side, { path }) => {
    if (side === 'target' && path.endsWith('/fetch'))
      world.target.fill('films', ['{"id":1,"n":0.11791870367106104}'])
    return null
  }
  const [films] = await world.run(importAll(memoryJobs()))
  expect(films).toMatchObject({ problems: [], verdict: { rounded: 1 } })
})
