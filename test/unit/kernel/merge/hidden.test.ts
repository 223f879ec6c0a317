import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createInlineKernel } from '../../../../src/kernel/inline.ts'
import { isFault, type MergeRequest, type MergeResult } from '../../../../src/kernel/kernel.ts'
import { kernelModule } from '../../../../src/kernel/module.ts'
import { octal } from '../gather-oracle.ts'
import { change, changed } from '../json-arbitrary.ts'

/*
 * Values that details hide and `_federation` tells: the merge must come out as if the details had told them.
 * That merge has a slow twin of its own.
 */

const kernel = createInlineKernel(await kernelModule())

const long = 'a text that is longer than what a sort key holds of it'
const value = fc.constantFrom(
  ...['1.0', '2.0', '-3.5', '1e300', '10.0', 'null', 'null', '"a"', '"ab"', '"é"', '"a\\"b"', '""'],
  ...[`"${long}b"`, `"${long}a"`, '"true"'],
)
const distance = fc.constantFrom('0.0', '11.12', '12.0', '12.5', '400.25', 'null')

interface Rule {
  readonly kind: 'shown' | 'hidden' | 'geo' | 'words'
  readonly down: boolean
}

const rules = fc.array(
  fc.record({ kind: fc.constantFrom('shown', 'hidden', 'hidden', 'geo', 'words'), down: fc.boolean() }),
  { minLength: 1, maxLength: 5 },
) as fc.Arbitrary<Rule[]>

const cases = rules.chain((list) => {
  const hit = fc.tuple(
    ...list.map(({ kind }) =>
      kind === 'words' ? fc.constantFrom('1', '2') : kind === 'geo' ? distance : value,
    ),
  )
  return fc.record({
    rules: fc.constant(list),
    answers: fc.array(fc.array(hit, { maxLength: 6 }), { minLength: 2, maxLength: 4 }),
  })
})

const seqOf = (place: number): string => octal(BigInt(place), 18)

function detail({ kind, down }: Rule, order: number, given: string): { shown: string; told: string } {
  const direction = down ? 'desc' : 'asc'
  if (kind === 'words')
    return { shown: `"words":{"order":${order},"matchingWords":${given}}`, told: '{"weightedScore":0.5}' }
  if (kind === 'geo')
    return {
      shown: `"_geoPoint(1, ${order}):${direction}":{"order":${order},"value":{"lat":1},"distance":${given}}`,
      told: `{"geoSort":{"asc":${!down},"distance":${given}}}`,
    }
  return {
    shown: `"f${order}:${direction}":{"order":${order},"value":${given}}`,
    told: `{"sort":{"asc":${!down},"value":${given}}}`,
  }
}

/** The same hits with their values in the details, and as an internal search tells them. */
function answersOf(list: readonly Rule[], hits: readonly (readonly string[])[], base: number) {
  const texts = hits.map((values, at) => {
    const place = ((at * 37) % 11) * 8 + base
    const seq = `"_miroir_seq:asc":{"order":${list.length},"value":"${seqOf(place)}"}`
    const details = list.map((rule, order) => detail(rule, order, values[order] ?? 'null'))
    const hidden = details.map(({ shown }, order) =>
      list[order]?.kind === 'hidden'
        ? `"<hidden-rule-${order}>":{"order":${order},"value":"<hidden>"}`
        : shown,
    )
    const told = [...details.map((one) => one.told), `{"sort":{"asc":true,"value":"${seqOf(place)}"}}`]
    const own = `"id":"${base}-${at}","_miroir_shard":"!!!!"`
    const federation = `"_federation":{"indexUid":"i","queriesPosition":0,"weightedRankingScore":1.0,"weightedScoreValues":[${told.join(',')}],"extra_document":{"weightedScoreValues":[1]}}`
    const formatted = '"_formatted":{"id":"x","_federation":{"mine":1}}'
    return {
      shown: `{${own},${formatted},"_rankingScoreDetails":{${[...details.map(({ shown }) => shown), seq].join(',')}}}`,
      hidden: `{${own},${federation},${formatted},"_rankingScoreDetails":{${[...hidden, seq].join(',')}}}`,
      told: `{${own},${formatted},"_federation":{"weightedScoreValues":[${told.join(',')}]}}`,
    }
  })
  return texts
}

