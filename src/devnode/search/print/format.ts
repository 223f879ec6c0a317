import type { DevIndex } from '../../engine/dev-index.ts'
import type { StoredDocument } from '../../engine/documents.ts'
import { JsonScanner } from '../../json/scan.ts'
import type { SearchRequest } from '../request.ts'
import type { TextQuery } from '../text/terms.ts'
import type { Token, Tokenizer } from '../text/tokenizer.ts'
import { cropTokens, type Mark } from './crop.ts'
import { isListed } from './lists.ts'
import { bothReach, pickMembers, printMembers, reachOf } from './retrieve.ts'

/** Finds in texts what a query matched. */
class Marker {
  readonly #tokenizer: Tokenizer | null
  /** Characters of each matching word that are marked. */
  readonly #words = new Map<string, number>()
  readonly #phrases: readonly (readonly string[])[]

  constructor(tokenizer: Tokenizer | null, query: TextQuery | null) {
    this.#tokenizer = tokenizer
    const terms = query?.terms ?? []
    for (const term of terms) {
      if (term.phrase) continue
      for (const { word, covered } of term.derivations) {
        this.#words.set(word, Math.max(covered, this.#words.get(word) ?? 0))
      }
    }
    this.#phrases = terms
      .flatMap((term) => [term, ...term.alternatives])
      .flatMap((term) => (term.phrase ? [term.words] : []))
  }

  tokens(text: string): Token[] {
    return this.#tokenizer?.tokens(text) ?? []
  }

  marks(tokens: readonly Token[], text: string): Mark[] {
    const marks: Mark[] = []
    tokens.forEach((token, index) => {
      const phrase = this.#phrases.find((words) =>
        words.every((word, at) => tokens[index + at]?.word === word),
      )
      const last = phrase === undefined ? undefined : tokens[index + phrase.length - 1]
      if (last !== undefined) {
        marks.push({ start: token.start, end: last.end })
        return
      }
      const covered = this.#words.get(token.word)
      if (covered === undefined) return
      const whole = covered >= token.word.length
      const end = whole ? token.end : token.start + coveredLength(text.slice(token.start, token.end), covered)
      marks.push({ start: token.start, end })
    })
    return marks.filter(({ start }, index) => start >= (marks[index - 1]?.end ?? 0))
  }
}

/** Length of the beginning of a word that its first `covered` characters in search form came from. */
function coveredLength(word: string, covered: number): number {
  let seen = 0
  let length = 0
  for (const character of word) {
    const form = character.normalize('NFKD').replace(/\p{M}+/gu, '')
    if (seen >= covered && form !== '') break
    seen += form.length
    length += character.length
  }
  return length
}

type LeafVisit = (leaf: { text: string; attribute: string; places: readonly number[] }) => string

/** Rewrites every text and number under a value; `places` are the positions in the arrays around it. */
function mapLeaves(
  value: string,
  attribute: string,
  visit: LeafVisit,
  places: readonly number[] = [],
): string {
  const first = value.charAt(0)
  if (first === '{') {
    const members: string[] = []
    const scanner = new JsonScanner(value)
    scanner.eachMember((rawKey) => {
      const start = scanner.at
      scanner.skipValue()
      const inner = `${attribute}.${JSON.parse(rawKey)}`
      members.push(`${rawKey}:${mapLeaves(value.slice(start, scanner.at), inner, visit, places)}`)
    })
    return `{${members.join(',')}}`
  }
  if (first === '[') {
    const elements: string[] = []
    const scanner = new JsonScanner(value)
    scanner.eachElement(() => {
      scanner.peek()
      const start = scanner.at
      scanner.skipValue()
      const at = [...places, elements.length]
      elements.push(mapLeaves(value.slice(start, scanner.at), attribute, visit, at))
    })
    return `[${elements.join(',')}]`
  }
  if (value === 'null' || value === 'true' || value === 'false') return value
  return JSON.stringify(visit({ text: first === '"' ? JSON.parse(value) : value, attribute, places }))
}

