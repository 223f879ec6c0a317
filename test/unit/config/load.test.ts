import { describe, expect, it } from 'vitest'
import { type ConfigSources, loadConfig, requireNodes } from '../../../src/config/load.ts'
import { ConfigError } from '../../../src/config/problems.ts'
import { temporaryFile } from './temporary-file.ts'

const nothing: ConfigSources = { file: null, env: {}, sets: [] }

/** The problems of a configuration, one a line, with the file's path shortened to its name. */
function problemsOf(sources: Partial<ConfigSources>): string {
  try {
    loadConfig({ ...nothing, ...sources })
    return ''
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message.replaceAll(/^\S*\/([\w.]+\.yaml)/gm, '$1')
  }
}

function fileProblems(text: string, env: Record<string, string> = {}): string {
  return problemsOf({ file: temporaryFile('miroir.yaml', text), env })
}

describe('layers', () => {
  it('is valid with nothing but defaults', () => {
    const { config, origins, warnings } = loadConfig(nothing)
    expect(config.server).toMatchObject({ bind: '127.0.0.1', port: 7700, maxBodyBytes: 104_857_600 })
    expect(config.taskRegistry).toEqual({ ttlSeconds: 604_800, pruneIntervalS: 300 })
    expect(config.nodes).toEqual([])
    expect(new Set([...origins.values()].map(({ kind }) => kind))).toEqual(new Set(['default']))
    expect(warnings).toEqual([])
  })

  it('takes arguments over the environment over the file over defaults, and knows which it took', () => {
    const file = temporaryFile('layers.yaml', 'server:\n  port: 1001\n  bind: 127.0.0.2\nshards: 8\n')
    const { config, origins } = loadConfig({
      file,
      env: { MIROIR_SERVER__PORT: '1002', MIROIR_SHARDS: '16' },
      sets: ['server.port=1003', 'server.port=1004'],
    })
    expect([config.server.port, config.shards, config.server.bind]).toEqual([1004, 16, '127.0.0.2'])
    expect(origins.get('server.port')).toEqual({ kind: 'argument', argument: '--set' })
    expect(origins.get('shards')).toEqual({ kind: 'environment', variable: 'MIROIR_SHARDS' })
    expect(origins.get('server.bind')).toEqual({ kind: 'file', file, line: 3, column: 9 })
    expect(origins.get('server.engine')).toEqual({ kind: 'default' })
  })

  it('reads a section or key with nothing behind it as absent', () => {
    const file = temporaryFile('empty.yaml', 'server:\n  port:\nnodes:\nmetrics:\n')
    expect(loadConfig({ ...nothing, file }).config.server.port).toBe(7700)
    expect(loadConfig({ ...nothing, file: temporaryFile('blank.yaml', '# nothing\n') }).config.shards).toBe(
      64,
    )
  })

  it('keeps the bare origin of node addresses', () => {
    const nodes = '[{id: a, address: "HTTP://Node-A:80/"}, {id: b, address: "https://[::1]:7701"}]'
    const { config } = loadConfig({ ...nothing, file: temporaryFile('nodes.yaml', `nodes: ${nodes}`) })
    expect(config.nodes.map(({ address }) => address)).toEqual(['http://node-a', 'https://[::1]:7701'])
    expect(config.nodes.map(({ replicaGroup }) => replicaGroup)).toEqual([0, 0])
  })

  it('tells whoever serves that there are no nodes, and what to write', () => {
    expect(() => requireNodes(loadConfig(nothing))).toThrow(
      'default: nodes: no Meilisearch node is configured; ' +
        'write `nodes: [{id: node-a, address: "http://127.0.0.1:7701", replica_group: 0}]` into miroir.yaml, ' +
        'or run `miroir demo` to try it without nodes',
    )
    const sets = ['nodes=[{"id":"a","address":"http://127.0.0.1:1"}]']
    expect(() => requireNodes(loadConfig({ ...nothing, sets }))).not.toThrow()
  })
})

