import { SEQ_RANKING_RULE } from '../../catalogue/own-attributes.ts'
import type { MergeResult } from '../../kernel/kernel.ts'
import { text } from '../../std/bytes.ts'
import { elementsOf, type JsonMember, membersOf, memberValue } from '../../std/json-members.ts'

/** A hit in its place among all. */
export interface RankedHit {
  /** As clients see it, but for members that were added for the merge. */
  readonly shown: string
  /** As the node wrote it. */
  readonly members: readonly JsonMember[]
  /** What it is ranked by; the hidden last rule apart. Equal in hits that one node would call equal. */
  readonly rank: string
  /** What each rule says of it, in their order; without the hidden last rule. */
  readonly details: ReadonlyMap<string, Detail>
  /** Its place in the order of insertion. */
  readonly seq: string
}

export interface RankedHits {
  readonly hits: readonly RankedHit[]
  /** So many are surely first; behind them may come hits that a node was not asked for. */
  readonly certain: number
  /** All hits of all nodes are here. */
  readonly complete: boolean
}

export interface Detail {
  readonly order?: number
  readonly [name: string]: unknown
}

/** Hits of answers to requests for `reach` hits, merged with `origins` and without any limit. */
export function rankedHits(result: MergeResult, answers: readonly Uint8Array[], reach: number): RankedHits {
  const raw = answers.map((answer) => elementsOf(memberValue(membersOf(text(answer)), 'hits') ?? '[]'))
  const shown = elementsOf(`[${text(result.hits)}]`)
  const cut = result.received.map((received) => received >= reach && reach > 0)
  const taken = answers.map(() => 0)
  let certain = shown.length
  const hits = result.origins.map((origin, at) => {
    const place = taken[origin] ?? 0
    taken[origin] = place + 1
    if (cut[origin] === true && place + 1 === result.received[origin]) certain = Math.min(certain, at + 1)
    return rankedHit(shown[at] ?? '{}', membersOf(raw[origin]?.[place] ?? '{}'))
  })
  return { hits, certain, complete: reach > 0 && !cut.includes(true) }
}

function rankedHit(shown: string, members: readonly JsonMember[]): RankedHit {
  const details = detailsOf(members)
  const seq = String(details.get(SEQ_RANKING_RULE)?.['value'] ?? '')
  details.delete(SEQ_RANKING_RULE)
  const rank = [...details].map(rankText).join('\n')
  return { shown, members, details, seq, rank: rank + internalRank(members) }
}

function detailsOf(members: readonly JsonMember[]): Map<string, Detail> {
  const details = JSON.parse(memberValue(members, '_rankingScoreDetails') ?? '{}') as Record<string, Detail>
  return new Map(Object.entries(details))
}

/** Values of sorts that are hidden elsewhere; the last is the hidden rule's. */
function internalRank(members: readonly JsonMember[]): string {
  const federation = memberValue(members, '_federation')
  const values = federation && memberValue(membersOf(federation), 'weightedScoreValues')
  return values === undefined ? '' : elementsOf(values).slice(0, -1).filter(isSort).join('\n')
}

function isSort(value: string): boolean {
  return value.startsWith('{"sort"')
}

/** What counts of a rule: not how many words or typos a node thinks possible. */
function rankText([rule, detail]: readonly [string, Detail]): string {
  if (rule === 'words') return `words ${detail['matchingWords']}`
  if (rule === 'typo') return `typo ${detail['typoCount']}`
  if (rule.startsWith('_geoPoint(')) return `${rule} ${detail['distance']}`
  return `${rule} ${JSON.stringify({ ...detail, order: 0 })}`
}
