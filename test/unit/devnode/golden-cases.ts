import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

export interface GoldenHead {
  readonly corpus: string
  readonly primaryKey: string
  readonly settings: object
  readonly shardSettings: object
}

export interface GoldenCase {
  readonly query: { readonly q?: string; readonly [name: string]: unknown }
  readonly single: string
  readonly singleWithDetails: readonly (readonly [id: unknown, details: unknown])[]
}

export interface Golden {
  readonly head: GoldenHead
  readonly cases: readonly GoldenCase[]
  /** The documents as one JSON array. */
  readonly documents: string
}

const unpack = (path: string): string =>
  gunzipSync(readFileSync(new URL(`../../${path}`, import.meta.url))).toString('utf8')

/** Recorded searches of one corpus with its documents. */
export function readGolden(name: string): Golden {
  const [first = '', ...lines] = unpack(`golden/${name}.jsonl.gz`).trimEnd().split('\n')
  const head: GoldenHead = JSON.parse(first)
  const documents = unpack(`data/${head.corpus === 'cities' ? 'cities' : 'films'}.json.gz`)
  return { head, cases: lines.map((line) => JSON.parse(line)), documents }
}

/** An answer without what differs from run to run. */
export const withoutTimes = (text: string): string =>
  text.replace(/"processingTimeMs":\d+,?/, '').replace(/,?"requestUid":"[^"]*"/, '')
