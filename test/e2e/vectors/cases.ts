import { type Random, seededRandom } from '../../../src/std/random.ts'

const WORDS = ['amber', 'brook', 'cedar', 'delta', 'ember', 'frost', 'grove', 'harbor', 'island', 'jungle']
const KINDS = ['novel', 'essay', 'poem', 'letter']
export const DIMENSIONS = 4

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random.next() * from.length)] as T
const chance = (random: Random, share: number): boolean => random.next() < share
const vector = (random: Random): number[] =>
  Array.from({ length: DIMENSIONS }, () => Math.fround(random.next() * 2 - 1))

/** Documents with one vector, several, or none on purpose. */
export function documents(count: number, seed: number): object[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, id) => ({
    id,
    text: Array.from({ length: 2 + Math.floor(random.next() * 6) }, () => pick(random, WORDS)).join(' '),
    kind: pick(random, KINDS),
    rank: Math.floor(random.next() * 50),
    _vectors: { own: vectors(random) },
  }))
}

function vectors(random: Random): unknown {
  if (chance(random, 0.1)) return null
  return chance(random, 0.2) ? [vector(random), vector(random)] : vector(random)
}

/** One search by vector, by words and vector, or by neither. */
export function searchCase(random: Random, embedder: string): Record<string, unknown> {
  const own = embedder === 'own'
  const body: Record<string, unknown> = {
    hybrid: {
      embedder,
      ...(chance(random, 0.8) ? { semanticRatio: pick(random, [0, 0.13, 0.31, 0.57, 0.77, 0.9, 1]) } : {}),
    },
  }
  const q = Array.from({ length: chance(random, 0.8) ? 1 : 2 }, () => pick(random, WORDS)).join(' ')
  if (chance(random, 0.85)) body['q'] = chance(random, 0.1) ? `${q} -${pick(random, WORDS)}` : q
  if (own ? chance(random, 0.93) : chance(random, 0.2))
    body['vector'] = own ? vector(random) : [...vector(random), 0.5, -0.25]
  if (chance(random, 0.3)) body['filter'] = `kind = ${pick(random, KINDS)} OR rank < 20`
  if (chance(random, 0.3)) body['facets'] = ['kind']
  if (chance(random, 0.3)) body['showRankingScore'] = true
  if (chance(random, 0.2)) body['showRankingScoreDetails'] = true
  if (chance(random, 0.3)) body['retrieveVectors'] = true
  if (chance(random, 0.3)) body['attributesToHighlight'] = ['*']
  if (chance(random, 0.2)) body['attributesToRetrieve'] = pick(random, [['text'], ['id', 'rank'], []])
  if (chance(random, 0.4))
    Object.assign(body, pick(random, [{ limit: 3 }, { offset: 4, limit: 5 }, { limit: 60 }]))
  else if (chance(random, 0.3)) Object.assign(body, pick(random, [{ page: 2, hitsPerPage: 4 }, { page: 1 }]))
  return body
}
