import { OWN_FIELDS } from '../catalogue/own-attributes.ts'
import { type JsonMember, membersOf } from '../std/json-members.ts'

export interface FacetValue {
  /** What a node groups by: the text of a number, the normalised form of a string. */
  readonly key: string
  readonly isNumber: boolean
  /** Spelling shown; that of the first answer having it. */
  display: string
  /** Answers spell it in other ways, too. */
  ambiguous: boolean
  count: number
  /** Sum of `tail` over the cut lists that show it. */
  tail: number
}

export interface Facet {
  /** By kind and key. */
  readonly values: Map<string, FacetValue>
  /** Sum over lists that may have been cut: what a value that none of them shows may count at most. */
  tail: number
}

export interface Bounds {
  /** Number texts as the node printed them. */
  readonly min: string
  readonly max: string
}

/** Trimmed, decomposed for compatibility, lower case: what nodes compare strings by. */
export function normalizeFacet(value: string): string {
  return value.trim().normalize('NFKD').toLowerCase()
}

export function newFacet(): Facet {
  return { values: new Map(), tail: 0 }
}

/** Adds one node's list, which may have been cut from `fullAt` values on. */
export function addValues(
  facet: Facet,
  list: readonly JsonMember[],
  { range, fullAt }: { readonly range: Bounds | undefined; readonly fullAt: number },
): void {
  const listed: FacetValue[] = []
  const last = { number: 0, string: 0 }
  for (const { key: display, value: text } of list) {
    const isNumber = isNumberText(display, range)
    const kind = isNumber ? 'number' : 'string'
    const key = isNumber ? display : normalizeFacet(display)
    const identity = `${kind} ${key}`
    const fresh = { key, isNumber, display, ambiguous: false, count: 0, tail: 0 }
    const value = facet.values.get(identity) ?? fresh
    facet.values.set(identity, value)
    value.ambiguous ||= value.display !== display
    const count = Number(text)
    value.count += count
    last[kind] = count
    listed.push(value)
  }
  if (list.length < fullAt) return
  const tail = Math.max(last.number, last.string)
  facet.tail += tail
  for (const value of listed) value.tail += tail
}

/**
 * Answers print numbers and strings alike; only facets with numbers have stats, and numbers lie within
 * them.
 */
function isNumberText(display: string, range: Bounds | undefined): boolean {
  if (range === undefined || !/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(display)) return false
  const value = Number(display)
  return value >= Number(range.min) && value <= Number(range.max)
}

export function boundsOf(stats: string | undefined): Map<string, Bounds> {
  const found = new Map<string, Bounds>()
  if (stats === undefined) return found
  for (const { key: facet, value } of membersOf(stats)) {
    const range = new Map(membersOf(value).map((member) => [member.key, member.value]))
    const min = range.get('min')
    const max = range.get('max')
    if (min !== undefined && max !== undefined && !OWN_FIELDS.includes(facet)) found.set(facet, { min, max })
  }
  return found
}

export function widest(known: Bounds | undefined, range: Bounds): Bounds {
  if (known === undefined) return range
  return {
    min: Number(range.min) < Number(known.min) ? range.min : known.min,
    max: Number(range.max) > Number(known.max) ? range.max : known.max,
  }
}
