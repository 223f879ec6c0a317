import type { CopyFault } from '../model/answers.ts'
import type { Outcome } from '../nodes/transport.ts'
import { text } from '../std/bytes.ts'
import { isObject, parsedJson } from '../std/json-values.ts'

/** What an outcome of a read means for its copy and for the client. */
export type Verdict =
  | { readonly kind: 'usable'; readonly body: Uint8Array }
  /** The request itself is at fault; another copy would say the same. */
  | { readonly kind: 'refused'; readonly status: number; readonly body: Uint8Array; readonly code: string }
  | { readonly kind: 'failed'; readonly fault: CopyFault; readonly reason: string }

/** Errors that speak of the node, not of the request: the copy is passed over. */
const NODE_FAULTS: Readonly<Record<string, CopyFault>> = {
  index_not_found: 'missing',
  invalid_api_key: 'broken',
  missing_authorization_header: 'broken',
  missing_master_key: 'broken',
  too_many_search_requests: 'overloaded',
}

/** What a node says to internal searches when its flag was switched off behind our back. */
const FLAG_LOST = 'Performing a remote federated search requires'

export function verdictOf(outcome: Outcome): Verdict {
  if (outcome.kind === 'never-sent') return { kind: 'failed', fault: 'unreachable', reason: outcome.reason }
  if (outcome.kind === 'ambiguous') return { kind: 'failed', fault: 'late', reason: outcome.reason }
  const { status, body } = outcome
  if (status === 200) {
    if (looksLikeObject(body)) return { kind: 'usable', body }
    return { kind: 'failed', fault: 'garbage', reason: 'not a JSON object' }
  }
  const code = errorCode(body)
  const nodeFault = code === null ? undefined : NODE_FAULTS[code]
  if (nodeFault !== undefined) return { kind: 'failed', fault: nodeFault, reason: `status ${status} ${code}` }
  if (status === 429) return { kind: 'failed', fault: 'overloaded', reason: 'status 429' }
  if (status < 400 || status >= 500) return { kind: 'failed', fault: 'broken', reason: `status ${status}` }
  if (code === 'feature_not_enabled' && text(body).includes(FLAG_LOST))
    return { kind: 'failed', fault: 'broken', reason: 'the runtime flag `network` is off' }
  if (code === null) return { kind: 'failed', fault: 'garbage', reason: `status ${status} without an error` }
  return { kind: 'refused', status, body, code }
}

/** Cheap look at both ends; what lies between is the merge's to judge. */
function looksLikeObject(body: Uint8Array): boolean {
  return body.length >= 2 && body[0] === 0x7b && body[body.length - 1] === 0x7d
}

function errorCode(body: Uint8Array): string | null {
  const value = parsedJson(text(body))
  if (!isObject(value) || typeof value['message'] !== 'string') return null
  return typeof value['code'] === 'string' ? value['code'] : null
}
