import type { KernelFault, MergeRequest } from '../../../src/kernel/kernel.ts'
import { JsonFault, JsonReader, type Member, type Node } from './json-oracle.ts'

export interface MergedPage {
  readonly hits: string
  readonly count: number
  readonly received: readonly number[]
  readonly consumed: readonly number[]
  readonly origins: readonly number[]
  readonly envelopes: readonly string[]
}

/** One place in a comparison: numbers before texts before nothing, whatever the direction. */
type Part =
  | { readonly kind: 'number'; readonly value: number; readonly down: boolean }
  | { readonly kind: 'distance'; value: number; readonly down: boolean }
  | { readonly kind: 'text'; readonly value: Buffer; readonly down: boolean }
  | { readonly kind: 'null' | 'skipped' }

interface Hit {
  readonly list: number
  readonly text: string
  readonly parts: Part[]
}

class Unreadable extends Error {}

/** The slow twin of `Kernel.merge`. */
export function mergeOracle(request: MergeRequest): MergedPage | KernelFault {
  const lists: Hit[][] = []
  const envelopes: string[] = []
  for (const [input, answer] of request.answers.entries()) {
    try {
      const { hits, envelope } = readAnswer(answer, request, input)
      lists.push(hits)
      envelopes.push(envelope)
    } catch (error) {
      if (error instanceof Unreadable) return { fault: 'unreadable-details', offset: -1, input }
      if (error instanceof JsonFault) return { fault: error.fault, offset: error.offset, input }
      throw error
    }
  }
  joinDistances(lists)
  const merged = mergeSorted(lists, comparePart)
  const first = merged.slice(0, request.offset + request.limit)
  const page = first.slice(request.offset)
  return {
    hits: page.map((hit) => hit.text).join(','),
    count: page.length,
    received: lists.map((list) => list.length),
    consumed: lists.map((_, list) => first.filter((hit) => hit.list === list).length),
    origins: request.origins === true ? page.map((hit) => hit.list) : [],
    envelopes,
  }
}

function readAnswer(
  bytes: Uint8Array,
  request: MergeRequest,
  list: number,
): { hits: Hit[]; envelope: string } {
  const reader = new JsonReader(bytes)
  reader.space()
  if (reader.peek() !== '{') reader.wrong()
  const answer = reader.value(-1000)
  reader.space()
  if (reader.peek() !== '') reader.wrong()
  const found = answer.members.find((member) => member.written === request.member)
  if (found === undefined) throw new JsonFault('not-documents', 0)
  if (found.value.kind !== 'array') throw new JsonFault('not-documents', found.value.start)
  const hits = found.value.elements.map((element) => {
    if (element.kind !== 'object') throw new JsonFault('not-documents', element.start)
    const text = cutHit(element, bytes, request)
    const parts = request.answers.length > 1 ? partsOf(element, bytes, request) : []
    return { list, text, parts }
  })
  const whole = textOf(bytes, 0, bytes.length)
  const envelope = without(answer, bytes, {
    isCut: (member) => member === found,
    show: (node) => textOfNode(bytes, node),
  })
  return {
    hits,
    envelope: whole.slice(0, lengthBefore(whole, '{')) + envelope + textOf(bytes, answer.end, bytes.length),
  }
}

function lengthBefore(text: string, mark: string): number {
  return text.indexOf(mark)
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.slice(start, end)).toString()
}

function textOfNode(bytes: Uint8Array, node: Node): string {
  return textOf(bytes, node.start, node.end)
}

interface Cut {
  isCut(member: Member): boolean
  show(value: Node, name: string): string
}

/**
 * An object without some members. What stands before a run of cut members goes to the next one that stays.
 */
function without(object: Node, bytes: Uint8Array, cut: Cut): string {
  let out = '{'
  let gap: string | null = null
  let end = object.start + 1
  let kept = 0
  for (const member of object.members) {
    gap ??= textOf(bytes, end, member.start)
    end = member.value.end
    if (cut.isCut(member)) continue
    out += gap + textOf(bytes, member.start, member.value.start) + cut.show(member.value, member.written)
    gap = null
    kept++
  }
  if (kept === 0 && gap !== null) out += gap
  return out + textOf(bytes, end, object.end)
}

/** Nodes print names without needless escapes, and nobody else can have written one of ours. */
const isOurs = (member: Member): boolean => member.written.startsWith('_miroir_')

function cutHit(hit: Node, bytes: Uint8Array, request: MergeRequest): string {
  const isSearch = request.order === 'details'
  const last = hit.members.at(-1)
  return without(hit, bytes, {
    isCut: (member) =>
      isOurs(member) ||
      (isSearch && !request.keepDetails && member === last && member.written === '_rankingScoreDetails'),
    show: (value, name) => {
      const isDetails = name === '_rankingScoreDetails' && value === last?.value
      if (
        !isSearch ||
        value.kind !== 'object' ||
        !(name === '_formatted' || name === '_matchesPosition' || isDetails)
      )
        return textOfNode(bytes, value)
      return without(value, bytes, {
        isCut: (member) => isOurs(member),
        show: (inner) => textOfNode(bytes, inner),
      })
    },
  })
}

