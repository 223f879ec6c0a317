import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../processes.ts'
import { meilisearchBinary } from '../real-node.ts'
import { DifferentialWorld, type Step } from './world.ts'

/*
 * Documents in every format, encodings and edits by function, put to one node and to a proxy in front of
 * many: what they answer, their tasks and what is stored must be the same, to the byte.
 */

const SHAPE = { groups: 1, nodesPerGroup: 3, replicationFactor: 2, shards: 6 }
const INDEX = '/indexes/forms'
const CSV = 'text/csv'
const NDJSON = 'application/x-ndjson'

const binary = meilisearchBinary()
if (binary === null)
  process.stderr.write('\n*** NO MEILISEARCH BINARY: FORMATS ARE TRIED ON EMBEDDED NODES ***\n')

const add = (body: string | Uint8Array<ArrayBuffer>, type = 'application/json', query = ''): Step => {
  return { method: 'POST', path: `${INDEX}/documents${query}`, body, type }
}

const NUMBERS =
  '1,5\n2, +5 \n3,007\n4,-0\n5,-0.0\n6,9223372036854775808\n7,18446744073709551616\n8,1e5\n9,1e16\n10,1e-7\n' +
  '11,NaN\n12,inf\n13,1e400\n14,.5\n15,5.\n16,1.50\n17,27798993918.757374\n18,0.00001\n19,1234567890123456\n' +
  '20,0.1\n21,9007199254740993\n22,-12.0\n23,0.21974224512454454\n24,123456789.1234567\n'

const WRITES: readonly (readonly [name: string, step: Step])[] = [
  ['JSON', add('[{"id":1,"t":"one","n":1.0},{"id":2,"t":"two","n":12345678901234567890}]')],
  ['one object', add('{"id":3,"é":"ü","deep":{"a":[1,{"b":null}]}}')],
  ['NDJSON', add('{"id":4,"t":"a"}\n{"id":5,"t":"b"} {"id":6}', NDJSON)],
  ['CSV', add('id:number,t,n:number,ok:boolean\n7,"a, ""b""",1.5,true\n8,,,\n', CSV)],
  ['CSV numbers', add(`id:number,n:number\n${NUMBERS}`, CSV)],
  ['CSV with a delimiter', add('id;t\n30;x\n31;"y;z"\n', CSV, '?csvDelimiter=%3B')],
  ['CSV quotes', add('id:number,"x"y,"a""b",z\n40,"p"q,"r\ns",  "t"\n', CSV)],
  ['CSV with odd line ends', add('\n\nid:number,t\r50,a\r\r\n\n51,b\n\r52,', CSV)],
  ['CSV and a key', add('id:number,other\n60,61\n', CSV, '?primaryKey=id')],
  ['CSV and another key', add('id:number,other\n60,61\n', CSV, '?primaryKey=other')],
  ['CSV without its key', add('t,u\n1,2\n', CSV, '?primaryKey=id')],
  ['CSV with a bad key', add('id,t\na b,2\n', CSV)],
  ['CSV with an empty key', add('id,t\n,2\n', CSV)],
  ['CSV of a header', add('id,t\n', CSV)],
  [
    'only what exists',
    add('[{"id":1,"t":"new"},{"id":999,"t":"not there"}]', undefined, '?skipCreation=true'),
  ],
  ['metadata', add('[{"id":70}]', undefined, '?customMetadata=my%20own')],
]

/** A document without its key is refused at once here. */
const ONLY_HERE = new Set(['CSV without its key'])

