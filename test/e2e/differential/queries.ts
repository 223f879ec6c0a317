import type { Dice, Known } from './data.ts'
import { INDEX, TAGS } from './data.ts'
import type { Step } from './world.ts'

/* Random reads. */

const WORDS = [
  'the',
  'love',
  'star',
  'harry',
  'potter',
  'man',
  'dead',
  'night',
  'spielberg',
  'drama',
  'comedy',
  'war',
]
const SORTS = [
  'rating:desc',
  'rating:asc',
  'year:asc',
  'title:desc',
  'minutes:asc',
  'info.budget:desc',
  '_geoPoint(48.8, 2.3):asc',
]
/** Nodes order document lists by their own rule within a metre. */
const LIST_SORTS = [...SORTS, 'nothing:asc']
const FIELDS = ['id', 'title', 'rating', 'tags', 'info', 'info.country', 'nothing', '*']

/** Single-valued, multi-valued, nested and mixed. */
const DISTINCT = ['genre', 'group', 'tags', 'info.country', 'year', 'odd', 'serial']

function misspelled(dice: Dice, word: string): string {
  if (word.length < 4) return word
  const at = 1 + dice.below(word.length - 1)
  const kind = dice.below(4)
  if (kind === 0) return word.slice(0, at) + word.slice(at + 1)
  if (kind === 1) return `${word.slice(0, at)}x${word.slice(at)}`
  if (kind === 2) return word.slice(0, at)
  return word
}

function queryText(dice: Dice): string {
  const words = Array.from({ length: 1 + dice.below(3) }, () => misspelled(dice, dice.pick(WORDS)))
  if (dice.chance(0.15)) return `"${words.join(' ')}"`
  if (dice.chance(0.1)) return `${words[0]} -${dice.pick(WORDS)}`
  return words.join(' ')
}

function filter(dice: Dice): unknown {
  const simple = (): string =>
    dice.pick([
      `genre = ${dice.pick(['Drama', 'comedy', '"Thriller/Suspense"'])}`,
      `rating > ${dice.below(9)}`,
      `year ${1980 + dice.below(20)} TO ${2000 + dice.below(12)}`,
      `tags IN [${JSON.stringify(dice.pick(TAGS))}, b]`,
      `NOT tags = ${JSON.stringify(dice.pick(TAGS))}`,
      'minutes IS NULL',
      'type EXISTS',
      'tags IS NOT EMPTY',
      `_geoRadius(${dice.below(80)}, ${dice.below(170)}, ${1 + dice.below(4_000_000)})`,
      '_geoBoundingBox([70, 100], [-10, -20])',
      `group = ${dice.below(5)}`,
      'info.country = FR',
      `odd >= ${dice.below(3)}`,
      'title = unfilterable',
    ])
  const kind = dice.below(6)
  if (kind < 3) return simple()
  if (kind === 3) return `(${simple()} OR ${simple()}) AND ${simple()}`
  if (kind === 4) return [simple(), [simple(), simple()]]
  return [simple()]
}

/** One hit of each value, and only hits that score enough. */
function selective(dice: Dice, body: Record<string, unknown>): void {
  if (dice.chance(0.25)) body['distinct'] = dice.pick(DISTINCT)
  if (dice.chance(0.12)) body['rankingScoreThreshold'] = dice.below(11) / 10
}

function window(dice: Dice, body: Record<string, unknown>): void {
  const kind = dice.below(6)
  if (kind < 2) Object.assign(body, { limit: dice.below(30), offset: dice.below(12) })
  else if (kind === 2) Object.assign(body, { page: 1 + dice.below(4), hitsPerPage: dice.below(9) })
  else if (kind === 3) Object.assign(body, { limit: 500 })
  else if (kind === 4) Object.assign(body, { limit: dice.below(30), offset: dice.below(250) })
}

function shown(dice: Dice, body: Record<string, unknown>): void {
  if (dice.chance(0.25)) body['attributesToRetrieve'] = dice.some(FIELDS, 3)
  if (dice.chance(0.2)) body['attributesToHighlight'] = dice.pick([['*'], ['title'], ['title', 'tags']])
  if (dice.chance(0.15)) Object.assign(body, { attributesToCrop: ['title:3', 'director'], cropLength: 2 })
  if (dice.chance(0.1)) body['showMatchesPosition'] = true
  if (dice.chance(0.1)) body['showRankingScore'] = true
}

/** A search. Where ties are in no known order, a unique last sort decides them. */
export function searching(dice: Dice, known: Known): Step {
  const body = searchBody(dice, known)
  const path = `/indexes/${INDEX}/search`
  if (dice.chance(0.1) && !('filter' in body)) return asParameters(path, body)
  return { method: 'POST', path, body: JSON.stringify(body) }
}

