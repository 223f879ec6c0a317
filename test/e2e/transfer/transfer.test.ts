import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDevNode } from '../../../src/devnode/devnode.ts'
import { elementsOf, membersOf, memberValue } from '../../../src/std/json-members.ts'
import { canonicalDocument } from '../../../src/transfer/compare/canonical.ts'
import { type Cluster, MASTER_KEY, type NodeKind, realNodesOrWarn, startCluster } from '../cluster.ts'
import { meilisearchBinary, NODE_KEY, RealNode } from '../real-node.ts'

/* The program itself, as a process, between a single node and a cluster of the same kind of nodes. */

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url))

const SETTINGS = {
  filterableAttributes: ['_geo', 'genre', 'n.deep'],
  sortableAttributes: ['year', '_geo'],
  searchableAttributes: ['title', 'n'],
  rankingRules: ['words', 'typo', 'year:desc', 'proximity', 'exactness'],
  stopWords: ['the'],
  synonyms: { film: ['movie'] },
  typoTolerance: { disableOnAttributes: ['genre'] },
  faceting: { maxValuesPerFacet: 7 },
  pagination: { maxTotalHits: 500 },
  embedders: { mine: { source: 'userProvided', dimensions: 3 } },
}

const FILMS = [
  '{"id":9007199254740993,"title":"big one","year":1999,"_vectors":{"mine":[0.1,0.25,-3]}}',
  '{"id":18446744073709551615,"title":"bigger","n":{"z":1,"a":{"deep":[1.0,{"id":2}]},"10":1,"9":2},"_vectors":{"mine":null}}',
  '{"id":"text_id-1","title":"été \\"quoted\\" \\\\","_geo":{"lat":48.85,"lng":2.35},"genre":["a","b"],"_vectors":{"mine":null}}',
  '{"id":4,"title":"several vectors","_vectors":{"mine":{"embeddings":[[1,2,3],[4,5,6]],"regenerate":false}}}',
  '{"id":5,"title":"none","_vectors":{"mine":null},"tiny":5e-324,"big":12345678901234567890}',
]

const MANY = Array.from({ length: 4_000 }, (_, at) => {
  const title = `title ${at} ${'lorem ipsum '.repeat(at % 9)}`
  return `{"id":${at},"title":"${title}","number":${at}.5,"genre":"g${at % 5}"}`
})

interface Server {
  readonly url: string
  readonly key: string
}

/** Answers a request's body as text. */
async function call({ url, key }: Server, method: string, path: string, body?: string): Promise<string> {
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'accept-encoding': 'identity',
  }
  const answer = await fetch(url + path, { method, headers, ...(body === undefined ? {} : { body }) })
  return answer.text()
}

