import { writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKernel } from '../../../src/kernel/route.ts'
import { text } from '../../../src/std/bytes.ts'
import {
  documents,
  type HiddenCase,
  mergedText,
  planOf,
  queries,
  SETTINGS,
  SHARD_INDEX,
  SHARD_SETTINGS,
  SHARDS,
  shardDocuments,
  stable,
} from '../../unit/merge/hidden-cases.ts'
import { meilisearchBinary, RealNode } from '../real-node.ts'

/*
 * Real nodes: one with everything and three with a shard each. Merged by values that the shards hide, every
 * answer must be the one node's. MIROIR_RECORD=1 keeps the answers for test/unit/merge/golden-hidden.test.ts.
 */

const RECORDING = new URL('../../golden/hidden-values.jsonl.gz', import.meta.url)
const binary = meilisearchBinary()
if (binary === null)
  process.stderr.write('\n*** NO MEILISEARCH BINARY: HIDDEN VALUES ARE NOT CHECKED LIVE ***\n')

describe.skipIf(binary === null)('hidden values of real nodes', () => {
  const nodes: RealNode[] = []
  const kernel = createKernel({ inlineMaxBytes: Number.MAX_SAFE_INTEGER, workers: 0 })

  const fill = async (node: RealNode, index: string, settings: unknown, films: unknown): Promise<void> => {
    await node.apply('POST', '/indexes', { uid: index, primaryKey: 'id' })
    await node.apply('PATCH', `/indexes/${index}/settings`, settings)
    await node.apply('POST', `/indexes/${index}/documents`, films)
  }

  beforeAll(async () => {
    for (let at = 0; at <= SHARDS; at++) nodes.push(await RealNode.start(binary ?? ''))
    await Promise.all(
      nodes.map(async (node, at) => {
        if (at === SHARDS) return fill(node, 'films', SETTINGS, documents())
        await node.send('PATCH', '/experimental-features', { network: true })
        await fill(node, SHARD_INDEX, SHARD_SETTINGS, shardDocuments(at))
      }),
    )
  }, 120_000)
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()))
    await (await kernel).close()
  })

  const ask = async ({ kind, query }: Pick<HiddenCase, 'kind' | 'query'>): Promise<HiddenCase> => {
    const one = nodes[SHARDS] as RealNode
    const route = kind === 'list' ? 'documents/fetch' : 'search'
    const single = await one.send('POST', `/indexes/films/${route}`, query)
    expect(`${single.status} ${single.text.slice(0, 200)}`).toMatch(/^200 /)
    const answers = await Promise.all(
      planOf({ kind, query }).targets.map(async ({ path, body, internal }, at) => {
        const headers: Record<string, string> = internal === true ? { 'meili-proxy-search': 'true' } : {}
        const sent = typeof body === 'string' ? body : text(body ?? new Uint8Array())
        const { status, text: answer } = await (nodes[at] as RealNode).send('POST', path, sent, headers)
        expect(`${status} ${answer.slice(0, 200)}`).toMatch(/^200 /)
        return answer
      }),
    )
    return { kind, query, single: single.text, answers }
  }

  it('make the one answer', async () => {
    const cases: HiddenCase[] = []
    for (const query of queries()) cases.push(await ask(query))
    const differing: unknown[] = []
    for (const golden of cases) {
      const merged = await mergedText(await kernel, golden)
      if (merged !== stable(golden.single)) differing.push({ ...golden, answers: null, merged })
    }
    if (process.env['MIROIR_RECORD'] === '1')
      writeFileSync(RECORDING, gzipSync(cases.map((one) => JSON.stringify(one)).join('\n'), { level: 9 }))
    expect(differing).toEqual([])
  }, 120_000)
})
