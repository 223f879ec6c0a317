import { text } from '../std/bytes.ts'
import { membersOf } from '../std/json-members.ts'

const SUFFIX = 'id'

/**
 * The primary key a node infers from the first document of a new index: the one top-level field whose name
 * ends with `id` in any case. Several candidates, or none, come in byte order, which is how a node names
 * them.
 */
export function inferPrimaryKey(
  firstDocument: Uint8Array,
): { readonly key: string } | { readonly candidates: readonly string[] } {
  const names = new Set(membersOf(text(firstDocument)).map((member) => member.key))
  const candidates = [...names].filter((name) => name.toLowerCase().endsWith(SUFFIX)).sort(byBytes)
  const [key] = candidates
  return key !== undefined && candidates.length === 1 ? { key } : { candidates }
}

function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other))
}
