import type { NodeView } from '../model/view.ts'
import type { NodeRequest, Outcome, Transport } from '../nodes/transport.ts'
import { text, utf8 } from '../std/bytes.ts'
import type { Deadline } from '../std/deadline.ts'
import { elementSlices, stringEnd } from '../std/json-bytes.ts'
import { isObject, parsedJson } from '../std/json-values.ts'

/** One search on its way. */
interface Passenger {
  readonly request: NodeRequest
  readonly deadline: Deadline
  /** Index on that node. */
  readonly name: string
  arrive(outcome: Outcome): void
}

const SEARCH_PATH = /^\/indexes\/([^/?]+)\/search$/
const RESULTS = utf8('{"results":[')
const COMMA = 0x2c
const OPEN_BRACE = 0x7b

/**
 * A transport on which searches that leave for the same node in the same turn travel as one `/multi-search`:
 * one request, one answer, cut into each one's own. A node refuses the whole for one bad search; that one
 * gets the refusal and the others are sent again without it. All else passes.
 */
export function joinedSearches(transport: Transport): Transport {
  const waiting = new Map<string, Passenger[]>()
  return {
    send(node, request, deadline) {
      const name = SEARCH_PATH.exec(request.path)?.[1]
      if (request.method !== 'POST' || request.body === undefined || name === undefined)
        return transport.send(node, request, deadline)
      return new Promise((arrive) => {
        const passenger: Passenger = { request, deadline, name: decodeURIComponent(name), arrive }
        const others = waiting.get(node.id)
        if (others !== undefined) {
          others.push(passenger)
          return
        }
        const all = [passenger]
        waiting.set(node.id, all)
        queueMicrotask(() => {
          waiting.delete(node.id)
          void deliver(transport, node, all)
        })
      })
    },
    close: () => transport.close(),
  }
}

/** Never rejects: a transport does not. */
async function deliver(transport: Transport, node: NodeView, all: readonly Passenger[]): Promise<void> {
  let left = all
  while (left.length > 1) {
    const outcome = await transport.send(node, joinedRequest(left), latest(left))
    const blamed = outcome.kind === 'answer' ? blamedIn(outcome.body, left.length) : null
    if (outcome.kind !== 'answer' || outcome.status === 200 || blamed === null) {
      share(outcome, left)
      return
    }
    left[blamed.at]?.arrive({ ...outcome, body: blamed.body })
    left = left.filter((_, at) => at !== blamed.at)
  }
  for (const { request, deadline, arrive } of left) arrive(await transport.send(node, request, deadline))
}

function joinedRequest(all: readonly Passenger[]): NodeRequest {
  const queries = all.map(({ request, name }) => {
    const inner = text(request.body ?? new Uint8Array())
      .trim()
      .slice(1, -1)
      .trim()
    return `{${inner === '' ? '' : `${inner},`}"indexUid":${JSON.stringify(name)}}`
  })
  const [first] = all
  const { operation = 'search', headers } = first?.request ?? {}
  return {
    ...{ method: 'POST', path: '/multi-search', operation, write: false },
    body: utf8(`{"queries":[${queries.join(',')}]}`),
    ...(headers === undefined ? {} : { headers }),
  }
}

function latest(all: readonly Passenger[]): Deadline {
  return { at: Math.max(...all.map(({ deadline }) => deadline.at)) }
}

/** Gives each its own part of an answer, or what became of the whole. */
function share(outcome: Outcome, all: readonly Passenger[]): void {
  if (outcome.kind !== 'answer' || outcome.status !== 200) {
    for (const { arrive } of all) arrive(outcome)
    return
  }
  const bodies = partsOf(outcome.body)
  const broken = new Uint8Array()
  const complete = bodies.length === all.length
  for (const [at, { arrive }] of all.entries())
    arrive({ ...outcome, body: complete ? (bodies[at] ?? broken) : broken })
}

/** Answers as single searches give them; none where the bytes are no answer of several. */
function partsOf(body: Uint8Array): Uint8Array[] {
  if (!RESULTS.every((byte, at) => body[at] === byte)) return []
  const slices = elementSlices(body, RESULTS.length - 1) ?? []
  return slices.map(({ start, end }) => withoutIndex(body.subarray(start, end)))
}

/**
 * `{"indexUid":"…","hits":…` without its first member. Nobody else reads these bytes, so the comma behind it
 * becomes the brace and nothing is copied.
 */
function withoutIndex(part: Uint8Array): Uint8Array {
  const nameEnd = stringEnd(part, 1)
  const comma = stringEnd(part, nameEnd + 1)
  if (nameEnd === -1 || part[comma] !== COMMA) return new Uint8Array()
  const own = part.subarray(comma)
  own[0] = OPEN_BRACE
  return own
}

/** The search that a refusal speaks of, and the refusal as if it had been alone. */
function blamedIn(
  body: Uint8Array,
  count: number,
): { readonly at: number; readonly body: Uint8Array } | null {
  const error = parsedJson(text(body))
  const message = isObject(error) ? error['message'] : undefined
  if (!isObject(error) || typeof message !== 'string') return null
  const at = Number(/\.queries\[(\d+)\]/.exec(message)?.[1] ?? -1)
  if (at < 0 || at >= count) return null
  const own = message.replace(`Inside \`.queries[${at}]\`: `, '').replaceAll(`.queries[${at}]`, '')
  return { at, body: utf8(JSON.stringify({ ...error, message: own })) }
}
