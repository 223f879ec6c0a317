import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readGolden } from './golden-cases.ts'
import { type RunningNode, runNode } from './running-node.ts'

// Whole corpora, perhaps on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const SHARDS = 3
const DIGITS = '!%()*:;?'

/** A number in the characters that make no words. */
function seqText(value: number): string {
  return value
    .toString(8)
    .padStart(18, '0')
    .replace(/\d/g, (digit) => DIGITS.charAt(Number(digit)))
}

interface Hit {
  readonly [name: string]: unknown
  readonly _rankingScoreDetails: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const MATCH_TYPES = ['noExactMatch', 'matchesStart', 'exactMatch']

/** Compares one rule of two hits as a merger of shards does: costs and values, never folded scores. */
function compareRule(name: string, left: Record<string, unknown>, right: Record<string, unknown>): number {
  const down = (member: string): number => Number(right[member] ?? 0) - Number(left[member] ?? 0)
  if (name === 'words') return down('matchingWords')
  if (name === 'typo') return -down('typoCount')
  if (name === 'attribute') return down('attributeRankingOrderScore') || down('queryWordDistanceScore')
  if (name === 'exactness') {
    const types =
      MATCH_TYPES.indexOf(String(right['matchType'])) - MATCH_TYPES.indexOf(String(left['matchType']))
    return types || down('matchingWords')
  }
  if ('score' in left) return down('score')
  return compareValues(left['value'], right['value'], name.endsWith(':asc'))
}

function compareValues(left: unknown, right: unknown, ascending: boolean): number {
  const rank = (value: unknown): number => (typeof value === 'number' ? 0 : typeof value === 'string' ? 1 : 2)
  if (rank(left) !== rank(right)) return rank(left) - rank(right)
  const order =
    typeof left === 'number'
      ? left - Number(right)
      : Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right)))
  return ascending ? order : -order
}

function compareHits(left: Hit, right: Hit): number {
  const others = Object.entries(right._rankingScoreDetails)
  for (const [at, [name, detail]] of Object.entries(left._rankingScoreDetails).entries()) {
    const order = compareRule(name, detail, others[at]?.[1] ?? {})
    if (order !== 0) return order
  }
  return 0
}

/** The promise the proxy's merge stands on: shards merged rule by rule are one node. */
describe.each(['movies-plain', 'movies-ranked'])('shards of embedded nodes agree with one: %s', (name) => {
  const { head, cases, documents } = readGolden(name)
  const nodes: RunningNode[] = []

  beforeAll(async () => {
    const all: Record<string, unknown>[] = JSON.parse(documents)
    const tagged = all.map((document, index) => ({ _miroir_seq: seqText(index), ...document }))
    for (let shard = -1; shard < SHARDS; shard++) {
      const running = await runNode()
      nodes.push(running)
      await running.write('PATCH', '/indexes/films/settings', head.shardSettings)
      const own = tagged.filter((_, index) => shard === -1 || index % SHARDS === shard)
      await running.write('POST', '/indexes/films/documents?primaryKey=id', own)
    }
  })
  afterAll(() => Promise.all(nodes.map(({ node }) => node.close())))

  it('for every recorded search', async () => {
    const [whole, ...shards] = nodes
    for (const { query } of cases) {
      if (query['distinct'] !== undefined || query['rankingScoreThreshold'] !== undefined) continue
      const {
        offset = 0,
        limit = 20,
        page,
        hitsPerPage = 20,
        ...rest
      } = query as Record<string, number | undefined>
      const from = page === undefined ? offset : (page - 1) * hitsPerPage
      const count = page === undefined ? limit : hitsPerPage
      const wide = { ...rest, limit: from + count, showRankingScoreDetails: true }
      const answers = await Promise.all(shards.map(({ call }) => call('POST', '/indexes/films/search', wide)))
      const merged: Hit[] = answers.flatMap(({ json }) => json.hits as Hit[]).sort(compareHits)
      const single = await whole?.call('POST', '/indexes/films/search', query)
      const ids = (hits: readonly Hit[]) => hits.map((hit) => hit['_miroir_seq'] ?? hit['id'])
      expect(ids(merged.slice(from, from + count)), JSON.stringify(query)).toEqual(ids(single?.json.hits))
      const total = answers.reduce((sum, { json }) => sum + json.estimatedTotalHits, 0)
      expect(total).toBe(single?.json.estimatedTotalHits ?? single?.json.totalHits)
    }
  })
})
