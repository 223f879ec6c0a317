import type { Settings } from '../../settings/settings.ts'

/** A word of a text: its search form, its place among the words, and its extent in the text. */
export interface Token {
  readonly word: string
  readonly position: number
  readonly start: number
  readonly end: number
}

/** What a full stop or a bracket between two words adds to their distance. */
export const HARD_GAP = 8
const HARD = /[.,;:!?|…]\s|[()[\]{}"\n]|\s[-–—]\s/
const ASCII = /^[\x20-\x7e]*$/
const SINGLE = '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}]'

const escapePattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')

/** The form under which words are equal: no case, no marks, no width. */
export function searchForm(word: string): string {
  if (ASCII.test(word)) return word.toLowerCase()
  return word
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
}

/** Splits texts into words as the settings of an index say. Separators make no words. */
export class Tokenizer {
  readonly #pattern: RegExp

  constructor(settings: Settings) {
    const word = ['[\\p{L}\\p{N}\\p{M}]', ...settings.nonSeparatorTokens.map(escapePattern)].join('|')
    const { separatorTokens } = settings
    const stop = separatorTokens.length === 0 ? '' : `(?!${separatorTokens.map(escapePattern).join('|')})`
    const dictionary = settings.dictionary.map(escapePattern)
    this.#pattern = new RegExp(
      [...dictionary, SINGLE, `(?:${stop}(?!${SINGLE})(?:${word}))+`].join('|'),
      'gu',
    )
  }

  tokens(text: string, firstPosition = 0): Token[] {
    const tokens: Token[] = []
    let position = firstPosition
    let end = 0
    for (const match of text.matchAll(this.#pattern)) {
      const [found] = match
      if (tokens.length > 0) position += HARD.test(text.slice(end, match.index)) ? HARD_GAP : 1
      end = match.index + found.length
      tokens.push({ word: searchForm(found), position, start: match.index, end })
    }
    return tokens
  }
}
