import { describe, expect, it } from 'vitest'
import type { Kernel } from '../../../src/kernel/kernel.ts'
import { ids, ranked, seq } from './merge-calls.ts'

/** Which hit comes first. */
export function mergeOrderSuite(kernel: () => Kernel): void {
  describe('merge: order', () => {
    it('orders by the hidden rule when nothing else tells', async () => {
      expect(
        await ids(kernel(), [[ranked(1, ''), ranked(4, '')], [ranked(2, ''), ranked(3, '')], []]),
      ).toEqual([1, 2, 3, 4])
    })

    it.each([
      [
        '"words":{"order":0,"matchingWords":2,"score":1.0}',
        '"words":{"order":0,"matchingWords":1,"score":0.5}',
      ],
      ['"typo":{"order":0,"typoCount":0,"score":0.1}', '"typo":{"order":0,"typoCount":1,"score":1.0}'],
      ['"typo":{"order":0,"typoCount":9}', '"typo":{"order":0,"typoCount":10}'],
      ['"proximity":{"order":0,"score":1.0}', '"proximity":{"order":0,"score":0.9999999999999999}'],
      ['"proximity":{"order":0,"score":1}', '"proximity":{"order":0,"score":1e-7}'],
      ['"proximity":{"order":0,"score":1.5e-7}', '"proximity":{"order":0,"score":0.000000149}'],
      ['"attributeRank":{"order":0,"score":0.1}', '"attributeRank":{"order":0,"score":0.0}'],
      ['"wordPosition":{"order":0,"score":0.5}', '"wordPosition":{"order":0,"score":0.49}'],
      [
        '"attribute":{"order":0,"attributeRankingOrderScore":0.5,"queryWordDistanceScore":0.1,"score":0.2}',
        '"attribute":{"order":0,"attributeRankingOrderScore":0.4,"queryWordDistanceScore":1.0,"score":0.9}',
      ],
      [
        '"attribute":{"order":0,"attributeRankingOrderScore":0.5,"queryWordDistanceScore":0.2,"score":0.2}',
        '"attribute":{"order":0,"attributeRankingOrderScore":0.5,"queryWordDistanceScore":0.1,"score":0.9}',
      ],
      [
        '"exactness":{"order":0,"matchType":"exactMatch","score":1.0}',
        '"exactness":{"order":0,"matchType":"matchesStart","score":1.0}',
      ],
      [
        '"exactness":{"order":0,"matchType":"matchesStart","score":1.0}',
        '"exactness":{"order":0,"matchType":"noExactMatch","matchingWords":2,"maxMatchingWords":2,"score":0.3}',
      ],
      [
        '"exactness":{"order":0,"matchType":"noExactMatch","matchingWords":2,"score":0.3}',
        '"exactness":{"order":0,"matchType":"noExactMatch","matchingWords":1,"score":0.3}',
      ],
      ['"n:asc":{"order":0,"value":9}', '"n:asc":{"order":0,"value":10.0}'],
      ['"n:asc":{"order":0,"value":-10}', '"n:asc":{"order":0,"value":-9.5}'],
      ['"n:asc":{"order":0,"value":-1e-300}', '"n:asc":{"order":0,"value":0}'],
      ['"n:asc":{"order":0,"value":0.0}', '"n:asc":{"order":0,"value":1e-300}'],
      ['"n:asc":{"order":0,"value":9007199254740992}', '"n:asc":{"order":0,"value":9007199254740994.0}'],
      [
        '"n:asc":{"order":0,"value":1.2345678901234568e+22}',
        '"n:asc":{"order":0,"value":1.234567890123457e22}',
      ],
      ['"n:desc":{"order":0,"value":10}', '"n:desc":{"order":0,"value":9}'],
      ['"n:desc":{"order":0,"value":-1}', '"n:desc":{"order":0,"value":-2}'],
      ['"n:desc":{"order":0,"value":1}', '"n:desc":{"order":0,"value":"z"}'],
      ['"n:desc":{"order":0,"value":"a"}', '"n:desc":{"order":0,"value":null}'],
      ['"n:asc":{"order":0,"value":1e308}', '"n:asc":{"order":0,"value":""}'],
      ['"n:asc":{"order":0,"value":"z"}', '"n:asc":{"order":0,"value":null}'],
      ['"n:asc":{"order":0,"value":"a"}', '"n:asc":{"order":0,"value":"aa"}'],
      ['"n:desc":{"order":0,"value":"aa"}', '"n:desc":{"order":0,"value":"a"}'],
      ['"n:asc":{"order":0,"value":"a"}', '"n:asc":{"order":0,"value":"a\\u0000"}'],
      ['"n:asc":{"order":0,"value":"a\\"b"}', '"n:asc":{"order":0,"value":"a#b"}'],
      ['"n:asc":{"order":0,"value":"a/"}', '"n:asc":{"order":0,"value":"a\\\\"}'],
      ['"n:asc":{"order":0,"value":"z"}', '"n:asc":{"order":0,"value":"é"}'],
      ['"n:asc":{"order":0,"value":"\\uffff"}', '"n:asc":{"order":0,"value":"😀"}'],
      ['"n:asc":{"order":0,"value":"\\uffff"}', '"n:asc":{"order":0,"value":"\\ud83d\\ude00"}'],
      [
        '"_geoPoint(1, 2):asc":{"order":0,"value":null,"distance":1.5}',
        '"_geoPoint(1, 2):asc":{"order":0,"value":null,"distance":12.5}',
      ],
      [
        '"_geoPoint(1, 2):desc":{"order":0,"value":null,"distance":12.5}',
        '"_geoPoint(1, 2):desc":{"order":0,"value":null,"distance":1.5}',
      ],
      [
        '"_geoPoint(1, 2):desc":{"order":0,"value":null,"distance":0.0}',
        '"_geoPoint(1, 2):desc":{"order":0,"value":null,"distance":null}',
      ],
      ['"vectorSort":{"order":0,"similarity":0.8123}', '"vectorSort":{"order":0,"similarity":0.8}'],
      ['"vectorSort":{"order":0,"similarity":0.1}', '"vectorSort":{"order":0,"similarity":null}'],
      ['"words":{"order":0,"matchingWords":1}', '"skipped":{"order":0}'],
    ])('puts %s before %s', async (better, worse) => {
      // the better one has the later place, so only the rule can tell
      expect(await ids(kernel(), [[ranked(1, worse)], [ranked(2, better)]])).toEqual([2, 1])
      expect(await ids(kernel(), [[ranked(2, better)], [ranked(1, worse)]])).toEqual([2, 1])
    })

    it('compares long texts to their ends', async () => {
      const long = 'the same first many bytes of a text, '
      const rule = (text: string, down = 'asc'): string => `"t:${down}":{"order":0,"value":"${text}"}`
      expect(await ids(kernel(), [[ranked(1, rule(`${long}b`))], [ranked(2, rule(`${long}a`))]])).toEqual([
        2, 1,
      ])
      expect(
        await ids(kernel(), [[ranked(1, rule(`${long}a`, 'desc'))], [ranked(2, rule(`${long}b`, 'desc'))]]),
      ).toEqual([2, 1])
      expect(
        await ids(kernel(), [[ranked(1, rule(`${long}\\u00e9`))], [ranked(2, rule(`${long}z`))]]),
      ).toEqual([2, 1])
      expect(
        await ids(kernel(), [[ranked(2, rule(`${long}\\u00e9`))], [ranked(1, rule(`${long}é`))]]),
      ).toEqual([1, 2])
    })

    it('goes by the order that the rules tell, not by the order of their text', async () => {
      const early = '"typo":{"order":1,"typoCount":0},"words":{"order":0,"matchingWords":1}'
      const late = '"typo":{"order":1,"typoCount":5},"words":{"order":0,"matchingWords":2}'
      expect(await ids(kernel(), [[ranked(1, early)], [ranked(2, late)]])).toEqual([2, 1])
      expect(await ids(kernel(), [[ranked(3, late), ranked(1, early)], [ranked(2, late)]])).toEqual([2, 3, 1])
    })

    it('treats places within a metre of the first as one group', async () => {
      const at = (id: number, distance: number, name: string): string =>
        ranked(
          id,
          `"_geoPoint(0, 0):asc":{"order":0,"value":{},"distance":${distance}},"n:asc":{"order":1,"value":"${name}"}`,
        )
      expect(
        await ids(kernel(), [[at(1, 100, 'b'), at(4, 101.2, 'a')], [at(2, 100.9, 'a')], [at(3, 100.3, 'c')]]),
      ).toEqual([2, 1, 3, 4])
      const from = (id: number, distance: number, name: string): string =>
        at(id, distance, name).replace(':asc', ':desc')
      expect(await ids(kernel(), [[from(1, 100.9, 'b')], [from(2, 100, 'a'), from(3, 99.5, 'a')]])).toEqual([
        2, 1, 3,
      ])
    })

    it('falls back on the document where the details end early', async () => {
      const own = (id: number): string =>
        `{"_miroir_seq":"${seq(id)}","id":${id},"_rankingScoreDetails":{"words":{"order":0,"matchingWords":1},"skipped":{"order":1}}}`
      expect(await ids(kernel(), [[own(2)], [own(1)]])).toEqual([1, 2])
      expect(
        await ids(kernel(), [['{"id":5,"_rankingScoreDetails":{}}'], ['{"id":4,"_rankingScoreDetails":{}}']]),
      ).toEqual([5, 4])
    })
  })
}
