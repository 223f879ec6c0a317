import type { NodeId, ShardId } from '../../model/ids.ts'
import type { Narrowing } from '../../model/plan.ts'
import type { IndexView } from '../../model/view.ts'
import type { JsonMember } from '../../std/json-members.ts'
import { isStringList } from '../../std/json-values.ts'
import { isAllowedEverywhere } from './allowed.ts'
import type { Filter } from './filter.ts'
import { keysIn } from './keys.ts'
import { parseFilter } from './parse.ts'

/** How requests are narrowed. Where a scope has none they are not. */
export interface Narrow {
  /** Spellings of keys that a request may name; 0 = never narrow. */
  readonly keysMax: number
  /** The shard of a primary key among so many. */
  shardOf(key: string, shards: number): ShardId
}

export interface NarrowScope {
  readonly index: IndexView
  /** JSON texts of the elements of the outer filter array. */
  readonly filters: readonly string[]
  readonly usable: (node: NodeId) => boolean
  /** In [0, 1). */
  readonly draw: number
  readonly narrow?: Narrow
}

/**
 * The shards that can hold what a filter lets through, where it names primary keys. Shards that are left out
 * hold no match, so totals, order and pages are those of all shards.
 */
export function narrowed(scope: NarrowScope): Narrowing {
  const { index, filters, narrow } = scope
  const { primaryKey } = index
  if (narrow === undefined || narrow.keysMax === 0) return all('off')
  if (filters.length === 0) return all('no-filter')
  // Below a dot there is more than one way to spell a field.
  if (primaryKey === null || primaryKey.includes('.')) return all('no-plain-key')
  if (!filters.some((text) => text.includes(primaryKey))) return all('key-not-in-filter')
  const filter = readArray(filters)
  if (filter === null) return all('unreadable')
  if (!isAllowedEverywhere(filter, index.facts.filterableAttributes)) return all('restricted-operators')
  const keys = keysIn(filter, primaryKey, narrow.keysMax)
  if (keys === null) return all('key-not-pinned')
  if (keys === undefined) return all('too-many-keys')
  const shards = new Set([...keys].map((key) => narrow.shardOf(key, index.shards)))
  // Somebody must be asked: the filter may be one that nodes refuse.
  if (shards.size === 0) shards.add(anyShard(scope))
  return { shards: [...shards].sort((one, other) => one - other), reason: 'key-pinned' }
}

/** Members of a search that nodes answer by the fields they have seen, so that all of them must be asked. */
const FIELDS_OF_NODES = ['facets', 'attributesToSearchOn']

/** The same for a search with the filters of its caller. */
export function narrowedSearch(
  scope: Omit<NarrowScope, 'filters'> & {
    readonly request: { readonly filters: readonly string[]; readonly members: readonly JsonMember[] }
    readonly extraFilters: readonly string[]
  },
): Narrowing {
  const { request, extraFilters } = scope
  const narrowing = narrowed({ ...scope, filters: [...request.filters, ...extraFilters] })
  const wide = request.members.some(({ key }) => FIELDS_OF_NODES.includes(key))
  return wide && narrowing.shards !== null ? all('fields-of-nodes') : narrowing
}

/** True when the filter named keys, whether or not that helped. */
export function isNarrowable({ reason }: Narrowing): boolean {
  return reason === 'key-pinned' || reason === 'too-many-keys'
}

function all(reason: Narrowing['reason']): Narrowing {
  return { shards: null, reason }
}

/** An array is AND, one inside of it OR; null where a node would have to say what it is. */
function readArray(filters: readonly string[]): Filter | null {
  const elements: unknown = JSON.parse(`[${filters.join(',')}]`)
  if (!Array.isArray(elements)) return null
  const parts: Filter[] = []
  for (const element of elements as readonly unknown[]) {
    const texts = typeof element === 'string' ? [element] : element
    if (!isStringList(texts)) return null
    const choices: Filter[] = []
    for (const text of texts) {
      const parsed = parseFilter(text)
      // What a blank choice lets through is not said anywhere.
      if (!('filter' in parsed) || parsed.filter === null) return null
      choices.push(parsed.filter)
    }
    const [only] = choices
    if (only === undefined) continue
    parts.push(choices.length === 1 ? only : { kind: 'or', parts: choices, start: 0, end: 0 })
  }
  return { kind: 'and', parts, start: 0, end: 0 }
}

/** One that can be asked, if there is one. */
function anyShard({ index, usable, draw }: NarrowScope): ShardId {
  const start = Math.floor(draw * index.shards)
  for (let turn = 0; turn < index.shards; turn++) {
    const shard = (start + turn) % index.shards
    const copies = index.copies[shard] ?? []
    if (copies.some(({ node, state }) => state === 'current' && usable(node))) return shard
  }
  return start
}
