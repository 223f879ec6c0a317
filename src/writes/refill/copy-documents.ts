import type { NodeId, ShardId } from '../../model/ids.ts'
import { shardText } from '../../model/injected.ts'
import { utf8 } from '../../std/bytes.ts'
import { nodeView, type WriteContext } from '../context.ts'
import { fetchDocuments, sendWrite } from '../dispatch/node-calls.ts'
import type { IndexRun } from '../run.ts'
import { type Check, RefillFailed, succeeded } from './refill-steps.ts'

export interface ShardCopy {
  readonly run: IndexRun
  readonly source: NodeId
  readonly target: NodeId
  readonly shards: readonly ShardId[]
  readonly check: Check
}

const WINDOW_BYTES = 4_194_304
const WINDOW_DOCUMENTS_MAX = 10_000
const SEQ_MARK = utf8('"_miroir_seq":"')
const SEQ_LENGTH = 18

/**
 * Copies whole shards in `_miroir_seq` order by keyset windows, never by offset: the documents' bytes go from
 * the source's answer into the target's request as they are.
 */
export async function copyShards(context: WriteContext, copy: ShardCopy): Promise<void> {
  let after = ''
  let limit = 200
  let last: number | null = null
  for (;;) {
    copy.check()
    const window = await readWindow(context, copy, after, limit)
    if (window.list.length > 2) last = await writeWindow(context, copy, window.list)
    if (window.documents < limit) break
    after = window.last
    const perDocument = Math.max(1, window.list.length / window.documents)
    limit = Math.min(WINDOW_DOCUMENTS_MAX, Math.max(1, Math.floor(WINDOW_BYTES / perDocument)))
  }
  if (last !== null) await succeeded(context, copy.target, last, copy.check)
}

interface Window {
  /** The `results` array, brackets included. */
  readonly list: Uint8Array
  readonly documents: number
  /** `_miroir_seq` of the last document. */
  readonly last: string
}

async function readWindow(
  context: WriteContext,
  copy: ShardCopy,
  after: string,
  limit: number,
): Promise<Window> {
  const { run, source, shards } = copy
  const filter = [`_miroir_shard IN [${shards.map((shard) => `"${shardText(shard)}"`).join(', ')}]`]
  if (after !== '') filter.push(`_miroir_seq > "${after}"`)
  const vectors = run.facts.embedders.length > 0 ? { retrieveVectors: true } : {}
  const body = { filter, sort: ['_miroir_seq:asc'], limit, ...vectors }
  const answer = await fetchDocuments(context, nodeView(context, source), run.name(source).name, body)
  if (answer === null) throw new RefillFailed(`reading from ${source} failed`)
  return parseWindow(answer, source)
}

/**
 * The answer is `{"results":[…],"offset":n,"limit":n,"total":n}`: nothing after the list contains a bracket.
 */
function parseWindow(answer: Uint8Array, source: NodeId): Window {
  const start = answer.indexOf(0x5b)
  const end = answer.lastIndexOf(0x5d)
  if (start < 0 || end < start) throw new RefillFailed(`${source} answered no list`)
  const list = answer.subarray(start, end + 1)
  const whole = Buffer.from(list.buffer, list.byteOffset, list.byteLength)
  let documents = 0
  let last = ''
  for (let at = whole.indexOf(SEQ_MARK); at >= 0; at = whole.indexOf(SEQ_MARK, at + SEQ_MARK.length)) {
    documents++
    last = whole.toString('latin1', at + SEQ_MARK.length, at + SEQ_MARK.length + SEQ_LENGTH)
  }
  return { list, documents, last }
}

async function writeWindow(context: WriteContext, copy: ShardCopy, list: Uint8Array): Promise<number> {
  const { run, target } = copy
  const query = run.primaryKey === null ? '' : `?primaryKey=${encodeURIComponent(run.primaryKey)}`
  const outcome = await sendWrite(context, nodeView(context, target), {
    method: 'POST',
    path: `/indexes/${run.name(target).name}/documents${query}`,
    body: list,
    operation: 'refill',
    write: true,
  })
  if (outcome.kind !== 'acked') throw new RefillFailed(`writing to ${target}: ${outcome.kind}`)
  return outcome.uid
}
