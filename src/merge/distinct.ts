import type { MergeResult } from '../kernel/kernel.ts'
import type { DistinctMerge } from '../model/plan.ts'
import { text, utf8 } from '../std/bytes.ts'
import { elementsOf, membersOf, memberValue, objectText } from '../std/json-members.ts'
import { normalizeFacet } from './facet-values.ts'

export interface DistinctCut {
  readonly distinct: DistinctMerge
  /** Kept hits to skip and to show. */
  readonly offset: number
  readonly limit: number
}

export interface DistinctHits {
  readonly hits: Uint8Array
  /** Over the whole merged list. */
  readonly kept: number
  readonly dropped: number
}

/**
 * Keeps the best hit of every value in a merged list that holds all hits of all nodes. Each node has
 * already dropped its own repetitions, which loses nothing as long as a document has one value: a better
 * hit of the same value stood in for it. Null when a hit has several values, for then it may have lost
 * hits.
 */
export function keepDistinct(merged: MergeResult, cut: DistinctCut): DistinctHits | null {
  const { distinct, offset, limit } = cut
  const seen = new Set<string>()
  const kept: string[] = []
  let dropped = 0
  for (const hit of elementsOf(`[${text(merged.hits)}]`)) {
    const value = distinctValue(memberValue(membersOf(hit), distinct.attribute))
    if (value === undefined) return null
    if (value === null || !seen.has(value)) kept.push(hit)
    else dropped++
    if (value !== null) seen.add(value)
  }
  const shown = kept.slice(offset, offset + limit)
  const hits = distinct.hide ? shown.map((hit) => withoutAttribute(hit, distinct)) : shown
  return { hits: utf8(hits.join(',')), kept: kept.length, dropped }
}

/** What a node tells values apart by; null without a value, undefined with several. */
function distinctValue(value: string | undefined): string | null | undefined {
  if (value === undefined || value === 'null') return null
  const first = value[0]
  if (first === '"') return `string ${normalizeFacet(String(JSON.parse(value)))}`
  if (first === '{') return null
  if (first !== '[')
    return value === 'true' || value === 'false' ? `string ${value}` : `number ${Number(value)}`
  const elements = elementsOf(value)
  return elements.length > 1 ? undefined : distinctValue(elements[0])
}

function withoutAttribute(hit: string, { attribute, hideFormatted }: DistinctMerge): string {
  const members = membersOf(hit).filter((member) => member.key !== attribute)
  if (!hideFormatted) return objectText(members)
  return objectText(
    members.map(({ key, value }) => {
      if (key !== '_formatted') return { key, value }
      return { key, value: objectText(membersOf(value).filter((member) => member.key !== attribute)) }
    }),
  )
}
