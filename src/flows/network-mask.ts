import { NETWORK_OFF } from '../catalogue/network-flag.ts'
import type { Reply } from '../model/call.ts'
import { fail } from '../model/errors.ts'
import type { View } from '../model/view.ts'
import { givenValue, readBody } from '../plan/request/request-body.ts'
import { type ClientRequest, nodeOpinion } from './native-error.ts'
import type { ReadContext, ReadDeps } from './read-deps.ts'

/** A request that says `useNetwork`, be it false: nodes would take it, one without the flag does not. */
export function usesNetwork(text: string | null): boolean {
  const body = text?.includes('useNetwork') === true ? readBody(text) : null
  return body !== null && typeof givenValue(body, 'useNetwork') === 'boolean'
}

/**
 * The refusal of a request that says `useNetwork`. A node looks at the shape of a request first, then at
 * this, then at the index. Throws `MiroirError`.
 */
export async function refuseNetwork(
  deps: ReadDeps,
  ask: {
    readonly view: View
    readonly uid: string
    readonly client: ClientRequest
    readonly context: ReadContext
  },
): Promise<Reply> {
  const { view, uid, client, context } = ask
  const opinion = await nodeOpinion(deps, { view, index: null, uid, request: client, context })
  if (opinion !== null) return opinion
  throw fail('feature_not_enabled', { message: NETWORK_OFF })
}
