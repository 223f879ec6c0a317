import type { NodeId, Seq } from '../../model/ids.ts'
import { seqText, shardText } from '../../model/injected.ts'
import { parseObject } from '../../nodes/meilisearch.ts'
import { utf8 } from '../../std/bytes.ts'
import { nodeView, type WriteContext } from '../context.ts'
import { fetchDocuments } from '../dispatch/node-calls.ts'
import type { ShardCopy } from './copy-documents.ts'
import { RefillFailed } from './refill-steps.ts'

const PAGE_DOCUMENTS = 20_000

/**
 * Compares source and target. `_miroir_seq` names a document and its version at once, so equal sets mean
 * equal keys. What no operation after `head` touched must be on both; the rest is in the target's lane, which
 * is still paused.
 */
export async function verifyShards(
  context: WriteContext,
  copy: ShardCopy & { readonly head: Seq },
): Promise<void> {
  const border = utf8(seqText(copy.head + 1, 0))
  const source = await readPlaces(context, copy, copy.source)
  const target = await readPlaces(context, copy, copy.target)
  for (const place of source) {
    if (Buffer.compare(utf8(place), border) < 0 && !target.has(place)) {
      throw new RefillFailed('verification: a document is missing on the target')
    }
  }
  if (copy.run.lastSeq === copy.head && source.size !== target.size) {
    throw new RefillFailed(
      `verification: ${source.size} documents on the source, ${target.size} on the target`,
    )
  }
}

/** Every `_miroir_seq` of the shards on a node, by keyset pages. */
async function readPlaces(context: WriteContext, copy: ShardCopy, node: NodeId): Promise<Set<string>> {
  const { run, shards } = copy
  const places = new Set<string>()
  const { name } = run.name(node)
  let after = ''
  for (;;) {
    copy.check()
    const filter = [`_miroir_shard IN [${shards.map((shard) => `"${shardText(shard)}"`).join(', ')}]`]
    if (after !== '') filter.push(`_miroir_seq > "${after}"`)
    const body = { filter, fields: ['_miroir_seq'], sort: ['_miroir_seq:asc'], limit: PAGE_DOCUMENTS }
    const page = await fetchDocuments(context, nodeView(context, node), name, body)
    const results = page === null ? null : parseObject(page)?.['results']
    if (!Array.isArray(results)) throw new RefillFailed(`verification: ${node} did not answer`)
    for (const document of results as { _miroir_seq?: unknown }[]) {
      after = String(document._miroir_seq)
      places.add(after)
    }
    if (results.length < PAGE_DOCUMENTS) return places
  }
}
