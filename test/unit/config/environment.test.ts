import { describe, expect, it } from 'vitest'
import { configKeys } from '../../../src/config/keys.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { getAt } from '../../../src/config/origins.ts'
import { temporaryFile } from './temporary-file.ts'

const load = (env: Record<string, string>, sets: readonly string[] = []) =>
  loadConfig({ file: null, env, sets })

describe('every key', () => {
  it('has a variable of its own', () => {
    expect(new Set(configKeys.map(({ variable }) => variable)).size).toBe(configKeys.length)
    expect(configKeys.find(({ path }) => path === 'task_store.path')?.variable).toBe(
      'MIROIR_TASK_STORE__PATH',
    )
  })

  it.each(configKeys.map((key) => [key.variable, key] as const))(
    '%s is read',
    (variable, { path, schema, secret }) => {
      const text =
        schema.default === undefined || schema.default === null || secret
          ? 'some-text'
          : String(schema.default)
      const env = { [variable]: schema.type === 'array' ? '[]' : text }
      const read = (): unknown => {
        const { written, origins } = load(env)
        expect(origins.get(path)).toEqual({ kind: 'environment', variable })
        return getAt(written, path.split('.'))
      }
      // The one key that only has a meaning for a backend that is not there yet.
      if (path === 'task_store.url') expect(read).toThrow('no meaning for the sqlite backend')
      else expect(read()).toEqual(secret ? 'some-text' : schema.default)
    },
  )
})

describe('values', () => {
  it('become what the key needs', () => {
    const nodes = JSON.stringify([{ id: 'a', address: 'http://127.0.0.1:7701' }])
    const { config } = load({ MIROIR_NODES: nodes, MIROIR_METRICS__ENABLED: 'false', MIROIR_SHARDS: ' 8 ' })
    expect(config.nodes).toEqual([{ id: 'a', address: 'http://127.0.0.1:7701', replicaGroup: 0 }])
    expect([config.metrics.enabled, config.shards]).toEqual([false, 8])
  })

  it('that do not fit are named with their variable', () => {
    expect(() =>
      load({ MIROIR_SERVER__PORT: 'http', MIROIR_NODES: '{', MIROIR_METRICS__ENABLED: '1' }),
    ).toThrow(
      [
        'environment MIROIR_SERVER__PORT: server.port: "http" is not a whole number from 1 to 65535; write a number such as 7700 instead',
        'environment MIROIR_METRICS__ENABLED: metrics.enabled: "1" is not true or false; write true or false, without quotes, instead',
        'environment MIROIR_NODES: nodes: is not valid JSON; write JSON such as [{"id":"node-a","address":"http://10.0.0.7:7700","replica_group":0}]',
      ].join('\n'),
    )
  })

  it('that are empty count as unset', () => {
    expect(load({ MIROIR_MASTER_KEY: '', MIROIR_SHARDS: '', MEILI_HTTP_ADDR: '' }).config).toEqual(
      load({}).config,
    )
  })
})

describe('secrets in files', () => {
  it('are read without their last line end', () => {
    const path = temporaryFile('key', 'a key with spaces \n')
    const { config, origins } = load({
      MIROIR_MASTER_KEY_FILE: path,
      MIROIR_ADMIN_API_KEY_FILE: temporaryFile('b', 'b'),
    })
    expect(config.masterKey).toBe('a key with spaces ')
    expect(config.admin.apiKey).toBe('b')
    expect(origins.get('master_key')).toEqual({ kind: 'environment', variable: 'MIROIR_MASTER_KEY_FILE' })
  })

  it('must exist, and must not be given twice', () => {
    expect(() => load({ MIROIR_MASTER_KEY_FILE: '/nowhere/key' })).toThrow(
      'environment MIROIR_MASTER_KEY_FILE: master_key: the file "/nowhere/key" cannot be read (ENOENT); write the path of a readable file',
    )
    expect(() => load({ MIROIR_MASTER_KEY: 'a', MIROIR_MASTER_KEY_FILE: '/b' })).toThrow('write one of them')
  })
})

describe("Meilisearch's names", () => {
  it('are understood, and exact names win', () => {
    const env = {
      MEILI_MASTER_KEY: 'meili',
      MEILI_HTTP_ADDR: '0.0.0.0:80',
      MEILI_HTTP_PAYLOAD_SIZE_LIMIT: '20 MiB',
    }
    expect(load(env).config).toMatchObject({
      masterKey: 'meili',
      server: { bind: '0.0.0.0', port: 80, maxBodyBytes: 20 * 1024 * 1024 },
    })
    const both = load({ ...env, MIROIR_MASTER_KEY: 'ours', MIROIR_SERVER__PORT: '81' }).config
    expect([both.masterKey, both.server.port, both.server.bind]).toEqual(['ours', 81, '0.0.0.0'])
  })

  it.each([
    ['104857600', 104_857_600],
    ['100 MB', 100_000_000],
    ['1.5KiB', 1536],
    ['500mb', 500_000_000],
  ])('the size %s is %d bytes', (text, bytes) => {
    expect(load({ MEILI_HTTP_PAYLOAD_SIZE_LIMIT: text }).config.server.maxBodyBytes).toBe(bytes)
  })

  it.each([
    ['localhost', 'localhost', 7700],
    ['[::1]:7000', '::1', 7000],
    ['127.0.0.1:1', '127.0.0.1', 1],
  ])('the address %s is %s and port %d', (text, bind, port) => {
    expect(load({ MEILI_HTTP_ADDR: text }).config.server).toMatchObject({ bind, port })
  })

  it('are refused when they cannot be read', () => {
    expect(() => load({ MEILI_HTTP_PAYLOAD_SIZE_LIMIT: 'much' })).toThrow(
      'environment MEILI_HTTP_PAYLOAD_SIZE_LIMIT: server.max_body_bytes: "much" is not a size; ' +
        'write one such as `100MB`, `100MiB` or `104857600` instead',
    )
    expect(() => load({ MEILI_HTTP_ADDR: 'a:b:c' })).toThrow('write one such as `0.0.0.0:7700` instead')
  })

  it('ask for a long master key in production', () => {
    expect(() => load({ MEILI_ENV: 'production' })).toThrow('at least 16 bytes; there is none')
    expect(() => load({ MEILI_ENV: 'production', MEILI_MASTER_KEY: 'fifteen-bytes-1' })).toThrow(
      'it has 15 bytes',
    )
    expect(load({ MEILI_ENV: 'production', MEILI_MASTER_KEY: 'sixteen-bytes-12' }).warnings).toEqual([])
  })
})

describe('variables that are not ours', () => {
  it('are ignored: silently when a platform made them, with a warning otherwise', () => {
    const { config, warnings } = load({
      MIROIR_PORT: 'tcp://10.1.2.3:7700',
      MIROIR_PORT_7700_TCP_ADDR: '10.1.2.3',
      MIROIR_SERVICE_HOST: '10.1.2.3',
      MIROIR_SERVICE_PORT: '7700',
      MIROIR_SERVER_PORT: '7800',
      MIROIR_SERVER__PROT: '7800',
      MIROIR_PURPLE: 'x',
      OTHER: 'x',
    })
    expect(config).toEqual(load({}).config)
    expect(warnings).toEqual([
      'environment MIROIR_PURPLE: there is no such setting; it is ignored',
      'environment MIROIR_SERVER_PORT: there is no such setting (did you mean MIROIR_SERVER__PORT?); it is ignored',
      'environment MIROIR_SERVER__PROT: there is no such setting (did you mean MIROIR_SERVER__PORT?); it is ignored',
    ])
  })
})
