import { facetSearchRoutes } from '../../src/api/queries/facet-search.ts'
import { multiSearchRoutes } from '../../src/api/queries/multi-search.ts'
import { documentReadRoutes } from '../../src/api/read-documents.ts'
import { searchRoutes } from '../../src/api/search.ts'
import type { ReadDeps } from '../../src/flows/read-deps.ts'
import type { Kernel } from '../../src/kernel/kernel.ts'
import { createKernel } from '../../src/kernel/route.ts'
import type { Reply } from '../../src/model/call.ts'
import { MiroirError } from '../../src/model/errors.ts'
import type { SearchFacts, View } from '../../src/model/view.ts'
import { createUndiciTransport } from '../../src/nodes/undici.ts'
import { text } from '../../src/std/bytes.ts'
import { systemClock } from '../../src/std/clock.ts'
import { seededRandom, systemRandom } from '../../src/std/random.ts'
import { callOf, type Placement, seqText, viewOf } from '../unit/flows/read-world.ts'
import { NODE_KEY, RealNode } from './real-node.ts'

/* One bare node and a cluster of nodes with the same documents; the same request goes to both. */

export interface Document {
  readonly id: number
  readonly [field: string]: unknown
}

/** Every shard twice; two nodes answer for all three, one of them with a shard filter. */
const OVERLAPPING: Placement = {
  a: { group: 0, shards: [0, 1] },
  b: { group: 0, shards: [1, 2] },
  c: { group: 0, shards: [0, 2] },
}

export type Settings = Readonly<Record<string, unknown>>

const OURS = [
  {
    attributePatterns: ['_miroir_shard'],
    features: { facetSearch: false, filter: { equality: true, comparison: false } },
  },
  {
    attributePatterns: ['_miroir_seq'],
    features: { facetSearch: false, filter: { equality: true, comparison: true } },
  },
]
const DEFAULT_RULES = ['words', 'typo', 'proximity', 'attributeRank', 'sort', 'wordPosition', 'exactness']

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Settings of a node for what a client has set: enough for these tests. */
function derived(settings: Settings): Settings {
  const displayed = settings['displayedAttributes']
  const { distinctAttribute: _distinct, ...rest } = settings
  return {
    ...rest,
    filterableAttributes: [...listOf(settings['filterableAttributes']), ...OURS],
    sortableAttributes: [...listOf(settings['sortableAttributes']), '_miroir_seq'],
    rankingRules: [...listOf(settings['rankingRules'] ?? DEFAULT_RULES), '_miroir_seq:asc'],
    faceting: { ...(settings['faceting'] as object | undefined), maxValuesPerFacet: 1000 },
    ...(displayed === undefined
      ? {}
      : { displayedAttributes: [...listOf(displayed), '_miroir_shard', '_miroir_seq'] }),
  }
}

function factsOf(settings: Settings): Partial<SearchFacts> {
  const faceting = (settings['faceting'] ?? {}) as Partial<SearchFacts>
  const pagination = (settings['pagination'] ?? {}) as Partial<SearchFacts>
  const rules = listOf(settings['rankingRules']).map(String)
  const custom = rules.filter((rule) => rule.includes(':')).map((rule) => rule.replace(/:\w+$/, ''))
  return {
    customRuleFields: custom,
    displayedAttributes: (settings['displayedAttributes'] as string[] | undefined) ?? null,
    ...(faceting.sortFacetValuesBy === undefined ? {} : { sortFacetValuesBy: faceting.sortFacetValuesBy }),
    ...(faceting.maxValuesPerFacet === undefined ? {} : { maxValuesPerFacet: faceting.maxValuesPerFacet }),
    ...(pagination.maxTotalHits === undefined ? {} : { maxTotalHits: pagination.maxTotalHits }),
  }
}

export interface Answer {
  readonly status: number
  readonly text: string
}