/** Several searches in one request. */
export function multiSearching(dice: Dice, known: Known): Step {
  const queries = Array.from({ length: dice.below(4) }, () => ({
    indexUid: dice.chance(0.05) ? 'nope' : INDEX,
    ...searchBody(dice, known),
  }))
  return { method: 'POST', path: '/multi-search', body: JSON.stringify({ queries }) }
}

function searchBody(dice: Dice, known: Known): Record<string, unknown> {
  const body: Record<string, unknown> = {}
  if (dice.chance(0.55)) body['q'] = queryText(dice)
  if (dice.chance(0.4)) body['filter'] = filter(dice)
  const sort = dice.chance(0.35) ? dice.some(SORTS, 2) : []
  if (known.shuffled) sort.push('serial:asc')
  if (sort.length > 0) body['sort'] = sort
  if (dice.chance(0.3))
    body['facets'] = dice.pick([['*'], ['genre'], ['rating', 'tags'], ['year', 'genre', 'group'], ['title']])
  if (dice.chance(0.2)) body['matchingStrategy'] = dice.pick(['all', 'last'])
  selective(dice, body)
  window(dice, body)
  shown(dice, body)
  return body
}

/** Values of a facet, by name and by query. */
export function facetSearching(dice: Dice): Step {
  const body: Record<string, unknown> = {
    facetName: dice.pick([
      'genre',
      'tags',
      'type',
      'director',
      'info.country',
      'rating',
      'title',
      '_miroir_seq',
    ]),
  }
  if (dice.chance(0.7))
    body['facetQuery'] = dice.pick(['', 'd', 'dra', 'comdey', 'thriller/', 'B', 'ja', 's', 'é'])
  if (dice.chance(0.3)) body['q'] = queryText(dice)
  if (dice.chance(0.3)) body['filter'] = filter(dice)
  if (dice.chance(0.1)) body['matchingStrategy'] = dice.pick(['all', 'last', 'some'])
  if (dice.chance(0.1)) body['exhaustiveFacetCount'] = dice.pick([true, false, 1])
  if (dice.chance(0.1)) body['attributesToSearchOn'] = dice.pick([['title'], ['nothing'], 'title'])
  if (dice.chance(0.1)) body['limit'] = 'not looked at'
  return { method: 'POST', path: `/indexes/${INDEX}/facet-search`, body: JSON.stringify(body) }
}

function asParameters(path: string, body: Readonly<Record<string, unknown>>): Step {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(body)) {
    parameters.set(name, Array.isArray(value) ? value.join(',') : String(value))
  }
  return { method: 'GET', path: `${path}?${parameters}` }
}

/**
 * Documents by id, by filter and in pages. A list follows insertion, so that of a shuffled index is sorted
 * here.
 */
export function listing(dice: Dice, known: Known): Step {
  const path = `/indexes/${INDEX}/documents`
  const id = dice.pick([...known.used, 999_999])
  const kind = dice.below(5)
  if (kind === 0) return { method: 'GET', path: `${path}/${id}` }
  if (kind === 1) return { method: 'GET', path: `${path}/${id}?fields=title,nothing,tags` }
  const page = known.shuffled ? { limit: 10_000 } : { limit: dice.below(30), offset: dice.below(20) }
  const fields = dice.chance(0.3) ? { fields: ['id', 'tags', 'info.country'] } : {}
  if (kind === 2) {
    return asParameters(path, { ...page, ...fields })
  }
  const ids = dice.chance(0.3) ? { ids: dice.some([...known.used, 999_999], 6) } : {}
  const chosen = dice.chance(0.5) ? { filter: filter(dice) } : {}
  const sorted = dice.chance(0.5) ? { sort: [...dice.some(LIST_SORTS, 3), 'serial:asc'] } : {}
  const deep = 'sort' in sorted ? { limit: dice.below(40), offset: dice.below(150) } : page
  const body = JSON.stringify({ ...deep, ...fields, ...ids, ...chosen, ...sorted })
  if (dice.chance(0.1) && !('filter' in chosen)) return asParameters(path, { ...deep, ...sorted, ...fields })
  return { method: 'POST', path: `${path}/fetch`, body }
}

export function describing(dice: Dice): Step {
  const path = dice.pick(['', '/stats', '/settings', '/settings/ranking-rules', '/settings/typo-tolerance'])
  return { method: 'GET', path: `/indexes/${INDEX}${path}` }
}