describe('problems of a file', () => {
  it('are reported all at once, in the order of the file, with what to write', () => {
    const text = `master_kye: abc
shards: 0
server:
  port: "77"
  prot: 3
log: { level: loud }
kernel: {workers: many}
scatter:
  node_timeout_ms: 1.5
metrics: { enabled: "yes" }
admin: some-secret
nodes:
  - address: x
    replica_group: 0
`
    expect(fileProblems(text)).toBe(
      [
        'miroir.yaml:1:1: master_kye: there is no such key; did you mean `master_key`? write that instead',
        'miroir.yaml:2:9: shards: 0 is not a whole number from 1 to 4096; write a number such as 64 instead',
        'miroir.yaml:4:9: server.port: "77" is not a whole number from 1 to 65535; write a number such as 7700 instead',
        'miroir.yaml:5:3: server.prot: there is no such key; did you mean `port`? write that instead',
        'miroir.yaml:6:15: log.level: "loud" is not one of the possible words; write `fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent` instead',
        'miroir.yaml:7:19: kernel.workers: "many" is not a whole number from 0 to 256; write a number such as 0 instead',
        'miroir.yaml:9:20: scatter.node_timeout_ms: 1.5 is not a whole number from 1 to 86400000; write a number such as 5000 instead',
        'miroir.yaml:10:21: metrics.enabled: "yes" is not true or false; write true or false, without quotes, instead',
        'miroir.yaml:11:8: admin: the value is not a section; write keys such as `api_key` instead',
        'miroir.yaml:13:5: nodes[0].id: is missing; write a text such as "node-a" instead',
      ].join('\n'),
    )
  })

  it('never repeat a secret', () => {
    const text = 'master_key: 4711\nnode_master_key: [secret-a]\nadmin: {api_key: {x: secret-b}}\n'
    const problems = fileProblems(text, { MIROIR_MASTER_KEY_FILE: '/nowhere' })
    expect(problems).toContain('node_master_key: the value is not a text')
    expect(problems).not.toMatch(/4711|secret-/)
  })

  it('in its syntax have a place, too, and hide nothing of the environment', () => {
    expect(fileProblems('server:\n\tport: 1\n')).toBe(
      'miroir.yaml:2:1: a tab is used as indentation; write spaces instead',
    )
    expect(fileProblems('shards: 1\nshards: 2\n', { MEILI_ENV: 'test' })).toBe(
      'miroir.yaml:2:1: this key is written twice; write it once\n' +
        'environment MEILI_ENV: "test" is not a mode; write `development` or `production` instead',
    )
    expect(fileProblems('shards: [1\n')).toMatch(/^miroir\.yaml:2:1: .+; write /)
    expect(fileProblems('- a\n- b\n')).toMatch(/^miroir\.yaml:1:1: the file holds no keys/)
    expect(problemsOf({ file: '/nowhere/miroir.yaml' })).toMatch(
      /^miroir\.yaml: cannot be read \(ENOENT\); write /,
    )
  })

  it('do not come from aliases that grow beyond bounds', () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level},`.repeat(9)}]`,
    )
    expect(fileProblems(`a0: &a0 [x]\n${levels.join('\n')}\n`)).toMatch(
      /^miroir\.yaml:1:1: aliases repeat too much of the file/,
    )
  })
})

describe('problems of arguments', () => {
  it('name the key, and refuse secrets', () => {
    expect(problemsOf({ sets: ['server.prt=3', 'master_key=x', 'nodes=x', 'shards', 'shards=many'] })).toBe(
      [
        '--set: shards: "many" is not a whole number from 1 to 4096; write a number such as 64 instead',
        '--set: server.prt: there is no such key; did you mean `server.port`? write that instead',
        "--set: master_key: a secret on the command line can be read by every user of the machine; write it into MIROIR_MASTER_KEY, or its file's path into MIROIR_MASTER_KEY_FILE",
        '--set: nodes: is not valid JSON; write JSON such as [{"id":"node-a","address":"http://10.0.0.7:7700","replica_group":0}]',
        '--set: shards: has no value; write `--set shards=value`',
      ].join('\n'),
    )
  })
})
