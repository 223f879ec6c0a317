import { SETTINGS } from '../../../src/catalogue/setting-table.ts'
import type { JsonObject } from '../../../src/model/view.ts'
import type { SettingsChange } from '../../../src/model/writes.ts'
import { utf8 } from '../../../src/std/bytes.ts'
import { type Random, randomInteger } from '../../../src/std/random.ts'

const WORDS = ['title', 'genre', 'year', '_geo', 'a.b', 'É', 'b', 'the', 'Zoë', 'a', '10', '9', 'x y']
const PATTERNS = [...WORDS, '*', 'a.*', '_m*', '*_seq', '*o*', '_geo*']
const RULES = [
  'words',
  'typo',
  'proximity',
  'attribute',
  'attributeRank',
  'wordPosition',
  'sort',
  'exactness',
]

function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[randomInteger(random, items.length)]!
}

function some<Item>(random: Random, items: readonly Item[], most = 4): Item[] {
  return Array.from({ length: randomInteger(random, most + 1) }, () => pick(random, items))
}

function maybe<Value>(random: Random, value: Value): Value | null {
  return random.next() < 0.15 ? null : value
}

function part(random: Random, members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(() => random.next() < 0.5))
}

function filterable(random: Random): unknown {
  if (random.next() < 0.6) return pick(random, PATTERNS)
  const flag = () => random.next() < 0.5
  const filter = part(random, { equality: flag(), comparison: flag() })
  const features = part(random, { facetSearch: flag(), filter })
  return { attributePatterns: some(random, PATTERNS), ...part(random, { features }) }
}

function embedder(random: Random): JsonObject {
  const common = part(random, {
    distribution: maybe(random, { mean: 0.5, sigma: 0.25 }),
    binaryQuantized: maybe(random, random.next() < 0.5),
  })
  const template = part(random, {
    documentTemplate: maybe(random, pick(random, ['a {{doc.title}}', 'b'])),
    documentTemplateMaxBytes: maybe(random, pick(random, [10, 400, 0])),
  })
  const apiKey = maybe(random, pick(random, ['k', 'twelve-bytes', 'more-than-twenty-bytes', 'x'.repeat(31)]))
  const rest = {
    source: 'rest',
    url: 'http://127.0.0.1:9/embed',
    dimensions: 3,
    request: { input: '{{text}}' },
    response: { embedding: '{{embedding}}' },
  }
  switch (randomInteger(random, 6)) {
    case 0:
      return { source: 'userProvided', dimensions: 2, ...common }
    case 1:
      return { source: 'openAi', ...common, ...template, ...part(random, { apiKey }) }
    case 2:
      return { ...rest, ...common, ...template, ...part(random, { apiKey, headers: { b: '1', a: '2' } }) }
    case 3:
      return { source: 'ollama', model: 'm', dimensions: 4, ...common, ...template }
    case 4:
      return { ...common, ...template }
    default:
      return { source: 'userProvided', dimensions: 2, ...template }
  }
}

function embedders(random: Random, raw: JsonObject): JsonObject {
  const known = Object.keys((raw['embedders'] ?? {}) as JsonObject)
  const name = pick(random, [...known, 'e1', 'e2'])
  return { [name]: maybe(random, embedder(random)) }
}

function value(random: Random, name: string, raw: JsonObject): unknown {
  switch (name) {
    case 'filterableAttributes':
      return Array.from({ length: randomInteger(random, 4) }, () => filterable(random))
    case 'rankingRules':
      return some(random, [...RULES, 'year:desc', 'a.b:asc', 'nope'], 6)
    case 'displayedAttributes':
    case 'searchableAttributes':
      return some(random, random.next() < 0.3 ? [...WORDS, '*'] : WORDS)
    case 'synonyms':
      return Object.fromEntries(some(random, ['b', 'a', 'É', 'z']).map((word) => [word, some(random, WORDS)]))
    case 'distinctAttribute':
      return pick(random, WORDS)
    case 'proximityPrecision':
      return pick(random, ['byWord', 'byAttribute', 'byNothing'])
    case 'typoTolerance':
      return part(random, {
        enabled: maybe(random, false),
        minWordSizeForTypos: maybe(
          random,
          part(random, { oneTypo: maybe(random, 3), twoTypos: maybe(random, 7) }),
        ),
        disableOnWords: maybe(random, some(random, WORDS)),
        disableOnAttributes: maybe(random, some(random, WORDS)),
        disableOnNumbers: maybe(random, true),
      })
    case 'faceting':
      return part(random, {
        maxValuesPerFacet: maybe(random, pick(random, [0, 5, 250, 4000, -1, '7'])),
        sortFacetValuesBy: maybe(random, part(random, { z: 'count', '*': 'count', a: 'alpha' })),
      })
    case 'pagination':
      return part(random, { maxTotalHits: maybe(random, pick(random, [1, 5000, 0])) })
    case 'embedders':
      return embedders(random, raw)
    case 'searchCutoffMs':
      return pick(random, [0, 150, -1])
    case 'localizedAttributes':
      return [{ locales: some(random, ['fra', 'eng', 'jpn']), attributePatterns: some(random, WORDS) }]
    case 'facetSearch':
      return random.next() < 0.5
    case 'prefixSearch':
      return pick(random, ['indexingTime', 'disabled'])
    default:
      return some(random, WORDS)
  }
}

/** Values of a shape that a node refuses; they must reach it as they are. */
const MISFITS = [3, 'text', true, [], {}, [1], ['a', 2], { nope: 1 }, [null], { a: null }, 1.5]

export function randomChange(random: Random, raw: JsonObject): SettingsChange {
  const setting = pick(random, SETTINGS)
  const one = (name: string): unknown => {
    if (random.next() < 0.1) return pick(random, MISFITS)
    return maybe(random, value(random, name, raw))
  }
  const kind = random.next()
  if (kind < 0.05) return { route: null, method: 'DELETE', body: utf8('') }
  if (kind < 0.15) return { route: setting.route, method: 'DELETE', body: utf8('') }
  if (kind < 0.2)
    return { route: setting.route, method: setting.verb, body: utf8(pick(random, ['{', '[1,', '"a'])) }
  if (kind < 0.6) {
    return { route: setting.route, method: setting.verb, body: utf8(JSON.stringify(one(setting.name))) }
  }
  const names = some(random, SETTINGS, 5).map(({ name }) => name)
  const body = Object.fromEntries(names.map((name) => [name, one(name)]))
  return { route: null, method: 'PATCH', body: utf8(JSON.stringify(body)) }
}