async function apply(server: Server, method: string, path: string, body: string): Promise<void> {
  const { taskUid } = JSON.parse(await call(server, method, path, body)) as { taskUid: number }
  for (;;) {
    const task = await call(server, 'GET', `/tasks/${taskUid}`)
    if (task.includes('"status":"succeeded"')) return
    if (task.includes('"status":"failed"')) throw new Error(task)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function canonicalDocuments(server: Server, uid: string): Promise<string[]> {
  const answer = await call(server, 'GET', `/indexes/${uid}/documents?limit=10000&retrieveVectors=true`)
  const results = elementsOf(memberValue(membersOf(answer), 'results') ?? '')
  return results.map((document) => canonicalDocument(document)).sort()
}

async function settingsOf(server: Server, uid: string): Promise<unknown> {
  return JSON.parse(await call(server, 'GET', `/indexes/${uid}/settings`))
}

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

for (const kind of ['embedded', 'real'] as const satisfies readonly NodeKind[]) {
  describe.skipIf(kind === 'real' && !realNodesOrWarn('import and export'))(`between ${kind} nodes`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'miroir-transfer-'))
    let cluster: Cluster
    let source: Server
    let target: Server
    let stopSource: () => Promise<void> = async () => undefined

    function start(args: readonly string[], places: { from?: Server; to: Server }): ChildProcess {
      const env: Record<string, string> = { PATH: process.env['PATH'] ?? '', MIROIR_TO_KEY: places.to.key }
      if (places.from !== undefined) env['MIROIR_FROM_KEY'] = places.from.key
      return spawn(process.execPath, [MAIN, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
    }

    function ended(child: ChildProcess): Promise<Ended> {
      const said = { out: '', err: '' }
      child.stdout?.on('data', (chunk: Buffer) => {
        said.out += chunk.toString()
      })
      child.stderr?.on('data', (chunk: Buffer) => {
        said.err += chunk.toString()
      })
      return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...said })))
    }

    beforeAll(async () => {
      if (kind === 'embedded') {
        const node = await startDevNode({ port: 0, dataDir: null, masterKey: NODE_KEY })
        stopSource = () => node.close()
        source = { url: node.address, key: NODE_KEY }
      } else {
        const node = await RealNode.start(meilisearchBinary() ?? '')
        stopSource = () => node.stop()
        source = { url: node.address, key: NODE_KEY }
      }
      cluster = await startCluster({ kind, groups: 1, nodesPerGroup: 2 })
      target = { url: cluster.url, key: MASTER_KEY }
      await apply(source, 'PATCH', '/indexes/films/settings', JSON.stringify(SETTINGS))
      await apply(source, 'POST', '/indexes/films/documents?primaryKey=id', `[${FILMS.join(',')}]`)
      await apply(source, 'POST', '/indexes/many/documents?primaryKey=id', `[${MANY.join(',')}]`)
      await apply(source, 'POST', '/indexes', '{"uid":"empty"}')
    })
    afterAll(async () => {
      await cluster.close()
      await stopSource()
      rmSync(folder, { recursive: true, force: true })
    })

    it('everything of a running server arrives', async () => {
      const args = ['import', '--from', source.url, '--to', target.url, '--index', 'films,empty']
      const { code, out, err } = await ended(start(args, { from: source, to: target }))
      expect([code, out], err).toEqual([0, expect.stringContaining('films: complete: 5 documents')])
      expect(out).toContain('read back and the same, digest')
      const films = await canonicalDocuments(target, 'films')
      expect(films).toHaveLength(5)
      expect(films).toEqual(await canonicalDocuments(source, 'films'))
      expect(films.join()).toContain('"id":9007199254740993,')
      expect(await settingsOf(target, 'films')).toEqual(await settingsOf(source, 'films'))
      expect(JSON.parse(await call(target, 'GET', '/indexes/films'))).toMatchObject({ primaryKey: 'id' })
      expect(JSON.parse(await call(target, 'GET', '/indexes/empty'))).toMatchObject({ primaryKey: null })
      const near = '{"filter":"_geoRadius(48.85,2.35,100)"}'
      expect(JSON.parse(await call(target, 'POST', '/indexes/films/search', near))).toMatchObject({
        hits: [{ id: 'text_id-1' }],
      })
    })

    it('Ctrl-C in the middle, and the same command again', async () => {
      const args = [
        'import',
        '--from',
        source.url,
        '--to',
        target.url,
        '--index',
        'many',
        '--batch-bytes',
        '50k',
      ]
      const child = start(args, { from: source, to: target })
      const end = ended(child)
      const state = join(folder, 'data/import')
      const confirmed = (): number => {
        const file = readdirSync(state).find((name) => name.endsWith('.json'))
        const job = JSON.parse(file === undefined ? '{}' : readFileSync(join(state, file), 'utf8'))
        return job.indexes?.many?.records ?? 0
      }
      while (confirmed() === 0 && child.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 5))
      child.kill('SIGINT')
      const first = await end
      expect([first.code, first.err]).toEqual([130, expect.stringContaining('the same command continues')])
      expect(confirmed()).toBeGreaterThan(0)
      expect(confirmed()).toBeLessThan(MANY.length)
      const { code, out, err } = await ended(start(args, { from: source, to: target }))
      expect([code, out], err).toEqual([
        0,
        expect.stringContaining(`many: complete: ${MANY.length} documents`),
      ])
      expect(err).toMatch(/going on behind document \d+/)
      expect(await canonicalDocuments(target, 'many')).toEqual(await canonicalDocuments(source, 'many'))
    })

    it('an export of the cluster is read back the same', async () => {
      const out = join(folder, 'backup')
      const from = { from: target, to: target }
      const exported = await ended(
        start(['export', '--from', target.url, '--index', 'films,many', '--out', out], from),
      )
      expect([exported.code, exported.out], exported.err).toEqual([
        0,
        expect.stringContaining('many: exported: 4000 documents'),
      ])
      const back = await ended(
        start(['import', '--from-dir', out, '--index', 'films', '--as', 'again', '--to', target.url], from),
      )
      expect([back.code, back.out], back.err).toEqual([
        0,
        expect.stringContaining('again: complete: 5 documents'),
      ])
      expect(await canonicalDocuments(target, 'again')).toEqual(await canonicalDocuments(source, 'films'))
      expect(await settingsOf(target, 'again')).toEqual(await settingsOf(source, 'films'))
      const node = await ended(
        start(['import', '--from-dir', out, '--index', 'many', '--as', 'copy', '--to', source.url], {
          to: source,
        }),
      )
      expect([node.code, node.out], node.err).toEqual([
        0,
        expect.stringContaining('copy: complete: 4000 documents'),
      ])
      expect(await canonicalDocuments(source, 'copy')).toEqual(await canonicalDocuments(source, 'many'))
    })
  })
}
