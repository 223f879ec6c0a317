import type { DevIndex } from '../engine/dev-index.ts'
import type { StoredDocument } from '../engine/documents.ts'
import { compileFilter } from './filter/filter-input.ts'
import { filterDocuments } from './filter/filter-run.ts'
import { type Candidate, fieldRule, geoRule } from './ranking.ts'
import { bestOf, orderOf } from './rules.ts'
import { checkSortable, readSort, type SortRequest } from './sort-input.ts'

export interface DocumentsRequest {
  readonly offset: number
  readonly limit: number
  readonly ids: readonly string[] | null
  readonly filter: unknown
  readonly sort: readonly string[]
}

/** Lists stored documents: by internal number, or as `sort` says. */
export function listDocuments(
  index: DevIndex,
  request: DocumentsRequest,
): { documents: StoredDocument[]; total: number; sorts: readonly SortRequest[] } {
  const code = 'invalid_document_sort'
  const sorts = request.sort.map((text) => readSort(text, code))
  checkSortable(index.settings, sorts, code)
  const filter = compileFilter(request.filter, 'invalid_document_filter')
  if (filter === null && sorts.length === 0 && request.ids === null) return firstOnes(index, request)
  const wanted =
    request.ids === null ? null : new Set(request.ids.flatMap((id) => index.table.get(id)?.docid ?? []))
  const candidates: Candidate[] = []
  for (const docid of filterDocuments(index, filter)) {
    if (wanted === null || wanted.has(docid)) candidates.push({ docid, relevancy: null })
  }
  const rules = sorts.map((sort) => (sort.kind === 'geo' ? geoRule(index, sort) : fieldRule(index, sort)))
  const end = request.offset + request.limit
  const ordered = rules.length === 0 ? candidates.slice(0, end) : bestOf(candidates, end, orderOf(rules))
  const documents = ordered.slice(request.offset).flatMap(({ docid }) => index.table.at(docid) ?? [])
  return { documents, total: candidates.length, sorts }
}

function firstOnes(index: DevIndex, { offset, limit }: DocumentsRequest) {
  const documents: StoredDocument[] = []
  let seen = 0
  for (const document of index.table.all()) {
    if (seen >= offset + limit) break
    if (seen++ >= offset) documents.push(document)
  }
  return { documents, total: index.table.size, sorts: [] }
}
