import { readFileSync } from 'node:fs'
import { brotliCompressSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import { type Random, randomInteger } from '../../../src/std/random.ts'
import type { Step } from './world.ts'

/* Random documents, writes and settings. Documents are texts, so that nothing is spelled anew on the way. */

export const INDEX = 'films'

const SAMPLE = new URL('../../../scripts/sample/films.json.gz', import.meta.url)
const FILMS: readonly string[] = gunzipSync(readFileSync(SAMPLE))
  .toString('utf8')
  .split('\n')
  .slice(1, -2)
  .map((line) => line.replace(/,$/, '').replace(/^\{"id":\d+,/, ''))

export const TAGS = ['a', 'B', 'b', 'Straße', 'strasse', '①', '1', 'Ünï', ' pad ', 'z z']
const AWKWARD = [
  '1.0',
  '1e3',
  '-0.0',
  '9007199254740993',
  '0.1',
  'null',
  '"twelve"',
  '[]',
  '{"x":[1,null]}',
  '18446744073709551615',
]

export class Dice {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  below(bound: number): number {
    return randomInteger(this.#random, bound)
  }

  chance(share: number): boolean {
    return this.#random.next() < share
  }

  pick<T>(from: readonly T[]): T {
    const found = from[this.below(from.length)]
    if (found === undefined) throw new Error('nothing to pick from')
    return found
  }

  some<T>(from: readonly T[], most: number): T[] {
    return Array.from({ length: this.below(most + 1) }, () => this.pick(from))
  }
}

/** What the generator knows of the index. */
export interface Known {
  /** Ids that were ever written since the index was empty. */
  readonly used: Set<number>
  /**
   * A document was replaced, or one was deleted and others came: ties are no longer in the order of
   * insertion.
   */
  shuffled: boolean
  deleted: boolean
  serial: number
}

export function newKnown(): Known {
  return { used: new Set(), shuffled: false, deleted: false, serial: 0 }
}

function documentText(dice: Dice, id: number, serial: number): string {
  const film = dice.pick(FILMS).slice(0, -1)
  const tags = JSON.stringify(dice.some(TAGS, 3))
  const geo = dice.chance(0.5)
    ? `,"_geo":{"lat":${(dice.below(1700) - 850) / 10},"lng":${(dice.below(3600) - 1800) / 10}}`
    : ''
  const info = `{"country":"${dice.pick(['US', 'FR', 'TW'])}","budget":${dice.below(90) / 8}}`
  const extra = `"tags":${tags},"odd":${dice.pick(AWKWARD)},"info":${info}${geo}`
  return `{"id":${id},"serial":${serial},"group":${dice.below(4)},${film},${extra}}`
}

function partText(dice: Dice, id: number, serial: number): string {
  const field = dice.pick([
    '"rating":7.50',
    '"title":"Harry Potter Returns"',
    '"tags":["new","b"]',
    '"extra":{"a":1}',
  ])
  return `{"id":${id},"serial":${serial},${field}}`
}

/** Some bodies come compressed. */
function packed(dice: Dice, step: Step & { readonly body: string }): Step {
  if (!dice.chance(0.3)) return step
  const [encoding, pack] = dice.pick([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
  ] as const)
  return { ...step, encoding, body: new Uint8Array(pack(step.body)) }
}

/** Documents in; mostly new ones, so that the order of insertion stays known for a while. */
export function additions(dice: Dice, known: Known, most: number): Step {
  const replacing = dice.chance(0.15) && known.used.size > 0
  const partial = replacing && dice.chance(0.5)
  const texts: string[] = []
  const chosen = new Set<number>()
  for (let count = 1 + dice.below(most); count > 0; count--) {
    const id = replacing ? dice.pick([...known.used]) : known.used.size + 1
    if (chosen.has(id)) continue
    chosen.add(id)
    known.used.add(id)
    known.serial++
    texts.push(partial ? partText(dice, id, known.serial) : documentText(dice, id, known.serial))
  }
  if (replacing || known.deleted) known.shuffled = true
  const path = `/indexes/${INDEX}/documents?primaryKey=id`
  const method = partial ? 'PUT' : 'POST'
  if (dice.chance(0.2)) {
    return packed(dice, { method, path, body: texts.join('\n'), type: 'application/x-ndjson' })
  }
  return packed(dice, { method, path, body: `[${texts.join(',')}]` })
}

export function deletion(dice: Dice, known: Known): Step {
  known.deleted = true
  const base = `/indexes/${INDEX}/documents`
  const ids = dice.some([...known.used, 999_999], 5)
  const kind = dice.below(8)
  if (kind < 3) return { method: 'DELETE', path: `${base}/${ids[0] ?? 7}` }
  if (kind < 6) {
    const mixed = ids.map((id) => (id % 2 === 0 ? id : String(id)))
    return { method: 'POST', path: `${base}/delete-batch`, body: JSON.stringify(mixed) }
  }
  const filter = dice.pick<unknown>([
    `serial < ${dice.below(known.serial + 1)} AND group = ${dice.below(4)}`,
    [`group = ${dice.below(4)}`, ['tags = b', 'rating > 7']],
    'tags = nothing',
    'title = x',
  ])
  return { method: 'POST', path: `${base}/delete`, body: JSON.stringify({ filter }) }
}

export function clearing(known: Known): Step {
  Object.assign(known, { shuffled: false, deleted: false })
  known.used.clear()
  return { method: 'DELETE', path: `/indexes/${INDEX}/documents` }
}

export const BASE_SETTINGS = {
  filterableAttributes: [
    'genre',
    'rating',
    'year',
    'tags',
    'group',
    'serial',
    'type',
    'minutes',
    '_geo',
    'odd',
    'info',
  ],
  sortableAttributes: ['rating', 'year', 'serial', 'title', '_geo', 'minutes', 'info.budget'],
}

const CHANGES: readonly Readonly<Record<string, unknown>>[] = [
  { searchableAttributes: ['title', 'director', 'genre'] },
  { searchableAttributes: ['*'] },
  { searchableAttributes: ['director', 'title'] },
  { displayedAttributes: ['*'] },
  { displayedAttributes: ['id', 'title', 'rating', 'serial', 'tags', 'year', '_geo', 'info', 'minutes'] },
  { displayedAttributes: ['id', 'title', 'genre'] },
  { displayedAttributes: ['id', 'overview', 'rating'] },
  { synonyms: { film: ['movie'], love: ['amour'] } },
  { stopWords: ['the', 'of'] },
  { stopWords: null },
  { typoTolerance: { disableOnAttributes: ['director'], minWordSizeForTypos: { oneTypo: 4 } } },
  { typoTolerance: { enabled: false } },
  { typoTolerance: null },
  { faceting: { maxValuesPerFacet: 3 } },
  { faceting: { maxValuesPerFacet: 5, sortFacetValuesBy: { '*': 'count' } } },
  { distinctAttribute: 'genre' },
  { distinctAttribute: 'tags' },
  { distinctAttribute: null },
  { faceting: { maxValuesPerFacet: 100, sortFacetValuesBy: { genre: 'count' } } },
  { pagination: { maxTotalHits: 25 } },
  { pagination: null },
  { rankingRules: ['words', 'typo', 'proximity', 'attribute', 'sort', 'exactness', 'rating:desc'] },
  { rankingRules: ['sort', 'words', 'exactness'] },
  { rankingRules: ['words', 'year:desc', 'sort', 'typo', 'rating:asc', 'exactness'] },
  { rankingRules: null },
  { dictionary: ['J. R. R.'], separatorTokens: ['|'] },
  { proximityPrecision: 'byAttribute' },
  { proximityPrecision: null, searchCutoffMs: 1500 },
  { prefixSearch: 'disabled' },
  { prefixSearch: null, facetSearch: true },
  { rankingRules: ['nothing'] },
  { nonsense: 1 },
  { sortableAttributes: 3 },
]

export function settingsChange(dice: Dice): Step {
  const change = dice.pick(CHANGES)
  const path = `/indexes/${INDEX}/settings`
  return { method: 'PATCH', path, body: JSON.stringify(change) }
}
