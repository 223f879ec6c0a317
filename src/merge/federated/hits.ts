import { elementsOf, type JsonMember, membersOf, memberValue, objectText } from '../../std/json-members.ts'
import { numberText } from '../../std/json-quote.ts'
import { normalizeFacet } from '../facet-values.ts'
import { compareUtf8 } from '../utf8-order.ts'

/** The first hits of one search, complete and in order, with details and scores. */
export interface FederatedList {
  readonly uid: string
  readonly weight: number
  /** Hits that the index shows at most, over all its searches. */
  readonly hitsMax: number
  /** JSON text of the array of hits. */
  readonly hits: string
  readonly primaryKey: string | null
  readonly keepScore: boolean
  readonly keepDetails: boolean
  /** Attributes that only the merge needs. */
  readonly hidden: readonly string[]
  /** Those of them that `_formatted` must not show either. */
  readonly hiddenFormatted: readonly string[]
}

export interface FederatedWindow {
  readonly offset: number
  readonly limit: number
  readonly distinct: string | null
}

export interface FederatedHits {
  /** Texts of the hits of the page. */
  readonly hits: readonly string[]
  /** Hits left out because an earlier one has their value. */
  readonly dropped: number
}

/** What a hit is compared by with hits of other searches. */
type ScoreValue =
  | { readonly kind: 'score'; readonly value: number }
  | { readonly kind: 'sort'; readonly ascending: boolean; readonly value: number | string | null }

interface FederatedHit {
  readonly members: readonly JsonMember[]
  readonly list: FederatedList
  readonly position: number
  readonly score: number
  readonly values: readonly ScoreValue[]
}

/** Members that nodes write behind `_federation`. */
const TRAILING = ['_formatted', '_matchesPosition', '_rankingScore', '_rankingScoreDetails']
const RELEVANCE = /^(?:words|typo|proximity|attribute|attributeRank|wordPosition|exactness|skipped)$/

/**
 * Puts the hits of several searches in one line: the best head of all lists comes next, a document only
 * once, a value of `distinct` only once. Each list must hold its first `offset + limit` hits.
 */
export function mergeFederated(lists: readonly FederatedList[], window: FederatedWindow): FederatedHits {
  const queues = lists.map((list, position) =>
    elementsOf(list.hits).map((text) => hitOf(text, list, position)),
  )
  const heads = queues.map(() => 0)
  const documents = new Set<string>()
  const values = new Set<string>()
  const kept: string[] = []
  const shown = new Map<string, number>()
  let dropped = 0
  while (kept.length < window.offset + window.limit) {
    const next = bestHead(queues, heads)
    if (next === null) break
    heads[next.position] = (heads[next.position] ?? 0) + 1
    const { uid, hitsMax } = next.list
    const document = documentOf(next)
    if (documents.has(document) || (shown.get(uid) ?? 0) >= hitsMax) continue
    documents.add(document)
    const own = window.distinct === null ? [] : distinctValues(memberValue(next.members, window.distinct))
    if (own.some((value) => values.has(value))) {
      dropped++
      continue
    }
    for (const value of own) values.add(value)
    shown.set(uid, (shown.get(uid) ?? 0) + 1)
    kept.push(hitText(next))
  }
  return { hits: kept.slice(window.offset), dropped }
}

function bestHead(queues: readonly FederatedHit[][], heads: readonly number[]): FederatedHit | null {
  let best: FederatedHit | null = null
  for (const [position, queue] of queues.entries()) {
    const head = queue[heads[position] ?? 0]
    if (head !== undefined && (best === null || compareHits(head, best) < 0)) best = head
  }
  return best
}

function hitOf(text: string, list: FederatedList, position: number): FederatedHit {
  const members = membersOf(text)
  const score = Number(memberValue(members, '_rankingScore') ?? 1) * list.weight
  const details = memberValue(members, '_rankingScoreDetails') ?? '{}'
  return { members, list, position, score, values: valuesOf(details, score) }
}

