import { limits } from '../../config/limits.ts'
import { mergeFacets } from '../../merge/facets.ts'
import { closedInquiry, type IndexPart } from '../../merge/federated/facets.ts'
import type { Unmerged } from '../../merge/search.ts'
import type { Answers } from '../../model/answers.ts'
import type { ReadTargets } from '../../model/plan.ts'
import type { IndexView } from '../../model/view.ts'
import {
  type Federation,
  retargetUnion,
  type Union,
  unionTargets,
} from '../../plan/federated/federation-union.ts'
import { allShards } from '../../plan/targets.ts'
import { text, utf8 } from '../../std/bytes.ts'
import { membersOf, memberValue } from '../../std/json-members.ts'
import { parsedJson } from '../../std/json-values.ts'
import { askCopies } from '../ask-copies.ts'
import type { ReadContext, ReadDeps } from '../read-deps.ts'

/**
 * What several searches of one index find together: their documents and facets counted once. Null when nodes
 * cannot count them together.
 */
export async function countUnion(
  deps: ReadDeps,
  union: Union & { readonly uid: string },
  context: ReadContext,
): Promise<IndexPart | null> {
  const client = { method: 'POST', route: 'search', body: utf8('{}'), operation: 'search' } as const
  const found = await askCopies<ReadTargets & { kind: 'union' }, IndexPart>(deps, {
    ...{ uid: union.uid, client, context, operation: 'search' },
    plan: (scope) => ({ kind: 'union', ...unionTargets(scope, allShards(scope.index), union) }),
    retarget: (scope) => retargetUnion(scope, union),
    fold: ({ index, answers }) => partOf(index, answers, union.federation),
  })
  return 'status' in found ? null : found
}

function partOf(index: IndexView, { answers }: Answers, federation: Federation): IndexPart | Unmerged {
  const facets: { distribution: string; stats: string | undefined }[] = []
  let total = 0
  for (const [input, { body, target }] of answers.entries()) {
    const answer = text(body)
    const members = parsedJson(answer) === undefined ? [] : membersOf(answer)
    const own = memberValue(members, 'totalHits') ?? memberValue(members, 'estimatedTotalHits')
    if (own === undefined) return { kind: 'fault', input, reason: 'not a federated answer' }
    total += Number(own)
    const counted = memberValue(membersOf(memberValue(members, 'facetsByIndex') ?? '{}'), target.name)
    const parts = counted === undefined ? [] : membersOf(counted)
    const distribution = memberValue(parts, 'distribution')
    if (distribution !== undefined) facets.push({ distribution, stats: memberValue(parts, 'stats') })
  }
  const { uid, facts } = index
  if (!Array.isArray(federation.facetsByIndex[uid])) return { uid, total, facets: null, exact: true }
  const merged = mergeFacets(
    facets,
    {
      order: {
        sortBy: facts.sortFacetValuesBy,
        valuesMax: facts.maxValuesPerFacet,
        fullAt: limits.nodeFacetValuesMin,
      },
      ...{ candidates: total, whole: answers.length === 1, over: { filters: [], members: {} } },
    },
    closedInquiry(),
  )
  return { uid, total, facets: merged, exact: merged.exact }
}