const wrap = (name: string, hits: readonly string[]): Uint8Array =>
  Buffer.from(`{"${name}":[${hits.join(',')}],"total":1}`)

function merged(request: MergeRequest): MergeResult {
  const result = kernel.merge(request)
  if (isFault(result)) throw new Error(`${result.fault} at ${result.offset} of ${result.input}`)
  return result
}

const shownHits = (result: MergeResult): string => Buffer.from(result.hits).toString()

it('orders by hidden values as if they were shown, and shows no more than then', () => {
  fc.assert(
    fc.property(cases, fc.nat(4), fc.nat(20), ({ rules: list, answers }, offset, limit) => {
      const texts = answers.map((hits, base) => answersOf(list, hits, base))
      const page = { member: 'hits', order: 'details', offset, limit, keepDetails: false } as const
      const plain = merged({
        ...page,
        answers: texts.map((hits) =>
          wrap(
            'hits',
            hits.map((one) => one.shown),
          ),
        ),
      })
      const hidden = texts.map((hits) =>
        wrap(
          'hits',
          hits.map((one) => one.hidden),
        ),
      )
      const cut = merged({ ...page, answers: hidden, federation: 'cut' })
      expect(shownHits(cut)).toBe(shownHits(plain))
      expect([cut.received, cut.consumed]).toEqual([plain.received, plain.consumed])
      const kept = merged({ ...page, answers: hidden, federation: 'kept', keepDetails: true })
      const idsOf = (text: string): unknown => JSON.parse(`[${text}]`).map(({ id }: { id: string }) => id)
      expect(idsOf(shownHits(kept))).toEqual(idsOf(shownHits(plain)))
      for (const hit of JSON.parse(`[${shownHits(kept)}]`)) {
        expect(hit._federation.extra_document).toEqual({ weightedScoreValues: [1] })
        expect(Object.keys(hit._rankingScoreDetails)).not.toContain('_miroir_seq:asc')
      }
    }),
    { numRuns: 1000 },
  )
})

it('orders documents by the values of their sorted lists', () => {
  fc.assert(
    fc.property(cases, fc.nat(4), fc.nat(20), ({ rules: drawn, answers }, offset, limit) => {
      const list = drawn.map((rule) =>
        rule.kind === 'geo' || rule.kind === 'words' ? { ...rule, kind: 'shown' as const } : rule,
      )
      const texts = answers.map((hits, base) => answersOf(list, hits, base))
      const page = { offset, limit, keepDetails: false }
      const plain = merged({
        ...page,
        ...{ member: 'hits', order: 'details' },
        answers: texts.map((hits) =>
          wrap(
            'hits',
            hits.map((one) => one.shown),
          ),
        ),
      })
      const told = merged({
        ...page,
        ...{ member: 'results', order: 'values', federation: 'cut' },
        answers: texts.map((hits) =>
          wrap(
            'results',
            hits.map((one) => one.told),
          ),
        ),
      })
      expect(shownHits(told)).toBe(shownHits(plain))
    }),
    { numRuns: 500 },
  )
})

/** Puts places in order as a node does: groups within a metre of their first, then the second value. */
function grouped(places: readonly Place[], down: boolean): (Place & { readonly head: number })[] {
  const far = places.toSorted((one, other) => (down ? other.metres - one.metres : one.metres - other.metres))
  let head = Number.NaN
  const heads = far.map((place) => {
    if (!(Math.abs(place.metres - head) <= 1)) head = place.metres
    return { ...place, head }
  })
  return heads.sort(
    (one, other) =>
      (down ? other.head - one.head : one.head - other.head) || one.name - other.name || one.id - other.id,
  )
}

interface Place {
  readonly id: number
  readonly metres: number
  readonly name: number
}

