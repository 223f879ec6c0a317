import type { SearchMerge } from '../model/plan.ts'
import { type JsonMember, membersOf, memberValue } from '../std/json-members.ts'
import { type MergedFacets, mergeFacets } from './facets.ts'
import type { Inquiry } from './inquiry.ts'
import type { Counting } from './selection/counted.ts'

/** Uids made for this reply. */
export interface ReplyUids {
  readonly request: string
  readonly query: string
}

export interface EnvelopeFold {
  readonly merge: SearchMerge
  readonly uids: ReplyUids
  readonly counting: Counting
  readonly inquiry: Inquiry
  /** Hits on the page. */
  readonly hits: number
}

export interface FoldedEnvelope {
  readonly members: readonly JsonMember[]
  readonly total: number
  readonly facetsExact: boolean
}

/**
 * Everything of a search reply but its hits, folded from the answers' envelopes: members in a node's order,
 * totals summed, facets merged, what is not known here taken from the first answer. Answers the position of
 * the first envelope that has not the shape of a search answer instead, when there is one.
 */
export function foldEnvelopes(
  envelopes: readonly string[],
  fold: EnvelopeFold,
): FoldedEnvelope | { readonly input: number } {
  const parts: JsonMember[][] = []
  for (const envelope of envelopes) {
    const members = readEnvelope(envelope, fold.merge)
    if (members === null) return { input: parts.length }
    parts.push(members)
  }
  const sums = sum(numbersOf(parts, totalName(fold.merge)))
  const total = fold.counting.total ?? sums
  const counted = fold.counting.envelopes?.map(membersOf) ?? parts
  const facets = facetsOf(counted, fold, total)
  const computed = computedMembers(parts, fold, total)
  if (facets !== null) computed.set('facetDistribution', facets.distribution).set('facetStats', facets.stats)
  const [first = []] = parts
  const members = first.map(({ key, value }) => ({ key, value: computed.get(key) ?? value }))
  return { members, total, facetsExact: facets?.exact ?? true }
}

/** Name of the total in an answer of that page form. */
function totalName(merge: SearchMerge): 'estimatedTotalHits' | 'totalHits' {
  return merge.echo.kind === 'page' ? 'totalHits' : 'estimatedTotalHits'
}

function readEnvelope(envelope: string, merge: SearchMerge): JsonMember[] | null {
  try {
    JSON.parse(envelope)
    const members = membersOf(envelope)
    if (!isCount(memberValue(members, totalName(merge)))) return null
    if (!isCount(memberValue(members, 'processingTimeMs'))) return null
    for (const name of ['facetDistribution', 'facetStats']) {
      const value = memberValue(members, name)
      if (value !== undefined && !isTable(value)) return null
    }
    return members
  } catch {
    return null
  }
}

/** An object of objects of numbers. */
function isTable(text: string): boolean {
  return membersOf(text).every(({ value }) =>
    membersOf(value).every((member) => Number.isFinite(Number(member.value))),
  )
}

function isCount(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,15}$/.test(text)
}

function numbersOf(parts: readonly JsonMember[][], key: string): number[] {
  return parts.map((members) => Number(memberValue(members, key) ?? 0))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function computedMembers(
  parts: readonly JsonMember[][],
  fold: EnvelopeFold,
  total: number,
): Map<string, string> {
  const { merge, uids } = fold
  const computed = new Map<string, string>([
    ['processingTimeMs', String(Math.max(...numbersOf(parts, 'processingTimeMs')))],
    [totalName(merge), String(total)],
    ['requestUid', JSON.stringify(uids.request)],
  ])
  // Of several answers only searches that look at nothing but vectors are folded like this.
  if (!merge.whole) computed.set('semanticHitCount', String(fold.hits))
  const { echo } = merge
  if (echo.kind === 'offset') computed.set('offset', echo.offset).set('limit', echo.limit)
  else {
    computed.set('page', echo.page).set('hitsPerPage', echo.hitsPerPage)
    const perPage = Number(echo.hitsPerPage)
    computed.set('totalPages', perPage === 0 ? '0' : String(Math.ceil(total / perPage)))
  }
  const metadata = memberValue(parts[0] ?? [], 'metadata')
  if (metadata !== undefined) computed.set('metadata', metadataText(metadata, fold))
  return computed
}

function facetsOf(
  parts: readonly JsonMember[][],
  { merge, inquiry, counting }: EnvelopeFold,
  candidates: number,
): MergedFacets | null {
  const answers = parts.flatMap((members) => {
    const distribution = memberValue(members, 'facetDistribution')
    return distribution === undefined ? [] : [{ distribution, stats: memberValue(members, 'facetStats') }]
  })
  if (answers.length === 0) return null
  const { over } = counting
  return mergeFacets(answers, { order: merge.facets, candidates, whole: merge.whole, over }, inquiry)
}

/** `metadata` names the index as clients know it, and this reply's own query uid. */
function metadataText(text: string, { merge, uids }: EnvelopeFold): string {
  const members = membersOf(text).map(({ key, value }) => {
    if (key === 'indexUid') return { key, value: JSON.stringify(merge.uid) }
    if (key === 'queryUid') return { key, value: JSON.stringify(uids.query) }
    return { key, value }
  })
  return `{${members.map(({ key, value }) => `${JSON.stringify(key)}:${value}`).join(',')}}`
}
