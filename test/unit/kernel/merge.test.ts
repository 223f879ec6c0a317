import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createInlineKernel } from '../../../src/kernel/inline.ts'
import { isFault, type MergeRequest } from '../../../src/kernel/kernel.ts'
import { kernelModule } from '../../../src/kernel/module.ts'
import { octal } from './gather-oracle.ts'
import { change, changed, documentText, stringText } from './json-arbitrary.ts'
import { mergeOracle } from './merge-oracle.ts'

const kernel = createInlineKernel(await kernelModule())

const ratio = fc.constantFrom(
  '1.0',
  '1',
  '0.9523809523809523',
  '0.95',
  '0.5',
  '0.16666666666666666',
  '1e-7',
  '0.0',
)
const count = fc.integer({ min: 0, max: 3 }).map(String)
const long = 'a text that is longer than what a sort key holds of it'
const text = fc.oneof(
  fc.constantFrom(
    '""',
    '"a"',
    '"ab"',
    '"é"',
    '"\\u00e9"',
    '"a\\n"',
    '"a\\""',
    '"\uffff"',
    '"😀"',
    `"${long}"`,
  ),
  stringText.filter((token) => !/\\ud/i.test(token)),
  stringText.filter((token) => !/\\ud/i.test(token)).map((token) => `"${long}${token.slice(1)}`),
)
const plainNumber = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('1e+22', '1E2', '-0.0', '1.5e-300', '10.0', '10'),
)
const distance = fc.integer({ min: 0, max: 24 }).map((quarters) => String(100 + quarters / 4))

type Rule = (order: number) => fc.Arbitrary<string>

const sorted =
  (name: string, direction: string): Rule =>
  (order) =>
    fc
      .oneof(text, plainNumber, fc.constant('null'))
      .map((value) => `"${name}:${direction}":{"order":${order},"value":${value}}`)

const placed =
  (direction: string): Rule =>
  (order) =>
    fc
      .oneof({ weight: 9, arbitrary: distance }, { weight: 1, arbitrary: fc.constant('null') })
      .map(
        (value) =>
          `"_geoPoint(1.5, -2):${direction}":{"order":${order},"value":{"lat":1},"distance":${value}}`,
      )

/** Every rule that a node prints, with values that often agree. */
const RULES: Record<string, Rule> = {
  words: (order) =>
    count.map(
      (words) => `"words":{"order":${order},"matchingWords":${words},"maxMatchingWords":3,"score":1.0}`,
    ),
  typo: (order) =>
    fc
      .tuple(count, ratio)
      .map(
        ([typos, score]) =>
          `"typo":{"order":${order},"typoCount":${typos},"maxTypoCount":4,"score":${score}}`,
      ),
  proximity: (order) => ratio.map((score) => `"proximity":{"order":${order},"score":${score}}`),
  attributeRank: (order) => ratio.map((score) => `"attributeRank":{"order":${order},"score":${score}}`),
  wordPosition: (order) => ratio.map((score) => `"wordPosition":{"order":${order},"score":${score}}`),
  attribute: (order) =>
    fc
      .tuple(ratio, ratio)
      .map(
        ([rank, place]) =>
          `"attribute":{"order":${order},"attributeRankingOrderScore":${rank},"queryWordDistanceScore":${place},"score":0.5}`,
      ),
  exactness: (order) =>
    fc.oneof(
      fc
        .constantFrom('"exactMatch"', '"matchesStart"')
        .map((type) => `"exactness":{"order":${order},"matchType":${type},"score":1.0}`),
      count.map(
        (words) =>
          `"exactness":{"order":${order},"matchType":"noExactMatch","matchingWords":${words},"maxMatchingWords":3,"score":0.1}`,
      ),
    ),
  up: sorted('up', 'asc'),
  down: sorted('down', 'desc'),
  near: placed('asc'),
  far: placed('desc'),
  vectorSort: (order) =>
    fc
      .oneof(ratio, fc.constant('null'))
      .map((value) => `"vectorSort":{"order":${order},"similarity":${value}}`),
}