it('takes the groups of places that a node made for a sorted list for what they are', () => {
  const place = fc.record({ metres: fc.integer({ min: 0, max: 40 }), name: fc.integer({ min: 0, max: 3 }) })
  const drawn = fc.array(fc.array(place, { maxLength: 8 }), { minLength: 2, maxLength: 4 })
  fc.assert(
    fc.property(drawn, fc.boolean(), (lists, down) => {
      const direction = down ? 'desc' : 'asc'
      const nodes = lists.map((list, base) =>
        grouped(
          list.map(({ metres, name }, at) => ({ id: at * 8 + base, metres: metres / 4, name })),
          down,
        ),
      )
      const searched = nodes.map((list) =>
        wrap(
          'hits',
          list.map(
            ({ id, head, name }) =>
              `{"id":${id},"_rankingScoreDetails":{"_geoPoint(0, 0):${direction}":{"order":0,"value":{},"distance":${head}},"n:asc":{"order":1,"value":${name}},"_miroir_seq:asc":{"order":2,"value":"${seqOf(id)}"}}}`,
          ),
        ),
      )
      const listed = nodes.map((list) =>
        wrap(
          'results',
          list.map(
            ({ id, metres, name }) =>
              `{"id":${id},"_federation":{"weightedScoreValues":[{"geoSort":{"asc":${!down},"distance":${metres}}},{"sort":{"asc":true,"value":${name}}},{"sort":{"asc":true,"value":"${seqOf(id)}"}}]}}`,
          ),
        ),
      )
      const page = { offset: 0, limit: 50, keepDetails: false }
      const bySearch = merged({ ...page, member: 'hits', order: 'details', answers: searched })
      const request = { ...page, member: 'results', order: 'values', federation: 'cut' } as const
      expect(shownHits(merged({ ...request, answers: listed }))).toBe(shownHits(bySearch))
    }),
    { numRuns: 1000 },
  )
})

it.each([
  ['fewer values than rules', '{"weightedScoreValues":[]}'],
  ['no values', '{"indexUid":"i"}'],
  ['no list', '{"weightedScoreValues":{}}'],
  ['a value of another kind', '{"weightedScoreValues":[{"sort":{"asc":true,"value":[1]}}]}'],
  ['a value without direction', '{"weightedScoreValues":[{"sort":{"value":1}}]}'],
  ['only scores', '{"weightedScoreValues":[{"weightedScore":1.0},{"vectorSort":0.5}]}'],
])('knows an answer it cannot order: %s', (_, federation) => {
  const hit = `{"id":1,"_federation":${federation},"_rankingScoreDetails":{"<hidden-rule-0>":{"order":0,"value":"<hidden>"}}}`
  const page = { offset: 0, limit: 5, keepDetails: false, federation: 'cut' } as const
  const searches = [Buffer.from('{"hits":[]}'), wrap('hits', [hit])]
  expect(kernel.merge({ ...page, member: 'hits', order: 'details', answers: searches })).toMatchObject({
    ...{ fault: 'unreadable-details', input: 1 },
  })
  const lists = [Buffer.from('{"results":[]}'), wrap('results', [`{"id":1,"_federation":${federation}}`])]
  expect(kernel.merge({ ...page, member: 'results', order: 'values', answers: lists })).toMatchObject({
    ...{ fault: 'unreadable-details', input: 1 },
  })
})

it('never guesses where a pinned hit belongs', () => {
  const pinned = '{"id":1,"_rankingScoreDetails":{"pin":{"order":0,"position":3}}}'
  const answers = [Buffer.from('{"hits":[]}'), wrap('hits', [pinned])]
  const page = { member: 'hits', order: 'details', offset: 0, limit: 5, keepDetails: false } as const
  expect(kernel.merge({ ...page, answers })).toMatchObject({ fault: 'unreadable-details', input: 1 })
})

it('survives any change to an answer of an internal search', () => {
  fc.assert(
    fc.property(
      cases,
      fc.array(change, { minLength: 1, maxLength: 4 }),
      ({ rules: list, answers }, changes) => {
        const whole = answers.map((hits, base) => answersOf(list, hits, base))
        for (const [member, order, kind] of [
          ['hits', 'details', 'hidden'],
          ['results', 'values', 'told'],
        ] as const) {
          const texts = whole.map((hits) =>
            wrap(
              member,
              hits.map((one) => one[kind]),
            ),
          )
          const broken = changes.reduce<Uint8Array>((bytes, one) => changed(bytes, one), texts[0]!)
          const request = {
            member,
            order,
            offset: 0,
            limit: 20,
            keepDetails: true,
            federation: 'cut',
          } as const
          kernel.merge({ ...request, answers: [broken, ...texts.slice(1)] })
        }
      },
    ),
    { numRuns: 300 },
  )
})
