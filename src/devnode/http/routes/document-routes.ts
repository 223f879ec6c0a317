import { badIdText, isDocumentId } from '../../engine/document-id.ts'
import { memberText, printDocument, type StoredDocument } from '../../engine/documents.ts'
import { CsvFault, readCsv } from '../../json/csv.ts'
import { NotADocument, splitDocuments } from '../../json/documents.ts'
import { JsonFault } from '../../json/scan.ts'
import { compileFilter } from '../../search/filter/filter-input.ts'
import { type DocumentsRequest, listDocuments } from '../../search/list-documents.ts'
import { pickMembers, printMembers, reachOf } from '../../search/print/retrieve.ts'
import { filterParameter, splitSort } from '../../search/request.ts'
import { printSortValues } from '../../search/sort-values.ts'
import { readCount, readFlag } from '../../tasks/task-filter.ts'
import {
  bodyText,
  contentType,
  enqueue,
  indexUidOf,
  jsonBody,
  knownParameters,
  mayCreateIndex,
  type NodeCall,
  type NodeReply,
} from '../call.ts'
import { refuse, refuseLacking } from '../refusal.ts'
import {
  expectArray,
  expectBoolean,
  expectCount,
  expectObject,
  expectStrings,
  quoteJson,
  unknownName,
} from '../shape.ts'

const WRITE_PARAMETERS = ['primaryKey', 'csvDelimiter', 'customMetadata', 'skipCreation']

export const addDocuments = (call: NodeCall): NodeReply => writeDocuments(call, false)
export const updateDocuments = (call: NodeCall): NodeReply => writeDocuments(call, true)

function writeDocuments(call: NodeCall, merge: boolean): NodeReply {
  const indexUid = indexUidOf(call)
  knownParameters(call, WRITE_PARAMETERS)
  const skip = call.query.get('skipCreation') ?? 'false'
  if (skip !== 'true' && skip !== 'false') {
    throw refuse(
      'invalid_skip_creation',
      `skipCreation must be either \`true\` or \`false\`. Found: \`${skip}\``,
    )
  }
  const type = contentType(call, ['application/json', 'application/x-ndjson', 'text/csv'])
  if (call.query.has('csvDelimiter') && type !== 'text/csv') {
    throw refuse(
      'invalid_content_type',
      `The Content-Type \`${type}\` does not support the use of a csv delimiter. The csv delimiter can only be used with the Content-Type \`text/csv\`.`,
    )
  }
  const documents = readDocuments(call, FORMATS[type] ?? 'json')
  return enqueue(call, {
    type: 'documentAdditionOrUpdate',
    indexUid,
    details: { receivedDocuments: documents.length, indexedDocuments: null },
    customMetadata: call.query.get('customMetadata') ?? null,
    work: {
      kind: 'documents',
      merge,
      documents,
      primaryKey: call.query.get('primaryKey') ?? null,
      skipCreation: skip === 'true',
      mayCreateIndex: mayCreateIndex(call),
    },
  })
}

const FORMATS: Readonly<Record<string, 'json' | 'ndjson' | 'csv'>> = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'text/csv': 'csv',
}

const DELIMITER = 'Invalid value in parameter `csvDelimiter`: expected a string of one character, but found'

function csvDelimiter(call: NodeCall): string {
  const text = call.query.get('csvDelimiter') ?? ','
  if (text > '\u007f' && [...text].length === 1)
    throw refuse(
      'invalid_document_csv_delimiter',
      `csv delimiter must be an ascii character. Found: \`${text}\``,
    )
  if (text.length === 1) return text
  if (text === '') throw refuse('invalid_document_csv_delimiter', `${DELIMITER} an empty string`)
  const found = `the following string of ${[...text].length} characters: \`${text}\``
  throw refuse('invalid_document_csv_delimiter', `${DELIMITER} ${found}`)
}

