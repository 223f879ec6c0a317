import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { realNodesOrWarn } from '../test/e2e/cluster.ts'
import {
  CLIENT_KEY,
  Client,
  freePorts,
  ProxyProcess,
  pause,
  proxyEnvironment,
  removeFolder,
  temporaryFolder,
} from '../test/e2e/processes.ts'
import { type BenchNode, startNode } from './amplification/nodes.ts'
import { type BenchRow, type Spread, spreadOf, spreadText } from './parts/rounds.ts'

/*
 * Writes of one document each, from clients that send the next one as soon as the last was accepted. A round
 * lasts until every task has succeeded. One bare node and proxies with one and two copies take turns.
 */

const INDEX = 'films'
const SHARDS = 12
const POLL_MS = 5
const CLIENTS = [1, 8, 32]
const SIZES = { small: { writes: 32, rounds: 1 }, full: { writes: 320, rounds: 3 } }
const BARE = 'one bare node'

interface Target {
  readonly name: string
  readonly client: Client
  close(): Promise<void>
}

async function endOf(nodes: readonly BenchNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.end()))
}

async function startBare(kind: 'embedded' | 'real'): Promise<Target> {
  const node = await startNode(kind)
  return { name: BARE, client: new Client(node.address, node.key), close: () => endOf([node]) }
}

/** As many nodes as copies: each has every document, as the bare node has. */
async function startProxied(kind: 'embedded' | 'real', copies: number): Promise<Target> {
  const nodes = await Promise.all(Array.from({ length: copies }, () => startNode(kind)))
  const shape = { groups: 1, nodesPerGroup: copies, replicationFactor: copies, shards: SHARDS }
  const places = nodes.map(({ address }, at) => ({ id: `node-${at}`, address, group: 0 }))
  const folder = temporaryFolder()
  const [port = 0] = await freePorts(1)
  const env = {
    ...proxyEnvironment(shape, places, join(folder, 'miroir.db')),
    MIROIR_SERVER__BIND: '127.0.0.1',
  }
  const proxy = new ProxyProcess(port, { ...env, MIROIR_WRITES__NODE_TIMEOUT_MS: '60000' })
  const close = async (): Promise<void> => {
    await proxy.kill('SIGTERM')
    await endOf(nodes)
    removeFolder(folder)
  }
  await proxy.start()
  const name = copies === 1 ? '1 copy' : `${copies} copies`
  return { name, client: new Client(`http://127.0.0.1:${port}`, CLIENT_KEY), close }
}

async function create({ client }: Target): Promise<void> {
  const task = await client.json('POST', '/indexes', { uid: INDEX, primaryKey: 'id' })
  await client.task(Number(task['taskUid']))
}

async function documentsOf({ client }: Target): Promise<number> {
  return Number((await client.json('GET', `/indexes/${INDEX}/documents?limit=1`))['total'])
}

/** Not only the last one: tasks of clients that write at the same time may end in another order. */
async function allDone({ client }: Target): Promise<void> {
  const waiting = async (): Promise<number> =>
    Number((await client.json('GET', '/tasks?statuses=enqueued,processing&limit=1'))['total'])
  while ((await waiting()) > 0) await pause(POLL_MS)
}

interface Round {
  readonly clients: number
  readonly writes: number
  /** Id of the first document. */
  readonly first: number
}

/** Writes a second, from the first byte until every document is there. */
async function measured(target: Target, { clients, writes, first }: Round): Promise<number> {
  let next = first
  const send = async (): Promise<void> => {
    while (next < first + writes) {
      const id = next++
      const document = { id, title: `film ${id}`, year: 1950 + (id % 70), overview: 'a film of the bench' }
      const { taskUid } = await target.client.json('POST', `/indexes/${INDEX}/documents`, [document])
      if (typeof taskUid !== 'number') throw new Error(`${target.name} did not accept a write`)
    }
  }
  const startedMs = performance.now()
  await Promise.all(Array.from({ length: clients }, send))
  await allDone(target)
  const seconds = (performance.now() - startedMs) / 1000
  const there = await documentsOf(target)
  if (there !== first + writes) throw new Error(`${target.name} has ${there} of ${first + writes} documents`)
  return writes / seconds
}

/** Least share of the bare node's rate, by copies and clients. */
const PROMISED: Readonly<Record<string, number>> = { '1 copy, 1': 0.7, '2 copies, 1': 0.5, '1 copy, 32': 0.9 }

interface Found {
  readonly target: string
  readonly clients: number
  readonly rate: Spread
  /** Against the bare node, round by round. */
  readonly share: Spread
}

function rowsOf({ target, clients, rate, share }: Found, timed: boolean, hash: string): BenchRow[] {
  const from = `${clients} ${clients === 1 ? 'client' : 'clients'}`
  const name = `small writes: ${target}, ${from}`
  const rates = { name, value: rate.median, unit: 'writes/s', target: null, holds: null, hash }
  const spread = timed ? { peer: spreadText(rate) } : {}
  if (target === BARE) return [{ ...rates, ...spread }]
  const promised = PROMISED[`${target}, ${clients}`]
  const claim = {
    ...{ name: `${name}, against a bare node`, value: share.median, unit: '×', hash },
    target: promised === undefined ? null : `≥ ${promised}`,
    holds: promised === undefined || !timed ? null : share.median >= promised,
    peer: timed ? `${BARE}, ${spreadText(share)}` : BARE,
  }
  return [{ ...rates, ...spread }, claim]
}

async function compare(targets: readonly Target[], size: 'small' | 'full'): Promise<Found[]> {
  const { writes, rounds } = SIZES[size]
  const rates = new Map<string, number[]>()
  let first = 0
  for (let round = 0; round < rounds; round++) {
    for (const clients of CLIENTS) {
      for (const target of targets) {
        const key = `${target.name}, ${clients}`
        const rate = await measured(target, { clients, writes, first })
        rates.set(key, [...(rates.get(key) ?? []), rate])
      }
      first += writes
    }
  }
  return targets.flatMap(({ name }) =>
    CLIENTS.map((clients) => {
      const own = rates.get(`${name}, ${clients}`) ?? []
      const bare = rates.get(`${BARE}, ${clients}`) ?? []
      const shares = own.map((rate, round) => rate / (bare[round] ?? Number.NaN))
      return { target: name, clients, rate: spreadOf(own), share: spreadOf(shares) }
    }),
  )
}

/** On real nodes where this machine has them; in small always on embedded ones. */
export async function run(size: 'small' | 'full'): Promise<BenchRow[]> {
  const kind = size === 'full' && realNodesOrWarn('the bench of small writes') ? 'real' : 'embedded'
  const targets: Target[] = []
  try {
    targets.push(await startBare(kind))
    for (const copies of [1, 2]) targets.push(await startProxied(kind, copies))
    for (const target of targets) await create(target)
    const found = await compare(targets, size)
    const work = JSON.stringify([kind, SIZES[size], CLIENTS])
    const hash = createHash('sha256').update(work).digest('hex').slice(0, 12)
    return found.flatMap((each) => rowsOf(each, size === 'full', hash))
  } finally {
    await Promise.all(targets.map((target) => target.close()))
  }
}
