import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NodeRequest, Outcome, Transport } from '../../../src/nodes/transport.ts'
import { joinedSearches } from '../../../src/scatter/joined.ts'
import { text, utf8 } from '../../../src/std/bytes.ts'
import { elementSlices } from '../../../src/std/json-bytes.ts'
import { elementsOf } from '../../../src/std/json-members.ts'
import { answer, nodeOf } from '../flows/read-world.ts'

const NODE = nodeOf('a', 0)
const DEADLINE = { at: 1000 }

const searchOf = (name: string, body: unknown): NodeRequest => ({
  ...{ method: 'POST', path: `/indexes/${name}/search`, operation: 'search', write: false },
  body: utf8(typeof body === 'string' ? body : JSON.stringify(body)),
  headers: { 'meili-include-metadata': '1' },
})

interface Query {
  readonly indexUid: string
  readonly bad?: boolean
  readonly q?: string
}

/** A node that answers each search with its own query and refuses the whole for the first bad one. */
class Node implements Transport {
  readonly sent: NodeRequest[] = []

  async send(_node: unknown, request: NodeRequest): Promise<Outcome> {
    this.sent.push(request)
    const body = JSON.parse(text(request.body!))
    const one = (query: Query) => ({ hits: [{ indexUid: 'x' }], query: query.q ?? '' })
    if (request.path !== '/multi-search') return body.bad ? this.refusal('') : answer(one(body))
    const bad = body.queries.findIndex((query: Query) => query.bad)
    if (bad !== -1) return this.refusal(`Inside \`.queries[${bad}]\`: `)
    return answer({
      results: body.queries.map((query: Query) => ({ indexUid: query.indexUid, ...one(query) })),
    })
  }

  refusal(prefix: string): Outcome {
    return answer({ message: `${prefix}bad`, code: 'invalid_search_filter', type: 't', link: 'l' }, 400)
  }

  async close(): Promise<void> {}
}

const shown = (outcome: Outcome): unknown =>
  outcome.kind === 'answer' ? [outcome.status, text(outcome.body)] : outcome

describe('searches that leave together', () => {
  test('travel as one and come back as if each had been alone', async () => {
    const node = new Node()
    const joined = joinedSearches(node)
    const bodies = ['{}', ' { } ', '{"q":"a"}', '{"q":"\\"]}","indexUid":"mine"}']
    const outcomes = await Promise.all(
      bodies.map((body, at) => joined.send(NODE, searchOf(`i${at}`, body), DEADLINE)),
    )
    expect(outcomes.map(shown)).toEqual([
      [200, '{"hits":[{"indexUid":"x"}],"query":""}'],
      [200, '{"hits":[{"indexUid":"x"}],"query":""}'],
      [200, '{"hits":[{"indexUid":"x"}],"query":"a"}'],
      [200, '{"hits":[{"indexUid":"x"}],"query":"\\"]}"}'],
    ])
    expect(node.sent.map(({ path, headers }) => [path, headers])).toEqual([
      ['/multi-search', { 'meili-include-metadata': '1' }],
    ])
    const { queries } = JSON.parse(text(node.sent[0]!.body!))
    expect(queries.map((query: Query) => query.indexUid)).toEqual(['i0', 'i1', 'i2', 'i3'])
  })

  test('one alone, later ones, other nodes and other requests go by themselves', async () => {
    const node = new Node()
    const joined = joinedSearches(node)
    await joined.send(NODE, searchOf('i', {}), DEADLINE)
    await joined.send(NODE, searchOf('i', {}), DEADLINE)
    const get: NodeRequest = { method: 'GET', path: '/indexes/i/search?q=a', operation: 's', write: false }
    await Promise.all([
      joined.send(NODE, searchOf('i', {}), DEADLINE),
      joined.send(nodeOf('b', 0), searchOf('i', {}), DEADLINE),
      joined.send(NODE, { ...searchOf('i', {}), path: '/indexes/i/facet-search' }, DEADLINE),
      joined.send(NODE, { ...get, body: utf8('{}') }, DEADLINE),
    ])
    expect(node.sent.map(({ path }) => path)).not.toContain('/multi-search')
    expect(node.sent).toHaveLength(6)
  })

  test('what a node refuses of one does not touch the others', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ bad: fc.boolean(), q: fc.string() }), { minLength: 1, maxLength: 6 }),
        async (queries) => {
          const joined = joinedSearches(new Node())
          const together = await Promise.all(
            queries.map((query) => joined.send(NODE, searchOf('i', query), DEADLINE)),
          )
          const alone = new Node()
          const apart = await Promise.all(queries.map((query) => alone.send(NODE, searchOf('i', query))))
          expect(together.map(shown)).toEqual(apart.map(shown))
        },
      ),
    ))

  test('a broken answer is a broken answer for each', async () => {
    for (const body of [
      '{"results":[]}',
      '{"results":[{"indexUid":"i","hits":[]}]}',
      '{"results":[{"indexUid":"i","hits":[',
      '{"results":[3,4]}',
      '{"other":1}',
      '',
    ]) {
      const joined = joinedSearches({ send: async () => answer(body), close: async () => {} })
      const outcomes = await Promise.all([1, 2].map(() => joined.send(NODE, searchOf('i', {}), DEADLINE)))
      for (const outcome of outcomes) expect([body, shown(outcome)]).toEqual([body, [200, '']])
    }
  })

  test('errors that speak of no search, and silence, are everybody’s', async () => {
    const late = { kind: 'ambiguous', reason: 'deadline' } as const
    const busy = answer({ message: 'busy', code: 'too_many_search_requests' }, 503)
    for (const outcome of [late, busy, answer('oops', 500)]) {
      const joined = joinedSearches({ send: async () => outcome, close: async () => {} })
      const outcomes = await Promise.all([1, 2].map(() => joined.send(NODE, searchOf('i', {}), DEADLINE)))
      expect(outcomes).toEqual([outcome, outcome])
    }
  })
})

test('elements are cut where a JSON reader cuts them', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1), (values, indent) => {
      const json = JSON.stringify(values, null, indent)
      const bytes = utf8(`x${json}]`)
      const slices = elementSlices(bytes, 1)
      const cut = slices?.map(({ start, end }) => text(bytes.subarray(start, end)).trim())
      expect(cut).toEqual(elementsOf(json))
    }),
  )
  for (const open of ['[', '["', '[{', '[{"a":"\\"', '[1,'])
    expect([open, elementSlices(utf8(open), 0)]).toEqual([open, null])
})