const REFUSED: readonly Step[] = [
  ...['id,n:number\n1,x\n', 'id,name\n1,a,b\n', 'id,name\r\n1,2\r\n3\r\n', 'id,b:boolean\n1,TRUE\n'].map(
    (csv) => add(csv, CSV),
  ),
  add(new Uint8Array([0x69, 0x64, 0x0a, 0x61, 0xc3, 0x0a]), CSV),
  add('', CSV),
  add('', NDJSON),
  add('id\n1\n', CSV, '?csvDelimiter=ab'),
  add('id\n1\n', CSV, '?csvDelimiter=%C3%A9'),
  add('[]', undefined, '?csvDelimiter=;'),
  add('{"id":1}', NDJSON, '?csvDelimiter=;'),
  add('[]', undefined, '?skipCreation=yes'),
  add('[]', undefined, '?custom=1'),
  { method: 'DELETE', path: `${INDEX}/documents/1?customMetadat=1` },
  { method: 'DELETE', path: `${INDEX}/documents?foo=1` },
  { method: 'POST', path: `${INDEX}/documents/delete-batch?foo=1`, body: '[1]' },
  { method: 'POST', path: `${INDEX}/documents/delete?foo=1`, body: '{"filter":"a"}' },
]

const whole = '[{"id":80,"t":"packed"}]'
const packed = (encoding: string, body: Buffer, base = add('')): Step => {
  return { ...base, encoding, body: new Uint8Array(body) }
}
const search: Step = { method: 'POST', path: `${INDEX}/search`, body: '' }
const ENCODED: readonly Step[] = [
  packed('gzip', gzipSync(whole)),
  packed('br', brotliCompressSync(whole)),
  packed('deflate', deflateSync(whole)),
  packed('zip', Buffer.from(whole)),
  packed('gzip, gzip', Buffer.from(whole)),
  packed('gzip', gzipSync(whole).subarray(0, -3)),
  packed('gzip', Buffer.concat([gzipSync('[{"id":81},'), gzipSync('{"id":82}]')])),
  packed('br', brotliCompressSync(whole).subarray(0, -4)),
  packed('deflate', deflateSync(whole).subarray(0, -6)),
  packed('deflate', Buffer.concat([deflateSync(whole), Buffer.from('x')])),
  packed('gzip', Buffer.from(whole)),
  packed('gzip', gzipSync('')),
  packed('gzip', gzipSync('id:number,t\n83,csv\n'), add('', CSV)),
  packed('br', brotliCompressSync('{"id":84}\n{"id":85}'), add('', NDJSON)),
  packed('gzip', gzipSync('{"q":"packed"}'), search),
  packed('gzip', gzipSync(whole), add('', 'text/plain')),
]

const kinds = [
  { kind: 'embedded', program: null, skipped: false },
  { kind: 'real', program: binary, skipped: binary === null },
]

for (const { kind, program, skipped } of kinds) {
  describe.skipIf(skipped)(`formats on ${kind} nodes`, () => {
    let world: DifferentialWorld
    beforeAll(async () => {
      world = await DifferentialWorld.start(SHAPE, program)
      const create: Step = { method: 'POST', path: '/indexes', body: '{"uid":"forms","primaryKey":"id"}' }
      await eventually('every node writes', async () => {
        return (await world.proxy.call('PATCH', '/indexes/warm/settings', { body: '{}' })).status === 202
      })
      expect(await world.write(create)).toBeNull()
    }, 60_000)
    afterAll(() => world?.stop(), 60_000)

    it('writes are answered, done and stored alike', async () => {
      for (const [name, step] of WRITES) {
        const found = await world.write(step)
        if (ONLY_HERE.has(name)) expect(found, name).toContain('miroir_primary_key_required')
        else expect(found, name).toBeNull()
      }
      await sameDocuments(world)
    }, 120_000)

    it('refusals are worded alike', async () => {
      for (const step of REFUSED) expect(await world.write(step)).toBeNull()
    }, 60_000)

    it('encodings are undone alike', async () => {
      for (const step of ENCODED) expect(await world.write(step)).toBeNull()
      await sameDocuments(world)
    }, 60_000)

    it.skipIf(program === null)(
      'edits are done alike',
      async () => {
        await edits(world)
      },
      120_000,
    )
  })
}

async function sameDocuments(world: DifferentialWorld): Promise<void> {
  const path = `${INDEX}/documents?limit=1000&sort=id:asc`
  const [one, many] = await world.both({ method: 'GET', path: `${INDEX}/documents?limit=1000` })
  const lines = (text: string): string[] =>
    (JSON.parse(text) as { results: { id: unknown }[] }).results.map(({ id }) => String(id)).sort()
  expect(lines(many.text), path).toEqual(lines(one.text))
  for (const id of lines(one.text)) {
    const [single, proxy] = await world.both({ method: 'GET', path: `${INDEX}/documents/${id}` })
    expect(proxy.text).toBe(single.text)
  }
}

