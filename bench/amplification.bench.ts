import { createHash } from 'node:crypto'
import type { Shape } from '../test/e2e/processes.ts'
import { costOfShape, type ShapeCost, storedWithoutUs, type Work } from './amplification/measure.ts'
import type { NodeSource } from './amplification/nodes.ts'
import {
  AMPLIFICATION_HELP,
  type AmplificationOptions,
  amplificationOptions,
} from './amplification/options.ts'
import type { BenchRow } from './parts/rounds.ts'

export const help = AMPLIFICATION_HELP

const SMALL_DOCS = 300
const SMALL_BYTES = 200

function workOf(size: 'small' | 'full', { docs, size: bytes }: AmplificationOptions): Work {
  const full = [1, 100, 1_000].map((documents) => ({ documents, requests: documents === 1 ? 10 : 3 }))
  if (size === 'full') return { docs, size: bytes, batches: full, asks: 5 }
  const batches = [1, 100].map((documents) => ({ documents, requests: 1 }))
  return { docs: SMALL_DOCS, size: SMALL_BYTES, batches, asks: 1 }
}

/** With nodes of our own also one node alone and one copy, to see what each step costs. */
function shapesOf(options: AmplificationOptions): Shape[] {
  const { groups, rf, shards, perGroup, nodes } = options
  const wanted = { groups, nodesPerGroup: perGroup, replicationFactor: rf, shards }
  if (nodes.length > 0) return [wanted]
  const alone = { groups: 1, nodesPerGroup: 1, replicationFactor: 1, shards }
  const shapes = [alone, { ...wanted, groups: 1, replicationFactor: 1 }, wanted]
  return [...new Map(shapes.map((shape) => [nameOf(shape), shape])).values()]
}

function nameOf({ groups, nodesPerGroup, replicationFactor }: Shape): string {
  const copies = groups * replicationFactor
  const nodes = groups * nodesPerGroup
  return `${nodes} ${nodes === 1 ? 'node' : 'nodes'}, ${copies} ${copies === 1 ? 'copy' : 'copies'}`
}

const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12)

function row(name: string, value: number, unit: string, hash: string): BenchRow {
  return { name: `amplification: ${name}`, value, unit, target: null, holds: null, hash }
}

/** Hashes cover what was found and counts of requests; bytes and polls depend on clocks. */
function rowsOf(shape: string, cost: ShapeCost): BenchRow[] {
  const queries = cost.queries.flatMap(({ name, requests, nodeBytes, clientBytes, found }) => {
    const mean = requests.reduce((sum, count) => sum + count, 0) / requests.length
    const hash = digest([found, requests])
    return [
      row(`${name}, ${shape}`, mean, 'requests/query', hash),
      row(`${name}, bytes, ${shape}`, nodeBytes, 'bytes/query', hash),
      row(`${name}, bytes against the client's, ${shape}`, nodeBytes / clientBytes, '×', hash),
    ]
  })
  const batches = cost.batches.flatMap(({ documents, requests, clientBytes, writes, polls }) => {
    const what = `write of ${documents} ${documents === 1 ? 'document' : 'documents'}`
    const hash = digest([documents, requests, writes.requests])
    return [
      row(`${what}, ${shape}`, writes.requests / requests, 'writes/request', hash),
      row(`${what}, questions for tasks, ${shape}`, polls.requests / requests, 'polls/request', hash),
      row(`${what}, bytes to nodes, ${shape}`, writes.sentBytes / clientBytes, '× client bytes', hash),
    ]
  })
  const stored = cost.storedBytes / cost.clientBytes
  return [...queries, ...batches, row(`stored, ${shape}`, stored, '× client bytes', digest(cost.clientBytes))]
}

/** What is found must not depend on the shape: a cheap wrong answer would look like a gain. */
function sameFound(one: ShapeCost, other: ShapeCost): void {
  for (const [at, query] of other.queries.entries()) {
    if (query.found === '' || query.found !== one.queries[at]?.found)
      throw new Error(`${query.name}: ${query.found} is not ${one.queries[at]?.found}`)
  }
}

/** What one client request costs in requests and bytes behind the proxy, counted between proxy and nodes. */
export async function run(size: 'small' | 'full', args: readonly string[] = []): Promise<BenchRow[]> {
  const options = amplificationOptions(args)
  const work = workOf(size, options)
  const { nodes, nodeKey, real } = options
  const rows: BenchRow[] = []
  const kind: NodeSource = real ? 'real' : 'embedded'
  let clientBytes = 0
  let first: ShapeCost | null = null
  for (const shape of shapesOf(options)) {
    const own = Array.from({ length: shape.groups * shape.nodesPerGroup }, () => kind)
    const sources = nodes.length === 0 ? own : nodes.map((address) => ({ address, key: nodeKey }))
    const cost = await costOfShape(shape, sources, work)
    clientBytes = cost.clientBytes
    sameFound(first ?? cost, cost)
    first ??= cost
    rows.push(...rowsOf(nameOf(shape), cost))
  }
  if (nodes.length > 0) return rows
  const bare = await storedWithoutUs(kind, work)
  const name = 'stored by a node without proxy, so without our fields'
  return [...rows, row(name, bare / clientBytes, '× client bytes', digest(clientBytes))]
}
