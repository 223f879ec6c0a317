import {
  isFault,
  type Kernel,
  type KernelFault,
  type MergeRequest,
  type MergeResult,
} from '../kernel/kernel.ts'
import type { Learned, Question, SearchMerge } from '../model/plan.ts'
import { concat, text, utf8 } from '../std/bytes.ts'
import { keepDistinct } from './distinct.ts'
import { foldEnvelopes, type ReplyUids } from './envelope.ts'
import { Inquiry } from './inquiry.ts'
import { plainEnvelope } from './plain-envelope.ts'

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
  const page = pageOf(result, merge)
  if (page === null) {
    const attribute = merge.distinct?.attribute ?? ''
    return {
      kind: 'unsupported',
      feature: `\`distinct\` by \`${attribute}\`, which has several values in a document, over several nodes`,
    }
  }
  const envelopes = result.envelopes.map(text)
  const { internal } = merge
  const envelope = foldEnvelopes(
    internal === null ? envelopes : envelopes.map((told) => plainEnvelope(told, internal)),
    {
      merge,
      uids,
      total: page.total,
      inquiry,
    },
  )
  if ('input' in envelope) return { kind: 'fault', input: envelope.input, reason: 'not a search answer' }
  if (inquiry.open.length > 0) return { kind: 'ask', questions: inquiry.open }
  const { members, total, facetsExact } = envelope
  const rest = members.map(({ key, value }) => `${JSON.stringify(key)}:${value}`).join(',')
  const body = concat([HITS, page.hits, utf8(`],${rest}}`)])
  const hasFacets = members.some((member) => member.key === 'facetDistribution')
  const facets = hasFacets && !(facetsExact && page.facetsExact)
  return { kind: 'merged', body, total, approximate: approximateParts(page.totalExact, !facets) }
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
  if (merge.distinct !== null)
    return { offset: 0, limit: answers.length * (merge.offset + merge.limit), ...request }
  return { offset: merge.offset, limit: merge.limit, ...request }
}

interface Page {
  readonly hits: Uint8Array
  /** Null: the sum of the answers' totals. */
  readonly total: number | null
  readonly totalExact: boolean
  readonly facetsExact: boolean
}

function pageOf(result: MergeResult, merge: SearchMerge): Page | null {
  const { distinct, offset, limit } = merge
  if (distinct === null)
    return { hits: result.hits, total: null, totalExact: !merge.totalsApproximate, facetsExact: true }
  const kept = keepDistinct(result, { distinct, offset, limit })
  if (kept === null) return null
  const { hits } = kept
  const exhausted = result.received.every((received) => received < offset + limit)
  // Totals count values, and so do facets: values that several nodes have are counted by each.
  if (!exhausted) return { hits, total: null, totalExact: false, facetsExact: false }
  return { hits, total: kept.kept, totalExact: true, facetsExact: kept.dropped === 0 }
}
