import { expect, it } from 'vitest'
import { loadConfig } from '../../../src/config/load.ts'
import { ConfigError } from '../../../src/config/problems.ts'
import { temporaryFile } from './temporary-file.ts'

/** Problems of a file as `line:column: key: …`, one a line. */
function problems(text: string): string[] {
  try {
    loadConfig({ file: temporaryFile('rules.yaml', text), env: {}, sets: [] })
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message.split('\n').map((line) => line.replace(/^.*rules\.yaml:/, ''))
  }
}

const THREE_NODES = `nodes:
  - { id: a, address: "http://10.0.0.1:7700" }
  - { id: b, address: "http://10.0.0.2:7700", replica_group: 1 }
  - { id: c, address: "http://10.0.0.3:7700", replica_group: 1 }
`

it('nodes have ids and addresses of their own', () => {
  const text = `nodes:
  - { id: a, address: "http://x:1" }
  - { id: a, address: "http://y:1" }
  - { id: c, address: "http://X:1/" }
`
  expect(problems(text)).toEqual([
    '3:11: nodes[1].id: node 1 of the list has the id "a" too; write an id of its own',
    '4:23: nodes[2].address: node "a" has this address too, so both would hold the same data; write the address of another node',
  ])
})

it.each([
  ['node-a:7700', '"node-a:7700"', 'http://node-a:7700'],
  ['http://user:secret@a:1/x', '"http://…@a:1/x"', 'http://a:1'],
  ['http://a:1/path', '"http://a:1/path"', 'http://a:1'],
  ['https://a/?q', '"https://a/?q"', 'https://a'],
  ['ftp://a', '"ftp://a"', 'http://10.0.0.7:7700'],
])('the address %s is not an origin', (address, shown, instead) => {
  expect(problems(`nodes: [{id: a, address: "${address}"}]`)).toEqual([
    `1:26: nodes[0].address: ${shown} is not the origin of a node; write "${instead}" instead: scheme, host and port, nothing more`,
  ])
})

it('groups exist and have nodes enough for the copies', () => {
  expect(problems(THREE_NODES)).toEqual([
    '3:62: nodes[1].replica_group: group 1 does not exist: `replica_groups` is 1, and groups count from 0; write 0, or `replica_groups: 2`',
    '4:62: nodes[2].replica_group: group 1 does not exist: `replica_groups` is 1, and groups count from 0; write 0, or `replica_groups: 2`',
  ])
  expect(problems(`replica_groups: 2\nreplication_factor: 2\n${THREE_NODES}`)).toEqual([
    '2:21: replication_factor: 2 copies of a shard need 2 nodes, but group 0 has 1 node; write 1 instead, or add 1 to group 0',
  ])
  expect(problems(`replica_groups: 3\n${THREE_NODES}`)).toEqual([
    '1:17: replica_groups: group 2 has no node, but every group must hold every shard; write `replica_groups: 2`, or `replica_group: 2` at some nodes',
  ])
  expect(problems(`replica_groups: 2\n${THREE_NODES}`)).toEqual([])
})

it('no more copies are awaited than there are', () => {
  expect(problems('writes: { min_acks: 2 }')).toEqual([
    '1:21: writes.min_acks: 2 copies are to confirm a write, but a shard has 1; write 1 instead',
  ])
})

it('without a master key only loopback is bound', () => {
  const advice = 'write `127.0.0.1` instead, or set `master_key` (environment: MIROIR_MASTER_KEY)'
  expect(problems('server: { bind: 0.0.0.0 }\nmetrics: { bind: "::" }')).toEqual([
    `1:17: server.bind: "0.0.0.0" can be reached from other machines, and there is no \`master_key\`; ${advice}`,
    `2:18: metrics.bind: "::" can be reached from other machines, and there is no \`master_key\`; ${advice}`,
  ])
  for (const bind of ['127.0.0.1', '127.9.9.9', '"::1"', 'localhost'])
    expect(problems(`server: { bind: ${bind} }`)).toEqual([])
  expect(problems('server: { bind: 0.0.0.0 }\nmaster_key: k')).toEqual([])
  expect(problems('metrics: { bind: 0.0.0.0, enabled: false }')).toEqual([])
})

it('keys, ports and bounds agree with each other', () => {
  expect(problems('master_key: k\nadmin: { api_key: k }')).toEqual([
    '2:19: admin.api_key: it equals `master_key`, so every holder of that could manage the cluster; write another random key',
  ])
  expect(problems('server: { port: 9090 }')).toHaveLength(1)
  expect(problems('server: { port: 9090 }\nmetrics: { enabled: false }')).toEqual([])
  expect(problems('server: { max_body_bytes: 600000000 }')).toEqual([
    '1:27: server.max_body_bytes: a body of 600000000 bytes exceeds `limits.body_bytes_in_flight_max` (536870912); write at most 536870912, or raise that limit',
  ])
  expect(problems('health: { timeout_ms: 6000 }')).toEqual([
    '1:23: health.timeout_ms: a probe may take 6000 ms, but the next one starts after 5000 ms; write at most 5000',
  ])
})

it('redis is not there yet', () => {
  expect(problems('task_store: { backend: redis, url: "redis://x" }')).toEqual([
    '1:24: task_store.backend: `redis` is not supported yet; write `sqlite` instead, which serves one process',
  ])
  expect(problems('task_store: { url: "redis://x" }')).toEqual([
    '1:20: task_store.url: an address has no meaning for the sqlite backend; write `path` instead, or leave it out',
  ])
})

it('rules run beside problems of other keys, but not on keys that are wrong themselves', () => {
  expect(
    problems(`shards: x\nserver: { bind: 0.0.0.0, prot: 1 }\nhealth: { timeout_ms: -1, interval_ms: 1 }`),
  ).toEqual([
    '1:9: shards: "x" is not a whole number from 1 to 4096; write a number such as 64 instead',
    '2:17: server.bind: "0.0.0.0" can be reached from other machines, and there is no `master_key`; write `127.0.0.1` instead, or set `master_key` (environment: MIROIR_MASTER_KEY)',
    '2:26: server.prot: there is no such key; did you mean `port`? write that instead',
    '3:23: health.timeout_ms: -1 is not a whole number from 1 to 86400000; write a number such as 2000 instead',
  ])
})
