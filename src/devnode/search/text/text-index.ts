import type { StoredDocument } from '../../engine/documents.ts'
import type { Settings } from '../../settings/settings.ts'
import { isOrHolds } from '../filter/attributes.ts'
import { eachText } from './texts.ts'
import { HARD_GAP, type Tokenizer } from './tokenizer.ts'

/** Where a word stands in one document: field number × 65 536 + position. */
export type Places = number[]
export type Postings = Map<number, Places>

export const FIELD_STEP = 65536

/** Words of the searchable attributes of all documents. */
export class TextIndex {
  readonly tokenizer: Tokenizer
  readonly #settings: Settings
  readonly #postings = new Map<string, Postings>()
  /** Words by first character: typos hardly ever change it. */
  readonly #initials = new Map<string, Set<string>>()
  readonly #fieldNumbers = new Map<string, number>()
  /** For each document the number of words by field number. */
  readonly #lengths: (Map<number, number> | undefined)[] = []
  readonly #stopWords: ReadonlySet<string>

  constructor(settings: Settings, tokenizer: Tokenizer) {
    this.#settings = settings
    this.tokenizer = tokenizer
    this.#stopWords = new Set(settings.stopWords)
  }

  /** Attribute paths in the order of their numbers. */
  get fields(): string[] {
    return [...this.#fieldNumbers.keys()]
  }

  isStopWord(word: string): boolean {
    return this.#stopWords.has(word)
  }

  postings(word: string): Postings | undefined {
    return this.#postings.get(word)
  }

  words(): IterableIterator<string> {
    return this.#postings.keys()
  }

  wordsWithInitial(initial: string): Iterable<string> {
    return this.#initials.get(initial) ?? []
  }

  /** Number of words of a field in a document, stop words included. */
  fieldLength(docid: number, field: number): number {
    return this.#lengths[docid]?.get(field) ?? 0
  }

  changed(docid: number, before: StoredDocument | undefined, after: StoredDocument | undefined): void {
    if (before !== undefined) this.#remove(docid, before)
    this.#lengths[docid] = undefined
    if (after !== undefined) this.#add(docid, after)
  }

  #isSearchable(attribute: string): boolean {
    const { searchableAttributes } = this.#settings
    return searchableAttributes.some((name) => name === '*' || isOrHolds(name, attribute))
  }

  #fieldNumber(attribute: string): number {
    const found = this.#fieldNumbers.get(attribute)
    if (found !== undefined) return found
    const number = this.#fieldNumbers.size
    this.#fieldNumbers.set(attribute, number)
    return number
  }

  #eachToken(document: StoredDocument, visit: (word: string, field: number, position: number) => void): void {
    const next = new Map<number, number>()
    const canHold = (name: string): boolean =>
      this.#settings.searchableAttributes.some(
        (wanted) => wanted === '*' || isOrHolds(wanted, name) || wanted.startsWith(`${name}.`),
      )
    eachText(document, canHold, (attribute, text) => {
      if (!this.#isSearchable(attribute)) return
      const field = this.#fieldNumber(attribute)
      const tokens = this.tokenizer.tokens(text, next.get(field) ?? 0)
      for (const { word, position } of tokens) if (position < FIELD_STEP) visit(word, field, position)
      const last = tokens.at(-1)
      if (last !== undefined) next.set(field, last.position + HARD_GAP)
    })
  }

  #add(docid: number, document: StoredDocument): void {
    const lengths = new Map<number, number>()
    this.#eachToken(document, (word, field, position) => {
      lengths.set(field, (lengths.get(field) ?? 0) + 1)
      if (this.#stopWords.has(word)) return
      let postings = this.#postings.get(word)
      if (postings === undefined) {
        postings = new Map()
        this.#postings.set(word, postings)
        this.#noteInitial(word)
      }
      const places = postings.get(docid)
      if (places === undefined) postings.set(docid, [field * FIELD_STEP + position])
      else places.push(field * FIELD_STEP + position)
    })
    this.#lengths[docid] = lengths
  }

  #remove(docid: number, document: StoredDocument): void {
    this.#eachToken(document, (word) => {
      const postings = this.#postings.get(word)
      if (postings === undefined) return
      postings.delete(docid)
      if (postings.size > 0) return
      this.#postings.delete(word)
      this.#initials.get(word.charAt(0))?.delete(word)
    })
  }

  #noteInitial(word: string): void {
    const initial = word.charAt(0)
    const words = this.#initials.get(initial)
    if (words === undefined) this.#initials.set(initial, new Set([word]))
    else words.add(word)
  }
}
