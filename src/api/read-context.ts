import { METADATA_HEADER, type ReadContext } from '../flows/read-deps.ts'
import type { Call } from '../model/call.ts'

export function uidOf(call: Call): string {
  return call.params['uid'] ?? ''
}

/** What of a client's request travels on to nodes: of its headers, only those of a fixed list. */
export function readContext(call: Call): ReadContext {
  const metadata = call.header(METADATA_HEADER)
  const headers: Record<string, string> = metadata === undefined ? {} : { [METADATA_HEADER]: metadata }
  return { deadline: call.deadline, headers, extraFilters: [] }
}