/** Neighbouring rules of relevance are one number, the score; plans see to it that there is one such run. */
function valuesOf(details: string, score: number): ScoreValue[] {
  const values: ScoreValue[] = []
  const rules = membersOf(details).map(({ key, value }) => ({ key, members: membersOf(value) }))
  const order = (rule: (typeof rules)[number]): number => Number(memberValue(rule.members, 'order') ?? 0)
  for (const { key, members } of rules.sort((one, other) => order(one) - order(other))) {
    if (RELEVANCE.test(key)) {
      if (values.at(-1)?.kind !== 'score') values.push({ kind: 'score', value: score })
      continue
    }
    // Between searches a node puts the farther hit first, whatever the direction.
    const isGeo = key.startsWith('_geoPoint(')
    const value = memberValue(members, isGeo ? 'distance' : 'value') ?? 'null'
    values.push({
      kind: 'sort',
      ascending: !key.endsWith(':desc') && !isGeo,
      value: JSON.parse(value) as number | string | null,
    })
  }
  return values
}

/** Negative when `one` comes first. What one has beyond the other's last value speaks for it. */
function compareHits(one: FederatedHit, other: FederatedHit): number {
  for (let at = 0; ; at++) {
    const [left, right] = [one.values[at], other.values[at]]
    if (left === undefined || right === undefined) {
      if (left === right) return one.position - other.position
      return left === undefined ? 1 : -1
    }
    const order = compareValues(left, right)
    if (order !== 0) return order
  }
}

function compareValues(one: ScoreValue, other: ScoreValue): number {
  if (one.kind === 'score' || other.kind === 'score') {
    const [left, right] = [Number(one.value), Number(other.value)]
    return Math.abs(left - right) <= Number.EPSILON ? 0 : right - left
  }
  const [left, right] = [one.value, other.value]
  if (left === null || right === null) return Number(left === null) - Number(right === null)
  if (typeof left !== typeof right) return typeof left === 'number' ? -1 : 1
  const order =
    typeof left === 'number'
      ? left - Number(right)
      : compareUtf8(left, typeof right === 'string' ? right : '')
  return one.ascending ? order : -order
}

function documentOf({ members, list: { uid, primaryKey } }: FederatedHit): string {
  const [top = '', ...path] = (primaryKey ?? '').split('.')
  const whole = memberValue(members, primaryKey ?? '')
  const found = whole === undefined ? nested(memberValue(members, top), path) : JSON.parse(whole)
  return `${uid} ${String(found)}`
}

function nested(text: string | undefined, path: readonly string[]): unknown {
  let value: unknown = text === undefined ? undefined : JSON.parse(text)
  for (const name of path) value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[name]
  return value
}

/** What values are told apart by; none for an object or a document without one. */
function distinctValues(value: string | undefined): readonly string[] {
  if (value === undefined || value === 'null' || value.startsWith('{')) return []
  if (value.startsWith('[')) return elementsOf(value).flatMap(distinctValues)
  if (value.startsWith('"')) return [`string ${normalizeFacet(String(JSON.parse(value)))}`]
  return [value === 'true' || value === 'false' ? `string ${value}` : `number ${Number(value)}`]
}

/** The hit as clients see it: the document, where it comes from, then what was asked for besides. */
function hitText({ members, list, position, score }: FederatedHit): string {
  let end = members.length
  while (end > 0 && TRAILING.includes(members[end - 1]?.key ?? '')) end--
  const from = `{"indexUid":${JSON.stringify(list.uid)},"queriesPosition":${position},`
  const federation = `${from}"weightedRankingScore":${scoreText(score)}}`
  const trailing = members.slice(end).filter(({ key }) => {
    if (key === '_rankingScore') return list.keepScore
    return key !== '_rankingScoreDetails' || list.keepDetails
  })
  return objectText([
    ...without(members.slice(0, end), list.hidden),
    { key: '_federation', value: federation },
    ...trailing.map(({ key, value }) =>
      key === '_formatted' && list.hiddenFormatted.length > 0
        ? { key, value: objectText(without(membersOf(value), list.hiddenFormatted)) }
        : { key, value },
    ),
  ])
}

function without(members: readonly JsonMember[], names: readonly string[]): JsonMember[] {
  return members.filter(({ key }) => !names.includes(key))
}

/** As nodes print doubles: `1.0`, never `1`. */
function scoreText(score: number): string {
  return numberText(score.toExponential())
}
