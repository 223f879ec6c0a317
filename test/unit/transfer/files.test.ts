import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { FileOptions } from '../../../src/transfer/gather.ts'
import { type ImportRequest, runImport } from '../../../src/transfer/run-import.ts'
import { documents, FakeWorld } from './fake-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'miroir-files-'))

function written(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

let states = 0

function requestOf(files: Partial<FileOptions>, changes: Partial<ImportRequest> = {}): ImportRequest {
  const defaults = {
    uid: 'films',
    primaryKey: 'id',
    format: null,
    csvDelimiter: ',',
    standardInput: () => Readable.from([]),
  }
  return {
    from: { kind: 'files', files: { paths: [], ...defaults, ...files } },
    to: { url: 'http://target', key: null },
    ...{
      indexes: [],
      as: null,
      embedderKeys: {},
      withoutEmbedderKeys: false,
      pageBytes: 500,
      recordBytesMax: 1_000,
    },
    ...{ intoExisting: false, restart: false, batchBytes: 300, keys: false, dryRun: false },
    state: join(folder, `state-${states++}`),
    ...changes,
  }
}

const hundred = documents(100)

describe.each([
  ['hundred.json', `[${hundred.join(',\n')}]`],
  ['hundred.json.gz', gzipSync(`[${hundred.join(',')}]`)],
  ['hundred.ndjson', hundred.join('\n')],
  ['hundred.jsonl', `${hundred.join('\r\n')}\r\n`],
  ['hundred.ndjson.gz', gzipSync(hundred.join('\n'))],
])('%s', (name, content) => {
  const path = written(name, content)

  it('arrives byte for byte and is compared', async () => {
    const world = new FakeWorld()
    await world.run((context) => runImport(requestOf({ paths: [path] }), context))
    expect(world.target.documents('films')).toEqual([...hundred].sort())
    expect(world.said[0]).toMatch(
      /^films: complete: 100 documents, 0\.0 MB; read back and the same, digest [0-9a-f]{32}$/,
    )
  })

  it('goes on where a failed task ended it', async () => {
    const world = new FakeWorld()
    world.target.judge = (body) =>
      body.includes('"id":60,') ? { code: 'internal', message: 'disk full' } : null
    const request = requestOf({ paths: [path] })
    const failure = await world.failure((context) => runImport(request, context))
    expect(failure.message).toMatch(new RegExp(`disk full \\(internal\\); it held ${name}: line \\d+`))
    world.target.judge = () => null
    const sent = world.target.asked.length
    await world.run((context) => runImport(request, context))
    expect(world.target.documents('films')).toEqual([...hundred].sort())
    const again = world.target.asked
      .slice(sent)
      .filter((line) => line.startsWith('POST /indexes/films/documents?'))
    expect(again.length).toBeLessThan(sent / 2)
    expect(world.noted.join('\n')).toMatch(/going on behind document [1-9]/)
  })
})

it('several files fill one index, and a later document replaces an earlier one', async () => {
  const world = new FakeWorld()
  const paths = [written('one.ndjson', hundred.join('\n')), written('two.ndjson', '{"id":5,"new":1}\n')]
  await world.run((context) => runImport(requestOf({ paths }), context))
  expect(world.target.documents('films')).toHaveLength(100)
  expect(world.target.documents('films')).toContain('{"id":5,"new":1}')
  expect(world.said[0]).toContain('complete: 101 documents')
})

it('CSV goes in batches that each begin with the header, and is counted', async () => {
  const world = new FakeWorld()
  const rows = Array.from({ length: 100 }, (_, at) => `${at};title ${at}`)
  const path = written('hundred.csv', ['id;title', ...rows].join('\r\n'))
  await world.run((context) => runImport(requestOf({ paths: [path], csvDelimiter: ';' }), context))
  expect(world.target.documents('films')).toEqual(
    Array.from({ length: 100 }, (_, at) => `{"id":"${at}","title":"title ${at}"}`).sort(),
  )
  const posts = world.target.asked.filter((line) => line.startsWith('POST /indexes/films/documents'))
  expect(posts.length).toBeGreaterThan(3)
  expect(posts[0]).toBe('POST /indexes/films/documents?primaryKey=id&csvDelimiter=%3B')
  expect(world.said[0]).toContain('complete: 100 documents')
})

it('standard input is read once to copy; what cannot be read again is counted', async () => {
  const world = new FakeWorld()
  const files = {
    paths: ['-'],
    format: 'ndjson',
    standardInput: () => Readable.from([Buffer.from(hundred.join('\n'))]),
  } as const
  await world.run((context) => runImport(requestOf(files), context))
  expect(world.target.documents('films')).toEqual([...hundred].sort())
  expect(world.said[0]).toContain('every record was taken')
})

it('a file that changed is read from its beginning', async () => {
  const world = new FakeWorld()
  const path = written('changing.ndjson', hundred.join('\n'))
  const request = requestOf({ paths: [path] })
  world.target.judge = (body) =>
    body.includes('"id":60,') ? { code: 'internal', message: 'disk full' } : null
  await world.failure((context) => runImport(request, context))
  world.target.judge = () => null
  written('changing.ndjson', documents(120).join('\n'))
  await world.run((context) => runImport(request, context))
  expect(world.noted.join('\n')).toContain('changing.ndjson has changed since the last run')
  expect(world.target.documents('films')).toHaveLength(120)
})

describe('what is wrong with a file', () => {
  it.each([
    ['cut.json', '[{"id":1},{"id":', 'cut.json: line 1: the file ends in the middle of the list'],
    ['bad.ndjson', '{"id":1}\nnonsense\n', 'bad.ndjson: line 2: is no JSON object'],
    ['keyless.ndjson', '{"x":1}\n', 'keyless.ndjson: line 1: has no id'],
    ['cut.ndjson.gz', gzipSync(hundred.join('\n')).subarray(0, 200), 'cannot be read (Z_BUF_ERROR'],
  ])('is told with its place: %s', async (name, content, message) => {
    const world = new FakeWorld()
    const path = written(name, content)
    expect(
      (await world.failure((context) => runImport(requestOf({ paths: [path] }), context))).message,
    ).toContain(message)
  })

  it('is told before anything is written, where it can be', async () => {
    const world = new FakeWorld()
    for (const files of [
      { paths: ['data.txt'] },
      { paths: ['a.json', 'b.csv'] },
      { paths: [join(folder, 'none.json')] },
    ]) {
      expect((await world.failure((context) => runImport(requestOf(files), context))).kind).toBe('invalid')
    }
    expect(world.target.asked.filter((line) => line.startsWith('POST'))).toEqual([])
  })
})
