import { isFault, type Kernel, type MergeResult } from '../../kernel/kernel.ts'
import type { SearchMerge } from '../../model/plan.ts'
import { utf8 } from '../../std/bytes.ts'
import type { Inquiry } from '../inquiry.ts'
import { allQuestion, type Counting, counted, eachMembers, totalOf } from './counted.ts'
import { dressed } from './dressed.ts'
import { type RankedHits, rankedHits } from './ranked-hits.ts'
import { Scores } from './scores.ts'
import { type Selection, select } from './selection.ts'

export interface SelectedPage extends Counting {
  readonly hits: Uint8Array
}

export interface SelectionTask {
  readonly kernel: Kernel
  readonly merge: SearchMerge
  readonly inquiry: Inquiry
  readonly result: MergeResult
  readonly answers: readonly Uint8Array[]
  readonly hasFacets: boolean
}

/** What was selected, from which hits. */
export interface Chosen {
  readonly selection: Selection
  readonly scores: Scores
  /** The first answers were enough. */
  readonly atFirst: boolean
}

/** Hits behind the page that may be looked at to see which others one node would count together with it. */
const TIES_REACH = 256
/** Documents up to which all of them are ranked here where a node would look at all. */
const ALL_MAX = 1_000
const DEEPER = 4

/**
 * The page of a search whose hits drop others: of each value of an attribute the best hit stays, or of all
 * hits those that score enough. Undefined when nodes have to be asked first; null when the hits on the page
 * cannot be told.
 */
export async function selectedPage(task: SelectionTask): Promise<SelectedPage | undefined | null> {
  const { merge } = task
  const found = await chosen(task)
  if (found === undefined || found === null) return found
  const { selection, scores } = found
  const page = selection.kept.slice(merge.offset, merge.offset + merge.limit)
  const hits = utf8(page.map((hit) => dressed(hit, merge, scores)).join(','))
  const counting = counted(task, found)
  return counting === undefined ? undefined : { hits, ...counting }
}

async function chosen(task: SelectionTask): Promise<Chosen | undefined | null> {
  const { merge } = task
  const reach = merge.offset + merge.limit
  const first = choose(task, rankedHits(task.result, task.answers, reach), true)
  const { selection } = first
  if (merge.echo.kind === 'page') return exhaustively(task, first)
  if (selection.several && !dropsNothing(merge)) return deeper(task, 'each', reach)
  if (selection.end !== 'short') return first
  const mode = dropsNothing(merge) ? 'each' : 'same'
  if (selection.kept.length < reach) return deeper(task, mode, reach)
  // Only what is counted together with the last hit is not known to its end.
  const wider = await ranked(task, mode, Math.min(merge.hitsMax, Math.max(DEEPER * reach, TIES_REACH)))
  return wider === null ? first : wider && choose(task, wider, false)
}

/** Numbered pages count everything; where that is not too much, everything is looked at. */
async function exhaustively(task: SelectionTask, first: Chosen): Promise<Chosen | undefined | null> {
  const { merge, inquiry } = task
  const { selection } = first
  const reach = merge.offset + merge.limit
  const isWhole = selection.end === 'complete' && (!selection.several || dropsNothing(merge))
  // Nodes give the best hits of their values; those that a page does not reach count by their oldest.
  if (isWhole && (merge.distinct === null || !task.hasFacets || selection.kept.length <= reach)) return first
  const all = inquiry.answers(allQuestion(merge))
  if (all === undefined) return undefined
  const count = all === null ? null : totalOf(all)
  if (count !== null && count <= Math.min(ALL_MAX, merge.hitsMax - 1)) {
    const everything = await ranked(task, 'each', count + 1)
    if (everything !== null) return everything && choose(task, everything, false)
  }
  return selection.several || selection.kept.length < reach ? deeper(task, 'each', reach) : first
}

/** Asks for more hits until the page is full. */
async function deeper(task: SelectionTask, mode: Mode, reach: number): Promise<Chosen | undefined | null> {
  const { hitsMax } = task.merge
  for (let depth = Math.max(DEEPER * reach, 64); ; depth *= DEEPER) {
    const hits = await ranked(task, mode, Math.min(depth, hitsMax))
    if (hits === null || hits === undefined) return hits
    const found = choose(task, hits, false)
    if (found.selection.end !== 'short' || found.selection.kept.length >= reach) return found
    if (depth >= hitsMax) return null
  }
}

/** A hit below the threshold must not take a better one's place on its node: there nothing is dropped. */
function dropsNothing({ distinct, threshold }: SearchMerge): boolean {
  return distinct !== null && threshold !== null
}

function choose({ merge }: SelectionTask, hits: RankedHits, atFirst: boolean): Chosen {
  const scores = new Scores(hits)
  const { distinct, threshold } = merge
  const selection = select(hits, {
    wanted: merge.offset + merge.limit,
    exhaustive: merge.echo.kind === 'page',
    attribute: distinct?.attribute ?? null,
    belowThreshold: (hit) => threshold !== null && (scores.of(hit) ?? 1) < threshold.least,
    monotone: threshold?.monotone === true,
  })
  return { selection, scores, atFirst }
}

/** `same`: nodes drop what their own hits repeat, as at first. `each`: they drop nothing. */
type Mode = 'same' | 'each'

/** Undefined when it is yet to be asked, null when there is no answer. */
async function ranked(
  task: SelectionTask,
  mode: Mode,
  reach: number,
): Promise<RankedHits | undefined | null> {
  const { keepDetails } = task.merge
  const isInternal = task.merge.internal !== null
  const internal = isInternal ? { internal: { distinct: null } } : {}
  const members = { facets: null, ...(mode === 'each' ? eachMembers(task.merge) : {}) }
  const answers = task.inquiry.answers({
    name: `${mode} ${reach}`,
    ask: { reach, filters: [], members, ...internal },
  })
  if (answers === undefined || answers === null) return answers
  const federation = isInternal ? ({ federation: 'cut' } as const) : {}
  const request = { answers, member: 'hits', order: 'details', keepDetails, ...federation } as const
  const result = await task.kernel.merge({
    ...request,
    offset: 0,
    limit: answers.length * reach,
    origins: true,
  })
  return isFault(result) ? null : rankedHits(result, answers, reach)
}
