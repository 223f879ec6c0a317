import { expect, test } from 'vitest'
import type { Script } from './read-world.ts'
import { errorAnswer, hitsAnswer, viewOf, worldOf } from './read-world.ts'
import { post, shown, TWO_GROUPS } from './search-call.ts'

/* What the first answers leave open is asked of the same copies in a second round. */

const FACTS = { sortFacetValuesBy: { '*': 'count' }, maxValuesPerFacet: 2 } as const

/** A thousand values, so that the list may have been cut. */
function longList(own: string): Record<string, number> {
  const rest = Array.from({ length: 998 }, (_, at) => [`${own}${at}`, 2])
  return Object.fromEntries([['both', 9], [own, 8], ...rest])
}

function nodes(second: Script): Script {
  return (sent, attempt) => {
    if (sent.body?.includes('IN [') === true) return second(sent, attempt)
    const list = sent.node === 'a' || sent.node === 'c' ? longList('left') : longList('right')
    return hitsAnswer([], { facetDistribution: { f: list }, facetStats: {} })
  }
}

const counts = (list: Record<string, number>): ReturnType<Script> =>
  hitsAnswer([], { facetDistribution: { f: list }, facetStats: {} })

test('facet values that a node cut off are asked for, and then the list is exact', async () => {
  const script = nodes(({ node }) =>
    counts(node === 'a' || node === 'c' ? { both: 9, left: 8, right: 2 } : { both: 9, right: 8 }),
  )
  const world = worldOf(viewOf(TWO_GROUPS, FACTS), script)
  const reply = shown(await post(world, { q: 'x', facets: ['f'], filter: 'g = 1' }))
  expect(reply.body['facetDistribution']).toEqual({ f: { both: 18, right: 10 } })
  expect(reply.headers).toEqual([])
  const [first, second] = [world.transport.sent.slice(0, 2), world.transport.sent.slice(2)]
  expect(second.map(({ node }) => node)).toEqual(first.map(({ node }) => node))
  const body = JSON.parse(second[0]?.body ?? '')
  expect(body).toMatchObject({ q: 'x', facets: ['f'], limit: 0 })
  expect(body.filter.slice(0, 1)).toEqual(['g = 1'])
})

test('a copy that fails in the second round is replaced', async () => {
  const script = nodes(({ node }) => {
    if (node === 'a' || node === 'c') return counts({ both: 9, left: 8 })
    return node === 'b' ? errorAnswer(500, 'internal', 'no') : counts({ both: 9, right: 8, left: 1 })
  })
  const world = worldOf(viewOf({ ...TWO_GROUPS }, FACTS), script)
  const reply = shown(await post(world, { facets: ['f'] }))
  expect(reply.body['facetDistribution']).toEqual({ f: { both: 18, left: 9 } })
  expect(reply.headers).toEqual([])
})

test('without an answer in the second round the facets are said to be approximate', async () => {
  const script = nodes(() => errorAnswer(400, 'invalid_search_filter', 'no comparison'))
  const world = worldOf(viewOf(TWO_GROUPS, FACTS), script)
  const reply = shown(await post(world, { facets: ['f'] }))
  expect(reply.status).toBe(200)
  expect(reply.headers).toEqual([['X-Miroir-Approximate', 'facets']])
})
