import { describe, expect, it } from 'vitest'
import { documentEditRoutes } from '../../../src/api/edits/edit-documents.ts'
import { experimentalRoutes } from '../../../src/api/edits/experimental.ts'
import { createFeatures } from '../../../src/features/experimental/experimental.ts'
import { StoreUnavailable } from '../../../src/model/store.ts'
import { RecordingWrites, send } from './catalogue-doubles.ts'

const path = '/indexes/films/documents/edit'

function setup(on: readonly string[] = ['editDocumentsByFunction']) {
  const kept: (readonly string[])[] = []
  const features = createFeatures({ setFeatures: async (names) => void kept.push(names) }, on)
  const writes = new RecordingWrites()
  const routes = [...documentEditRoutes({ writes, features }), ...experimentalRoutes({ features })]
  const ask = async (method: string, at: string, body?: string) => {
    const answer = await send(routes, body === undefined ? { method, path: at } : { method, path: at, body })
    return { ...answer, json: JSON.parse(answer.body) as Record<string, unknown> }
  }
  return { kept, writes, ask }
}

describe('edits by function', () => {
  it('hand over function, filter, and the context as it came', async () => {
    const { writes, ask } = setup()
    const body = '{"function":"doc.x = 1","filter":["a = 1",["b"]],"context":{"n":12345678901234567890}}'
    expect((await ask('POST', `${path}?customMetadata=m`, body)).status).toBe(202)
    await ask('POST', path, '{"function":"","context":null,"filter":null}')
    expect(writes.calls).toEqual([
      [
        'documentEdition',
        'films',
        { function: 'doc.x = 1', filter: ['a = 1', ['b']], context: '{"n":12345678901234567890}' },
        'm',
      ],
      ['documentEdition', 'films', { function: '', filter: null, context: null }, null],
    ])
  })

  it.each([
    ['{"foo":1}', 'bad_request', 'Unknown field `foo`: expected one of `filter`, `context`, `function`'],
    ['{}', 'missing_document_edition_function', 'Missing field `function`'],
    [
      '{"function":null}',
      'invalid_document_edition_function_filter',
      'Invalid value type at `.function`: expected a string, but found null',
    ],
    ['[]', 'bad_request', 'Invalid value type: expected an object, but found an array: `[]`'],
  ])('refuse %s before they look at the feature', async (body, code, message) => {
    for (const on of [[], ['editDocumentsByFunction']]) {
      const { writes, ask } = setup(on)
      expect((await ask('POST', path, body)).json).toMatchObject({ code, message })
      expect(writes.calls).toEqual([])
    }
  })

  it('need the feature', async () => {
    const { json } = await setup([]).ask('POST', path, '{"function":"1"}')
    expect(json).toMatchObject({ code: 'feature_not_enabled' })
  })
})

describe('experimental features', () => {
  it('are switched durably, those that work here', async () => {
    const { kept, ask } = setup([])
    const features = '/experimental-features'
    expect((await ask('GET', features)).json['editDocumentsByFunction']).toBe(false)
    const on = await ask('PATCH', features, '{"editDocumentsByFunction":true,"metrics":false,"network":null}')
    expect([on.status, on.json['editDocumentsByFunction']]).toEqual([200, true])
    const refused = await ask('PATCH', features, '{"editDocumentsByFunction":false,"metrics":true}')
    expect([refused.status, refused.json['code']]).toEqual([400, 'miroir_unsupported'])
    expect((await ask('GET', features)).json['editDocumentsByFunction']).toBe(true)
    await ask('PATCH', features, '{"editDocumentsByFunction":true}')
    await ask('PATCH', features, '{"editDocumentsByFunction":false}')
    expect(kept).toEqual([['editDocumentsByFunction'], []])
  })

  it('stay as they were when the store cannot write', async () => {
    const store = {
      setFeatures: async () => {
        throw new StoreUnavailable('full')
      },
    }
    const features = createFeatures(store, [])
    await expect(features.change(new Map([['editDocumentsByFunction', true]]))).rejects.toMatchObject({
      status: 503,
    })
    expect(features.isOn('editDocumentsByFunction')).toBe(false)
  })
})
