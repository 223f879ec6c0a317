import { seededRandom } from '../../../src/std/random.ts'
import type { Answer } from '../processes.ts'
import {
  additions,
  BASE_SETTINGS,
  clearing,
  Dice,
  deletion,
  INDEX,
  type Known,
  newKnown,
  settingsChange,
} from './data.ts'
import { describing, facetSearching, listing, multiSearching, searching } from './queries.ts'
import { comparable, type DifferentialWorld, difference, type Step } from './world.ts'

export interface Tally {
  writes: number
  reads: number
  /** Reads that the proxy refuses over several nodes. */
  unsupported: number
  /** Hits that differ in nothing but what is marked in them. */
  marks: number
  /** Facets that differ in nothing but which of equal counts come first. */
  ties: number
  /** Answers that differ in nothing but what is said to be approximate. */
  labelled: number
}

interface Run {
  readonly seed: number
  readonly steps: number
  readonly real: boolean
}

const DIFFERENCES_MAX = 12

/** One seeded history from an empty index; answers the differences in words. */
export async function runSeed(world: DifferentialWorld, run: Run, tally: Tally): Promise<string[]> {
  const dice = new Dice(seededRandom(run.seed))
  const known = newKnown()
  const found: string[] = []
  const note = (text: string | null, step: number): void => {
    if (text !== null) found.push(`step ${step}${known.shuffled ? ' (shuffled)' : ''}: ${text}`)
  }
  for (const step of opening(dice, known, run.real)) note(await world.write(step), -1)
  for (let step = 0; step < run.steps && found.length < DIFFERENCES_MAX; step++) {
    if (dice.chance(0.25)) {
      tally.writes++
      note(await world.write(writing(dice, known)), step)
    } else {
      tally.reads++
      note(await read(world, { dice, known, tally, real: run.real }), step)
    }
  }
  return found
}

/** The index is dropped, too: settings of an earlier history must not matter. */
function opening(dice: Dice, known: Known, real: boolean): Step[] {
  return [
    { method: 'DELETE', path: `/indexes/${INDEX}` },
    { method: 'POST', path: '/indexes', body: JSON.stringify({ uid: INDEX, primaryKey: 'id' }) },
    { method: 'PATCH', path: `/indexes/${INDEX}/settings`, body: JSON.stringify(BASE_SETTINGS) },
    additions(dice, known, real ? 300 : 120),
  ]
}

function writing(dice: Dice, known: Known): Step {
  const kind = dice.below(20)
  if (kind < 9) return additions(dice, known, 20)
  if (kind < 15) return deletion(dice, known)
  if (kind < 16) return clearing(known)
  return settingsChange(dice)
}

interface Reading {
  readonly dice: Dice
  readonly known: Known
  readonly tally: Tally
  readonly real: boolean
}

async function read(world: DifferentialWorld, { dice, known, tally, real }: Reading): Promise<string | null> {
  const { step, view } = reading(dice, known)
  const [single, proxy] = await world.both(step)
  if (proxy.text.includes('"miroir_unsupported"')) {
    tally.unsupported++
    return null
  }
  const seen = proxy.headers.get('x-miroir-approximate') === 'fieldDistribution' ? certain : view
  const found = difference(step, seen(single), seen(proxy))
  if (found === null) return null
  const labels = proxy.headers.get('x-miroir-approximate')?.split(',') ?? []
  if (difference(step, unlabelled(single, labels), unlabelled(proxy, labels)) === null) {
    tally.labelled++
    return null
  }
  if (!real) return found
  if (difference(step, unmarked(single), unmarked(proxy)) === null) tally.marks++
  else if (difference(step, untied(unmarked(single)), untied(unmarked(proxy))) === null) tally.ties++
  else return found
  return null
}

/** An answer without the parts that are said to be approximate. */
function unlabelled(answer: Answer, labels: readonly string[]): string {
  const left = { ...(JSON.parse(answer.text) as Record<string, unknown>) }
  if (labels.includes('facets')) delete left['facetDistribution']
  if (labels.includes('total')) for (const name of TOTALS) delete left[name]
  return comparable({ status: answer.status, text: JSON.stringify(left) })
}

const TOTALS = ['estimatedTotalHits', 'totalHits', 'totalPages']

/** Counts of facets without their values: a real node's order of equal counts depends on its past. */
function untied(answer: string): string {
  return answer.replace(/"facetDistribution":\{(?:"[^"]*":\{[^}]*\},?)*\}/, (facets) =>
    facets.replace(/"[^"]*":(\d+)/g, '$1'),
  )
}

/**
 * A real node marks only words that it knows itself: of a short prefix, each knows others. Scores count
 * words, too.
 */
function unmarked(answer: Answer): string {
  const marks = ['_formatted', '_matchesPosition', '_rankingScore']
  const body: unknown = JSON.parse(answer.text, (key, value) => (marks.includes(key) ? null : value))
  return comparable({ status: answer.status, text: JSON.stringify(body) })
}

function reading(
  dice: Dice,
  known: Known,
): { readonly step: Step; readonly view: (answer: Answer) => string } {
  const kind = dice.below(20)
  if (kind < 2) return { step: describing(dice), view: comparable }
  if (kind < 6) return { step: listing(dice, known), view: known.shuffled ? asSet : comparable }
  if (kind < 8) return { step: multiSearching(dice, known), view: comparable }
  if (kind < 10) return { step: facetSearching(dice), view: comparable }
  return { step: searching(dice, known), view: comparable }
}

/** A whole list whose order is not known. */
function asSet(answer: Answer): string {
  const body = JSON.parse(answer.text) as { results?: unknown[] }
  if (body.results === undefined) return comparable(answer)
  const results = body.results.map((one) => JSON.stringify(one)).sort()
  return comparable({ status: answer.status, text: JSON.stringify({ ...body, results }) })
}

/**
 * Statistics of a node that holds more shards than it is asked for are estimates, but for the number of
 * documents.
 */
function certain(answer: Answer): string {
  const { numberOfDocuments } = JSON.parse(answer.text) as { numberOfDocuments?: number }
  return numberOfDocuments === undefined ? comparable(answer) : `${answer.status} ${numberOfDocuments}`
}
