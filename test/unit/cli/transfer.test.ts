import { describe, expect, it } from 'vitest'
import { temporaryFile } from '../config/temporary-file.ts'
import { run } from './run-cli.ts'

const env = { MIROIR_FROM_KEY: 'from-key', MIROIR_TO_KEY: 'to-key' }

describe('import', () => {
  it('from a server into the miroir of the configuration', async () => {
    const file = temporaryFile(
      'local.yaml',
      'server: {bind: 0.0.0.0, port: 7801}\nmaster_key: sixteen-bytes-key\n',
    )
    const { exitCode, imports, err } = await run(['import', '--from', 'http://old:7700/', '--config', file], {
      env: { MIROIR_FROM_KEY: 'k' },
    })
    expect([exitCode, err]).toEqual([0, ''])
    expect(imports).toEqual([
      {
        from: { kind: 'server', place: { url: 'http://old:7700', key: 'k' } },
        to: { url: 'http://127.0.0.1:7801', key: 'sixteen-bytes-key' },
        ...{ indexes: [], as: null, embedderKeys: {}, withoutEmbedderKeys: false, intoExisting: false },
        ...{ keys: true, restart: false, dryRun: false, state: './data/import' },
        ...{ batchBytes: 8_000_000, pageBytes: 8_000_000, recordBytesMax: 104_857_600 },
      },
    ])
  })

  it('with everything written', async () => {
    const keys = temporaryFile('keys.json', '{"films":{"a":"sk"}}')
    const args = [
      'import',
      '--from',
      'https://old/ms',
      '--to',
      'http://new:1',
      '--index',
      'films,logs-*',
      '--index',
      'b',
    ]
    const more = [
      '--embedder-keys',
      keys,
      '--no-keys',
      '--into-existing',
      '--restart',
      '--dry-run',
      '--batch-bytes',
      '500k',
    ]
    const { exitCode, imports } = await run([...args, ...more, '--state', 'here'], { env })
    expect(exitCode).toBe(0)
    expect(imports[0]).toMatchObject({
      from: { place: { url: 'https://old/ms', key: 'from-key' } },
      to: { url: 'http://new:1', key: 'to-key' },
      indexes: ['films', 'logs-*', 'b'],
      embedderKeys: { films: { a: 'sk' } },
      ...{ keys: false, intoExisting: true, restart: true, dryRun: true, state: 'here', batchBytes: 500_000 },
    })
  })

  it('of files and of folders', async () => {
    const to = ['--to', 'http://new:1']
    const files = await run(
      ['import', '--file', 'a.csv', '--file', 'b.csv.gz', '--index', 'films', '--csv-delimiter', ';', ...to],
      { env },
    )
    expect(files.imports[0]?.from).toMatchObject({
      kind: 'files',
      files: {
        paths: ['a.csv', 'b.csv.gz'],
        uid: 'films',
        primaryKey: null,
        format: null,
        csvDelimiter: ';',
      },
    })
    const folder = await run(['import', '--from-dir', 'backup', ...to], { env })
    expect(folder.imports[0]?.from).toEqual({ kind: 'directory', path: 'backup' })
  })

  it.each([
    [['--to', 'http://new:1'], 'nothing to import: write --from, --from-dir or --file'],
    [['--file', 'a.json', '--to', 'http://new:1'], 'write the one index to fill behind --index'],
    [
      ['--file', 'a.json', '--index', 'a,b', '--to', 'http://new:1'],
      'write the one index to fill behind --index',
    ],
    [['--from', 'old:7700', '--to', 'http://new:1'], '--from: "old:7700" is not an address'],
    [['--from', 'http://old', '--file', 'a.json'], 'cannot be used with option'],
    [['--from', 'http://old', '--batch-bytes', '2x'], 'Write a number of bytes such as 20m'],
    [
      ['--from', 'http://old', '--to', 'http://new', '--embedder-keys', 'nowhere.json'],
      '"nowhere.json" cannot be read',
    ],
  ])('%j is refused with what to write', async (args, message) => {
    const { exitCode, err, imports } = await run(['import', ...args], { env })
    expect([exitCode, imports]).toEqual([2, []])
    expect(err).toContain(message)
  })
})

it('export of the miroir of the configuration, and of another server', async () => {
  const file = temporaryFile('export.yaml', 'master_key: sixteen-bytes-key\n')
  const local = await run(['export', '--out', 'there', '--config', file])
  expect(local.exports).toEqual([
    {
      from: { url: 'http://127.0.0.1:7700', key: 'sixteen-bytes-key' },
      ...{ directory: 'there', indexes: [], gzip: true, overwrite: false, pageBytes: 8_000_000 },
    },
  ])
  const args = [
    'export',
    '--out',
    'there',
    '--from',
    'http://old:1',
    '--index',
    'a*',
    '--no-gzip',
    '--overwrite',
  ]
  expect((await run(args, { env })).exports[0]).toMatchObject({
    from: { url: 'http://old:1', key: 'from-key' },
    ...{ indexes: ['a*'], gzip: false, overwrite: true },
  })
})
