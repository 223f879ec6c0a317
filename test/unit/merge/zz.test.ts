import { test, expect } from 'vitest'
import { createKernel } from '../../../src/kernel/route.ts'
import { mergeSearch } from '../../../src/merge/search.ts'
import { stripDocument } from '../../../src/merge/documents.ts'
import { text, utf8 } from '../../../src/std/bytes.ts'
import { CORPORA, goldenFile, mergeOf } from './golden-cases.ts'
import { slowKernel } from './slow-kernel.ts'
test('real', async () => {
  const k = await createKernel({ inlineMaxBytes: 1e9, workers: 0 })
  let bad = 0
  for (const c of CORPORA) { const f = goldenFile(c)
    for (const [n, g] of f.cases.entries()) {
      const fold = { merge: mergeOf(f, g.query), uids: { request: 'r', query: 'q' } }
      const a: any = await mergeSearch(k, g.answers.map(utf8), fold)
      const b: any = await mergeSearch(slowKernel(), g.answers.map(utf8), fold)
      if (a.kind !== 'merged' || text(a.body) !== text(b.body)) { bad++; if (bad < 5) console.log(c, n, a.kind === 'merged' ? '' : a) }
      const w: any = await mergeSearch(k, [utf8(g.single)], { ...fold, merge: { ...fold.merge, whole: true, offset: 0, distinct: null } })
      const ww: any = await mergeSearch(slowKernel(), [utf8(g.single)], { ...fold, merge: { ...fold.merge, whole: true, offset: 0, distinct: null } })
      if (w.kind !== 'merged' || text(w.body) !== text(ww.body)) { bad++; if (bad < 5) console.log('whole', c, n, w.kind === 'merged' ? '' : w) }
    } }
  console.log('bad', bad)
  for (const d of ['{"id":1}', '{"_miroir_seq":"!","id":1}', '{}','{"_miroir_shard":"!!!!"}', '{"id":1', '{"a":{"_miroir_seq":1}}']) { const r: any = await stripDocument(k, utf8(d)); console.log(d, r.kind, r.reason, r.body && text(r.body)) }
  for (const a of ['{"hits":[],"query":""}','{"hits":[{"id":1}],"processingTimeMs":1,"estimatedTotalHits":1}','{"hits":3}','{}','[]','{"hits":[{]}','{"hits":[{"_rankingScoreDetails":{"_miroir_seq:asc":{"order":0,"value":"!"}}},{}]}']) for (const two of [false, true]) { const r: any = await k.merge({ answers: two ? [utf8(a), utf8(a)] : [utf8(a)], member: 'hits', order: 'details', offset: 0, limit: 5, keepDetails: false }); console.log(a, two, 'fault' in r ? r : [r.count, text(r.hits)]) }
  for (const a of ['{"results":[{"id":1}]}']) for (const two of [false, true]) { const r: any = await k.merge({ answers: two ? [utf8(a), utf8(a)] : [utf8(a)], member: 'results', order: 'seq', offset: 0, limit: 5, keepDetails: false }); console.log(a, two, 'fault' in r ? r : [r.count, text(r.hits)]) }
  expect(1).toBe(1)
})
