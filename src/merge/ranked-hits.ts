import { elementsOf, type JsonMember, membersOf, memberValue } from '../std/json-members.ts'
import { compareUtf8 } from './utf8-order.ts'

/*
 * Hits of a hybrid search as a node compares them: by weighted scores and by what sorts them, place by place.
 */

/** One place in a comparison. */
export type ScoreValue =
  | { readonly kind: 'score'; readonly value: number }
  | { readonly kind: 'sort'; readonly value: unknown; readonly ascending: boolean }

export interface RankedHit {
  /** All members, texts untouched. */
  readonly members: readonly JsonMember[]
  /** Found by its vector. */
  readonly near: boolean
  readonly score: number
  readonly values: readonly ScoreValue[]
  /** A sort rule stood between rules of relevance: the parts of the score on either side are not known. */
  readonly split: boolean
}

/** Shares of the two kinds of hits, in the 32 bits a node has for them. */
export interface Weights {
  readonly near: number
  readonly words: number
}

export function weightsOf(ratio: number): Weights {
  const near = Math.fround(ratio)
  return { near, words: Math.fround(1 - near) }
}

/** Hits of a complete answer, whose scores and their details were asked for. Throws what is none. */
export function readRanked(hits: string, weights: Weights): RankedHit[] {
  return elementsOf(hits).map((text) => rankedHit(membersOf(text), weights))
}

function rankedHit(members: readonly JsonMember[], weights: Weights): RankedHit {
  const score = Number(memberValue(members, '_rankingScore'))
  const details = detailsOf(memberValue(members, '_rankingScoreDetails') ?? '{}')
  const near = details.some(([name]) => name === 'vectorSort')
  const values: ScoreValue[] = []
  let parts = 0
  let inside = false
  for (const [name, detail] of details) {
    const direction = /:(asc|desc)$/.exec(name)?.[1]
    if (direction !== undefined) {
      const value = name.startsWith('_geoPoint(') ? detail['distance'] : detail['value']
      values.push({ kind: 'sort', value, ascending: direction === 'asc' })
      inside = false
    } else if (!inside) {
      values.push({ kind: 'score', value: score * (near ? weights.near : weights.words) })
      inside = true
      parts++
    }
  }
  return { members, near, score, values, split: parts > 1 }
}

type Detail = Readonly<Record<string, unknown>>

function detailsOf(text: string): (readonly [name: string, detail: Detail])[] {
  const details = JSON.parse(text) as Readonly<Record<string, Detail>>
  return Object.entries(details).sort(([, one], [, other]) => Number(one['order']) - Number(other['order']))
}

/** Negative when the left one comes first, 0 where a node sees no difference. */
export function compareRanked(left: RankedHit, right: RankedHit): number {
  for (let at = 0; ; at++) {
    const [one, other] = [left.values[at], right.values[at]]
    if (one === undefined || other === undefined)
      return Number(one === undefined) - Number(other === undefined)
    if (one.kind === 'score' && other.kind === 'score') {
      if (Math.abs(one.value - other.value) > Number.EPSILON) return other.value - one.value
    } else if (one.kind === 'score') return one.value === 0 ? 1 : -1
    else if (other.kind === 'score') return other.value === 0 ? -1 : 1
    else {
      const order = compareSorts(one.value, other.value, one.ascending)
      if (order !== 0) return order
    }
  }
}

/** Numbers, then strings, then nothing, whatever the direction. */
function compareSorts(one: unknown, other: unknown, ascending: boolean): number {
  const kinds = sortKind(one) - sortKind(other)
  if (kinds !== 0) return kinds
  const order =
    typeof one === 'number'
      ? one - Number(other)
      : typeof one === 'string'
        ? compareUtf8(one, String(other))
        : 0
  return ascending ? order : -order
}

function sortKind(value: unknown): number {
  return typeof value === 'number' ? 0 : typeof value === 'string' ? 1 : 2
}
