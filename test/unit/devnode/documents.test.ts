import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningNode, runNode } from './running-node.ts'

let running: RunningNode
beforeAll(async () => {
  running = await runNode()
})
afterAll(() => running.node.close())

const add = (uid: string, body: unknown, query = '') =>
  running.write('POST', `/indexes/${uid}/documents?primaryKey=id${query}`, body)
const list = async (uid: string): Promise<string> =>
  (await running.call('GET', `/indexes/${uid}/documents`)).text.replace(/,"offset".*/, '')

describe('values come back as a real node prints them', () => {
  // Each pair was seen on a Meilisearch 1.50.
  const printed: readonly (readonly [sent: string, back: string])[] = [
    ['12345678901234567890', '12345678901234567890'],
    ['123456789012345678901234', '1.2345678901234567e+23'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['-9223372036854775809', '-9.223372036854776e+18'],
    ['1.0', '1.0'],
    ['1e5', '100000.0'],
    ['1E5', '100000.0'],
    ['-0', '-0.0'],
    ['0.1e-7', '1e-8'],
    ['1e21', '1e+21'],
    ['1.5e300', '1.5e+300'],
    ['123456789.123456789', '123456789.12345679'],
    ['1e-400', '0.0'],
    ['1e16', '1e+16'],
    ['1e15', '1000000000000000.0'],
    ['0.00001', '0.00001'],
    ['0.000001', '1e-6'],
    ['"a\\/b\\u0007\\u00e9"', '"a/b\\u0007é"'],
    ['"\\ud83d\\ude00"', '"😀"'],
    ['{"x":1,"y":2,"x":3}', '{"x":3,"y":2}'],
    [' [ 1 , [2,{"a":null}] ] ', '[1,[2,{"a":null}]]'],
    ['true', 'true'],
  ]
  it.each(printed)('%s', async (sent, back) => {
    expect(await add('values', `[{"id":1,"v":${sent}}]`)).toMatchObject({ status: 'succeeded' })
    expect((await running.call('GET', '/indexes/values/documents/1')).text).toBe(`{"id":1,"v":${back}}`)
  })

  it.each([
    ['1e400', 'number out of range at line 1 column 5.'],
    ['"\\ud800"', 'unexpected end of hex escape at line 1 column 8.'],
    ['"\\udc00x"', 'lone leading surrogate in hex escape at line 1 column 7.'],
  ])('refuses %s in the task', async (sent, reason) => {
    const task = await add('values', `[{"id":1,"v":${sent}}]`)
    expect(task.error).toMatchObject({ code: 'internal', message: `Index \`values\`: internal: ${reason}` })
  })
})

it('orders members by when the index first saw them', async () => {
  await add('order', '[{"id":1,"b":1,"a":2},{"a":1,"id":2,"zz":3,"b":4}]')
  expect(await list('order')).toBe('{"results":[{"id":1,"b":1,"a":2},{"id":2,"b":4,"a":1,"zz":3}]')
})

it('replaces with POST and merges top-level members with PUT', async () => {
  await add('merge', [{ id: 1, a: { x: 1 }, b: 2 }])
  await running.write('PUT', '/indexes/merge/documents', [{ id: 1, a: { y: 2 }, c: 3 }])
  expect(await list('merge')).toBe('{"results":[{"id":1,"a":{"y":2},"b":2,"c":3}]')
  await add('merge', [{ id: 1, d: 4 }])
  expect(await list('merge')).toBe('{"results":[{"id":1,"d":4}]')
})

it('takes the last of equal ids and counts them once', async () => {
  const task = await add('twice', [{ id: 1, a: 1 }, { id: 2 }, { id: '1', b: 2 }])
  expect(task.details).toEqual({ receivedDocuments: 3, indexedDocuments: 2 })
  expect(await list('twice')).toBe('{"results":[{"id":"1","b":2},{"id":2}]')
})

it('keeps the place of a replaced document and gives freed places away first', async () => {
  await add('places', [{ id: 1 }, { id: 2 }, { id: 3 }])
  await add('places', [{ id: 2, again: true }])
  expect(await list('places')).toBe('{"results":[{"id":1},{"id":2,"again":true},{"id":3}]')
  await running.write('DELETE', '/indexes/places/documents/1')
  await add('places', [{ id: 4 }, { id: 5 }])
  expect(await list('places')).toBe('{"results":[{"id":4},{"id":2,"again":true},{"id":3},{"id":5}]')
})

it('skips what does not exist with skipCreation', async () => {
  await add('skip', [{ id: 1 }])
  const task = await add('skip', [{ id: 1, a: 1 }, { id: 2 }], '&skipCreation=true')
  expect(task.details).toEqual({ receivedDocuments: 2, indexedDocuments: 2 })
  expect(await list('skip')).toBe('{"results":[{"id":1,"a":1}]')
})

it('is all or nothing', async () => {
  await add('whole', [{ id: 1 }])
  const task = await add('whole', [{ id: 2 }, { nope: 1 }])
  expect(task.error.code).toBe('missing_document_id')
  expect(await list('whole')).toBe('{"results":[{"id":1}]')
})

it.each([
  ['[{"id":1},]', 'trailing comma at line 1 column 11'],
  ['[{"id":1}', 'EOF while parsing a list at line 1 column 9'],
  ['{"id":1}{"id":2}', 'trailing characters at line 1 column 9'],
  ['[{"id":1} {"id":2}]', 'expected `,` or `]` at line 1 column 11'],
  ['nul', 'EOF while parsing a value at line 1 column 3'],
  ['{"id":1,}', 'trailing comma at line 1 column 9'],
  ['[{"id":01}]', 'invalid number at line 1 column 9'],
  ['[{id:1}]', 'key must be a string at line 1 column 3'],
  ['[{"id":1,"v":"\\x"}]', 'invalid escape at line 1 column 16'],
  ['[{"id":1,"v":tru}]', 'expected ident at line 1 column 17'],
  ['[{"id":1,"v":1.}]', 'invalid number at line 1 column 16'],
  ['"abc', 'EOF while parsing a string at line 1 column 4'],
  ['3', 'data are neither an object nor a list of objects'],
])('refuses %s at once', async (body, reason) => {
  const { status, json } = await running.call('POST', '/indexes/broken/documents', body)
  expect(status).toBe(400)
  expect(json.message).toBe(
    `The \`json\` payload provided is malformed. \`Couldn't serialize document value: ${reason}\`.`,
  )
})

describe('lists', () => {
  beforeAll(async () => {
    const settings = { filterableAttributes: ['n', '_miroir_seq'], sortableAttributes: ['n', '_miroir_seq'] }
    await running.write('PATCH', '/indexes/listed/settings', settings)
    await add('listed', [
      { id: 1, n: 3, _miroir_seq: '!!!!%(' },
      { id: 2, n: 'x', _miroir_seq: '!!!!%!', o: { a: 1, b: 2 } },
      { id: 3, n: 1.5, _miroir_seq: '!!!!%%' },
      { id: 4, _miroir_seq: '!!!!!?' },
    ])
  })

  const ids = async (body: object): Promise<number[]> => {
    const { json } = await running.call('POST', '/indexes/listed/documents/fetch', body)
    return json.results.map((document: { id: number }) => document.id)
  }

  it('sorts: numbers, then strings, then nothing', async () => {
    expect(await ids({ sort: ['n:asc'] })).toEqual([3, 1, 2, 4])
    expect(await ids({ sort: ['n:desc'] })).toEqual([1, 3, 2, 4])
    expect(await ids({ sort: ['_miroir_seq:asc'] })).toEqual([4, 2, 3, 1])
  })

  it('reads windows of a text field', async () => {
    const filter = '_miroir_seq > "!!!!!?" AND _miroir_seq <= "!!!!%%"'
    expect(await ids({ filter, sort: ['_miroir_seq:asc'] })).toEqual([2, 3])
  })

  it('picks fields, ids and pages', async () => {
    const { text } = await running.call('GET', '/indexes/listed/documents?fields=id,o.b&offset=1&limit=1')
    expect(text).toBe('{"results":[{"id":2,"o":{"b":2}}],"offset":1,"limit":1,"total":4}')
    expect(await ids({ ids: [4, '1', 9] })).toEqual([1, 4])
  })

  it('tells a merger what it sorted by', async () => {
    const options = { headers: { 'meili-proxy-search': 'true' } }
    const body = { sort: ['n:asc'], fields: ['id'], limit: 2 }
    const { text } = await running.call('POST', '/indexes/listed/documents/fetch', body, options)
    expect(text).toContain(
      '{"id":3,"_federation":{"weightedScoreValues":[{"sort":{"asc":true,"value":1.5}}]}}',
    )
  })
})