export class ReadPathWorld {
  readonly single: RealNode
  readonly #nodes: ReadonlyMap<string, RealNode>
  readonly #transport = createUndiciTransport({
    keyOf: () => NODE_KEY,
    clock: systemClock,
    connectionsMax: 8,
  })
  #view: View = viewOf(OVERLAPPING)

  readonly #kernel: Kernel

  constructor(single: RealNode, nodes: ReadonlyMap<string, RealNode>, kernel: Kernel) {
    this.single = single
    this.#kernel = kernel
    this.#nodes = nodes
  }

  static async start(binary: string): Promise<ReadPathWorld> {
    const started = await Promise.all(
      ['single', ...Object.keys(OVERLAPPING)].map(() => RealNode.start(binary)),
    )
    const [single, ...others] = started
    const nodes = new Map(Object.keys(OVERLAPPING).map((name, at) => [name, others[at]!]))
    // As the probe does; without it, nodes keep values of hidden fields to themselves.
    const network = { network: true }
    await Promise.all(others.map((node) => node.send('PATCH', '/experimental-features', network)))
    const kernel = await createKernel({ inlineMaxBytes: Number.MAX_SAFE_INTEGER, workers: 0 })
    return new ReadPathWorld(single!, nodes, kernel)
  }

  async stop(): Promise<void> {
    await this.#transport.close()
    await Promise.all([this.single, ...this.#nodes.values()].map((node) => node.stop()))
  }

  /** Shards by `id mod 3`. */
  async fill(documents: readonly Document[], uid = 'films'): Promise<void> {
    await this.single.apply('POST', `/indexes/${uid}/documents?primaryKey=id`, documents)
    await Promise.all(
      Object.entries(OVERLAPPING).map(([name, { shards }]) => {
        const part = documents.flatMap((document, place) => {
          const shard = document.id % 3
          const stamp = { _miroir_shard: `!!!${'!%('[shard]}`, _miroir_seq: seqText(place) }
          return shards.includes(shard) ? [{ ...stamp, ...document }] : []
        })
        return this.#nodes.get(name)!.apply('POST', `/indexes/${uid}__g1_0/documents?primaryKey=id`, part)
      }),
    )
  }

  async settle(settings: Settings, uid = 'films'): Promise<void> {
    const set = async (node: RealNode, name: string, wanted: Settings): Promise<void> => {
      await node.apply('DELETE', `/indexes/${name}/settings`, undefined)
      if (Object.keys(wanted).length > 0) await node.apply('PATCH', `/indexes/${name}/settings`, wanted)
    }
    await Promise.all([
      set(this.single, uid, settings),
      ...[...this.#nodes.values()].map((node) => set(node, `${uid}__g1_0`, derived(settings))),
    ])
    const view = viewOf(OVERLAPPING, factsOf(settings), uid)
    const nodes = [...view.nodes.values()].map((node) => ({
      ...node,
      address: this.#nodes.get(node.id)!.address,
    }))
    const own = [...view.indexes].map(([name, index]) => [name, { ...index, settings }] as const)
    const indexes = new Map([...this.#view.indexes, ...own])
    this.#view = { ...view, indexes, nodes: new Map(nodes.map((node) => [node.id, node])) }
  }

  deps(seed = 1, down: readonly string[] = []): ReadDeps {
    return {
      views: { current: () => this.#view },
      reachability: { readable: (node) => !down.includes(node), federates: () => true },
      transport: this.#transport,
      kernel: { ...this.#kernel, shardOf: (key, shards) => Number(key) % shards || 0 },
      clock: systemClock,
      random: seed === 0 ? systemRandom : seededRandom(seed),
      config: { nodeTimeoutMs: 10_000, unavailableShardPolicy: 'partial' },
    }
  }

  /** The cluster's answer. */
  async ask(method: string, path: string, body?: unknown, deps = this.deps()): Promise<Answer> {
    const [place, query] = path.split('?') as [string, string?]
    const [, , uid, kind, id] = place.split('/').map(decodeURIComponent)
    const last = id === undefined ? '' : id === 'fetch' ? '/fetch' : '/{id}'
    const template = uid === undefined ? place : `/indexes/{uid}/${kind}${last}`
    const routes = [
      ...searchRoutes(deps),
      ...facetSearchRoutes(deps),
      ...multiSearchRoutes(deps),
      ...documentReadRoutes(deps),
    ]
    const route = routes.find((found) => found.method === method && found.template === template)
    if (route === undefined) throw new Error(`no route ${method} ${template}`)
    const raw = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
    const params = { ...(uid === undefined ? {} : { uid }), ...(id === undefined ? {} : { id }) }
    const call = callOf({
      method,
      query: query ?? '',
      body: raw,
      params,
      deadlineMs: systemClock.now() + 20_000,
    })
    try {
      return shown(await route.handler(call))
    } catch (error) {
      if (error instanceof MiroirError) return { status: error.status, text: JSON.stringify(error.body) }
      throw error
    }
  }
}

function shown(reply: Reply): Answer {
  const body = reply.body ?? ''
  return { status: reply.status, text: typeof body === 'string' ? body : text(body) }
}

/** Without what differs between two answers of one node. */
export function stable(answer: Answer): Answer {
  const plain = answer.text
    .replace(/"processingTimeMs":\d+/g, '"processingTimeMs":0')
    .replace(/"(requestUid|queryUid)":"[^"]*"/g, '"$1":""')
  return { status: answer.status, text: plain }
}
