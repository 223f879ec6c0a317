import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { Bench } from 'tinybench'

/* What the kernels are measured on, and how. */

export type Size = 'small' | 'full'

export interface BenchRow {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly target: string
  readonly holds: boolean | null
  /** Of the result: equal hashes mean equal work. */
  readonly hash: string
}

const SAMPLE_MS = { small: 5, full: 1_500 } as const

/**
 * Milliseconds of the fastest of many calls. The machine is shared, and whatever else runs on it can only
 * add.
 */
export async function fastestMs(size: Size, call: () => unknown): Promise<number> {
  const bench = new Bench({ time: SAMPLE_MS[size], warmupTime: SAMPLE_MS[size] / 3 })
  bench.add('call', call)
  const [task] = await bench.run()
  const result = task?.result
  if (result?.state !== 'completed') throw new Error('the call under measurement failed', { cause: result })
  return result.latency.min
}

export function digest(...parts: readonly (Uint8Array | string)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex').slice(0, 12)
}

/** A row that promises at least (`>=`) or at most (`<=`) so much. */
export function row(
  name: string,
  value: number,
  target: readonly ['>=' | '<=', number, unit: string],
  hash: string,
): BenchRow {
  const [sense, bound, unit] = target
  const holds = sense === '>=' ? value >= bound : value <= bound
  return { name, value, unit, target: `${sense} ${bound} ${unit}`, holds, hash }
}

function unpacked(path: string): Buffer {
  return gunzipSync(readFileSync(new URL(`../../test/${path}`, import.meta.url)))
}

/** Documents of a sample set as one JSON body; a small run takes the first hundred. */
export function sampleBody(set: 'cities' | 'films', size: Size): Buffer {
  const bytes = unpacked(`data/${set}.json.gz`)
  if (size === 'full') return bytes
  return Buffer.from(JSON.stringify((JSON.parse(bytes.toString()) as unknown[]).slice(0, 100)))
}

/** Recorded answers of three nodes to one query each; the short ones are left out. */
export function goldenAnswers(file: string, size: Size): Uint8Array[][] {
  const lines = unpacked(`golden/${file}.jsonl.gz`).toString().trim().split('\n').slice(1)
  const cases = lines
    .map((line) => (JSON.parse(line) as { answers: string[] }).answers.map((answer) => Buffer.from(answer)))
    .filter((answers) => answers.some((answer) => answer.length > 3_000))
  return size === 'full' ? cases : cases.slice(0, 3)
}

const OCTAL = '!%()*:;?'

function place(row: number): string {
  return row
    .toString(8)
    .padStart(18, '0')
    .replace(/\d/g, (digit) => OCTAL[Number(digit)] ?? '')
}

/** Three ranked answers of `hits` hits of about 1 KB each, details as a node prints them. */
export function rankedAnswers(hits: number): Uint8Array[] {
  const films = JSON.parse(unpacked('data/films.json.gz').toString()) as object[]
  const lists: string[][] = [[], [], []]
  const count = hits * 3
  for (let rank = 0; rank < count; rank++) {
    const document = { ...films[(rank * 7) % films.length], notes: 'x'.repeat(60) }
    const own = `"_miroir_shard":"!!!!","_miroir_seq":"${place(rank)}"`
    const inner = JSON.stringify(document).slice(1, -1)
    lists[(rank * 7919) % 3]?.push(`{${own},${inner},"_rankingScoreDetails":${ranking(rank, count)}}`)
  }
  return lists.map((list) => Buffer.from(`{"hits":[${list.join(',')}],"query":"x","limit":${hits}}`))
}

/** Ranks fall in steps, so that neighbours share most rules, as they do in real lists. */
function ranking(rank: number, count: number): string {
  const part = rank / count
  const words = part < 0.5 ? 2 : 1
  const typos = Math.floor((part * 4) % 2)
  const near = [1, 0.6666666666666666, 0.3333333333333333][Math.floor((part * 36) % 3)]
  const at = 1 - (Math.floor(part * 360) % 10) / 21
  const rules = [
    `"words":{"order":0,"matchingWords":${words},"maxMatchingWords":2,"score":${words / 2}}`,
    `"typo":{"order":1,"typoCount":${typos},"maxTypoCount":2,"score":${1 - typos / 3}}`,
    `"proximity":{"order":2,"score":${near}}`,
    '"attributeRank":{"order":3,"score":1.0}',
    `"wordPosition":{"order":4,"score":${at}}`,
    '"exactness":{"order":5,"matchType":"noExactMatch","matchingWords":1,"maxMatchingWords":2,"score":0.2222222222222222}',
    `"_miroir_seq:asc":{"order":6,"value":"${place(rank)}"}`,
  ]
  return `{${rules.join(',')}}`
}
