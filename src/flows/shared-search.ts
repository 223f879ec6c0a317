import { limits } from '../config/limits.ts'
import type { Reply } from '../model/call.ts'
import { utf8 } from '../std/bytes.ts'
import { uuidv7 } from '../std/random.ts'
import type { ReadContext, ReadDeps } from './read-deps.ts'
import { type SearchCall, search } from './search.ts'

/** Search, shared with equal ones that other clients make at the same moment. Throws `MiroirError`. */
export async function sharedSearch(deps: ReadDeps, call: SearchCall, context: ReadContext): Promise<Reply> {
  const work = (): Promise<Reply> => search(deps, call, context)
  const alone = () => (deps.admit === undefined ? work() : deps.admit(work))
  const index = deps.views.current().indexes.get(call.uid)
  const key = keyOf(call, context)
  if (deps.shared === undefined || index === undefined || key === null) return alone()
  const { reply, led } = deps.shared.join(index, key, alone)
  return led ? reply : withUid(await reply, uuidv7(deps.clock.wall(), deps.random))
}

/**
 * All that shapes an answer besides the index: the effective filter is the client's and those its key
 * imposes, so callers with different rights never meet. Null: not worth sharing, or not the same for two.
 */
function keyOf({ text, client }: SearchCall, { headers, extraFilters }: ReadContext): string | null {
  if (text === null || text.length > limits.sharedTextMax || Object.keys(headers).length > 0) return null
  const imposed = extraFilters.map((filter) => `${filter.length}:${filter}`).join('')
  return `${imposed} ${client.method} ${client.route}\n${text}`
}

const UID_MEMBER = utf8('"requestUid":"')
const UID_LENGTH = 36

/** The reply with a request uid of its own, which is its last member but metadata. */
function withUid(reply: Reply, uid: string): Reply {
  if (!(reply.body instanceof Uint8Array)) return reply
  const body = Buffer.from(reply.body)
  const at = body.lastIndexOf(UID_MEMBER)
  if (at >= 0) body.write(uid, at + UID_MEMBER.length, UID_LENGTH, 'latin1')
  return { ...reply, body }
}
