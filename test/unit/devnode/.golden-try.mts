import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { runNode } from '/work/main/test/unit/devnode/running-node.ts'

const only = process.argv[2]
const cleaned = (t: string) => t.replace(/"processingTimeMs":\d+,?/, '').replace(/,?"requestUid":"[^"]*"/, '')
const gz = (p: string) => gunzipSync(readFileSync(p)).toString()
const withText = process.argv[3] === 'text'
const n = await runNode()
for (const name of ['movies-plain', 'movies-ranked', 'cities-plain']) {
  if (only && only !== name && only !== 'all') continue
  const lines = gz(`/work/main/test/golden/${name}.jsonl.gz`).trim().split('\n')
  const head = JSON.parse(lines[0]!)
  const corpus = head.corpus === 'movies' ? 'films' : 'cities'
  await n.write('PATCH', `/indexes/${name}/settings`, head.settings)
  const body = gz(`/work/main/test/data/${corpus}.json.gz`)
  const t0 = performance.now()
  const task = await n.write('POST', `/indexes/${name}/documents?primaryKey=${head.primaryKey}`, body)
  console.log(name, 'load ms', performance.now() - t0, JSON.stringify(task.details), task.error)
  let same = 0,
    bad = 0,
    exactText = 0
  let worst = 0
  let idsSame = 0
  for (const [i, l] of lines.slice(1).entries()) {
    const c = JSON.parse(l)
    if (Boolean(c.query.q) !== withText) continue
    const t1 = performance.now()
    const a = await n.call('POST', `/indexes/${name}/search`, c.query)
    const ms = performance.now() - t1
    if (ms > worst) {
      worst = ms
      console.log('slow', ms, JSON.stringify(c.query))
    }
    const s = JSON.parse(c.single)
    const pk = head.primaryKey
    const d = await n.call('POST', `/indexes/${name}/search`, {
      ...c.query,
      attributesToRetrieve: [pk],
      showRankingScoreDetails: true,
    })
    const details = (d.json.hits ?? []).map((h: any) => [h[pk], h._rankingScoreDetails])
    const okText = cleaned(a.text) === cleaned(c.single)
    const okDetails = JSON.stringify(details) === JSON.stringify(c.singleWithDetails)
    const okIds =
      JSON.stringify(a.json.hits?.map((h: any) => h[pk])) === JSON.stringify(s.hits.map((h: any) => h[pk]))
    if (okIds) idsSame++
    if (okText && okDetails) same++
    else {
      bad++
      if (bad <= (withText ? 6 : 30)) {
        console.log(i, JSON.stringify(c.query), 'text', okText, 'details', okDetails, 'ids', okIds)
        if (!okText) {
          const x = cleaned(a.text),
            y = cleaned(c.single)
          let k = 0
          while (x[k] === y[k]) k++
          console.log(
            '  dev ',
            x.slice(Math.max(0, k - 100), k + 200),
            '\n  real',
            y.slice(Math.max(0, k - 100), k + 200),
          )
        }
        if (!okDetails) {
          const x = JSON.stringify(details),
            y = JSON.stringify(c.singleWithDetails)
          let k = 0
          while (x[k] === y[k]) k++
          console.log(
            '  Ddev ',
            x.slice(Math.max(0, k - 200), k + 150),
            '\n  Dreal',
            y.slice(Math.max(0, k - 200), k + 150),
          )
        }
      }
    }
  }
  console.log(name, { same, bad, idsSame, worst })
}
await n.node.close()
