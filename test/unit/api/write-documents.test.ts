import { describe, expect, it } from 'vitest'
import { documentWriteRoutes } from '../../../src/api/write-documents.ts'
import { RecordingWrites, type Sent, send } from './catalogue-doubles.ts'

async function taken(sent: Sent): Promise<{ status: number; body: string; call: unknown }> {
  const writes = new RecordingWrites()
  const { status, body } = await send(documentWriteRoutes({ writes }), sent)
  expect(writes.calls).toHaveLength(1)
  return { status, body, call: writes.calls[0] }
}

const ids = async (body: string): Promise<unknown> => {
  const { call } = await taken({ method: 'POST', path: '/indexes/films/documents/delete-batch', body })
  return (call as [string, string, { ids: unknown }])[2].ids
}

describe('writes of documents', () => {
  it('hands over the body untouched, with every parameter', async () => {
    const body = '[{"id":12345678901234567890,"f":1.0}]'
    const path = '/indexes/films/documents?primaryKey=id&customMetadata=a%20b&skipCreation=true'
    const { status, body: reply, call } = await taken({ method: 'PUT', path, body })
    expect(call).toEqual([
      'documentAdditionOrUpdate',
      'films',
      {
        uid: 'films',
        mode: 'update',
        format: 'json',
        delimiter: ',',
        body,
        primaryKey: 'id',
        customMetadata: 'a b',
        skipCreation: true,
      },
    ])
    expect([status, Object.keys(JSON.parse(reply))]).toEqual([
      202,
      ['taskUid', 'indexUid', 'status', 'type', 'enqueuedAt'],
    ])
  })

  it('knows formats by media type', async () => {
    const type = 'Application/X-NDJSON; charset=utf-8'
    const { call } = await taken({
      method: 'POST',
      path: '/indexes/films/documents',
      type,
      body: '{"id":1}\n',
    })
    const write = { mode: 'replace', format: 'ndjson', primaryKey: null, skipCreation: false }
    expect(call).toEqual(['documentAdditionOrUpdate', 'films', expect.objectContaining(write)])
  })

  it('hands over CSV with what stands between its fields', async () => {
    const sent = { method: 'POST', type: 'text/csv', body: 'id;x\n1;2\n' }
    for (const [query, delimiter] of [
      ['', ','],
      ['?csvDelimiter=;', ';'],
      ['?csvDelimiter=%09', '\t'],
    ]) {
      const { call } = await taken({ ...sent, path: `/indexes/films/documents${query}` })
      expect(call).toEqual([
        'documentAdditionOrUpdate',
        'films',
        expect.objectContaining({ format: 'csv', delimiter, body: sent.body }),
      ])
    }
  })

  it.each([
    ['ab', 'expected a string of one character, but found the following string of 2 characters: `ab`'],
    ['', 'expected a string of one character, but found an empty string'],
  ])('refuses %j between fields', async (delimiter, reason) => {
    const writes = new RecordingWrites()
    const path = `/indexes/films/documents?csvDelimiter=${delimiter}`
    const { status, body } = await send(documentWriteRoutes({ writes }), {
      ...{ method: 'POST', path, type: 'text/csv', body: 'id\n1\n' },
    })
    expect([status, JSON.parse(body)]).toEqual([
      400,
      expect.objectContaining({
        code: 'invalid_document_csv_delimiter',
        message: `Invalid value in parameter \`csvDelimiter\`: ${reason}`,
      }),
    ])
  })

  it('deletes one, all, and by filter', async () => {
    const base = '/indexes/films/documents'
    expect((await taken({ method: 'DELETE', path: `${base}/a-1?customMetadata=m` })).call).toEqual([
      'documentDeletion',
      'films',
      { kind: 'ids', ids: ['a-1'] },
      'm',
    ])
    expect((await taken({ method: 'DELETE', path: base })).call).toEqual([
      'documentDeletion',
      'films',
      { kind: 'all' },
      null,
    ])
    const body = '{"filter":["a = 1",["b = 2","c = 3"]]}'
    expect((await taken({ method: 'POST', path: `${base}/delete`, body })).call).toEqual([
      'documentDeletion',
      'films',
      { kind: 'filter', filter: ['a = 1', ['b = 2', 'c = 3']] },
      null,
    ])
  })

  it('keeps every digit of ids', async () => {
    expect(await ids('[1, "2", 12345678901234567890 , -9223372036854775808, "a\\u0062", ""]')).toEqual([
      '1',
      '2',
      '12345678901234567890',
      '-9223372036854775808',
      'ab',
      '',
    ])
    expect(await ids('[]')).toEqual([])
    expect(await ids(' [ ] ')).toEqual([])
  })

  it('tells other values as a node does, so that they match nothing', async () => {
    expect(await ids('[null,true,1.5,1e2,1.0,{"a": [1, "]"]},[1, 2],18446744073709551616]')).toEqual([
      'null',
      'true',
      '1.5',
      '100.0',
      '1.0',
      '{"a":[1,"]"]}',
      '[1,2]',
      '1.8446744073709552e+19',
    ])
  })
})
