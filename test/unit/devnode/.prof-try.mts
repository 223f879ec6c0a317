import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { runNode } from '/work/main/test/unit/devnode/running-node.ts'

const gz = (p: string) => gunzipSync(readFileSync(p)).toString()
const n = await runNode()
const t = (l: string, t0: number) => console.log(l, (performance.now() - t0).toFixed(0))
await n.write('PATCH', `/indexes/c/settings`, {
  searchableAttributes: ['name'],
  filterableAttributes: ['country', 'feature', 'admin', 'population', '_geo'],
  sortableAttributes: ['population', 'name', '_geo'],
})
const body = gz('/work/main/test/data/cities.json.gz')
let t0 = performance.now()
await n.write('POST', `/indexes/c/documents?primaryKey=geonameid`, body)
t('load', t0)
for (const q of [
  {},
  { filter: 'country = FR' },
  { filter: 'country = DE' },
  { sort: ['population:desc'] },
  { sort: ['population:asc'] },
  { sort: ['name:asc'] },
  { sort: ['name:desc'] },
  { facets: ['feature'] },
  { facets: ['feature'] },
  { sort: ['_geoPoint(1,2):asc'] },
  { sort: ['_geoPoint(1,2):asc'] },
  { distinct: 'admin' },
  { page: 1, distinct: 'admin' },
  { q: 'paris' },
  { q: 'paris' },
  { q: 'saint germain' },
  { q: 's' },
  { q: 'san' },
  { q: 'constantinopol' },
  { filter: 'population > 100000' },
]) {
  t0 = performance.now()
  const r = await n.call('POST', '/indexes/c/search', q)
  t(JSON.stringify(q) + ' ' + (r.json.estimatedTotalHits ?? r.json.totalHits), t0)
}
await n.node.close()