const edit = (body: object, query = ''): Step => {
  return { method: 'POST', path: `${INDEX}/documents/edit${query}`, body: JSON.stringify(body) }
}

const EDITS: readonly Step[] = [
  edit({ function: 'doc.x = 1' }),
  edit({ function: 'doc.x = context.y; doc.all = context', context: { y: 2, z: [1.5, null, 'a'] } }),
  edit({ function: 'doc = #{id: doc.id, t: doc.t, n: doc.n}; return; doc.never = 1' }),
  edit({ function: 'if doc.id == 1 { doc = () }' }),
  edit({ function: 'fn twice(x) { x * 2 }\nlet plus = |x| x + 1;\ndoc.y = plus.call(twice(doc.id))' }),
  edit({ function: 'doc.names = doc.keys(); doc.q = "é\\n\\"q\\"" // end' }),
  edit({ function: '/* open' }),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of the script language
  edit({ function: 'doc.t = `a${doc.id}\nb`', filter: 'id > 3' }, '?customMetadata=mine'),
  edit({ function: 'doc.u = 1', filter: ['id > 3', ['id < 10', 'id = 52']] }),
  edit({ function: 'doc.x = 1', filter: 'nothing = 1' }),
  edit({ function: '' }),
  edit({ function: 'doc.id = 77' }),
  edit({ function: 'doc = 5' }),
  edit({ function: '\n\n throw "bad"' }),
  edit({ function: '  throw "bad"' }),
  edit({ function: 'fn f() {\n throw "in f" }\nf()' }),
  edit({ function: 'return missing' }),
  edit({ function: 'doc.a = 1 / 0' }),
  ...['foo(', 'doc.x = ', '"open', 'this.x = 1', 'import "x" as y;'].map((text) => edit({ function: text })),
  edit({}),
  edit({ function: 1 }),
  edit({ function: null }),
  edit({ function: '1', foo: 1 }),
  edit({ function: '1', context: 5 }),
  edit({ function: '1', context: [1] }),
  edit({ function: '1', filter: '' }),
  edit({ function: '1', filter: 'a = ' }),
  edit({ function: '1', filter: 5 }),
  edit({ function: '1' }, '?foo=1'),
  { method: 'POST', path: '/indexes/none/documents/edit', body: '{"function":"doc.x = 1"}' },
]

async function edits(world: DifferentialWorld): Promise<void> {
  const settings = '{"filterableAttributes":["id"]}'
  expect(await world.write({ method: 'PATCH', path: `${INDEX}/settings`, body: settings })).toBeNull()
  const off = edit({ function: 'doc.x = 1' })
  expect(await world.write(off)).toBeNull()
  // One after another: the proxy's nodes have features that the single one has not.
  for (const client of [world.single, world.proxy]) {
    const switched = await client.json('PATCH', '/experimental-features', { editDocumentsByFunction: true })
    expect(switched['editDocumentsByFunction']).toBe(true)
  }
  for (const step of EDITS) {
    expect(await world.write(step)).toBeNull()
    await sameDocuments(world)
  }
  const [listed] = (await world.proxy.json('GET', '/tasks?types=documentEdition'))['results'] as object[]
  expect(JSON.stringify(listed)).not.toContain('_miroir')
  // What cannot be wrapped is refused, and nothing was lost by what could be.
  for (const text of ['fn f(x) { return x } doc.x = f(1)', 'doc._miroir_shard = 1']) {
    const { code } = await world.proxy.json('POST', `${INDEX}/documents/edit`, { function: text })
    expect(['miroir_unsupported', 'miroir_reserved_field']).toContain(code)
  }
  const ended = await world.proxy.json('POST', `${INDEX}/documents/edit`, {
    function: 'doc.gone = 1; exit()',
  })
  expect(await world.proxy.task(ended['taskUid'] as number)).toMatchObject({ status: 'failed' })
  await sameDocuments(world)
}
