import { isFault, type Kernel } from '../kernel/kernel.ts'
import type { SearchMerge } from '../model/plan.ts'
import { concat, text, utf8 } from '../std/bytes.ts'
import { type EnvelopeFold, foldEnvelopes } from './envelope.ts'

export type Merged =
  | { readonly kind: 'merged'; readonly body: Uint8Array }
  /** The answer at that position cannot be used. */
  | { readonly kind: 'fault'; readonly input: number; readonly reason: string }

/** Folds the nodes' complete answers into one reply body, as one node would have written it. */
export async function mergeSearch(
  kernel: Kernel,
  answers: readonly Uint8Array[],
  fold: EnvelopeFold,
): Promise<Merged> {
  const result = await kernel.merge(mergeRequest(answers, fold.merge))
  if (isFault(result)) return { kind: 'fault', input: result.input, reason: result.fault }
  const members = foldEnvelopes(result.envelopes.map(text), fold)
  if ('input' in members) return { kind: 'fault', input: members.input, reason: 'not a search answer' }
  const rest = members.map(({ key, value }) => `${JSON.stringify(key)}:${value}`).join(',')
  return { kind: 'merged', body: concat([utf8('{"hits":['), result.hits, utf8(`],${rest}}`)]) }
}

function mergeRequest(answers: readonly Uint8Array[], merge: SearchMerge): Parameters<Kernel['merge']>[0] {
  const { offset, limit, keepDetails } = merge
  return { answers, member: 'hits', order: 'details', offset, limit, keepDetails }
}
