import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Refusal, SearchPlan } from '../../../src/model/plan.ts'
import type { SearchFacts } from '../../../src/model/view.ts'
import { planSearch } from '../../../src/plan/search.ts'
import { parseSearchRequest } from '../../../src/plan/search-request.ts'
import { type Placement, viewOf } from '../flows/read-world.ts'

interface GoldenPlan {
  readonly comment: string
  readonly view: { readonly nodes: Placement; readonly facts?: Partial<SearchFacts> }
  /** Nodes that may not be asked. */
  readonly down?: readonly string[]
  /** Nodes that do not answer internal searches. */
  readonly withoutFlag?: readonly string[]
  readonly draw?: number
  readonly extraFilters?: readonly string[]
  readonly request: unknown
  readonly plan: unknown
}

const FOLDER = new URL('../../golden/plan/', import.meta.url)

test.each(readdirSync(FOLDER).sort())('%s', (file) => {
  const golden = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as GoldenPlan
  const view = viewOf(golden.view.nodes, golden.view.facts)
  const request = parseSearchRequest(JSON.stringify(golden.request))
  const index = view.indexes.get('films')
  if (index === undefined || request === null) throw new Error('not a plannable request')
  const usable = (node: string): boolean => !(golden.down ?? []).includes(node)
  const { draw = 0, extraFilters = [] } = golden
  const plan = planSearch({
    index,
    nodes: view.nodes,
    usable,
    federates: (node) => !(golden.withoutFlag ?? []).includes(node),
    draw,
    request,
    extraFilters,
    nodeFacetValues: 1000,
  })
  expect(printed(plan)).toEqual(golden.plan)
})

/** A plan as the files have it: nodes by name, bodies as JSON. */
function printed(plan: SearchPlan | Refusal): unknown {
  if (plan.kind === 'refusal') return { refused: plan.feature }
  const { whole, offset, limit, echo, keepDetails, distinct, threshold, internal } = plan.merge
  return {
    targets: plan.targets.map(({ node, method, path, shards, body, internal }) => ({
      node: node.id,
      request: `${method} ${path}${internal ? ', internal' : ''}`,
      shards,
      body: JSON.parse(String(body)),
    })),
    uncovered: plan.uncovered,
    merge: {
      whole,
      offset,
      limit,
      echo,
      keepDetails,
      distinct,
      threshold,
      ...(internal === null ? {} : { internal }),
    },
  }
}
