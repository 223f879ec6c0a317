import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { temporaryFile } from '../config/temporary-file.ts'
import { run } from './run-cli.ts'

const WELL = {
  shards: 4,
  replication_factor: 1,
  epoch: 12,
  fully_covered: true,
  degraded_node_count: 0,
  rebalance_in_progress: false,
  lagging_copies: 0,
  nodes: [node('node-b', 1, 'http://10.0.0.8:7700', 90_000), node('node-a', 0, 'http://10.0.0.7:7700', 312)],
  indexes: [{ uid: 'films', shards: 4, copies: { current: 8, behind: 0, lagging: 0 }, degraded: [] }],
}

const ILL = {
  ...WELL,
  fully_covered: false,
  degraded_node_count: 1,
  lagging_copies: 2,
  nodes: [
    WELL.nodes[1],
    { ...node('node-b', 1, 'http://10.0.0.8:7700', null), status: 'unhealthy', error: 'ECONNREFUSED' },
  ],
  indexes: [
    {
      uid: 'films',
      shards: 4,
      copies: { current: 5, behind: 1, lagging: 2 },
      degraded: [
        { shard: 0, node: 'node-b', state: 'behind', lag: 41 },
        { shard: 1, node: 'node-b', state: 'lagging', lag: 40 },
        { shard: 2, node: 'node-b', state: 'lagging', lag: 0 },
      ],
    },
  ],
}

function node(id: string, group: number, address: string, seen: number | null) {
  const known = { id, address, status: 'healthy', replica_group: group, shard_count: 4 }
  return { ...known, last_seen_ms: seen, version: seen === null ? null : '1.50.0' }
}

let server: Server
let url: string
let answer: { status: number; body: unknown }
let requests: IncomingMessage[]

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request)
    const allowed = request.headers.authorization === 'Bearer admin'
    response.writeHead(allowed ? answer.status : 401).end(JSON.stringify(answer.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => {
  answer = { status: 200, body: WELL }
  requests = []
})
afterAll(() => server.close())

const env = { MIROIR_ADMIN_API_KEY: 'admin' }

it('says in words that all is well', async () => {
  const { exitCode, out, err } = await run(['status', '--url', `${url}/`], { env })
  expect([exitCode, err]).toEqual([0, ''])
  expect(requests[0]?.url).toBe('/_miroir/topology')
  expect(out).toBe(`${url}: well: every shard has all its copies

2 nodes in 2 groups, 4 shards, 1 copy of each per group, epoch 12

node    group  status   shards  last seen  version  address               error
node-a      0  healthy       4  0.3 s ago  1.50.0   http://10.0.0.7:7700
node-b      1  healthy       4  1 min ago  1.50.0   http://10.0.0.8:7700

index  shards  copies current  behind  lagging
films       4               8       0        0
`)
})

it('says what is wrong, and ends with 8', async () => {
  answer.body = ILL
  const { exitCode, out } = await run(['status', '--url', url], { env })
  expect(exitCode).toBe(8)
  expect(out).toBe(`${url}: some shards cannot be read
  - at least one shard has no readable copy: searches are partial or refused
  - 1 node not healthy
  - 2 copies missed writes and will be repaired

2 nodes in 2 groups, 4 shards, 1 copy of each per group, epoch 12

node    group  status     shards  last seen  version  address               error
node-a      0  healthy         4  0.3 s ago  1.50.0   http://10.0.0.7:7700
node-b      1  unhealthy       4  never      ?        http://10.0.0.8:7700  ECONNREFUSED

index  shards  copies current  behind  lagging
films       4               5       1        2

films: the copy of shard 0 on node-b is behind: it takes writes and is not read until it has caught up
films: the copy of shard 1 on node-b is lagging: it holds everything up to operation 40
films: the copy of shard 2 on node-b is being rebuilt from nothing
`)
})

it('prints the answer as JSON', async () => {
  const { out } = await run(['status', '--url', url, '-o', 'json'], { env })
  expect(JSON.parse(out)).toEqual(WELL)
})

it('takes the key from the argument, the environment or a file', async () => {
  const file = temporaryFile('admin-key', 'admin\n')
  expect((await run(['status', '--url', url, '--admin-key', 'admin'])).exitCode).toBe(0)
  expect((await run(['status', '--url', url], { env: { MIROIR_ADMIN__API_KEY: 'admin' } })).exitCode).toBe(0)
  expect((await run(['status', '--url', url], { env: { MIROIR_ADMIN_API_KEY_FILE: file } })).exitCode).toBe(0)
})

it('ends with 7 where the key is missing or refused', async () => {
  const advice = 'set MIROIR_ADMIN_API_KEY to the `admin.api_key` of that miroir, or write --admin-key\n'
  expect(await run(['status', '--url', url])).toMatchObject({
    exitCode: 7,
    err: `${url}: no admin key was given; ${advice}`,
  })
  expect(await run(['status', '--url', url, '-k', 'wrong', '--watch'], { rounds: 3 })).toMatchObject({
    exitCode: 7,
    err: `${url}: the admin key was refused; ${advice}`,
  })
})

it('ends with 1 where nothing answers, or something else does', async () => {
  const nobody = await run(['status', '--url', 'http://127.0.0.1:2'], { env })
  expect(nobody.exitCode).toBe(1)
  expect(nobody.err).toMatch(/^http:\/\/127\.0\.0\.1:2: cannot be reached \(ECONNREFUSED\); start it with /)
  answer = { status: 404, body: { message: 'no' } }
  const other = await run(['status', '--url', url], { env })
  expect(other).toMatchObject({ exitCode: 1, out: '' })
  expect(other.err).toBe(
    `${url}: answered 404 without a topology; is it a miroir? write the address it serves clients on behind --url\n`,
  )
  expect(await run(['status', '--url', 'localhost:7700'], { env })).toMatchObject({ exitCode: 2 })
})

it('watches: redraws a terminal, appends lines elsewhere, and goes on over failures', async () => {
  const lines = (await run(['status', '--url', url, '-w', '-o', 'json'], { env, rounds: 3 })).out
    .trimEnd()
    .split('\n')
  expect(lines.map((line) => JSON.parse(line))).toEqual([WELL, WELL, WELL])
  const drawn = await run(['status', '--url', url, '-w'], { env, rounds: 2, isTerminal: true })
  expect(drawn.out.split('\u001b[H\u001b[2J')).toHaveLength(3)
  answer = { status: 500, body: {} }
  const failing = await run(['status', '--url', url, '-w'], { env, rounds: 2 })
  expect(failing.exitCode).toBe(0)
  expect(failing.out.match(/answered 500 without a topology/g)).toHaveLength(2)
})
