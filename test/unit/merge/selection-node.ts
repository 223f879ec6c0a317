import { normalizeFacet } from '../../../src/merge/facet-values.ts'
import { mergeSearch } from '../../../src/merge/search.ts'
import type { Ask, SearchMerge } from '../../../src/model/plan.ts'
import { text, utf8 } from '../../../src/std/bytes.ts'
import { slowKernel } from './slow-kernel.ts'

/* Nodes that select hits by the values of `g` and by score, the slow and obvious way. */

export interface Doc {
  readonly seq: number
  /** Smaller is better; hits of one rank are looked at together. */
  readonly rank: number
  readonly score: number
  readonly g: readonly (string | number)[]
  readonly color: string
}

export interface Query {
  readonly offset: number
  readonly limit: number
  readonly paged: boolean
  readonly distinct: boolean
  readonly threshold: number | null
}

export interface Reply {
  readonly ids: readonly number[]
  readonly total: number
  readonly facets: Readonly<Record<string, number>>
}

const seqText = (seq: number): string => String(seq).padStart(9, '0')
const keys = ({ g }: Doc): string[] => [
  ...new Set(g.map((value) => (typeof value === 'number' ? `n${value}` : `s${normalizeFacet(value)}`))),
]

/** What one node does: whole ranks are looked at until the page is full; the rest counts as it is. */
export function oneNode(docs: readonly Doc[], query: Query, isTotal: boolean): Reply {
  const wanted = query.offset + query.limit
  const sorted = [...docs].sort((one, other) => one.rank - other.rank || one.seq - other.seq)
  const [kept, gone, seen] = [[] as Doc[], new Set<Doc>(), new Set<string>()]
  const fits = (doc: Doc): boolean => query.threshold === null || doc.score >= query.threshold
  const isNew = (doc: Doc): boolean => !query.distinct || !keys(doc).some((key) => seen.has(key))
  let last: number | null = null
  for (const doc of sorted) {
    const sameRank = query.distinct && !isTotal && last === doc.rank
    if (kept.length >= wanted && !sameRank) break
    last = doc.rank
    if (!fits(doc) || !isNew(doc)) gone.add(doc)
    else {
      for (const key of keys(doc)) seen.add(key)
      kept.push(doc)
    }
  }
  const looked = new Set(kept)
  const counted: Doc[] = []
  for (const doc of [...docs].sort((one, other) => one.seq - other.seq)) {
    if (looked.has(doc)) counted.push(doc)
    if (looked.has(doc) || gone.has(doc) || !isNew(doc)) continue
    if (query.paged && !fits(doc)) continue
    if (query.paged) for (const key of keys(doc)) seen.add(key)
    counted.push(doc)
  }
  const colors = counted.map((doc) => doc.color).sort()
  const facets: Record<string, number> = {}
  for (const color of colors) facets[color] = (facets[color] ?? 0) + 1
  const ids = kept
    .slice(0, wanted)
    .slice(query.offset)
    .map((doc) => doc.seq)
  return { ids, total: counted.length, facets }
}

/** What a node of ours answers to an ask. */
function answerOf(docs: readonly Doc[], query: Query, ask: Ask): Uint8Array {
  const matching = docs.filter((doc) => ask.filters.every((filter) => passes(doc, JSON.parse(filter))))
  const isEach = ask.members['distinct'] === '"_miroir_seq"'
  const asked = { ...query, offset: 0, limit: ask.reach, threshold: null }
  const reply = oneNode(matching, { ...asked, distinct: query.distinct && !isEach }, true)
  const hits = reply.ids.map((id) => hitText(docs.find((doc) => doc.seq === id) as Doc))
  const total = `"${query.paged ? 'totalHits' : 'estimatedTotalHits'}":${reply.total}`
  const facets = `"facetDistribution":${facetText(matching, ask, reply)},"facetStats":{}`
  return utf8(`{"hits":[${hits}],"query":"","processingTimeMs":0,${total},${facets}}`)
}

function facetText(matching: readonly Doc[], ask: Ask, reply: Reply): string {
  if (ask.members['facets'] !== '["g"]') return `{"color":${JSON.stringify(reply.facets)}}`
  const counts: Record<string, number> = {}
  for (const doc of matching)
    for (const value of new Set(doc.g.map(String))) counts[value] = (counts[value] ?? 0) + 1
  return `{"g":${JSON.stringify(counts)}}`
}

function hitText({ seq, rank, score, g, color }: Doc): string {
  const details = `{"r:asc":{"order":0,"value":${rank}.0},"_miroir_seq:asc":{"order":1,"value":"${seqText(seq)}"}}`
  const document = JSON.stringify({ id: seq, g: g.length === 1 ? g[0] : g, color }).slice(1, -1)
  return `{${document},"_rankingScore":${score},"_rankingScoreDetails":${details}}`
}

function passes(doc: Doc, filter: string | string[]): boolean {
  if (Array.isArray(filter)) return filter.some((expression) => passes(doc, expression))
  if (filter.startsWith('NOT ')) return !passes(doc, filter.slice(4))
  const [, field, list = '[]'] = /^"(\w+)" IN (.*)$/.exec(filter) ?? []
  const wanted = (JSON.parse(list) as string[]).map(normalizeFacet)
  if (field === '_miroir_seq') return wanted.includes(seqText(doc.seq))
  return doc.g.some((value) => wanted.includes(normalizeFacet(String(value))))
}

export interface Cluster extends Reply {
  readonly approximate: readonly string[]
  readonly rounds: number
}

/** The same search over several nodes, merged, with every further question answered; null when refused. */
export async function cluster(nodes: readonly (readonly Doc[])[], query: Query): Promise<Cluster | null> {
  const { offset, limit } = query
  const window = { offset: String(offset), limit: String(limit) }
  const merge: SearchMerge = {
    uid: 'x',
    primaryKey: 'id',
    whole: false,
    offset,
    limit,
    echo: query.paged
      ? { kind: 'page', page: '1', hitsPerPage: window.limit }
      : { kind: 'offset', ...window },
    keepDetails: false,
    everything: false,
    facets: { sortBy: {}, valuesMax: 100, fullAt: 1000 },
    internal: null,
    distinct: query.distinct
      ? { attribute: 'g', root: 'g', hide: false, hideFormatted: false, filterable: true }
      : null,
    threshold: query.threshold === null ? null : { least: query.threshold, monotone: false },
    hideScore: true,
    hitsMax: 1000,
  }
  const isEach = query.distinct && query.threshold !== null
  const members: Record<string, string> = isEach ? { distinct: '"_miroir_seq"' } : {}
  const first = { reach: offset + limit, filters: [], members }
  const answers = nodes.map((docs) => answerOf(docs, query, first))
  const learned = new Map<string, readonly Uint8Array[]>()
  for (let rounds = 0; rounds < 8; rounds++) {
    const uids = { request: 'r', query: 'q' }
    const merged = await mergeSearch(slowKernel(), answers, { merge, uids, learned })
    if (merged.kind === 'unsupported') return null
    if (merged.kind === 'merged') {
      const body = JSON.parse(text(merged.body))
      const ids = body.hits.map((hit: { id: number }) => hit.id)
      const total = body.totalHits ?? body.estimatedTotalHits
      return { ids, total, facets: body.facetDistribution.color, approximate: merged.approximate, rounds }
    }
    if (merged.kind !== 'ask') throw new Error(JSON.stringify(merged))
    for (const { name, ask } of merged.questions)
      learned.set(
        name,
        nodes.map((docs) => answerOf(docs, query, ask)),
      )
  }
  throw new Error('asks for ever')
}
