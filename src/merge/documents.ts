import { isFault, type Kernel } from '../kernel/kernel.ts'
import type { ListMerge } from '../model/plan.ts'
import { concat, text, utf8 } from '../std/bytes.ts'
import { membersOf, memberValue } from '../std/json-members.ts'
import { faultOf, type Unmerged } from './search.ts'

export type MergedDocuments = { readonly kind: 'merged'; readonly body: Uint8Array } | Unmerged

/** Folds lists of documents, each ordered alike by its node, into one page of one list. */
export async function mergeList(
  kernel: Kernel,
  answers: readonly Uint8Array[],
  merge: ListMerge,
): Promise<MergedDocuments> {
  const { offset, limit, echo, sorted } = merge
  const result = await kernel.merge({
    answers,
    member: 'results',
    ...(sorted ? ({ order: 'values', federation: 'cut' } as const) : ({ order: 'seq' } as const)),
    offset,
    limit,
    keepDetails: false,
  })
  if (isFault(result)) return faultOf(result)
  let total = 0
  for (const [input, envelope] of result.envelopes.entries()) {
    const own = totalOf(text(envelope))
    if (own === null) return { kind: 'fault', input, reason: 'not a list of documents' }
    total += own
  }
  const tail = `],"offset":${echo.offset},"limit":${echo.limit},"total":${total}}`
  return { kind: 'merged', body: concat([utf8('{"results":['), result.hits, utf8(tail)]) }
}

/** One document as clients may see it: cut by the kernel as a list of one. */
export async function stripDocument(kernel: Kernel, document: Uint8Array): Promise<MergedDocuments> {
  const list = concat([utf8('{"results":['), document, utf8('],"offset":0,"limit":1,"total":1}')])
  const result = await kernel.merge({
    answers: [list],
    member: 'results',
    order: 'seq',
    offset: 0,
    limit: 1,
    keepDetails: false,
  })
  if (isFault(result)) return faultOf(result)
  if (result.received[0] !== 1) return { kind: 'fault', input: 0, reason: 'not a document' }
  return { kind: 'merged', body: result.hits }
}

function totalOf(envelope: string): number | null {
  try {
    JSON.parse(envelope)
    const total = memberValue(membersOf(envelope), 'total')
    return total !== undefined && /^\d{1,15}$/.test(total) ? Number(total) : null
  } catch {
    return null
  }
}
