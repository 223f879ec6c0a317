import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { temporaryFile } from '../config/temporary-file.ts'
import { run } from './run-cli.ts'

describe('config check', () => {
  it('says in words what a right file means', async () => {
    const nodes = ['a', 'b'].map((id) => `{id: ${id}, address: "http://${id}:1"}`)
    const file = temporaryFile('right.yaml', `nodes: [${nodes}]\nreplication_factor: 2\nshards: 8\n`)
    expect(await run(['config', 'check', file])).toMatchObject({
      exitCode: 0,
      out: `${file}: ok: 2 nodes in 1 group, 8 shards per index, 2 copies of each shard\n`,
      err: '',
    })
  })

  it('tells that serve will need nodes', async () => {
    const file = temporaryFile('empty.yaml', '')
    expect(await run(['config', 'check', file])).toMatchObject({
      exitCode: 0,
      out: `${file}: ok: 0 nodes in 1 group, 64 shards per index, 1 copy of each shard\n`,
      err: 'note: no node is configured; `miroir serve` will need at least one below `nodes`\n',
    })
  })

  it('ends with 2 and every problem', async () => {
    const file = temporaryFile('wrong.yaml', 'server:\n  bind: 0.0.0.0\n  port: 0\n')
    expect(await run(['config', 'check', file])).toMatchObject({
      exitCode: 2,
      out: '',
      err:
        `${file}:2:9: server.bind: "0.0.0.0" can be reached from other machines, and there is no \`master_key\`; ` +
        'write `127.0.0.1` instead, or set `master_key` (environment: MIROIR_MASTER_KEY)\n' +
        `${file}:3:9: server.port: 0 is not a whole number from 1 to 65535; write a number such as 7700 instead\n`,
    })
  })

  it('warns of variables that are ignored', async () => {
    const { exitCode, err } = await run(['config', 'check', '/dev/null'], { env: { MIROIR_X: '1' } })
    expect(exitCode).toBe(0)
    expect(err).toContain('warning: environment MIROIR_X: there is no such setting; it is ignored\n')
  })

  it('counts the environment', async () => {
    const file = temporaryFile('open.yaml', 'server: { bind: 0.0.0.0 }')
    const env = { MIROIR_MASTER_KEY: 'placeholder' }
    expect((await run(['config', 'check', file])).exitCode).toBe(2)
    expect((await run(['config', 'check', file], { env })).exitCode).toBe(0)
  })
})

describe('config show', () => {
  const file = temporaryFile('show.yaml', 'shards: 8\nnodes:\n  - {id: a, address: "http://a:1/"}\n')
  const env = { MIROIR_MASTER_KEY: 'very-secret', MIROIR_NODE_MASTER_KEY: 'secret-too' }

  it('prints valid YAML with the origin of each value and without secrets', async () => {
    const { exitCode, out } = await run(['config', 'show', '-c', file, '-s', 'log.level=warn'], { env })
    expect(exitCode).toBe(0)
    expect(out).not.toMatch(/secret/)
    expect(out.split('\n').slice(0, 8)).toEqual([
      'master_key: "********"                       # environment MIROIR_MASTER_KEY',
      'node_master_key: "********"                  # environment MIROIR_NODE_MASTER_KEY',
      `shards: 8                                    # ${file}:1:9`,
      'replication_factor: 1                        # default',
      'replica_groups: 1                            # default',
      `nodes:                                       # ${file}:3:3`,
      '  - {"id":"a","address":"http://a:1","replica_group":0}',
      'task_store:',
    ])
    expect(out).toContain('  level: "warn"                              # --set\n')
    expect(parse(out)).toMatchObject({
      server: { port: 7700 },
      nodes: [{ id: 'a' }],
      admin: { api_key: null },
    })
  })

  it('prints JSON', async () => {
    const { out } = await run(['config', 'show', '-c', file, '-o', 'json'], { env })
    expect(JSON.parse(out)).toMatchObject({
      shards: { value: 8, origin: `${file}:1:9` },
      master_key: { value: '********', origin: 'environment MIROIR_MASTER_KEY' },
      'server.port': { value: 7700, origin: 'default' },
    })
  })

  it('ends with 2 where the configuration is wrong', async () => {
    expect(await run(['config', 'show', '-c', file, '-s', 'shards=0'])).toMatchObject({
      exitCode: 2,
      out: '',
    })
  })
})

describe('config schema', () => {
  it('prints a JSON Schema that refuses unknown keys and marks secrets', async () => {
    const { exitCode, out } = await run(['config', 'schema'])
    expect(exitCode).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      additionalProperties: false,
      properties: {
        master_key: { writeOnly: true },
        server: {
          properties: { port: { default: 7700, minimum: 1, maximum: 65_535 } },
          additionalProperties: false,
        },
      },
    })
  })
})
