import { describe, expect, it } from 'vitest'
import { temporaryFile } from '../config/temporary-file.ts'
import { run } from './run-cli.ts'

const NODES = 'nodes: [{id: a, address: "http://127.0.0.1:7701"}]\n'

describe('help', () => {
  it('is the answer to nothing, as an error', async () => {
    const { exitCode, out, err } = await run([])
    expect([exitCode, out]).toEqual([2, ''])
    expect(err).toContain('Usage: miroir [options] [command]')
    expect(err).toContain('miroir config check miroir.yaml')
  })

  it('lists commands, examples and exit codes', async () => {
    const { exitCode, out } = await run(['--help'])
    expect(exitCode).toBe(0)
    for (const text of ['serve', 'demo', 'devnode', 'config', 'status', 'Examples:', 'Exit codes:'])
      expect(out).toContain(text)
  })

  it.each([
    ['serve'],
    ['demo'],
    ['devnode'],
    ['config', 'check'],
    ['config', 'show'],
    ['config', 'schema'],
    ['status'],
    ['import'],
    ['export'],
  ])('%s %s has examples', async (...command) => {
    const { exitCode, out, err } = await run([...command, '--help'])
    expect([exitCode, err]).toEqual([0, ''])
    expect(out).toMatch(new RegExp(`miroir ${command.join(' ')}`))
    expect(out.split('\n').filter((line) => line.length > 120)).toEqual([])
  })

  it('prints the version', async () => {
    expect(await run(['--version'])).toMatchObject({ exitCode: 0, out: '1.2.3\n' })
  })
})

describe('wrong arguments', () => {
  it.each([
    [
      ['serv'],
      "error: unknown command 'serv'\n(Did you mean serve?)\nRun `miroir --help` to see what can be written.\n",
    ],
    [
      ['serve', '--prot', '1'],
      "error: unknown option '--prot'\n(Did you mean --port?)\nRun `miroir serve --help` to see what can be written.\n",
    ],
    [
      ['serve', '--port', '70000'],
      "error: option '-p, --port <number>' argument '70000' is invalid. Write a whole number from 1 to 65535.\n" +
        'Run `miroir serve --help` to see what can be written.\n',
    ],
  ])('%j end with 2 and say what to do', async (args, err) => {
    expect(await run(args)).toMatchObject({ exitCode: 2, out: '', err })
  })
})

describe('serve', () => {
  it('starts with what the layers say', async () => {
    const file = temporaryFile('serve.yaml', `${NODES}shards: 8\n`)
    const args = ['serve', '--config', file, '--set', 'log.level=debug', '-s', 'shards=16', '--port', '7777']
    const { exitCode, served, err } = await run(args, { env: { MIROIR_SHARDS: '4', MIROIR_X: '1' } })
    expect(exitCode).toBe(0)
    expect(served[0]?.config).toMatchObject({ shards: 16, log: { level: 'debug' }, server: { port: 7777 } })
    expect(err).toBe('')
    expect(served[0]?.warnings).toEqual(['environment MIROIR_X: there is no such setting; it is ignored'])
  })

  it('starts nothing with a wrong configuration', async () => {
    const file = temporaryFile('wrong.yaml', `${NODES}shards: 0\nserver: {prot: 1}\n`)
    const { exitCode, served, out, err } = await run(['serve', '-c', file])
    expect([exitCode, out, served.length]).toEqual([2, '', 0])
    expect(err).toBe(
      `${file}:2:9: shards: 0 is not a whole number from 1 to 4096; write a number such as 64 instead\n` +
        `${file}:3:10: server.prot: there is no such key; did you mean \`port\`? write that instead\n`,
    )
  })

  it('needs a node', async () => {
    const file = temporaryFile('nodeless.yaml', 'shards: 4\n')
    const { exitCode, err, served } = await run(['serve', '-c', file])
    expect([exitCode, served.length]).toEqual([2, 0])
    expect(err).toContain(`no Meilisearch node is configured; write \`nodes: [`)
  })

  it('tells what the operating system refused without a stack, and a bug with one', async () => {
    const file = temporaryFile('used.yaml', NODES)
    const used = Object.assign(new Error('listen EADDRINUSE: 127.0.0.1:7700'), {
      code: 'EADDRINUSE',
      syscall: 'listen',
    })
    const refused = await run(['serve', '-c', file], { launchError: used })
    expect(refused).toMatchObject({ exitCode: 1, err: 'miroir: listen EADDRINUSE: 127.0.0.1:7700\n' })
    const bug = await run(['serve', '-c', file], { launchError: new TypeError('x is undefined') })
    expect(bug.exitCode).toBe(1)
    expect(bug.err).toMatch(/^miroir: TypeError: x is undefined\n\s+at /)
  })
})

describe('demo and devnode', () => {
  it('pass their options on', async () => {
    expect((await run(['demo'])).demos).toEqual([{ port: 7700, sample: true, keepDir: null }])
    const args = ['demo', '--port', '7800', '--no-sample', '--keep', './kept']
    expect((await run(args)).demos).toEqual([{ port: 7800, sample: false, keepDir: './kept' }])
    const env = { MEILI_MASTER_KEY: 'from-environment' }
    expect((await run(['devnode'], { env })).devnodes).toEqual([
      { port: 7701, dataDir: './data/devnode', masterKey: 'from-environment' },
    ])
    expect((await run(['devnode', '--data', 'x', '--master-key', 'k'], { env })).devnodes).toEqual([
      { port: 7701, dataDir: 'x', masterKey: 'k' },
    ])
    const made = await run(['devnode'])
    expect(made.devnodes[0]?.masterKey).toMatch(/^[0-9a-f]{32}$/)
    expect(made.err).toBe(`devnode: master key, made for this run: ${made.devnodes[0]?.masterKey}\n`)
  })
})
