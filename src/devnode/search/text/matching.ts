import type { Settings } from '../../settings/settings.ts'
import { isOrHolds } from '../filter/attributes.ts'
import type { Term, TextQuery } from './terms.ts'
import { FIELD_STEP, type TextIndex } from './text-index.ts'

/**
 * What relevancy rules look at in one document; depends on the query, the settings and that document alone.
 */
export interface Relevancy {
  readonly matchingWords: number
  readonly maxMatchingWords: number
  readonly typoCount: number
  readonly maxTypoCount: number
  readonly proximityCost: number
  readonly proximityMax: number
  readonly attributeCost: number
  readonly attributeMax: number
  readonly positionCost: number
  readonly positionMax: number
  /** 3 the attribute is the query, 2 it starts with it, 1 neither. */
  readonly exactAttribute: number
  readonly exactWords: number
  readonly exactWordsMax: number
}

/** One occurrence of a term: field × 65 536 + position, with its quality. */
interface Occurrence {
  readonly place: number
  readonly typos: number
  readonly exact: boolean
}

const NONE: Occurrence[] = []

export interface MatchOptions {
  readonly strategy: 'last' | 'all'
  /** Null = all searchable attributes. */
  readonly attributes: readonly string[] | null
}

/** Upper ends of the ranges of positions that cost the same. */
const POSITION_STEPS = [0, 1, 4, 7, 11, 16, 24, 64, 256, 1024]

function positionCost(position: number): number {
  const cost = POSITION_STEPS.findIndex((end) => position <= end)
  return cost === -1 ? POSITION_STEPS.length : cost
}

export class Matcher {
  readonly #query: TextQuery
  readonly #index: TextIndex
  readonly #settings: Settings
  readonly #options: MatchOptions
  /** Weight of each field number: lower is better; -1 = not searched. */
  readonly #weights: readonly number[]
  readonly #typoFree: ReadonlySet<number>
  readonly #found = new Map<Term, ReadonlyMap<number, Occurrence[]>>()

