import { describe, expect, it } from 'vitest'
import type { Kernel } from '../../../src/kernel/kernel.ts'
import { answer, merge, ranked, seq } from './merge-calls.ts'

/** What of the answers is shown, and which answers cannot be used. */
export function mergeAnswerSuite(kernel: () => Kernel): void {
  describe('merge: answers', () => {
    it('skips, limits and counts', async () => {
      const lists = [
        answer(ranked(1, ''), ranked(3, ''), ranked(5, '')),
        answer(ranked(2, ''), ranked(4, '')),
        '{"hits":[],"a":1}',
      ]
      expect(await merge(kernel(), lists, { offset: 1, limit: 2 })).toEqual({
        hits: '{"id":2},{"id":3}',
        count: 2,
        received: [3, 2, 0],
        consumed: [2, 1, 0],
        envelopes: ['{"query":""}', '{"query":""}', '{"a":1}'],
      })
      expect(await merge(kernel(), lists, { offset: 9 })).toMatchObject({
        hits: '',
        count: 0,
        consumed: [3, 2, 0],
      })
      expect(await merge(kernel(), lists, { limit: 0 })).toMatchObject({
        hits: '',
        count: 0,
        consumed: [0, 0, 0],
      })
      expect(await merge(kernel(), [])).toMatchObject({ hits: '', count: 0, received: [], envelopes: [] })
    })

    it.each([
      ['{"hits":[],"q":1}', '{"q":1}'],
      ['{"q":1,"hits":[]}', '{"q":1}'],
      ['{"q":1,"hits":[],"z":[{"hits":[1]}]}', '{"q":1,"z":[{"hits":[1]}]}'],
      ['{"hits":[]}', '{}'],
      [' { "q" : 1 , "hits" : [ ] , "z" : 2 } ', ' { "q" : 1 , "z" : 2 } '],
      [' { "q" : 1 , "hits" : [ ] } ', ' { "q" : 1 } '],
    ])('leaves %s the envelope %s', async (text, envelope) => {
      expect(await merge(kernel(), [text, text])).toMatchObject({ envelopes: [envelope, envelope] })
    })

    const details = `"_rankingScoreDetails":{"typo":{"order":0,"typoCount":1},"_miroir_seq:asc":{"order":1,"value":"${seq(1)}"}}`
    it.each([
      // our fields at the start, in the middle, at the end, alone
      [`{"_miroir_shard":"!","_miroir_seq":"${seq(1)}","a":1,${details}}`, '{"a":1}'],
      [`{"a":1,"_miroir_shard":"!","b":2,"_miroir_seq":"${seq(1)}","c":3,${details}}`, '{"a":1,"b":2,"c":3}'],
      [`{"a":1,"_miroir_seq":"${seq(1)}","_miroir_shard":"!",${details}}`, '{"a":1}'],
      [`{"_miroir_seq":"${seq(1)}",${details}}`, '{}'],
      [`{"_miroir_expires_at":[1,{"_miroir_x":2}],"a":1,${details}}`, '{"a":1}'],
      [`{ "a" : 1 , "_miroir_shard" : "!" , "b" : 2 , ${details} }`, '{ "a" : 1 , "b" : 2 }'],
      // nested names are not ours
      [
        `{"a":{"_miroir_shard":"!"},"b":"\\"_miroir_seq\\":1",${details}}`,
        '{"a":{"_miroir_shard":"!"},"b":"\\"_miroir_seq\\":1"}',
      ],
      [
        `{"a":[{"_rankingScoreDetails":{}},{"_formatted":{"_miroir_seq":1}}],${details}}`,
        '{"a":[{"_rankingScoreDetails":{}},{"_formatted":{"_miroir_seq":1}}]}',
      ],
      [
        `{"_rankingScoreDetails":{"mine":true},"a":1,${details}}`,
        '{"_rankingScoreDetails":{"mine":true},"a":1}',
      ],
      [`{"_rankingScoreDetails":5,${details}}`, '{"_rankingScoreDetails":5}'],
      // what a node adds
      [
        `{"a":1,"_formatted":{"_miroir_shard":"!","_miroir_seq":"${seq(1)}","a":"1"},"_matchesPosition":{"a":[],"_miroir_seq":[]},"_rankingScore":0.5,${details}}`,
        '{"a":1,"_formatted":{"a":"1"},"_matchesPosition":{"a":[]},"_rankingScore":0.5}',
      ],
      [
        `{"a":1,"_miroir_seq":"${seq(1)}","_formatted":{"_miroir_seq":"x"},${details}}`,
        '{"a":1,"_formatted":{}}',
      ],
    ])('cuts %s to %s', async (hit, kept) => {
      expect(await merge(kernel(), [answer(hit)])).toMatchObject({ hits: kept })
      expect(await merge(kernel(), [answer(hit), answer()])).toMatchObject({ hits: kept })
      const cut = details.replace(/,"_miroir_seq:asc":\{[^}]*\}/, '')
      const kept2 =
        kept === '{}' ? `{${cut}}` : kept.replace(/( ?\})$/, ` , ${cut}$1`).replace(/^(\{[^ ].*) , /, '$1,')
      expect(await merge(kernel(), [answer(hit), answer()], { keepDetails: true })).toMatchObject({
        hits: kept2,
      })
    })

    it('leaves empty details where the hidden rule was alone', async () => {
      expect(await merge(kernel(), [answer(ranked(1, '')), answer()], { keepDetails: true })).toMatchObject({
        hits: '{"id":1,"_rankingScoreDetails":{}}',
      })
    })

    it('touches no other byte', async () => {
      const odd = '"n":12345678901234567890.10,"n":1.0,"\\u0061":"\\/ é\\ud83d\\ude00","e":1E+2, "z" :[ ]'
      const hit = `{${odd},"_miroir_seq":"${seq(1)}",${details}}`
      expect(await merge(kernel(), [answer(hit), answer()])).toMatchObject({ hits: `{${odd}}` })
    })

    it('merges lists of documents by the place of their last write', async () => {
      const document = (id: number): string =>
        `{"id":${id},"_miroir_seq":"${seq(id)}","_formatted":{"_miroir_x":1}}`
      const list = (...places: number[]): string =>
        `{"results":[${places.map(document).join(',')}],"total":2}`
      expect(
        await merge(kernel(), [list(2, 3), list(1, 4)], { member: 'results', order: 'seq', limit: 3 }),
      ).toEqual({
        hits: [1, 2, 3].map((id) => `{"id":${id},"_formatted":{"_miroir_x":1}}`).join(','),
        count: 3,
        received: [2, 2],
        consumed: [2, 1],
        envelopes: ['{"total":2}', '{"total":2}'],
      })
    })

    it.each([
      ['{"hits":[', 'truncated'],
      ['{"hits":[{"id":1', 'truncated'],
      ['', 'truncated'],
      ['[]', 'syntax'],
      ['{"hits":[]}x', 'syntax'],
      ['{"hits":[{"_rankingScoreDetails":{}}}', 'syntax'],
      ['{"results":[]}', 'not-documents'],
      ['{"hits":{}}', 'not-documents'],
      ['{"hits":[1]}', 'not-documents'],
      ['{"hits":[{"id":1}]}', 'unreadable-details'],
      [
        '{"hits":[{"_rankingScoreDetails":{"<hidden-rule-4>":{"order":4,"value":"<hidden>"}}}]}',
        'unreadable-details',
      ],
      ['{"hits":[{"_rankingScoreDetails":{"newRule":{"order":4,"score":1}}}]}', 'unreadable-details'],
      ['{"hits":[{"_rankingScoreDetails":{"a:asc":{"order":4,"value":[1]}}}]}', 'unreadable-details'],
    ])('names the answer that cannot be used: %s', async (text, fault) => {
      expect(await merge(kernel(), ['{"hits":[]}', text])).toEqual({ fault, input: 1 })
    })

    it('needs no details of one answer alone', async () => {
      expect(await merge(kernel(), ['{"hits":[{"id":2},{"id":1}]}'])).toMatchObject({
        hits: '{"id":2},{"id":1}',
      })
    })
  })
}
