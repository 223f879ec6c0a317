import type { Settings } from '../../settings/settings.ts'
import type { Postings, TextIndex } from './text-index.ts'
import { searchForm } from './tokenizer.ts'

/** A word of the index that stands for a word of the query. */
export interface Derivation {
  readonly word: string
  readonly postings: Postings
  readonly typos: number
  /** The very word of the query, not a prefix or a misspelling. */
  readonly exact: boolean
  /** Characters of the word that the query covers; the whole word unless it is a prefix match. */
  readonly covered: number
}

/** One place in a query: a word, or the words of a phrase. */
export interface Term {
  readonly words: readonly string[]
  readonly phrase: boolean
  /** Typos the term may have. */
  readonly budget: number
  readonly derivations: readonly Derivation[]
  /** Synonyms, each as a phrase. */
  readonly alternatives: readonly Term[]
}

export interface TextQuery {
  readonly terms: readonly Term[]
  /** Words or phrases no hit may contain. */
  readonly negative: readonly Term[]
}

const WORDS_MAX = 10

/** Splits a query into words, phrases and unwanted ones, and finds the words of the index they stand for. */
export function readTextQuery(q: string, index: TextIndex, settings: Settings): TextQuery {
  const terms: Term[] = []
  const negative: Term[] = []
  let words = 0
  const pattern = /(-?)"([^"]*)"?|(\S+)/g
  const ends = q.trimEnd().length
  for (const match of q.matchAll(pattern)) {
    const [whole, minus, phrase, plain = ''] = match
    const last = match.index + whole.length >= ends && !/\s$/.test(q)
    const unwanted = phrase === undefined ? plain.startsWith('-') && plain.length > 1 : minus === '-'
    const tokens = index.tokenizer.tokens(phrase ?? plain).map(({ word }) => word)
    if (tokens.length === 0) continue
    if (unwanted) {
      negative.push(phraseTerm(tokens, index))
      continue
    }
    if (phrase !== undefined) {
      if (words + tokens.length > WORDS_MAX) continue
      words += tokens.length
      terms.push(phraseTerm(tokens, index))
      continue
    }
    tokens.forEach((word, at) => {
      const isLast = last && at === tokens.length - 1
      // What is being typed last may still become another word.
      if ((index.isStopWord(word) && !isLast) || words >= WORDS_MAX) return
      words++
      const prefix = isLast && settings.prefixSearch !== 'disabled'
      terms.push(wordTerm(word, prefix, index, settings))
    })
  }
  return { terms, negative }
}

function phraseTerm(words: readonly string[], index: TextIndex): Term {
  const derivations = words.flatMap((word) => {
    const postings = index.postings(word)
    return postings === undefined ? [] : [{ word, postings, typos: 0, exact: true, covered: word.length }]
  })
  return { words, phrase: true, budget: 0, derivations, alternatives: [] }
}

/** Typos a word of its length may have. */
export function typoBudget(word: string, { typoTolerance }: Settings): number {
  const { enabled, minWordSizeForTypos, disableOnWords, disableOnNumbers } = typoTolerance
  if (!enabled || disableOnWords.includes(word) || (disableOnNumbers && /^\p{N}+$/u.test(word))) return 0
  const length = [...word].length
  if (length >= minWordSizeForTypos.twoTypos) return 2
  return length >= minWordSizeForTypos.oneTypo ? 1 : 0
}

function wordTerm(word: string, prefix: boolean, index: TextIndex, settings: Settings): Term {
  const budget = typoBudget(word, settings)
  const derivations: Derivation[] = []
  const consider = (candidate: string): void => {
    const found = compareWords(word, candidate, prefix, budget)
    const postings = found === null ? undefined : index.postings(candidate)
    if (found === null || postings === undefined) return
    const covered = found.typos === 0 ? word.length : candidate.length
    derivations.push({ word: candidate, postings, typos: found.typos, exact: candidate === word, covered })
  }
  if (budget === 2) for (const candidate of index.words()) consider(candidate)
  else for (const candidate of index.wordsWithInitial(word.charAt(0))) consider(candidate)
  return {
    words: [word],
    phrase: false,
    budget,
    derivations,
    alternatives: synonymsOf(word, index, settings),
  }
}

function synonymsOf(word: string, index: TextIndex, { synonyms }: Settings): Term[] {
  const found = Object.entries(synonyms).filter(([key]) => searchForm(key) === word)
  return found.flatMap(([, others]) =>
    others.flatMap((other) => {
      const words = index.tokenizer.tokens(other).map((token) => token.word)
      return words.length === 0 ? [] : [phraseTerm(words, index)]
    }),
  )
}

/** How many typos lead from the query's word to a word of the index, null when too many. */
function compareWords(
  word: string,
  candidate: string,
  prefix: boolean,
  budget: number,
): { typos: number } | null {
  if (candidate === word || (prefix && candidate.startsWith(word))) return { typos: 0 }
  if (budget === 0) return null
  const longer = candidate.length - word.length
  if (longer < -budget || (!prefix && longer > budget)) return null
  if (candidate.charAt(0) !== word.charAt(0)) {
    // A wrong first letter costs both typos.
    const rest = candidate.slice(1)
    if (budget < 2) return null
    return rest === word.slice(1) || rest === word || candidate === word.slice(1) ? { typos: 2 } : null
  }
  const typos = editDistance(word, candidate, prefix, budget)
  return typos <= budget ? { typos } : null
}

/**
 * Edits (also swaps of neighbours) from `word` to `candidate`, or to its best prefix; gives up above `limit`.
 */
export function editDistance(word: string, candidate: string, prefix: boolean, limit: number): number {
  const width = Math.min(candidate.length, word.length + limit)
  let before: number[] = []
  let previous = Array.from({ length: width + 1 }, (_, column) => column)
  for (let row = 1; row <= word.length; row++) {
    const current = [row]
    let least = row
    for (let column = 1; column <= width; column++) {
      const same = word.charCodeAt(row - 1) === candidate.charCodeAt(column - 1)
      let cost = (previous[column - 1] ?? 0) + (same ? 0 : 1)
      cost = Math.min(cost, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1)
      const swapped =
        row > 1 &&
        column > 1 &&
        word.charCodeAt(row - 1) === candidate.charCodeAt(column - 2) &&
        word.charCodeAt(row - 2) === candidate.charCodeAt(column - 1)
      if (swapped) cost = Math.min(cost, (before[column - 2] ?? 0) + 1)
      current.push(cost)
      least = Math.min(least, cost)
    }
    if (least > limit) return limit + 1
    before = previous
    previous = current
  }
  return prefix ? Math.min(...previous) : (previous[candidate.length] ?? limit + 1)
}
