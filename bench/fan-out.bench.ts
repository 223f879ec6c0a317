import { ProxiedSearch } from './parts/proxied-search.ts'
import { type BenchRow, spreadOf, spreadText } from './parts/rounds.ts'
import { replyHash } from './parts/search-case.ts'
import { type AnswerSize, bodyFor, partOf, wholeOf } from './parts/sized-answers.ts'

/*
 * CPU of the proxy's main thread for one search, by the size of each node's answer and the number of nodes
 * asked. Proxies in front of 1, 3, 6 and 12 stub nodes take turns. The load is stated: all connections busy.
 */

interface Case {
  readonly nodes: number
  readonly size: AnswerSize
}

const NODES = [1, 3, 6, 12]
const ANSWERS: readonly AnswerSize[] = ['1 KB', '10 KB', '100 KB']
const SIZES = {
  small: { warmUp: 2, requests: 10, rounds: 1, connections: 4, nodes: [12] },
  full: { warmUp: 3_000, requests: 800, rounds: 3, connections: 32, nodes: NODES },
}
const PAGE = 20

interface Hit {
  readonly geonameid: number
  readonly _miroir_seq: string
  readonly _rankingScoreDetails?: Readonly<Record<string, { readonly score?: number }>>
}

const hitsOf = (answer: string): readonly Hit[] => (JSON.parse(answer) as { hits: readonly Hit[] }).hits

/** The slow way: all hits of all nodes, sorted by their scores and then by the sort value. */
function expectedIds({ nodes, size }: Case): readonly number[] {
  if (nodes === 1) return hitsOf(wholeOf(size)).map(({ geonameid }) => geonameid)
  const rules = ['words', 'typo', 'proximity', 'attributeRank', 'wordPosition', 'exactness']
  const scores = (hit: Hit): number[] => rules.map((rule) => hit._rankingScoreDetails?.[rule]?.score ?? 0)
  const inOrder = (one: Hit, other: Hit): number => {
    const others = scores(other)
    const difference = scores(one).map((score, rule) => (others[rule] ?? 0) - score)
    return difference.find((by) => by !== 0) ?? (one._miroir_seq < other._miroir_seq ? -1 : 1)
  }
  const all = Array.from({ length: nodes }, (_, node) => hitsOf(partOf(node, size))).flat()
  return [...all]
    .sort(inOrder)
    .slice(0, PAGE)
    .map(({ geonameid }) => geonameid)
}

function checked(reply: string, searched: Case): string {
  const found = JSON.stringify(hitsOf(reply).map(({ geonameid }) => geonameid))
  const expected = JSON.stringify(expectedIds(searched))
  if (found !== expected)
    throw new Error(`${searched.nodes} nodes, ${searched.size}: ${found}, not ${expected}`)
  return replyHash(reply)
}

const nameOf = ({ nodes, size }: Case): string =>
  `search: CPU of the main thread, ${nodes === 1 ? '1 node' : `${nodes} nodes`} × ${size}, saturated`

export async function run(size: 'small' | 'full'): Promise<BenchRow[]> {
  const { warmUp, requests, rounds, connections, nodes: counts } = SIZES[size]
  const started = new Map<number, ProxiedSearch>()
  const found = new Map<string, { searched: Case; hash: string; mainUs: number[] }>()
  try {
    for (const nodes of counts) started.set(nodes, await ProxiedSearch.start(nodes))
    for (const search of started.values()) await search.round(warmUp, connections)
    for (let round = 0; round < rounds; round++) {
      for (const [nodes, search] of started) {
        for (const answer of ANSWERS) {
          const searched = { nodes, size: answer }
          const { mainUs } = await search.round(requests, connections, bodyFor(answer))
          const row = found.get(nameOf(searched)) ?? { searched, hash: '', mainUs: [] }
          row.mainUs.push(mainUs)
          found.set(nameOf(searched), { ...row, hash: checked(search.reply, searched) })
        }
      }
    }
  } finally {
    await Promise.all([...started.values()].map((search) => search.stop()))
  }
  return [...found].map(([name, { hash, mainUs }]) => {
    const spread = spreadOf(mainUs)
    const judged = { target: null, holds: null, peer: spreadText(spread) }
    return { name, value: spread.median, unit: 'µs/search', ...judged, hash }
  })
}
