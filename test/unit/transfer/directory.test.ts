import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { beforeEach, expect, it } from 'vitest'
import { type ExportRequest, runExport } from '../../../src/transfer/run-export.ts'
import { type ImportRequest, runImport } from '../../../src/transfer/run-import.ts'
import { documents, FakeWorld } from './fake-world.ts'

const SETTINGS = '{"stopWords":["the"],"embedders":{"a":{"source":"openAi","apiKey":"skXXXX..."}}}'
const hundred = documents(100)
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'miroir-export-'))
})

function exporting(changes: Partial<ExportRequest> = {}): ExportRequest {
  const from = { url: 'http://source', key: 'k' }
  return {
    from,
    directory: join(folder, 'out'),
    indexes: [],
    gzip: true,
    overwrite: false,
    pageBytes: 500,
    ...changes,
  }
}

function importing(changes: Partial<ImportRequest> = {}): ImportRequest {
  return {
    from: { kind: 'directory', path: join(folder, 'out') },
    to: { url: 'http://target', key: null },
    ...{ indexes: [], as: null, embedderKeys: { films: { a: 'sk-real' } }, withoutEmbedderKeys: false },
    ...{ pageBytes: 500, recordBytesMax: 1_000, intoExisting: false, restart: false, batchBytes: 300 },
    ...{ keys: false, dryRun: false, state: join(folder, 'state') },
    ...changes,
  }
}

function worldOf(): FakeWorld {
  const world = new FakeWorld()
  world.source.index('films', 'id', SETTINGS)
  world.source.fill('films', hundred)
  world.source.fill('other', documents(3))
  return world
}

it.each([true, false])('an export is read back the same, with gzip: %s', async (gzip) => {
  const world = worldOf()
  await world.run((context) => runExport(exporting({ gzip }), context))
  const file = readFileSync(join(folder, `out/films/documents.ndjson${gzip ? '.gz' : ''}`))
  expect((gzip ? gunzipSync(file) : file).toString()).toBe(`${hundred.join('\n')}\n`)
  await world.run((context) => runImport(importing(), context))
  expect(world.target.documents('films')).toEqual(world.source.documents('films'))
  expect(world.target.documents('other')).toEqual(world.source.documents('other'))
  expect(JSON.parse(world.target.indexes.get('films')?.settings ?? '')).toEqual({
    stopWords: ['the'],
    embedders: { a: { source: 'openAi', apiKey: 'sk-real' } },
  })
  expect(world.said.filter((line) => line.includes('complete: '))).toHaveLength(2)
})

it('an export that was damaged is noticed', async () => {
  const world = worldOf()
  await world.run((context) => runExport(exporting(), context))
  const file = join(folder, 'out/films/documents.ndjson.gz')
  writeFileSync(file, gzipSync(hundred.slice(1).join('\n')))
  const failure = await world.failure((context) => runImport(importing(), context))
  expect(failure.kind).toBe('differs')
  expect(failure.message).toContain('films: documents.ndjson.gz is not what its manifest says')
})

it('an export of a source that changes ends without a manifest', async () => {
  const world = worldOf()
  world.meddle = (_side, { path }) => {
    if (/documents\?offset=[1-9]/.test(path)) world.source.fill('films', ['{"id":1,"new":1}'])
    return null
  }
  expect((await world.failure((context) => runExport(exporting(), context))).kind).toBe('differs')
  const failure = await world.failure((context) => runImport(importing(), context))
  expect([failure.kind, failure.message]).toEqual(['invalid', expect.stringContaining('make it again')])
})

it('an export is not written over another one unless asked for', async () => {
  const world = worldOf()
  await world.run((context) => runExport(exporting(), context))
  expect((await world.failure((context) => runExport(exporting(), context))).message).toContain('--overwrite')
  await world.run((context) => runExport(exporting({ overwrite: true, indexes: ['other'] }), context))
  await world.run((context) => runImport(importing(), context))
  expect([...world.target.indexes.keys()]).toEqual(['other'])
})

it('a manifest that leads out of its folder is none', async () => {
  const world = worldOf()
  await world.run((context) => runExport(exporting(), context))
  const path = join(folder, 'out/manifest.json')
  writeFileSync(path, readFileSync(path, 'utf8').replace('films/settings.json', '../settings.json'))
  expect((await world.failure((context) => runImport(importing(), context))).message).toContain(
    'is no manifest',
  )
})

it('a dry run writes nothing and tells what would be', async () => {
  const world = worldOf()
  world.target.fill('other', documents(2))
  const request = importing({
    from: { kind: 'server', place: { url: 'http://source', key: 'k' } },
    dryRun: true,
  })
  await world.run((context) => runImport(request, context))
  expect(world.said).toEqual([
    'Dry run: nothing is written.',
    'films: index films of http://source, 100 documents, primary key id; on http://target it would be created',
    'other: index other of http://source, 3 documents, primary key id; on http://target it is there with 2 documents; ' +
      'would be refused without --into-existing',
  ])
  expect(world.target.asked.filter((line) => !line.startsWith('GET'))).toEqual([])
})

it('keys of embedders that are not known stop it before anything is written', async () => {
  const world = worldOf()
  const request = importing({
    from: { kind: 'server', place: { url: 'http://source', key: 'k' } },
    embedderKeys: {},
  })
  const failure = await world.failure((context) => runImport(request, context))
  expect(failure.kind).toBe('invalid')
  expect(failure.message).toContain('{"films":{"a":"sk-…"}}, and pass it with --embedder-keys')
  await world.run((context) => runImport({ ...request, withoutEmbedderKeys: true }, context))
  expect(world.target.indexes.get('films')?.settings).toBe(
    '{"stopWords":["the"],"embedders":{"a":{"source":"openAi"}}}',
  )
})
