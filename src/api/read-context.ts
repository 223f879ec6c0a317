import type { ReadContext } from '../flows/read-deps.ts'
import type { Call } from '../model/call.ts'

export function uidOf(call: Call): string {
  return call.params['uid'] ?? ''
}

/** What of a client's request travels on to nodes: of its headers, only those of a fixed list. */
export function readContext(call: Call): ReadContext {
  const metadata = call.header('meili-include-metadata')
  const headers: Record<string, string> = metadata === undefined ? {} : { 'meili-include-metadata': metadata }
  return { deadline: call.deadline, headers, extraFilters: [] }
}
