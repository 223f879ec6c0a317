import type { ShardId } from '../../model/ids.ts'
import type { ReadTargets, Retarget } from '../../model/plan.ts'
import { objectText } from '../../std/json-members.ts'
import type { PartialSearch } from '../multi-search.ts'
import { filterElements, readBody } from '../request/request-body.ts'
import { type ReadScope, targetsFor } from '../targets.ts'
import type { Federation } from './federation.ts'

export type { Federation } from './federation.ts'

/** Several searches of one index, for what they find together: how many documents, and their facets. */
export interface Union {
  readonly queries: readonly PartialSearch[]
  readonly federation: Federation
  /** Filters of the caller's own (tenants): JSON texts of elements of the outer filter array. */
  readonly extraFilters: readonly string[]
}

export function unionTargets(scope: ReadScope, shards: readonly ShardId[], union: Union): ReadTargets {
  const { echo, facetsByIndex } = union.federation
  const none = echo.kind === 'page' ? '"page":1,"hitsPerPage":0' : '"limit":0'
  const facets = facetsByIndex[scope.index.uid] ?? null
  return targetsFor(scope, shards, (name, shardFilter) => {
    const counted =
      facets === null ? '' : `,"facetsByIndex":{${JSON.stringify(name)}:${JSON.stringify(facets)}}`
    const added =
      shardFilter === null ? union.extraFilters : [...union.extraFilters, JSON.stringify(shardFilter)]
    const searches = union.queries.map((query) => unionQuery(query, name, added))
    const body = `{"federation":{${none}${counted}},"queries":[${searches.join(',')}]}`
    return { method: 'POST', path: '/multi-search', body }
  })
}

/** Other copies for shards whose copy failed. */
export function retargetUnion(scope: ReadScope, union: Union): Retarget {
  return (shards, failed) =>
    unionTargets({ ...scope, usable: (node) => !failed.has(node) && scope.usable(node) }, shards, union)
}

/** The order of hits does not matter here, and rules of sorting may not fit each other. */
function unionQuery({ text }: PartialSearch, name: string, added: readonly string[]): string {
  const body = readBody(text)
  const filters = [...(body === null ? [] : (filterElements(body) ?? [])), ...added]
  const members = (body?.members ?? []).filter(({ key }) => key !== 'sort' && key !== 'filter')
  const filter = filters.length === 0 ? [] : [{ key: 'filter', value: `[${filters.join(',')}]` }]
  return objectText([...members, ...filter, { key: 'indexUid', value: JSON.stringify(name) }])
}
