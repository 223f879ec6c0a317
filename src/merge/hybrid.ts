import type { PageEcho } from '../model/plan.ts'
import { text, utf8 } from '../std/bytes.ts'
import { type JsonMember, membersOf, memberValue, objectText } from '../std/json-members.ts'
import { compareRanked, type RankedHit, readRanked, type Weights } from './ranked-hits.ts'

/** How the two lists of a hybrid search become a page. */
export interface HybridMerge {
  /** Merged hits to skip and to show. */
  readonly offset: number
  readonly limit: number
  readonly echo: PageEcho
  readonly primaryKey: string
  readonly weights: Weights
  /** Hits carry their primary key for the merge alone; `formatted`: but show it in `_formatted`. */
  readonly hidesKey: boolean
  readonly formattedKey: boolean
  readonly showScore: boolean
  readonly showDetails: boolean
}

/** A complete search answer, read: its hits and everything else. */
export interface RankedAnswer {
  readonly hits: readonly RankedHit[]
  readonly envelope: readonly JsonMember[]
}

export function readAnswer(body: Uint8Array | string, weights: Weights): RankedAnswer {
  const members = membersOf(typeof body === 'string' ? body : text(body))
  const envelope = members.filter(({ key }) => key !== 'hits')
  return { hits: readRanked(memberValue(members, 'hits') ?? '[]', weights), envelope }
}

/** A weighted score that is good enough, for every hit of a full page, not to look at vectors at all. */
const GOOD_ENOUGH = 0.45

/** True when a node would answer with words alone. */
export function wordsSuffice({ hits }: RankedAnswer, reach: number, { words }: Weights): boolean {
  return hits.length >= reach && hits.every(({ score }) => score * words >= GOOD_ENOUGH)
}

export interface HybridPage {
  readonly body: Uint8Array
  readonly total: number
  /** Hits' order rests on a score of which only the whole is known. */
  readonly orderExact: boolean
}

/** Words alone: that list, as a hybrid search shows it. */
export function wordsPage(words: RankedAnswer, merge: HybridMerge): HybridPage {
  return page(words.hits, words.envelope, merge)
}

/**
 * Merges the two lists as one node would: the neighbours first where nothing differs, documents that are in
 * both at their better place.
 */
export function mergeHybrid(near: RankedAnswer, words: RankedAnswer, merge: HybridMerge): HybridPage {
  const neighbours = near.hits.filter((hit) => hit.near)
  return page(interleave(neighbours, words.hits, merge.primaryKey), near.envelope, merge)
}

/** One list of hits of several nodes, each of which has merged its own. */
export function mergeFast(both: RankedAnswer, merge: HybridMerge): HybridPage {
  return page([...both.hits].sort(compareRanked), both.envelope, merge)
}

function interleave(
  near: readonly RankedHit[],
  words: readonly RankedHit[],
  primaryKey: string,
): RankedHit[] {
  const seen = new Set<string | undefined>()
  const merged: RankedHit[] = []
  for (let [at, other] = [0, 0]; at < near.length || other < words.length; ) {
    const [one, two] = [near[at], words[other]]
    const takesNear = two === undefined || (one !== undefined && compareRanked(one, two) <= 0)
    const next = takesNear ? one : two
    if (takesNear) at++
    else other++
    if (next === undefined) continue
    const key = memberValue(next.members, primaryKey)
    if (!seen.has(key)) merged.push(next)
    seen.add(key)
  }
  return merged
}

function page(hits: readonly RankedHit[], envelope: readonly JsonMember[], merge: HybridMerge): HybridPage {
  const shown = hits.slice(merge.offset, merge.offset + merge.limit)
  const texts = shown.map((hit) => hitText(hit, merge))
  const near = String(shown.filter((hit) => hit.near).length)
  const { members, total } = echoed(envelope, merge.echo)
  const rest = [
    ...members.filter(({ key }) => key !== 'semanticHitCount'),
    { key: 'semanticHitCount', value: near },
  ]
  return {
    body: utf8(objectText([{ key: 'hits', value: `[${texts.join(',')}]` }, ...rest])),
    total,
    orderExact: !hits.some((hit) => hit.split),
  }
}

function hitText({ members }: RankedHit, merge: HybridMerge): string {
  const { showScore, showDetails } = merge
  const cut = [...(showScore ? [] : ['_rankingScore']), ...(showDetails ? [] : ['_rankingScoreDetails'])]
  // A document may have members of these names too; the node's own come last.
  const places = cut.map((name) => members.findLastIndex(({ key }) => key === name))
  const kept = members.filter((_, at) => !places.includes(at))
  return objectText(merge.hidesKey ? withoutKey(kept, merge) : kept)
}

function withoutKey(members: readonly JsonMember[], { primaryKey, formattedKey }: HybridMerge): JsonMember[] {
  const others = (list: readonly JsonMember[]): JsonMember[] => list.filter(({ key }) => key !== primaryKey)
  return others(members).map((member) =>
    member.key === '_formatted' && !formattedKey
      ? { key: member.key, value: objectText(others(membersOf(member.value))) }
      : member,
  )
}

/** The envelope of the client's own page: the lists began at their first hit. */
function echoed(
  envelope: readonly JsonMember[],
  echo: PageEcho,
): { readonly members: readonly JsonMember[]; readonly total: number } {
  const total = Number(memberValue(envelope, echo.kind === 'page' ? 'totalHits' : 'estimatedTotalHits'))
  const perPage = echo.kind === 'page' ? Number(echo.hitsPerPage) : 0
  const own: Readonly<Record<string, string>> =
    echo.kind === 'offset'
      ? { offset: echo.offset, limit: echo.limit }
      : {
          page: echo.page,
          hitsPerPage: echo.hitsPerPage,
          totalPages: perPage === 0 ? '0' : String(Math.ceil(total / perPage)),
        }
  const members = envelope.map(({ key, value }) => ({
    key,
    value: Object.hasOwn(own, key) ? (own[key] ?? value) : value,
  }))
  return { members, total }
}