function readDocuments(call: NodeCall, format: 'json' | 'ndjson' | 'csv'): string[] {
  const delimiter = csvDelimiter(call)
  if (call.body.length === 0) throw refuse('missing_payload', `A ${format} payload is missing.`)
  try {
    return format === 'csv' ? readCsv(call.body, delimiter) : splitDocuments(bodyText(call), format)
  } catch (error) {
    if (error instanceof CsvFault) {
      throw refuse('malformed_payload', `The \`csv\` payload provided is malformed: \`${error.message}\`.`)
    }
    if (error instanceof JsonFault || error instanceof NotADocument) {
      const detail = `Couldn't serialize document value: ${error.message}`
      throw refuse('malformed_payload', `The \`${format}\` payload provided is malformed. \`${detail}\`.`)
    }
    throw error
  }
}

function withMember(objectText: string, member: string): string {
  return `${objectText.slice(0, -1)}${objectText === '{}' ? '' : ','}${member}}`
}

/** Prints a document for the routes that ignore `displayedAttributes`. */
function printFields(document: StoredDocument, fields: readonly string[] | null, vectors: boolean): string {
  const text =
    fields === null
      ? printDocument(document, (name) => name !== '_vectors')
      : printMembers(pickMembers(document, (attribute) => reachOf(fields, attribute)))
  return vectors ? withMember(text, `"_vectors":${memberText(document, '_vectors') ?? '{}'}`) : text
}

export function getDocument(call: NodeCall): NodeReply {
  const index = call.engine.index(indexUidOf(call))
  knownParameters(call, ['fields', 'retrieveVectors', 'useNetwork'])
  const vectors = readFlag(
    call.query.get('retrieveVectors') ?? 'false',
    'retrieveVectors',
    'invalid_document_retrieve_vectors',
  )
  const id = call.params[1] ?? ''
  const document = index.table.get(id)
  if (document === undefined) throw refuse('document_not_found', `Document \`${id}\` not found.`)
  const fields = call.query.get('fields')?.split(',') ?? null
  return { status: 200, body: printFields(document, fields, vectors) }
}

const LIST_PARAMETERS = [
  'offset',
  'limit',
  'fields',
  'retrieveVectors',
  'ids',
  'filter',
  'sort',
  'useNetwork',
]

export function getDocuments(call: NodeCall): NodeReply {
  const uid = indexUidOf(call)
  knownParameters(call, LIST_PARAMETERS)
  const { query } = call
  const filter = query.get('filter')
  return answerList(call, uid, {
    offset: readCount(query.get('offset') ?? '0', 'offset', 'invalid_document_offset'),
    limit: readCount(query.get('limit') ?? '20', 'limit', 'invalid_document_limit'),
    fields: query.get('fields')?.split(',') ?? null,
    retrieveVectors: readFlag(
      query.get('retrieveVectors') ?? 'false',
      'retrieveVectors',
      'invalid_document_retrieve_vectors',
    ),
    ids: query.get('ids')?.split(',') ?? null,
    filter: filter === undefined ? null : filterParameter(filter),
    sort: query.has('sort') ? splitSort(query.get('sort') ?? '') : [],
  })
}

export function fetchDocuments(call: NodeCall): NodeReply {
  const uid = indexUidOf(call)
  const body = expectObject(jsonBody(call), { path: '', code: 'bad_request' })
  for (const name of Object.keys(body)) {
    if (!LIST_PARAMETERS.includes(name)) throw unknownName('field', name, LIST_PARAMETERS)
  }
  const read = <T>(
    name: string,
    check: (value: unknown, spot: { path: string; code: string }) => T,
  ): T | null => {
    const value = body[name]
    if (value === undefined || value === null) return null
    const code = `invalid_document_${name === 'retrieveVectors' ? 'retrieve_vectors' : name}`
    return check(value, { path: `.${name}`, code })
  }
  if (read('useNetwork', expectBoolean) === true) throw refuseLacking('Reading a network (`useNetwork`)')
  return answerList(call, uid, {
    offset: read('offset', expectCount) ?? 0,
    limit: read('limit', expectCount) ?? 20,
    fields: read('fields', expectStrings),
    retrieveVectors: read('retrieveVectors', expectBoolean) ?? false,
    ids: read('ids', expectArray),
    filter: body['filter'] ?? null,
    sort: read('sort', expectStrings) ?? [],
  })
}