type Rule = Record<string, unknown> & { readonly order: number }

function partsOf(hit: Node, bytes: Uint8Array, request: MergeRequest): Part[] {
  const seq = hit.members.filter((member) => member.written === '_miroir_seq').at(-1)
  const own = seq === undefined ? null : (JSON.parse(textOfNode(bytes, seq.value)) as string)
  if (request.order === 'seq') {
    if (own === null) throw new Unreadable()
    return [textPart(own, false)]
  }
  const last = hit.members.at(-1)
  if (last === undefined || last.written !== '_rankingScoreDetails') throw new Unreadable()
  const details = JSON.parse(textOfNode(bytes, last.value)) as Record<string, Rule>
  const rules = Object.entries(details).sort(([, left], [, right]) => left.order - right.order)
  const parts = rules.flatMap(([name, rule]) => partsOfRule(name, rule))
  return own !== null && !('_miroir_seq:asc' in details) ? [...parts, textPart(own, false)] : parts
}

const textPart = (value: string, down: boolean): Part => ({ kind: 'text', value: Buffer.from(value), down })
const larger = (value: unknown): Part => ({ kind: 'number', value: Number(value), down: true })
const smaller = (value: unknown): Part => ({ kind: 'number', value: Number(value), down: false })

function partsOfRule(name: string, rule: Rule): Part[] {
  const direction = /:(asc|desc)$/.exec(name)?.[1]
  if (direction !== undefined) return [sortPart(name, rule, direction === 'desc')]
  switch (name) {
    case 'words':
      return [larger(rule['matchingWords'])]
    case 'typo':
      return [smaller(rule['typoCount'])]
    case 'proximity':
    case 'attributeRank':
    case 'wordPosition':
      return [larger(rule['score'])]
    case 'attribute':
      return [larger(rule['attributeRankingOrderScore']), larger(rule['queryWordDistanceScore'])]
    case 'exactness':
      return [
        smaller(['exactMatch', 'matchesStart', 'noExactMatch'].indexOf(String(rule['matchType']))),
        larger(rule['matchingWords'] ?? 0),
      ]
    case 'vectorSort':
      return [rule['similarity'] === null ? { kind: 'null' } : larger(rule['similarity'])]
    case 'skipped':
      return [{ kind: 'skipped' }]
    default:
      throw new Unreadable()
  }
}

function sortPart(name: string, rule: Rule, down: boolean): Part {
  if (name.startsWith('_geoPoint(')) {
    const distance = rule['distance']
    return typeof distance === 'number' ? { kind: 'distance', value: distance, down } : { kind: 'null' }
  }
  const { value } = rule
  if (value === null) return { kind: 'null' }
  if (typeof value === 'number') return { kind: 'number', value, down }
  if (typeof value === 'string') return textPart(value, down)
  throw new Unreadable()
}

const CLASSES = ['number', 'distance', 'text', 'null', 'skipped']

function comparePart(left: readonly Part[], right: readonly Part[]): number {
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const a = left[index]!
    const b = right[index]!
    const classes = CLASSES.indexOf(a.kind) - CLASSES.indexOf(b.kind)
    if (classes !== 0) return classes
    let order = 0
    if ('value' in a && 'value' in b) {
      if (a.kind === 'text' && b.kind === 'text') order = Buffer.compare(a.value, b.value)
      else order = Number(a.value) - Number(b.value)
      if (a.down) order = -order
    }
    if (order !== 0) return order
  }
  return right.length - left.length
}

function mergeSorted(
  lists: readonly Hit[][],
  compare: (left: readonly Part[], right: readonly Part[]) => number,
): Hit[] {
  const rest = lists.map((list) => [...list])
  const merged: Hit[] = []
  for (;;) {
    const open = rest.filter((list) => list.length > 0)
    if (open.length === 0) return merged
    const best = open.reduce((left, right) => (compare(right[0]!.parts, left[0]!.parts) < 0 ? right : left))
    merged.push(best.shift()!)
  }
}

/** Places within a metre of the first of a group share its distance, rule by rule from the left. */
function joinDistances(lists: readonly Hit[][]): void {
  const longest = Math.max(0, ...lists.flat().map((hit) => hit.parts.length))
  for (let index = 0; index < longest; index++) {
    const start = (parts: readonly Part[]): Part[] => parts.slice(0, index + 1)
    let head: Hit | null = null
    for (const hit of mergeSorted(lists, (left, right) => comparePart(start(left), start(right)))) {
      const part = hit.parts[index]
      const headPart = head?.parts[index]
      if (part?.kind !== 'distance') {
        head = null
      } else if (
        head !== null &&
        headPart?.kind === 'distance' &&
        ahead(part, headPart) >= 0 &&
        ahead(part, headPart) <= 1 &&
        comparePart(head.parts.slice(0, index), hit.parts.slice(0, index)) === 0
      ) {
        part.value = headPart.value
      } else {
        head = hit
      }
    }
  }
}

/** Metres by which a place comes after the head of a group. */
function ahead(part: { value: number; down: boolean }, head: { value: number }): number {
  return part.down ? head.value - part.value : part.value - head.value
}
