import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { SearchFacts } from '../../../src/model/view.ts'
import { explanation } from '../../../src/plan/explain.ts'
import { parseSearchRequest } from '../../../src/plan/request/search-request.ts'
import { planSearch } from '../../../src/plan/search.ts'
import { type Placement, viewOf } from '../flows/read-world.ts'
import { shardOracle } from '../kernel/hash-oracle.ts'

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

/* What `POST /indexes/{uid}/explain` shows of each plan. UPDATE_PLANS=1 writes the files anew. */

const UPDATE = process.env['UPDATE_PLANS'] === '1'
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
    narrow: { keysMax: 128, shardOf: shardOracle },
  })
  const made = { epoch: view.epoch, index, request, plan }
  const shown: unknown = JSON.parse(explanation(made, 'operator', null))
  if (UPDATE) writeFileSync(new URL(file, FOLDER), `${JSON.stringify({ ...golden, plan: shown }, null, 2)}\n`)
  expect(shown).toEqual(UPDATE ? shown : golden.plan)
})
