import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFile } from '../config/temporary-file.ts'

const root = join(import.meta.dirname, '../../..')

/** Runs the real program in a process of its own. */
function miroir(args: readonly string[], env: Record<string, string> = {}) {
  const command = ['--import', 'tsx', join(root, 'src/main.ts'), ...args]
  const { PATH = '' } = process.env
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: root,
    env: { PATH, ...env },
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

it('checks a configuration', () => {
  const wrong = temporaryFile('wrong.yaml', 'shards: 0\nserver: { bind: 0.0.0.0 }\n')
  expect(miroir(['config', 'check', wrong], { MIROIR_PORT: 'tcp://10.0.0.1:7700' })).toEqual({
    status: 2,
    stdout: '',
    stderr:
      `${wrong}:1:9: shards: 0 is not a whole number from 1 to 4096; write a number such as 64 instead\n` +
      `${wrong}:2:17: server.bind: "0.0.0.0" can be reached from other machines, and there is no \`master_key\`; ` +
      'write `127.0.0.1` instead, or set `master_key` (environment: MIROIR_MASTER_KEY)\n',
  })
  const right = temporaryFile('right.yaml', 'nodes: [{id: a, address: "http://a:1"}]')
  expect(miroir(['config', 'check', right])).toEqual({
    status: 0,
    stdout: `${right}: ok: 1 node in 1 group, 64 shards per index, 1 copy of each shard\n`,
    stderr: '',
  })
})

it('serves nothing without nodes', () => {
  const empty = temporaryFile('empty.yaml', '')
  expect(miroir(['serve', '--config', empty])).toEqual({
    status: 2,
    stdout: '',
    stderr:
      `${empty}:1:1: nodes: no Meilisearch node is configured; ` +
      'write `nodes: [{id: node-a, address: "http://127.0.0.1:7701", replica_group: 0}]` ' +
      `into ${empty}, or run \`miroir demo\` to try it without nodes\n`,
  })
})

it('knows its version', () => {
  expect(miroir(['--version'])).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' })
})
