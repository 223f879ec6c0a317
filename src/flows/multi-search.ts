import { limits } from '../config/limits.ts'
import type { HeaderList, Reply } from '../model/call.ts'
import { fail, MiroirError } from '../model/errors.ts'
import type { IndexView, View } from '../model/view.ts'
import {
  type MultiSearchRequest,
  type PartialSearch,
  parseMultiSearchRequest,
  renamedMultiSearch,
} from '../plan/multi-search.ts'
import { joinedSearches } from '../scatter/joined.ts'
import { concat, text, utf8 } from '../std/bytes.ts'
import { uuidv7 } from '../std/random.ts'
import { federatedSearch, isComparable } from './federated/federated-search.ts'
import { type ClientRequest, mentionsOwnFields, nodeOpinionOnMany } from './native-error.ts'
import type { ReadContext, ReadDeps } from './read-deps.ts'
import { search } from './search.ts'

/** Several searches as the client made them. `text` is the body, which is JSON. */
export interface MultiSearchCall {
  readonly text: string
  readonly client: ClientRequest
}

/** A reply, or an error thrown instead. */
type Outcome = Reply | MiroirError

/**
 * Several searches in one request, each answered as if it had come alone; those that go to one node travel
 * together. With `federation` their hits become one list. Throws `MiroirError`.
 */
export async function multiSearch(
  deps: ReadDeps,
  call: MultiSearchCall,
  context: ReadContext,
): Promise<Reply> {
  const view = deps.views.current()
  const request = parseMultiSearchRequest(call.text)
  const opinion = (): Promise<Reply | null> => opinionOn(deps, { view, call, context, request })
  const federated = request !== null && request.federation !== null
  const optional = request?.queries.some((query) => query.federationOptions !== null) === true
  if (request === null || (optional && !federated)) {
    const words = await opinion()
    if (words !== null) return words
    throw fail('miroir_unsupported', { feature: 'This form of a multi-search' })
  }
  const { queries } = request
  const max = limits.multiSearchQueriesMax
  if (queries.length > max) throw fail('miroir_too_many_queries', { max, count: queries.length })
  const own = { ...context, requestUid: uuidv7(deps.clock.wall(), deps.random) }
  const searchAll = (all: readonly PartialSearch[]): Promise<readonly Reply[] | Reply> =>
    searchTogether(deps, all, { context: own, opinion })
  if (federated) return federatedSearch(deps, { view, request, context: own, searchAll, opinion })
  const replies = await searchAll(queries)
  return 'status' in replies ? replies : results(queries, replies)
}

/** Every search's own reply; or one node's words for the whole when one failed, else that failure. */
async function searchTogether(
  deps: ReadDeps,
  queries: readonly PartialSearch[],
  how: {
    readonly context: ReadContext
    readonly opinion: () => Promise<Reply | null>
  },
): Promise<readonly Reply[] | Reply> {
  const together = { ...deps, transport: joinedSearches(deps.transport) }
  const outcomes = await Promise.all(
    queries.map((query) => outcomeOf(search(together, ...asCall(query), how.context))),
  )
  const failed = outcomes.findIndex(isFailure)
  const failure = outcomes[failed]
  if (failure === undefined) return outcomes.filter(isReply)
  const opinion = failure.status >= 500 ? null : await how.opinion()
  return opinion ?? inside(failure, failed)
}

function asCall({ uid, text: body }: PartialSearch): [Parameters<typeof search>[1]] {
  const client = { method: 'POST', route: 'search', body: utf8(body), operation: 'search' } as const
  return [{ uid, text: body, client }]
}

function outcomeOf(reply: Promise<Reply>): Promise<Outcome> {
  return reply.catch((error: unknown) => {
    if (error instanceof MiroirError) return error
    throw error
  })
}

function isFailure(outcome: Outcome): boolean {
  return outcome.status !== 200
}

function isReply(outcome: Outcome): outcome is Reply {
  return !(outcome instanceof MiroirError)
}

/**
 * What one node says to the whole: it reads all of a request before it searches, and stops at the first
 * fault. Its indexes have one more rule than the client's, so it may find searches incomparable that are not.
 */
async function opinionOn(
  deps: ReadDeps,
  ask: {
    readonly view: View
    readonly call: MultiSearchCall
    readonly context: ReadContext
    readonly request: MultiSearchRequest | null
  },
): Promise<Reply | null> {
  const { view, call, context, request } = ask
  const uids = request === null ? [...view.indexes.keys()] : request.queries.map((query) => query.uid)
  const indexes = [...new Set(uids)].flatMap((uid) => view.indexes.get(uid) ?? [])
  const opinion = await nodeOpinionOnMany(deps, {
    ...{ view, indexes, context, request: call.client, path: '/multi-search' },
    body: (nameOf) => renamedMultiSearch(call.text, nameOf),
    indexIn: (message) => indexIn(message, view, request),
  })
  const ours = opinion !== null && mentionsOwnFields(bodyText(opinion)) && !mentionsOwnFields(call.text)
  const comparable = request !== null && isComparable(request.queries, view)
  const wrong = comparable && opinion !== null && bodyText(opinion).includes(INCOMPARABLE)
  return ours || wrong ? null : opinion
}

const INCOMPARABLE = '"code":"invalid_multi_search_query_ranking_rules"'

function indexIn(message: string, view: View, request: MultiSearchRequest | null): IndexView | null {
  const at = Number(/\.queries\[(\d+)\]/.exec(message)?.[1] ?? -1)
  return view.indexes.get(request?.queries[at]?.uid ?? '') ?? null
}

/** A search's own failure as that of the whole; what is no fault of the request stays as it is. */
function inside(failure: Outcome, at: number): Reply {
  if (failure.status >= 500) {
    if (failure instanceof MiroirError) throw failure
    return failure
  }
  const body = failure instanceof MiroirError ? failure.body : JSON.parse(bodyText(failure))
  const message = `Inside \`.queries[${at}]\`: ${body.message}`
  return { status: 400, contentType: 'application/json', body: JSON.stringify({ ...body, message }) }
}

function bodyText({ body = '' }: Reply): string {
  return typeof body === 'string' ? body : text(body)
}

function bodyBytes({ body = '' }: Reply): Uint8Array {
  return typeof body === 'string' ? utf8(body) : body
}

/** All answers in one body: each with its index's name in front, its bytes untouched. */
function results(queries: readonly PartialSearch[], replies: readonly Reply[]): Reply {
  const parts = replies.flatMap((reply, at) => [
    utf8(`${at === 0 ? '' : ','}{"indexUid":${JSON.stringify(queries[at]?.uid)},`),
    bodyBytes(reply).subarray(1),
  ])
  const nodes = replies.map((reply) => reply.facts?.nodeCount ?? 0)
  return {
    status: 200,
    contentType: 'application/json',
    body: concat([utf8('{"results":['), ...parts, utf8(']}')]),
    headers: headersOf(replies),
    facts: { nodeCount: Math.max(0, ...nodes) },
  }
}

/** What was missing or not exact in any of the answers. */
function headersOf(replies: readonly Reply[]): HeaderList {
  const found = new Map<string, Set<string>>()
  for (const [name, value] of replies.flatMap((reply) => reply.headers ?? [])) {
    const values = found.get(name) ?? new Set<string>()
    found.set(name, values)
    for (const part of name === 'X-Miroir-Approximate' ? value.split(',') : [value]) values.add(part)
  }
  return [...found].map(([name, values]) => [name, [...values].join(',')])
}
