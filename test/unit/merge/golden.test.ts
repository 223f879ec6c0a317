import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'

const dir = '/work/shared/golden'
void existsSync
void expect

import { mergeSearch } from '../../../src/merge/search.ts'
import { planSearch } from '../../../src/plan/search.ts'
import { parseSearchRequest } from '../../../src/plan/search-request.ts'
import { text, utf8 } from '../../../src/std/bytes.ts'
import { slowKernel } from './slow-kernel.ts'

for (const f of readdirSync(dir))
  test(f, async () => {
    const [h, ...cases] = gunzipSync(readFileSync(`${dir}/${f}`))
      .toString()
      .trim()
      .split('\n')
      .map((l) => JSON.parse(l))
    const k = slowKernel()
    const tally: any = {}
    let n = 0
    for (const [i, c] of cases.entries()) {
      const req = parseSearchRequest(JSON.stringify(c.query))!
      if (c.query.distinct) continue
      const s = h.settings.faceting ?? {}
      const q = c.query
      const page = req.echo.kind === 'page'
      const merge: any = {
        uid: 'x',
        primaryKey: h.primaryKey,
        whole: false,
        offset: Math.min(1000, req.offset),
        limit: Math.min(req.limit, 1000 - Math.min(1000, req.offset)),
        echo: req.echo,
        keepDetails: false,
        facets: { sortBy: s.sortFacetValuesBy ?? { '*': 'alpha' }, valuesMax: s.maxValuesPerFacet ?? 100 },
        distinct: null,
        totalsApproximate: false,
      }
      const m = await mergeSearch(k, c.answers.map(utf8), {
        merge,
        uids: { request: JSON.parse(c.single).requestUid, query: '' },
      })
      if (m.kind !== 'merged') throw new Error(JSON.stringify(m))
      const norm = (t: string) => t.replace(/"processingTimeMs":\d+/, '')
      const got = norm(text(m.body)),
        want = norm(c.single)
      n++
      if (got === want) {
        tally['='] = (tally['='] ?? 0) + 1
        continue
      }
      const g = JSON.parse(got.replace(',,', ',')),
        w = JSON.parse(want.replace(',,', ','))
      const diff = Object.keys({ ...g, ...w }).filter(
        (key) => JSON.stringify(g[key]) !== JSON.stringify(w[key]),
      )
      const kind =
        (q.matchingStrategy === 'frequency' ? 'freq ' : '') +
        (q.rankingScoreThreshold ? 'thr ' : '') +
        diff.join(',')
      tally[kind] = (tally[kind] ?? 0) + 1
      if (!kind.startsWith('freq')) {
        let at = 0
        while (got[at] === want[at]) at++
        console.log(
          f,
          i,
          JSON.stringify(q),
          kind,
          '\n G',
          got.slice(Math.max(0, at - 200), at + 150),
          '\n W',
          want.slice(Math.max(0, at - 200), at + 150),
        )
      }
    }
    console.log(f, n, tally)
  })
