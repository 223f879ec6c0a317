import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync, gzipSync } from 'node:zlib'

/** What a real node of version 1.50 said to a filter text: whether it could read it. */
export type Verdict = readonly [text: string, accepted: boolean]

const FILE = new URL('../../data/filter-verdicts.jsonl.gz', import.meta.url)

export function readVerdicts(): readonly Verdict[] {
  const lines = gunzipSync(readFileSync(FILE)).toString().trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as Verdict)
}

export function writeVerdicts(verdicts: readonly Verdict[]): void {
  writeFileSync(
    FILE,
    gzipSync(`${verdicts.map((verdict) => JSON.stringify(verdict)).join('\n')}\n`, { level: 9 }),
  )
}
