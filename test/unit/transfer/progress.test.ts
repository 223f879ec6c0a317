import { expect, it } from 'vitest'
import { VirtualClock } from '../../../src/std/virtual-clock.ts'
import { chosen } from '../../../src/transfer/patterns.ts'
import { duration, Progress } from '../../../src/transfer/progress.ts'
import { revealSettings } from '../../../src/transfer/secrets.ts'

async function told(isTerminal: boolean): Promise<string[]> {
  const clock = new VirtualClock()
  const lines: string[] = []
  const progress = new Progress({ clock, write: (text) => lines.push(text), isTerminal })
  progress.begin('films: copying')
  for (let second = 1; second <= 12; second++) {
    await clock.advance(1_000)
    progress.advance({ records: 100, bytes: 2_000_000, share: second / 20 })
  }
  progress.note('something else')
  progress.end()
  return lines
}

it('without a terminal it is a plain line every five seconds', async () => {
  expect(await told(false)).toEqual([
    'films: copying: 25 %, 500 documents, 10.0 MB, 2.0 MB/s, 15 s left\n',
    'films: copying: 50 %, 1000 documents, 20.0 MB, 2.0 MB/s, 10 s left\n',
    'something else\n',
    'films: copying: 60 %, 1200 documents, 24.0 MB, 2.0 MB/s, 9 s left\n',
  ])
})

it('on a terminal one line is drawn over and over, and notes stay', async () => {
  const lines = await told(true)
  expect(lines).toHaveLength(14)
  expect(lines[1]).toBe('\r\u001b[2Kfilms: copying: 10 %, 200 documents, 4.0 MB, 2.0 MB/s, 18 s left')
  expect(lines[12]).toBe('\r\u001b[2Ksomething else\n')
  expect(lines[13]).toMatch(/^films: copying: .*\n$/)
})

it.each([
  [12.1, '13 s'],
  [180, '3 min'],
  [7_800, '2 h 10 min'],
])('%d seconds are %s', (seconds, words) => expect(duration(seconds)).toBe(words))

it('patterns choose in the order of the source, and a name for nothing is a mistake', () => {
  const uids = ['b', 'logs-1', 'a', 'logs-2', 'a.b']
  expect(chosen(uids, [], 'here')).toEqual(uids)
  expect(chosen(uids, ['logs-*', 'b'], 'here')).toEqual(['b', 'logs-1', 'logs-2'])
  expect(() => chosen(uids, ['a', 'axb'], 'here')).toThrow(
    '--index axb: no such index on here; there are: b, logs-1',
  )
})

it('settings are sent as they are but for masked keys, at any place of an embedder', () => {
  const embedders =
    '{"one":{"source":"openAi","apiKey":"skXX..."},"two":{"source":"composite",' +
    '"searchEmbedder":{"apiKey":"seXX...","big":9007199254740993},"indexingEmbedder":{"apiKey":null}}}'
  const settings = `{"synonyms":{"a":["b"]},"embedders":${embedders}}`
  expect(revealSettings(settings, { one: 'k1', 'two.search': 'k2' })).toEqual({
    settings: settings.replace('skXX...', 'k1').replace('seXX...', 'k2'),
    unknown: [],
    embedders: ['one', 'two'],
  })
  expect(revealSettings(settings, {}).unknown).toEqual(['one', 'two.search'])
})
