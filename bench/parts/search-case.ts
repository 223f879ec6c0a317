import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** What real nodes once answered to one search: three with a third of the documents each, one with all. */
export interface RecordedSearch {
  /** The client's body. */
  readonly body: string
  /** One a node: 20 hits each, with sort keys and this proxy's two fields. */
  readonly parts: readonly string[]
  /** One node with every document: 20 hits with the two fields, without sort keys. */
  readonly whole: string
  /** Of the reply that clients must get, see `replyHash`. */
  readonly hash: string
}

interface Hit {
  readonly geonameid: number
  readonly [field: string]: unknown
}

interface Answer {
  readonly hits: readonly Hit[]
  readonly [member: string]: unknown
}

interface Recording {
  readonly query: unknown
  readonly single: string
  readonly answers: readonly string[]
}

export const INDEX = 'cities'
export const PRIMARY_KEY = 'geonameid'
const RECORDINGS = new URL('../../test/golden/cities-plain.jsonl.gz', import.meta.url)
const BODY = '{"q":"de"}'

export function recordedSearch(): RecordedSearch {
  const [, ...lines] = gunzipSync(readFileSync(RECORDINGS)).toString().trim().split('\n')
  const recordings = lines.map((line) => JSON.parse(line) as Recording)
  const found = recordings.find(({ query }) => JSON.stringify(query) === BODY)
  if (found === undefined) throw new Error(`no recorded search ${BODY}`)
  const { single, answers } = found
  return { body: BODY, parts: answers, whole: stamped(single, answers), hash: replyHash(single) }
}

/** The one node's answer, its hits with the fields that the parts have and without their sort keys. */
function stamped(single: string, parts: readonly string[]): string {
  const hits = parts.flatMap((part) => (JSON.parse(part) as Answer).hits)
  const plain = new Map(hits.map(({ _rankingScoreDetails, ...hit }) => [hit.geonameid, hit]))
  const answer = JSON.parse(single) as Answer
  return JSON.stringify({ ...answer, hits: answer.hits.map((hit) => plain.get(hit.geonameid) ?? hit) })
}

/** Equal for replies that say the same; duration and id of a request are not looked at. */
export function replyHash(reply: string): string {
  const { processingTimeMs: _time, requestUid: _uid, ...rest } = JSON.parse(reply) as Answer
  return createHash('sha256').update(JSON.stringify(rest)).digest('hex').slice(0, 12)
}