  constructor(query: TextQuery, index: TextIndex, settings: Settings, options: MatchOptions) {
    this.#query = query
    this.#index = index
    this.#settings = settings
    this.#options = options
    this.#weights = index.fields.map((field) => this.#weightOf(field))
    const free = settings.typoTolerance.disableOnAttributes
    this.#typoFree = new Set(
      index.fields.flatMap((field, number) => (free.some((name) => isOrHolds(name, field)) ? [number] : [])),
    )
  }

  #weightOf(field: string): number {
    const { attributes } = this.#options
    if (attributes !== null && !attributes.some((name) => name === '*' || isOrHolds(name, field))) return -1
    const { searchableAttributes } = this.#settings
    if (searchableAttributes.includes('*')) return 0
    return searchableAttributes.findIndex((name) => isOrHolds(name, field))
  }

  get #weightMax(): number {
    const { searchableAttributes } = this.#settings
    return searchableAttributes.includes('*') ? 0 : searchableAttributes.length
  }

  /** Documents that may match: every hit holds a mandatory term. */
  candidates(): Set<number> {
    const found = new Set<number>()
    const phrases = this.#query.terms.filter(({ phrase }) => phrase)
    const [first] = phrases.length > 0 ? phrases : this.#query.terms
    const derivations = [first, ...(first?.alternatives ?? [])].flatMap((term) => term?.derivations ?? [])
    for (const { postings } of derivations) for (const docid of postings.keys()) found.add(docid)
    return found
  }

  /** True when a document holds an unwanted word or phrase. */
  isExcluded(docid: number): boolean {
    return this.#query.negative.some((term) => this.#occurrences(term, docid).length > 0)
  }

  /** Relevancy of a document, null when it does not match. */
  relevancy(docid: number): Relevancy | null {
    const { terms } = this.#query
    const kept: { term: Term; occurrences: Occurrence[] }[] = []
    let dropped = false
    for (const term of terms) {
      if (dropped && !term.phrase) continue
      const occurrences = this.#occurrences(term, docid)
      if (occurrences.length > 0) kept.push({ term, occurrences })
      else if (term.phrase || this.#options.strategy === 'all') return null
      else dropped = true
    }
    if (kept.length === 0) return null
    return this.#score(docid, kept)
  }

  #occurrences(term: Term, docid: number): Occurrence[] {
    if (term.phrase) return this.#phraseOccurrences(term, docid)
    let found = this.#found.get(term)
    if (found === undefined) {
      found = this.#collect(term)
      this.#found.set(term, found)
    }
    const own = found.get(docid) ?? NONE
    if (term.alternatives.length === 0) return own
    const others = term.alternatives.flatMap((one) => this.#phraseOccurrences(one, docid))
    return [...own, ...others.map((one) => ({ ...one, exact: false }))]
  }

  /** All occurrences of a term by document: a short prefix stands for thousands of words. */
  #collect(term: Term): ReadonlyMap<number, Occurrence[]> {
    const found = new Map<number, Occurrence[]>()
    for (const { postings, typos, exact } of term.derivations) {
      for (const [docid, places] of postings) {
        for (const place of places) {
          const field = Math.floor(place / FIELD_STEP)
          if ((this.#weights[field] ?? -1) < 0) continue
          if (typos > 0 && this.#typoFree.has(field)) continue
          const occurrences = found.get(docid)
          if (occurrences === undefined) found.set(docid, [{ place, typos, exact }])
          else occurrences.push({ place, typos, exact })
        }
      }
    }
    return found
  }

  /** Places where the words of a phrase follow each other; stop words inside it may be anything. */
  #phraseOccurrences(term: Term, docid: number): Occurrence[] {
    const wanted = term.words.flatMap((word, offset) =>
      this.#index.isStopWord(word) ? [] : [{ word, offset }],
    )
    const [head, ...others] = wanted
    if (head === undefined) return []
    const found: Occurrence[] = []
    for (const place of this.#index.postings(head.word)?.get(docid) ?? []) {
      if ((this.#weights[Math.floor(place / FIELD_STEP)] ?? -1) < 0) continue
      const follows = others.every(({ word, offset }) =>
        this.#index
          .postings(word)
          ?.get(docid)
          ?.includes(place + offset - head.offset),
      )
      if (follows) found.push({ place, typos: 0, exact: true })
    }
    return found
  }

  #score(docid: number, kept: readonly { term: Term; occurrences: Occurrence[] }[]): Relevancy {
    let typoCount = 0
    let maxTypoCount = 0
    let attributeCost = 0
    let positions = 0
    let matchingWords = 0
    let exactWords = 0
    // Every rule sees only the best occurrences of the rules before it, so that buckets nest.
    const best = kept.map(({ term, occurrences }) => {
      matchingWords += term.words.length
      maxTypoCount += term.budget
      const typos = Math.min(...occurrences.map((one) => one.typos))
      typoCount += typos
      return occurrences.filter((one) => one.typos === typos)
    })
    const proximityCost = this.#proximity(best)
    for (const occurrences of best) {
      const weights = occurrences.map(({ place }) => this.#weights[Math.floor(place / FIELD_STEP)] ?? 0)
      const weight = Math.min(...weights)
      attributeCost += weight
      const inBest = occurrences.filter((_, index) => weights[index] === weight)
      positions += Math.min(...inBest.map(({ place }) => positionCost(place % FIELD_STEP)))
      if (occurrences.some(({ exact }) => exact)) exactWords++
    }
    const count = kept.length
    return {
      matchingWords,
      maxMatchingWords: this.#query.terms.reduce((sum, { words }) => sum + words.length, 0),
      typoCount,
      maxTypoCount,
      proximityCost,
      proximityMax: 1 + 3 * (count - 1),
      attributeCost,
      attributeMax: 1 + this.#weightMax * count,
      positionCost: positions,
      positionMax: 1 + 10 * count,
      exactAttribute: exactWords < count ? 1 : this.#exactAttribute(docid, kept, best),
      exactWords,
      exactWordsMax: count,
    }
  }

  #proximity(best: readonly Occurrence[][]): number {
    const byAttribute = this.#settings.proximityPrecision === 'byAttribute'
    let cost = 0
    for (let index = 1; index < best.length; index++) {
      let least = 3
      for (const left of best[index - 1] ?? []) {
        for (const right of best[index] ?? []) least = Math.min(least, distanceCost(left, right, byAttribute))
      }
      cost += least
    }
    return cost
  }

  /** Compares whole attributes with the matching part of the query, whose words are all there as they are. */
  #exactAttribute(
    docid: number,
    kept: readonly { readonly term: Term }[],
    best: readonly Occurrence[][],
  ): number {
    let result = 1
    for (const first of best[0] ?? []) {
      if (!first.exact || first.place % FIELD_STEP !== 0) continue
      let next = first.place
      const inRow = best.every((occurrences, index) => {
        const found = occurrences.some((one) => one.exact && one.place === next)
        next += kept[index]?.term.words.length ?? 1
        return found
      })
      if (!inRow) continue
      const field = Math.floor(first.place / FIELD_STEP)
      if (this.#index.fieldLength(docid, field) === next - first.place) return 3
      result = 2
    }
    return result
  }
}

function distanceCost(left: Occurrence, right: Occurrence, byAttribute: boolean): number {
  if (Math.floor(left.place / FIELD_STEP) !== Math.floor(right.place / FIELD_STEP)) return 3
  if (byAttribute) return 0
  const step = right.place - left.place
  // Words the other way round are one further apart.
  return Math.min(3, step > 0 ? step - 1 : Math.max(1, -step))
}