type ListRequest = Omit<DocumentsRequest, 'ids'> & {
  readonly fields: readonly string[] | null
  readonly retrieveVectors: boolean
  readonly ids: readonly unknown[] | null
}

function answerList(call: NodeCall, uid: string, request: ListRequest): NodeReply {
  const index = call.engine.index(uid)
  const ids = request.ids === null ? null : readIds(request.ids)
  const { documents, total, sorts } = listDocuments(index, { ...request, ids })
  const shows = call.headers['meili-proxy-search'] === 'true' && call.method === 'POST'
  const results = documents.map((document) => {
    const text = printFields(document, request.fields, request.retrieveVectors)
    return shows ? withMember(text, `"_federation":${printSortValues(index, document, sorts)}`) : text
  })
  const tail = `"offset":${request.offset},"limit":${request.limit},"total":${total}`
  return { status: 200, body: `{"results":[${results.join(',')}],${tail}}` }
}

function readIds(values: readonly unknown[]): string[] {
  return values.map((value, at) => {
    if (typeof value === 'number' && Number.isInteger(value)) return String(value)
    if (typeof value === 'string' && isDocumentId(value)) return value
    throw refuse('invalid_document_ids', `In \`.ids[${at}]\`: ${badIdText(quoteJson(value))}`)
  })
}

const metadata = (call: NodeCall): string | null => {
  knownParameters(call, ['customMetadata'])
  return call.query.get('customMetadata') ?? null
}

export function deleteDocument(call: NodeCall): NodeReply {
  return enqueueDeletion(call, [call.params[1] ?? ''])
}

export function deleteBatch(call: NodeCall): NodeReply {
  const ids = jsonBody(call)
  if (!Array.isArray(ids)) {
    const kind = typeof ids === 'object' ? 'map' : typeof ids
    const text = `Json deserialize error: invalid type: ${kind}, expected a sequence at line 1 column 0`
    throw refuse('bad_request', text)
  }
  return enqueueDeletion(
    call,
    ids.map((id) => (typeof id === 'string' ? id : JSON.stringify(id))),
  )
}

function enqueueDeletion(call: NodeCall, ids: readonly string[]): NodeReply {
  const indexUid = indexUidOf(call)
  return enqueue(call, {
    type: 'documentDeletion',
    indexUid,
    details: { providedIds: ids.length, deletedDocuments: null, originalFilter: null },
    customMetadata: metadata(call),
    work: { kind: 'deleteIds', ids },
  })
}

export function clearDocuments(call: NodeCall): NodeReply {
  const indexUid = indexUidOf(call)
  return enqueue(call, {
    type: 'documentDeletion',
    indexUid,
    details: { deletedDocuments: null },
    customMetadata: metadata(call),
    work: { kind: 'clear' },
  })
}

export function deleteByFilter(call: NodeCall): NodeReply {
  const indexUid = indexUidOf(call)
  const customMetadata = metadata(call)
  const body = expectObject(jsonBody(call), { path: '', code: 'bad_request' })
  for (const name of Object.keys(body)) if (name !== 'filter') throw unknownName('field', name, ['filter'])
  const { filter } = body as { filter?: unknown }
  if (filter === undefined) throw refuse('missing_document_filter', 'Missing field `filter`')
  if (filter === null) {
    const text = 'Invalid syntax for the filter parameter: `expected String, Array, found: null`.'
    throw refuse('invalid_document_filter', text)
  }
  if (compileFilter(filter, 'invalid_document_filter') === null) {
    throw refuse('invalid_document_filter', 'Sending an empty filter is forbidden.')
  }
  return enqueue(call, {
    type: 'documentDeletion',
    indexUid,
    details: { providedIds: 0, deletedDocuments: null, originalFilter: JSON.stringify(filter) },
    customMetadata,
    work: { kind: 'deleteFilter', filter },
  })
}