/** Three lists of hits that were ranked by the same rules. */
const lists = fc.shuffledSubarray(Object.keys(RULES), { maxLength: 6 }).chain((names) => {
  const details = fc.tuple(...names.map((name, order) => RULES[name]!(order)))
  const skipped = fc.option(fc.nat(names.length), { freq: 8 })
  const hit = fc.record({ details, document: documentText, skipped })
  return fc.array(fc.array(hit, { maxLength: 6 }), { minLength: 2, maxLength: 4 })
})

interface Drawn {
  readonly details: readonly string[]
  readonly document: string
  /** Rule before which the node ran out of time. */
  readonly skipped: number | null
}

function answerOf(hits: readonly Drawn[], base: number): string {
  const texts = hits.map(({ details, document, skipped }, index) => {
    const seq = octal(BigInt(((index * 37) % 11) * 8 + base), 18)
    const rules = [...details, `"_miroir_seq:asc":{"order":${details.length},"value":"${seq}"}`]
    if (skipped !== null && !document.includes('_miroir_seq'))
      rules.splice(skipped, rules.length, `"skipped":{"order":${skipped}}`)
    const inner = document.slice(1, -1).trim()
    const own = `"_miroir_shard":"!!!!","_miroir_seq":"${seq}"`
    return `{${inner === '' ? own : `${own},${inner}`},"_rankingScoreDetails":{${rules.join(',')}}}`
  })
  return `{"hits":[${texts.join(',')}],"query":"x"}`
}

function check(request: MergeRequest): void {
  const expected = mergeOracle(request)
  const result = kernel.merge(request)
  if (isFault(expected) || isFault(result)) {
    expect('fault' in result && result.fault).toBe('fault' in expected && expected.fault)
    return
  }
  expect(Buffer.from(result.hits).toString()).toBe(expected.hits)
  expect(result.envelopes.map((envelope) => Buffer.from(envelope).toString())).toEqual(expected.envelopes)
  expect([result.count, result.received, result.consumed, result.origins]).toEqual([
    expected.count,
    expected.received,
    expected.consumed,
    expected.origins,
  ])
}

it('merges as its slow twin does', () => {
  fc.assert(
    fc.property(lists, fc.nat(5), fc.nat(30), fc.boolean(), (hits, offset, limit, keepDetails) => {
      const answers = hits.map((list, base) => Buffer.from(answerOf(list, base)))
      check({ answers, member: 'hits', order: 'details', offset, limit, keepDetails, origins: true })
    }),
    { numRuns: 2000 },
  )
})

it('names the same fault for answers that were cut off', () => {
  fc.assert(
    fc.property(lists, fc.double({ min: 0, max: 1, noNaN: true }), (hits, at) => {
      const answers = hits.map((list, base) => Buffer.from(answerOf(list, base)))
      const cut = answers.map((answer, index) =>
        index === 1 ? changed(answer, { at, kind: 'cut', byte: 0 }) : answer,
      )
      check({ answers: cut, member: 'hits', order: 'details', offset: 0, limit: 20, keepDetails: false })
    }),
    { numRuns: 300 },
  )
})

it('survives any change to an answer', () => {
  fc.assert(
    fc.property(lists, fc.array(change, { minLength: 1, maxLength: 4 }), (hits, changes) => {
      const answers = hits.map((list, base) => Buffer.from(answerOf(list, base)))
      const broken = changes.reduce<Uint8Array>((bytes, one) => changed(bytes, one), answers[0]!)
      const request = { member: 'hits', order: 'details', offset: 0, limit: 20, keepDetails: true } as const
      kernel.merge({ ...request, answers: [broken, ...answers.slice(1)] })
      // the same instance goes on as if nothing had been
      check({ ...request, answers })
    }),
    { numRuns: 500 },
  )
})

it('takes hits of two bytes and answers of many', () => {
  const tiny = Buffer.from(`{"hits":[${Array.from({ length: 20_000 }, () => '{}').join(',')}]}`)
  const request = { member: 'hits', order: 'details', offset: 0, limit: 3, keepDetails: false } as const
  expect(kernel.merge({ ...request, answers: [tiny] })).toMatchObject({ count: 3, received: [20_000] })
  const answers = Array.from({ length: 300 }, (_, base) =>
    Buffer.from(`{"results":[{"id":${base},"_miroir_seq":"${octal(BigInt((base * 7) % 300), 18)}"}]}`),
  )
  check({ answers, member: 'results', order: 'seq', offset: 10, limit: 250, keepDetails: false })
})
