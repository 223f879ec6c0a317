import { afterAll, describe, expect, it } from 'vitest'
import { type Cluster, MASTER_KEY, realNodesOrWarn, startCluster } from './cluster.ts'

/*
 * Documents that a JSON parser of this language would change: they must come back as they went in, in
 * documents and in hits, on embedded nodes and on real ones.
 */
const DOCUMENTS = [
  '{"id":9007199254740993,"t":"big one","n":12345678901234567890,"m":9223372036854775807}',
  '{"id":9007199254740992,"t":"big two","one":1.0,"zero":0.0,"tiny":5e-324}',
  '{"id":3,"2":"two","1":"one","b":true,"a":null}',
  '{"id":4,"t":"escapes \\u00e9 \\" \\\\ \\/","nested":{"_rankingScoreDetails":{"x":1},"list":[{"id":1},{"hits":[]}]}}',
  '{"id":"five_5-A","t":"text id","deep":[[[[[1.25]]]]]}',
]
/**
 * What a node itself changes: it prints escapes its own way, and fields in the order in which it first saw
 * them.
 */
const STORED = DOCUMENTS.map((text) => text.replace('\\u00e9', 'é').replace('\\/', '/'))

for (const kind of ['embedded', 'real'] as const) {
  describe.skipIf(kind === 'real' && !realNodesOrWarn('fidelity of documents'))(
    `documents on ${kind} nodes`,
    () => {
      let cluster: Cluster | null = null
      afterAll(() => cluster?.close())

      it('come back byte for byte', async () => {
        cluster = await startCluster({ kind, groups: 1, nodesPerGroup: 3 })
        const { url } = cluster
        const call = async (method: string, path: string, body?: string): Promise<string> => {
          const headers = { authorization: `Bearer ${MASTER_KEY}`, 'content-type': 'application/json' }
          const answer = await fetch(`${url}${path}`, {
            method,
            headers,
            ...(body === undefined ? {} : { body }),
          })
          return answer.text()
        }
        const posted = await call(
          'POST',
          '/indexes/exact/documents?primaryKey=id',
          `[${DOCUMENTS.join(',\n ')}]`,
        )
        const { taskUid } = JSON.parse(posted) as { taskUid: number }
        let task = ''
        for (let turn = 0; turn < 600 && !/succeeded|failed/.test(task); turn++) {
          task = await call('GET', `/tasks/${taskUid}`)
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
        expect(task).toContain('"status":"succeeded"')
        const ids = ['9007199254740993', '9007199254740992', '3', '4', 'five_5-A']
        for (const [at, id] of ids.entries()) {
          expect(await call('GET', `/indexes/exact/documents/${id}`)).toBe(STORED[at])
        }
        const listed = await call('GET', '/indexes/exact/documents')
        for (const document of STORED) expect(listed).toContain(document)
        const found = await call('POST', '/indexes/exact/search', '{"q":"","limit":10}')
        for (const document of STORED) expect(found).toContain(document)
        expect(found).not.toContain('_miroir')
      })
    },
  )
}
