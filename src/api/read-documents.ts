import type { ReadDeps } from '../flows/read-deps.ts'
import { getDocument, listDocuments } from '../flows/read-documents.ts'
import type { Call, Reply, Route } from '../model/call.ts'
import { bodyText, requireJsonBody } from './json-body.ts'
import { bodyFromQuery, type ParameterKind, parametersOf } from './query-text.ts'
import { readContext, uidOf } from './read-context.ts'

const PARAMETERS: Readonly<Record<string, ParameterKind>> = {
  offset: 'integer',
  limit: 'integer',
  fields: 'list',
  retrieveVectors: 'boolean',
  ids: 'list',
  filter: 'filter',
  sort: 'sort',
  useNetwork: 'boolean',
}

/** Reading documents: lists by query and by body, and one by its primary key. */
export function documentReadRoutes(deps: ReadDeps): Route[] {
  const access = { kind: 'action', action: 'documents.get' } as const
  const template = '/indexes/{uid}/documents'
  return [
    { method: 'GET', template, access, handler: (call) => listByQuery(deps, call) },
    { method: 'POST', template: `${template}/fetch`, access, handler: (call) => listByBody(deps, call) },
    { method: 'GET', template: `${template}/{id}`, access, handler: (call) => one(deps, call) },
  ]
}

async function listByBody(deps: ReadDeps, call: Call): Promise<Reply> {
  requireJsonBody(call)
  const client = clientOf('POST', 'documents/fetch', call.body)
  return listDocuments(deps, { uid: uidOf(call), text: bodyText(call.body), client }, readContext(call))
}

async function listByQuery(deps: ReadDeps, call: Call): Promise<Reply> {
  const client = clientOf('GET', withQuery('documents', call.query), null)
  const text = bodyFromQuery(parametersOf(call.query), PARAMETERS)
  return listDocuments(deps, { uid: uidOf(call), text, client }, readContext(call))
}

async function one(deps: ReadDeps, call: Call): Promise<Reply> {
  const id = call.params['id'] ?? ''
  const route = withQuery(`documents/${encodeURIComponent(id)}`, call.query)
  const ask = { uid: uidOf(call), id, query: call.query, client: clientOf('GET', route, null) }
  return getDocument(deps, ask, readContext(call))
}

function clientOf(method: 'GET' | 'POST', route: string, body: Uint8Array | null) {
  return { method, route, body, operation: 'documents' } as const
}

function withQuery(path: string, query: string): string {
  return query === '' ? path : `${path}?${query}`
}
