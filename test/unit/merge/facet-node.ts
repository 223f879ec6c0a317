import { normalizeFacet } from '../../../src/merge/facet-values.ts'
import { type FacetAnswer, mergeFacets } from '../../../src/merge/facets.ts'
import { Inquiry } from '../../../src/merge/inquiry.ts'
import { compareUtf8 } from '../../../src/merge/utf8-order.ts'
import type { Ask, FacetOrder, Question } from '../../../src/model/plan.ts'
import { utf8 } from '../../../src/std/bytes.ts'

/* Nodes that know nothing but the values of one facet `f`, and count them the slow and obvious way. */

export interface Document {
  /** Written in this order. */
  readonly seq: string
  readonly values: readonly (string | number)[]
}

const keyOf = (value: string | number): string =>
  typeof value === 'number' ? `number ${value}` : `string ${normalizeFacet(value)}`

interface Group {
  readonly value: string | number
  readonly display: string
  count: number
}

/** Every value with its count, as a node without any limit lists them. */
function groupsOf(documents: readonly Document[], byCount: boolean): Group[] {
  const groups = new Map<string, Group>()
  for (const { values } of [...documents].sort((one, other) => compareUtf8(one.seq, other.seq))) {
    for (const value of new Map(values.map((each) => [keyOf(each), each])).values()) {
      const group = groups.get(keyOf(value)) ?? { value, display: String(value), count: 0 }
      group.count++
      groups.set(keyOf(value), group)
    }
  }
  const text = ({ value }: Group): string =>
    typeof value === 'number' ? String(value) : normalizeFacet(value)
  const sorted = [...groups.values()].sort((one, other) => compareUtf8(text(one), text(other)))
  if (byCount) sorted.reverse().sort((one, other) => other.count - one.count)
  const isNumber = ({ value }: Group): boolean => typeof value === 'number'
  return [...sorted.filter(isNumber), ...sorted.filter((group) => !isNumber(group))]
}

function listText(documents: readonly Document[], { sortBy, fullAt }: FacetOrder, most = fullAt): string {
  const groups = groupsOf(documents, sortBy['*'] === 'count').slice(0, most)
  return `{${groups.map(({ display, count }) => `${JSON.stringify(display)}:${count}`).join(',')}}`
}

function statsText(documents: readonly Document[]): string {
  const numbers = documents.flatMap(({ values }) => values.filter((value) => typeof value === 'number'))
  return numbers.length === 0 ? '{}' : `{"f":{"min":${Math.min(...numbers)},"max":${Math.max(...numbers)}}}`
}

/** What one node says: `mine` are all of its documents. */
function facetAnswer(mine: readonly Document[], order: FacetOrder, ask: Ask | null): FacetAnswer {
  const documents = mine.filter((document) =>
    (ask?.filters ?? []).every((filter) => passes(document, filter)),
  )
  const seqs = [...documents]
    .map(({ seq }) => `${JSON.stringify(seq)}:1`)
    .sort()
    .slice(0, order.fullAt)
  const own = ask?.members['facets']?.includes('_miroir_seq') === true ? `,"_miroir_seq":{${seqs}}` : ''
  return { distribution: `{"f":${listText(documents, order)}${own}}`, stats: statsText(documents) }
}

function passes({ values }: Document, filter: string): boolean {
  const expression = JSON.parse(filter) as string
  const most = /^"f" <= (.*)$/.exec(expression)?.[1]
  if (most !== undefined) return values.some((value) => typeof value === 'number' && value <= Number(most))
  const wanted = JSON.parse(expression.replace(/^"f" IN /, '')) as string[]
  return values.some((value) => wanted.some((text) => normalizeFacet(text) === normalizeFacet(String(value))))
}

/** The facet merged over nodes that answer every further question. */
export function mergedOver(nodes: readonly (readonly Document[])[], order: FacetOrder) {
  const learned = new Map<string, readonly Uint8Array[] | null>()
  const candidates = nodes.flat().length
  const fold = { order, candidates, whole: false, over: { filters: [], members: {} } }
  for (let rounds = 0; ; rounds++) {
    const inquiry = new Inquiry(learned)
    const first = nodes.map((mine) => facetAnswer(mine, order, null))
    const merged = mergeFacets(first, fold, inquiry)
    if (inquiry.open.length === 0) return { ...merged, rounds }
    if (rounds > 5) throw new Error('asks for ever')
    for (const question of inquiry.open) learned.set(question.name, repliesTo(nodes, order, question))
  }
}

function repliesTo(
  nodes: readonly (readonly Document[])[],
  order: FacetOrder,
  { ask }: Question,
): Uint8Array[] {
  return nodes.map((mine) => {
    const { distribution, stats } = facetAnswer(mine, order, ask)
    return utf8(`{"hits":[],"facetDistribution":${distribution},"facetStats":${stats}}`)
  })
}

/** The slow twin: one node with all documents and the client's own limit. */
export function listedByOne(documents: readonly Document[], order: FacetOrder): string {
  return `{"f":${listText(documents, order, order.valuesMax)}}`
}
