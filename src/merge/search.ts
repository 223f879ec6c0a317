import {
  isFault,
  type Kernel,
  type KernelFault,
  type MergeRequest,
  type MergeResult,
} from '../kernel/kernel.ts'
import type { Learned, Question, SearchMerge } from '../model/plan.ts'
import { concat, text, utf8 } from '../std/bytes.ts'
import { foldEnvelopes, type ReplyUids } from './envelope.ts'
import { Inquiry } from './inquiry.ts'
import { plainEnvelope } from './plain-envelope.ts'
import { AS_ANSWERED } from './selection/counted.ts'
import { type SelectedPage, type SelectionTask, selectedPage } from './selection/selected-page.ts'

/** Parts of a reply that may differ from one node's, as they are named to clients. */
export type Approximate = 'total' | 'facets'

export type Unmerged =
  /** The answer at that position cannot be used. */
  | { readonly kind: 'fault'; readonly input: number; readonly reason: string }
  /** There is no memory to merge in right now. */
  | { readonly kind: 'no-room' }

export type Merged =
  | {
      readonly kind: 'merged'
      readonly body: Uint8Array
      /** Hits in all, as the body says. */
      readonly total: number
      readonly approximate: readonly Approximate[]
    }
  | Unmerged
  /** The answers at these positions hold too few hits: their nodes must be asked for more. */
  | { readonly kind: 'more'; readonly inputs: readonly number[] }
  /** Answers to these questions must be learned first. */
  | { readonly kind: 'ask'; readonly questions: readonly Question[] }
  /** The documents make the request one that cannot be answered exactly; completes "… is not supported …". */
  | { readonly kind: 'unsupported'; readonly feature: string }

export interface SearchFold {
  readonly merge: SearchMerge
  readonly uids: ReplyUids
  readonly learned: Learned
  /** Per answer: hits it was asked for, where that may turn out to be too few. */
  readonly depths?: readonly (number | undefined)[]
}

const HITS = utf8('{"hits":[')

/** Folds the nodes' complete answers into one reply body, as one node would have written it. */
export async function mergeSearch(
  kernel: Kernel,
  answers: readonly Uint8Array[],
  fold: SearchFold,
): Promise<Merged> {
  const { merge, uids } = fold
  const result = await kernel.merge(mergeRequest(answers, merge))
  if (isFault(result)) return faultOf(result)
  const inputs = usedUp(result, fold.depths)
  if (inputs.length > 0) return { kind: 'more', inputs }
  const inquiry = new Inquiry(fold.learned)
  const { internal } = merge
  const told = result.envelopes.map(text)
  const envelopes = internal === null ? told : told.map((envelope) => plainEnvelope(envelope, internal))
  const page = await pageOf({ kernel, merge, inquiry, result, answers, hasFacets: hasFacets(envelopes) })
  if (page === null) return { kind: 'unsupported', feature: selectionFeature(merge) }
  if (page === undefined) return { kind: 'ask', questions: inquiry.open }
  const envelope = foldEnvelopes(envelopes, { merge, uids, counting: page, inquiry, hits: result.count })
  if ('input' in envelope) return { kind: 'fault', input: envelope.input, reason: 'not a search answer' }
  if (inquiry.open.length > 0) return { kind: 'ask', questions: inquiry.open }
  const { members, total, facetsExact } = envelope
  const rest = members.map(({ key, value }) => `${JSON.stringify(key)}:${value}`).join(',')
  const body = concat([HITS, page.hits, utf8(`],${rest}}`)])
  const facets = !hasFacets(envelopes) || (facetsExact && page.facetsExact)
  return { kind: 'merged', body, total, approximate: approximateParts(page.totalExact, facets) }
}

function hasFacets(envelopes: readonly string[]): boolean {
  return envelopes.some((envelope) => envelope.includes('"facetDistribution":'))
}

/** The page of a plain search as the kernel cut it; of one whose hits drop others as it is selected. */
function pageOf(task: SelectionTask): Promise<SelectedPage | undefined | null> | SelectedPage {
  return isSelective(task.merge) ? selectedPage(task) : { hits: task.result.hits, ...AS_ANSWERED }
}

function isSelective({ distinct, threshold }: SearchMerge): boolean {
  return distinct !== null || threshold !== null
}

function selectionFeature({ distinct, hitsMax }: SearchMerge): string {
  const what = distinct === null ? '`rankingScoreThreshold`' : `\`distinct\` by \`${distinct.attribute}\``
  return `${what} over several nodes, where the page needs more than the ${hitsMax} hits that a node gives,`
}

/**
 * Answers that were cut off at their depth and whose last hit is on the page or before it: the next one,
 * which nobody saw, may belong there too.
 */
function usedUp({ received, consumed }: MergeResult, depths: SearchFold['depths']): number[] {
  return (depths ?? []).flatMap((depth, input) => {
    if (depth === undefined || (received[input] ?? 0) < depth) return []
    return consumed[input] === received[input] ? [input] : []
  })
}

/** Most faults are an answer's; want of memory is nobody's. */
export function faultOf({ fault, input }: KernelFault): Unmerged {
  return fault === 'no-slab' ? { kind: 'no-room' } : { kind: 'fault', input, reason: fault }
}

function approximateParts(totalExact: boolean, facetsExact: boolean): readonly Approximate[] {
  return [...(totalExact ? [] : (['total'] as const)), ...(facetsExact ? [] : (['facets'] as const))]
}

function mergeRequest(answers: readonly Uint8Array[], merge: SearchMerge): MergeRequest {
  const { keepDetails } = merge
  const federation = merge.internal === null ? {} : ({ federation: 'cut' } as const)
  const request = { answers, member: 'hits', order: 'details', keepDetails, ...federation } as const
  // Which hits a value leaves is known only once all are in order.
  if (isSelective(merge))
    return { offset: 0, limit: answers.length * (merge.offset + merge.limit), ...request, origins: true }
  if (merge.everything) return { offset: 0, limit: answers.length * (merge.offset + merge.limit), ...request }
  return { offset: merge.offset, limit: merge.limit, ...request }
}
