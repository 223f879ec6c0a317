import type { Call, Reply, Route } from '../model/call.ts'
import { fail } from '../model/errors.ts'
import type { DocumentWrite, Writes } from '../model/writes.ts'
import { accepted } from './accepted.ts'
import { requireIds } from './request/delete-batch.ts'
import { requireFilter } from './request/document-filter.ts'
import { requireUid } from './request/index-uid.ts'
import { mediaType } from './request/media-type.ts'
import { requireObject } from './request/object-body.ts'
import { parametersIn } from './request/parameters.ts'
import { refusal, unknownName } from './request/refusals.ts'

export interface DocumentWriteRouteDeps {
  readonly writes: Writes
}

const BASE = '/indexes/{uid}/documents'
const ADD_PARAMETERS = ['primaryKey', 'csvDelimiter', 'customMetadata', 'skipCreation']
const DELETE_PARAMETERS = ['customMetadata']
const FORMATS = { 'application/json': 'json', 'application/x-ndjson': 'ndjson', 'text/csv': 'csv' } as const
const ACCEPTED = Object.keys(FORMATS)
  .map((type) => `\`${type}\``)
  .join(', ')

/** Writes of documents. What they contain is looked at by the write path. */
export function documentWriteRoutes({ writes }: DocumentWriteRouteDeps): Route[] {
  const add = { kind: 'action', action: 'documents.add' } as const
  const remove = { kind: 'action', action: 'documents.delete' } as const
  const adding = (mode: DocumentWrite['mode']) => (call: Call) => addDocuments(writes, mode, call)
  return [
    { method: 'POST', template: BASE, access: add, takesDocuments: true, handler: adding('replace') },
    { method: 'PUT', template: BASE, access: add, takesDocuments: true, handler: adding('update') },
    { method: 'DELETE', template: BASE, access: remove, handler: (call) => clear(writes, call) },
    {
      method: 'DELETE',
      template: `${BASE}/{id}`,
      access: remove,
      handler: (call) => deleteOne(writes, call),
    },
    {
      method: 'POST',
      template: `${BASE}/delete-batch`,
      access: remove,
      handler: (call) => deleteBatch(writes, call),
    },
    {
      method: 'POST',
      template: `${BASE}/delete`,
      access: remove,
      handler: (call) => deleteByFilter(writes, call),
    },
  ]
}

async function addDocuments(writes: Writes, mode: DocumentWrite['mode'], call: Call): Promise<Reply> {
  const parameters = parametersIn(call.query, ADD_PARAMETERS, (name, value) => {
    if (name === 'csvDelimiter') requireDelimiter(value)
  })
  const skipCreation = skipsCreation(parameters.get('skipCreation'))
  const uid = requireUid(call)
  const format = formatOf(call, parameters.has('csvDelimiter'))
  const write: DocumentWrite = {
    uid,
    mode,
    format,
    delimiter: parameters.get('csvDelimiter') ?? ',',
    body: call.body,
    primaryKey: parameters.get('primaryKey') ?? null,
    customMetadata: parameters.get('customMetadata') ?? null,
    skipCreation,
  }
  return accepted(await writes.addDocuments(write, call.deadline))
}

function requireDelimiter(value: string): void {
  const code = 'invalid_document_csv_delimiter'
  const where = 'Invalid value in parameter `csvDelimiter`: expected a string of one character, but found'
  const count = [...value].length
  if (count === 0) throw refusal(code, `${where} an empty string`)
  if (count > 1) throw refusal(code, `${where} the following string of ${count} characters: \`${value}\``)
  if (value > '\u007f') throw refusal(code, `csv delimiter must be an ascii character. Found: \`${value}\``)
}

function skipsCreation(value: string | undefined): boolean {
  if (value === undefined || value === 'false') return false
  if (value === 'true') return true
  throw refusal(
    'invalid_skip_creation',
    `skipCreation must be either \`true\` or \`false\`. Found: \`${value}\``,
  )
}

function formatOf(call: Call, hasDelimiter: boolean): DocumentWrite['format'] {
  const header = call.header('content-type')
  if (header === undefined) throw fail('missing_content_type', { accepted: ACCEPTED })
  const type = mediaType(header)
  const format = Object.entries(FORMATS).find(([known]) => known === type)?.[1]
  if (type === null || format === undefined)
    throw fail('invalid_content_type', { type: type ?? header, accepted: ACCEPTED })
  if (hasDelimiter && format !== 'csv') throw delimiterWithout(type)
  if (call.body.length === 0) throw fail('missing_payload', { format })
  return format
}

function delimiterWithout(type: string): Error {
  const only = 'The csv delimiter can only be used with the Content-Type `text/csv`.'
  const message = `The Content-Type \`${type}\` does not support the use of a csv delimiter. ${only}`
  return refusal('invalid_content_type', message)
}

async function clear(writes: Writes, call: Call): Promise<Reply> {
  const metadata = metadataIn(call)
  const deletion = { kind: 'all' } as const
  return accepted(await writes.deleteDocuments(requireUid(call), deletion, metadata, call.deadline))
}

async function deleteOne(writes: Writes, call: Call): Promise<Reply> {
  const metadata = metadataIn(call)
  const deletion = { kind: 'ids', ids: [call.params['id'] ?? ''] } as const
  return accepted(await writes.deleteDocuments(requireUid(call), deletion, metadata, call.deadline))
}

async function deleteBatch(writes: Writes, call: Call): Promise<Reply> {
  const ids = requireIds(call)
  const metadata = metadataIn(call)
  const deletion = { kind: 'ids', ids } as const
  return accepted(await writes.deleteDocuments(requireUid(call), deletion, metadata, call.deadline))
}

async function deleteByFilter(writes: Writes, call: Call): Promise<Reply> {
  const metadata = metadataIn(call)
  const members = requireObject(call)
  for (const name of members.keys()) if (name !== 'filter') throw unknownName('field', name, ['filter'])
  const text = members.get('filter')
  if (text === undefined) throw refusal('missing_document_filter', 'Missing field `filter`')
  const uid = requireUid(call)
  const deletion = { kind: 'filter', filter: requireFilter(text) } as const
  return accepted(await writes.deleteDocuments(uid, deletion, metadata, call.deadline))
}

function metadataIn(call: Call): string | null {
  return parametersIn(call.query, DELETE_PARAMETERS).get('customMetadata') ?? null
}
