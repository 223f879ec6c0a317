import { Client, type Shape } from '../../test/e2e/processes.ts'
import { type CountedCluster, startCounted } from './cluster.ts'
import { minus, type Traffic } from './counting-proxy.ts'
import { batchOf, INDEX, type Query, queries, SETTINGS } from './load.ts'
import { type NodeSource, startNode } from './nodes.ts'

export interface Work {
  readonly docs: number
  readonly size: number
  /** Documents of one client request, and how many such requests. */
  readonly batches: readonly { readonly documents: number; readonly requests: number }[]
  /** How often each query is asked. */
  readonly asks: number
}

export interface QueryCost {
  readonly name: string
  /** Requests to nodes, one entry for each time it was asked. */
  readonly requests: readonly number[]
  /** Bodies to and from nodes, and to and from the client, per query. */
  readonly nodeBytes: number
  readonly clientBytes: number
  /** The ids that were found, to see that the work was done. */
  readonly found: string
}

export interface BatchCost {
  readonly documents: number
  readonly requests: number
  readonly clientBytes: number
  readonly writes: Traffic
  readonly polls: Traffic
}

export interface ShapeCost {
  readonly queries: readonly QueryCost[]
  readonly batches: readonly BatchCost[]
  /** Of all documents that were sent. */
  readonly clientBytes: number
  readonly storedBytes: number
}

const FILL = 1_000

async function succeeded(client: Client, task: Record<string, unknown>): Promise<void> {
  if (typeof task['taskUid'] !== 'number') throw new Error(`refused: ${JSON.stringify(task)}`)
  const done = await client.task(task['taskUid'])
  if (done['status'] !== 'succeeded') throw new Error(`failed: ${JSON.stringify(done)}`)
}

async function write(client: Client, body: string): Promise<void> {
  const path = `/indexes/${INDEX}/documents`
  await succeeded(client, JSON.parse((await client.call('POST', path, { body })).text))
}

async function create(client: Client): Promise<void> {
  await succeeded(client, await client.json('POST', '/indexes', { uid: INDEX, primaryKey: 'id' }))
  await succeeded(client, await client.json('PATCH', `/indexes/${INDEX}/settings`, SETTINGS))
}

/** The documents that the index begins with; returns their bytes. */
async function fill(client: Client, work: Work): Promise<number> {
  let bytes = 0
  for (let first = 0; first < work.docs; first += FILL) {
    const body = batchOf(first, Math.min(FILL, work.docs - first), work.size)
    await write(client, body)
    bytes += body.length
  }
  return bytes
}

async function costOfQuery(cluster: CountedCluster, query: Query, asks: number): Promise<QueryCost> {
  const { client, counted } = cluster
  const requests: number[] = []
  let nodeBytes = 0
  let clientBytes = 0
  let found = ''
  for (let ask = 0; ask < asks; ask++) {
    const before = counted('read')
    const options = query.body === undefined ? {} : { body: query.body }
    const { status, text } = await client.call(query.method, query.path, options)
    if (status !== 200) throw new Error(`${query.name}: ${text}`)
    const traffic = minus(counted('read'), before)
    requests.push(traffic.requests)
    nodeBytes += traffic.sentBytes + traffic.answeredBytes
    clientBytes += Buffer.byteLength(text) + (query.body?.length ?? 0)
    const answer = JSON.parse(text) as { id?: number; hits?: { id: number }[]; facetDistribution?: object }
    found = JSON.stringify([answer.id, answer.hits?.map(({ id }) => id), answer.facetDistribution])
  }
  const each = { nodeBytes: nodeBytes / asks, clientBytes: clientBytes / asks }
  return { name: query.name, requests, ...each, found }
}

async function costOfBatches(cluster: CountedCluster, work: Work): Promise<BatchCost[]> {
  const costs: BatchCost[] = []
  let first = work.docs
  for (const { documents, requests } of work.batches) {
    const [writes, polls] = [cluster.counted('write'), cluster.counted('poll')]
    let clientBytes = 0
    for (let request = 0; request < requests; request++) {
      const body = batchOf(first, documents, work.size)
      first += documents
      clientBytes += body.length
      await write(cluster.client, body)
    }
    const traffic = {
      writes: minus(cluster.counted('write'), writes),
      polls: minus(cluster.counted('poll'), polls),
    }
    costs.push({ documents, requests, clientBytes, ...traffic })
  }
  return costs
}

/** Everything that one shape costs, on nodes that hold nothing else. */
export async function costOfShape(
  shape: Shape,
  sources: readonly NodeSource[],
  work: Work,
): Promise<ShapeCost> {
  const cluster = await startCounted(shape, sources)
  let ended = false
  try {
    await create(cluster.client)
    const filled = await fill(cluster.client, work)
    const asked: QueryCost[] = []
    for (const query of queries(work.docs)) asked.push(await costOfQuery(cluster, query, work.asks))
    const batches = await costOfBatches(cluster, work)
    const clientBytes = filled + batches.reduce((sum, batch) => sum + batch.clientBytes, 0)
    ended = true
    return { queries: asked, batches, clientBytes, storedBytes: await cluster.end() }
  } finally {
    if (!ended) await cluster.end()
  }
}

/** What one node stores of the same documents and settings when clients write to it directly. */
export async function storedWithoutUs(source: NodeSource, work: Work): Promise<number> {
  const node = await startNode(source)
  let ended = false
  try {
    const client = new Client(node.address, node.key)
    await create(client)
    await fill(client, work)
    let first = work.docs
    for (const { documents, requests } of work.batches) {
      for (let request = 0; request < requests; request++, first += documents) {
        await write(client, batchOf(first, documents, work.size))
      }
    }
    ended = true
    return await node.end()
  } finally {
    if (!ended) await node.end()
  }
}
