import type { Kernel, KernelFault, MergeRequest, MergeResult } from '../../../src/kernel/kernel.ts'
import { compareUtf8 } from '../../../src/merge/utf8-order.ts'
import { text, utf8 } from '../../../src/std/bytes.ts'
import {
  elementsOf,
  type JsonMember,
  membersOf,
  memberValue,
  objectText,
} from '../../../src/std/json-members.ts'

/* A slow and obvious stand-in for the kernel's merge, made of JSON texts; nothing else of it is there. */

interface Detail {
  readonly order: number
  readonly [name: string]: unknown
}

interface Hit {
  readonly members: readonly JsonMember[]
  readonly details: readonly (readonly [name: string, detail: Detail])[]
  readonly seq: string
  readonly answer: number
  readonly place: number
}

export function slowKernel(shardOf: Kernel['shardOf'] = (key, shards) => key.length % shards): Kernel {
  const missing = (): never => {
    throw new Error('not part of the stand-in')
  }
  return {
    split: missing,
    readCsv: missing,
    gather: missing,
    merge: slowMerge,
    shardOf,
    close: async () => {},
  }
}

function slowMerge(request: MergeRequest): MergeResult | KernelFault {
  const lists: Hit[][] = []
  const envelopes: Uint8Array[] = []
  for (const [answer, body] of request.answers.entries()) {
    try {
      JSON.parse(text(body))
      const members = membersOf(text(body))
      const list = memberValue(members, request.member)
      if (list?.[0] !== '[') throw new SyntaxError('no list')
      lists.push(elementsOf(list).map((hit, place) => readHit(hit, request, { answer, place })))
      envelopes.push(utf8(objectText(members.filter((member) => member.key !== request.member))))
    } catch {
      return { fault: 'syntax', offset: 0, input: answer }
    }
  }
  const all = lists.flat()
  if (lists.length > 1) all.sort(request.order === 'seq' ? bySeq : byDetails)
  const reached = all.slice(0, request.offset + request.limit)
  const shown = reached.slice(request.offset)
  return {
    hits: utf8(shown.map((hit) => shownHit(hit, request)).join(',')),
    count: shown.length,
    received: lists.map((list) => list.length),
    origins: request.origins === true ? shown.map((hit) => hit.answer) : [],
    consumed: lists.map((_, answer) => reached.filter((hit) => hit.answer === answer).length),
    envelopes,
  }
}

function readHit(hit: string, request: MergeRequest, at: { answer: number; place: number }): Hit {
  const members = membersOf(hit)
  const details = memberValue(members, '_rankingScoreDetails')
  const seq = memberValue(members, '_miroir_seq')
  const told = request.federation === undefined ? undefined : memberValue(members, '_federation')
  const values = sortedBy(told)
  const entries = Object.entries(JSON.parse(details ?? '{}') as Record<string, Detail>)
  entries.sort(([, one], [, other]) => one.order - other.order)
  const known = request.order === 'values' ? values : shownDetails(entries, values)
  return { members, details: known, seq: seq === undefined ? '' : JSON.parse(seq), ...at }
}

/** What `_federation` tells of sorts, in the form of details. */
function sortedBy(federation: string | undefined): (readonly [string, Detail])[] {
  type Told = { readonly asc: boolean; readonly value?: unknown; readonly distance?: unknown }
  type Element = { readonly sort?: Told; readonly geoSort?: Told }
  const { weightedScoreValues = [] } = JSON.parse(federation ?? '{}') as { weightedScoreValues?: Element[] }
  const sorts = weightedScoreValues.filter(({ sort, geoSort }) => (sort ?? geoSort) !== undefined)
  return sorts.map(({ sort, geoSort }, order) => {
    const direction = (sort ?? geoSort)?.asc === true ? 'asc' : 'desc'
    if (geoSort !== undefined) return [`_geoPoint():${direction}`, { order, distance: geoSort.distance }]
    return [`told:${direction}`, { order, value: sort?.value ?? null }]
  })
}

/** Details with their hidden values filled in: the nth sort is the nth value told. */
function shownDetails(entries: [string, Detail][], values: (readonly [string, Detail])[]): Hit['details'] {
  let next = 0
  return entries.map(([name, detail]) => {
    if (!/:(?:asc|desc)$|^<hidden-rule-/.test(name)) return [name, detail]
    const told = values[next++]
    return name.startsWith('<hidden-rule-') && told !== undefined ? told : [name, detail]
  })
}

const isOurs = (name: string): boolean => name === '_miroir_shard' || name === '_miroir_seq'

function shownHit(hit: Hit, { keepDetails, federation }: MergeRequest): string {
  const members = hit.members
    .filter((member) => !isOurs(member.key) && !(federation === 'cut' && member.key === '_federation'))
    .map((member) => {
      if (member.key === '_formatted' || member.key === '_matchesPosition')
        return {
          key: member.key,
          value: objectText(membersOf(member.value).filter(({ key }) => !isOurs(key))),
        }
      if (member.key === '_rankingScoreDetails')
        return {
          key: member.key,
          value: objectText(membersOf(member.value).filter(({ key }) => key !== '_miroir_seq:asc')),
        }
      return member
    })
  return objectText(members.filter((member) => keepDetails || member.key !== '_rankingScoreDetails'))
}

function bySeq(one: Hit, other: Hit): number {
  return compareUtf8(one.seq, other.seq)
}

function byDetails(one: Hit, other: Hit): number {
  for (let rule = 0; rule < Math.min(one.details.length, other.details.length); rule++) {
    const [name, left] = one.details[rule]!
    const [, right] = other.details[rule]!
    const order = compareDetail(name, left, right)
    if (order !== 0) return order
  }
  return one.answer - other.answer || one.place - other.place
}

const larger = (left: unknown, right: unknown): number => Number(right ?? 0) - Number(left ?? 0)
const MATCH_TYPES = ['exactMatch', 'matchesStart', 'noExactMatch']

function compareDetail(name: string, left: Detail, right: Detail): number {
  if (name === 'words') return larger(left['matchingWords'], right['matchingWords'])
  if (name === 'typo') return larger(right['typoCount'], left['typoCount'])
  if (name === 'attribute')
    return (
      larger(left['attributeRankingOrderScore'], right['attributeRankingOrderScore']) ||
      larger(left['queryWordDistanceScore'], right['queryWordDistanceScore'])
    )
  if (name === 'exactness')
    return (
      MATCH_TYPES.indexOf(String(left['matchType'])) - MATCH_TYPES.indexOf(String(right['matchType'])) ||
      larger(left['matchingWords'], right['matchingWords'])
    )
  if (name.startsWith('_geoPoint(')) return compareGeo(name, left['distance'], right['distance'])
  if ('value' in left) return compareSort(name, left['value'], right['value'])
  return larger(left['score'], right['score'])
}

function compareGeo(name: string, left: unknown, right: unknown): number {
  if (typeof left !== 'number' || typeof right !== 'number')
    return Number(typeof left !== 'number') - Number(typeof right !== 'number')
  if (Math.abs(left - right) <= 1) return 0
  return name.endsWith(':asc') ? left - right : right - left
}

function compareSort(name: string, left: unknown, right: unknown): number {
  const rank = (value: unknown): number => (typeof value === 'number' ? 0 : typeof value === 'string' ? 1 : 2)
  if (rank(left) !== rank(right)) return rank(left) - rank(right)
  const order =
    typeof left === 'number' && typeof right === 'number'
      ? left - right
      : typeof left === 'string' && typeof right === 'string'
        ? compareUtf8(left, right)
        : 0
  return name.endsWith(':desc') ? -order : order
}
