import { searchRoutes } from '../../../src/api/search.ts'
import type { Reply } from '../../../src/model/call.ts'
import { MiroirError } from '../../../src/model/errors.ts'
import { text } from '../../../src/std/bytes.ts'
import { type CallParts, callOf, hitsAnswer, type Placement, type Script, type World } from './read-world.ts'

/** Two groups of two nodes, each group holding the four shards once. */
export const TWO_GROUPS: Placement = {
  a: { group: 0, shards: [0, 1] },
  b: { group: 0, shards: [2, 3] },
  c: { group: 1, shards: [0, 1] },
  d: { group: 1, shards: [2, 3] },
}

export const IDS: Readonly<Record<string, readonly number[]>> = { a: [1, 3], b: [2, 4], c: [1, 3], d: [2, 4] }
export const honest: Script = ({ node }) => hitsAnswer(IDS[node] ?? [])

export async function post(
  world: World,
  body: unknown = {},
  parts: CallParts = {},
): Promise<Reply | MiroirError> {
  const route = searchRoutes(world.deps).find((found) => found.method === (parts.method ?? 'POST'))
  const sent = typeof body === 'string' ? body : JSON.stringify(body)
  let done = false
  const reply = Promise.resolve(route!.handler(callOf({ body: sent, ...parts }))).then(
    (value) => value,
    (error: unknown) => {
      if (error instanceof MiroirError) return error
      throw error
    },
  )
  void reply.then(
    () => (done = true),
    () => (done = true),
  )
  for (let step = 0; step < 20 && !done; step++) await world.clock.advance(500)
  return reply
}

export interface Shown {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: unknown
}

export function shown(reply: Reply | MiroirError): Shown {
  if (reply instanceof MiroirError) return { status: reply.status, body: { ...reply.body }, headers: [] }
  const raw = typeof reply.body === 'string' ? reply.body : text(reply.body ?? new Uint8Array())
  return { status: reply.status, body: JSON.parse(raw), headers: reply.headers ?? [] }
}

export interface Hit {
  readonly id: number
}

export const hitsOf = (body: Shown['body']): readonly Hit[] => body['hits'] as readonly Hit[]
export const idsOf = (body: Shown['body']): number[] => hitsOf(body).map((hit) => hit.id)