interface CropWish {
  readonly attribute: string
  readonly length: number
}

function cropWishes(request: SearchRequest): CropWish[] {
  return (request.attributesToCrop ?? []).map((text) => {
    const match = /^(.*):(\d+)$/s.exec(text)
    return match === null
      ? { attribute: text, length: request.cropLength }
      : { attribute: match[1] ?? '', length: Number(match[2]) }
  })
}

/** The `_formatted` copy of a document: highlighted, cropped, all leaves as text. */
export function formatDocument(
  index: DevIndex,
  request: SearchRequest,
  query: TextQuery | null,
  document: StoredDocument,
): string {
  // Without words and crops nothing is to be found in the texts.
  const marker = new Marker(
    query === null && request.attributesToCrop === null ? null : index.tokenizer,
    query,
  )
  const crops = cropWishes(request)
  const highlights = request.attributesToHighlight ?? []
  const wanted = [...request.attributesToRetrieve, ...highlights, ...crops.map(({ attribute }) => attribute)]
  const displayed = index.settings.displayedAttributes
  const picked = pickMembers(document, (name) => bothReach(reachOf(displayed, name), reachOf(wanted, name)))
  const members = picked.map(([name, value]) => {
    const formatted = mapLeaves(value, name, ({ text, attribute }) => {
      const crop = crops.find((wish) => isListed([wish.attribute], attribute))
      const highlight = isListed(highlights, attribute)
      return crop === undefined && !highlight ? text : formatText(marker, request, { text, crop, highlight })
    })
    return [name, formatted] as const
  })
  return printMembers(members)
}

function formatText(
  marker: Marker,
  request: SearchRequest,
  wish: { readonly text: string; readonly crop: CropWish | undefined; readonly highlight: boolean },
): string {
  const { text, crop, highlight } = wish
  const tokens = marker.tokens(text)
  const marks = marker.marks(tokens, text)
  const window =
    crop === undefined || crop.length === 0
      ? { start: 0, end: text.length }
      : cropTokens(text, tokens, marks, crop.length)
  let result = window.start > 0 ? request.cropMarker : ''
  let at = window.start
  for (const mark of marks) {
    if (!highlight || mark.start < window.start || mark.end > window.end) continue
    result += text.slice(at, mark.start)
    result += request.highlightPreTag + text.slice(mark.start, mark.end) + request.highlightPostTag
    at = mark.end
  }
  result += text.slice(at, window.end)
  return window.end < text.length ? result + request.cropMarker : result
}

/** The `_matchesPosition` object: byte offsets of what matched, by attribute. */
export function matchPositions(
  index: DevIndex,
  request: SearchRequest,
  query: TextQuery | null,
  document: StoredDocument,
): string {
  if (query === null) return '{}'
  const marker = new Marker(index.tokenizer, query)
  const { displayedAttributes, searchableAttributes } = index.settings
  const searched = request.attributesToSearchOn ?? searchableAttributes
  const found = new Map<string, object[]>()
  document.names.forEach((name, at) => {
    if (name === '_vectors' || !isListed(displayedAttributes, name)) return
    mapLeaves(document.values[at] ?? 'null', name, ({ text, attribute, places }) => {
      if (!isListed(searchableAttributes, attribute) || !isListed(searched, attribute)) return text
      for (const { start, end } of marker.marks(marker.tokens(text), text)) {
        const before = Buffer.byteLength(text.slice(0, start))
        const length = Buffer.byteLength(text.slice(start, end))
        const entry = { start: before, length, ...(places.length > 0 ? { indices: places } : {}) }
        found.set(attribute, [...(found.get(attribute) ?? []), entry])
      }
      return text
    })
  })
  const names = [...found.keys()].sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(found.get(name))}`).join(',')}}`
}
