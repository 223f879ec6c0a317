import { join } from 'node:path'
import { shardText } from '../../../src/model/injected.ts'
import {
  ADMIN_KEY,
  Client,
  eventually,
  freePorts,
  NodeProcess,
  ProxyProcess,
  proxyEnvironment,
  removeFolder,
  type Shape,
  temporaryFolder,
} from '../processes.ts'

/* Nodes and a proxy, each a process of its own, and what can be seen of them from outside. */

interface ShardRow {
  readonly shard: number
  readonly nodes: readonly { readonly id: string; readonly state: string; readonly readable: boolean }[]
}

const HEAL_POLLS_MAX = 2_000
const DOCUMENTS_MAX = 100_000

export class ChaosWorld {
  readonly nodes: readonly NodeProcess[]
  readonly proxy: ProxyProcess
  readonly admin: Client
  readonly #folder: string

  constructor(nodes: readonly NodeProcess[], proxy: ProxyProcess, folder: string) {
    this.nodes = nodes
    this.proxy = proxy
    this.admin = new Client(proxy.client.address, ADMIN_KEY)
    this.#folder = folder
  }

  static async start(shape: Shape, binary: string | null): Promise<ChaosWorld> {
    const folder = temporaryFolder()
    const count = shape.groups * shape.nodesPerGroup
    const [own, ...ports] = await freePorts(count + 1)
    const nodes = ports.map((port, at) => {
      const id = `node-${at}`
      const group = Math.floor(at / shape.nodesPerGroup)
      return new NodeProcess({ id, group, port, data: join(folder, id), binary })
    })
    await Promise.all(nodes.map((node) => node.start()))
    const places = nodes.map(({ id, group, client }) => ({ id, group, address: client.address }))
    const env = proxyEnvironment(shape, places, join(folder, 'miroir.db'))
    const proxy = new ProxyProcess(own ?? 0, env)
    const world = new ChaosWorld(nodes, proxy, folder)
    await proxy.start()
    return world
  }

  async stop(): Promise<void> {
    await this.proxy.kill()
    for (const node of this.nodes) await node.kill()
    removeFolder(this.#folder)
  }

  node(at: number): NodeProcess {
    const found = this.nodes[at]
    if (found === undefined) throw new Error(`no node ${at}`)
    return found
  }

  async shards(uid: string): Promise<readonly ShardRow[]> {
    const body = (await this.admin.json('GET', `/_miroir/shards?index=${uid}`)) as unknown
    const { indexes } = body as { indexes: readonly { uid: string; shards: readonly ShardRow[] }[] }
    return indexes.find((index) => index.uid === uid)?.shards ?? []
  }

  /** Resolves when every copy of every shard is current and readable. */
  async healed(uids: readonly string[]): Promise<void> {
    const all = async (): Promise<boolean> => {
      for (const uid of uids) {
        const rows = await this.shards(uid)
        if (rows.length === 0) return false
        if (!rows.every(({ nodes }) => nodes.every(({ state, readable }) => state === 'current' && readable)))
          return false
      }
      return true
    }
    await eventually('every copy is current', all, HEAL_POLLS_MAX).catch(async (error: Error) => {
      const states = await Promise.all(uids.map((uid) => this.shards(uid)))
      throw new Error(`${error.message}: ${JSON.stringify(states)}\n${this.proxy.words.slice(-4_000)}`)
    })
  }

  /** The documents of every copy as the node prints them, read past the proxy. */
  async copies(uid: string): Promise<ReadonlyMap<number, ReadonlyMap<string, string>>> {
    const found = new Map<number, Map<string, string>>()
    const names = new Map<string, string>()
    for (const node of this.nodes) names.set(node.id, await physicalName(node, uid))
    for (const { shard, nodes } of await this.shards(uid)) {
      const copies = new Map<string, string>()
      for (const { id } of nodes) {
        const node = this.nodes.find((one) => one.id === id)
        if (node !== undefined) copies.set(id, await shardOf(node, names.get(id) ?? '', shard))
      }
      found.set(shard, copies)
    }
    return found
  }
}

/** The name with the highest count of fences; older ones are empty or on their way out. */
export async function physicalName(node: NodeProcess, uid: string): Promise<string> {
  const { results } = (await node.client.json('GET', '/indexes?limit=1000')) as { results: { uid: string }[] }
  const mine = results.map((index) => index.uid).filter((name) => name.startsWith(`${uid}__g`))
  const count = (name: string): number => Number(name.split('_').at(-1))
  const newest = mine.sort((one, other) => count(other) - count(one))[0]
  if (newest === undefined) throw new Error(`${node.id} has no index of ${uid}`)
  return newest
}

async function shardOf(node: NodeProcess, name: string, shard: number): Promise<string> {
  const body = {
    filter: `_miroir_shard = "${shardText(shard)}"`,
    sort: ['_miroir_seq:asc'],
    limit: DOCUMENTS_MAX,
  }
  const answer = await node.client.call('POST', `/indexes/${name}/documents/fetch`, {
    body: JSON.stringify(body),
  })
  if (answer.status !== 200) throw new Error(`${node.id}/${name}: ${answer.text}`)
  return answer.text.slice(answer.text.indexOf('['), answer.text.lastIndexOf(']') + 1)
}
