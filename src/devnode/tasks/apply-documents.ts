import { MiroirError } from '../../model/errors.ts'
import type { DevIndex } from '../engine/dev-index.ts'
import { inferPrimaryKey, readDocumentId } from '../engine/document-id.ts'
import { memberText, type StoredDocument } from '../engine/documents.ts'
import type { Engine } from '../engine/engine.ts'
import { readGeo } from '../engine/geo.ts'
import { refuseMissing, storedVectors } from '../engine/vectors.ts'
import { notFoundIndex, refuse } from '../http/refusal.ts'
import { documentMembers, type Member } from '../json/canonical.ts'
import { JsonFault } from '../json/scan.ts'
import { compileFilter } from '../search/filter/filter-input.ts'
import { filterDocuments } from '../search/filter/filter-run.ts'
import type { Details, NodeTask, Work } from './task.ts'

type DocumentsWork = Extract<Work, { kind: 'documents' }>

/** Errors found while indexing carry the name of the index; those found in the payload do not. */
export function prefixed(uid: string, error: unknown): unknown {
  const text = `Index \`${uid}\`: `
  if (error instanceof JsonFault) return refuse('internal', `${text}internal: ${error.message}.`)
  if (!(error instanceof MiroirError) || error.body.message.startsWith('An unexpected crash')) return error
  return new MiroirError(error.status, { ...error.body, message: text + error.body.message })
}

/** Finds the index of a write, making it when the sender may. */
export function indexForWrite(engine: Engine, uid: string, mayCreate: boolean): DevIndex {
  const index = engine.find(uid)
  if (index !== undefined) return index
  if (!mayCreate) throw notFoundIndex(uid)
  return engine.create(uid)
}

export function applyDocuments(engine: Engine, task: NodeTask, work: DocumentsWork): Details {
  const uid = task.indexUid ?? ''
  const index = indexForWrite(engine, uid, work.mayCreateIndex)
  const parsed = parseAll(uid, work.documents)
  const primaryKey = choosePrimaryKey(index, work, parsed)
  const results = collect(index, work, parsed, primaryKey)
  if (primaryKey !== null && index.primaryKey === null) {
    index.primaryKey = primaryKey
    if (work.primaryKey !== null) index.table.learnField(primaryKey)
  }
  checkGeo(index, results)
  keepVectors(index, work, results)
  for (const [externalId, members] of results) {
    if (members === null) continue
    engine.keeper.saveDocument(index.key, index.table.put(externalId, members))
  }
  engine.touch(index)
  return { receivedDocuments: work.documents.length, indexedDocuments: results.size }
}

function parseAll(uid: string, documents: readonly string[]): Member[][] {
  try {
    return documents.map(documentMembers)
  } catch (error) {
    throw prefixed(uid, error)
  }
}

function choosePrimaryKey(index: DevIndex, work: DocumentsWork, parsed: readonly Member[][]): string | null {
  const stored = index.primaryKey
  if (stored !== null) {
    if (work.primaryKey === null || work.primaryKey === stored) return stored
    throw refuse('index_primary_key_already_exists', `Index already has a primary key: \`${stored}\`.`)
  }
  if (work.primaryKey !== null) return work.primaryKey
  if (parsed.length === 0) return null
  const inferred = inferPrimaryKey(parsed[0])
  if (typeof inferred !== 'string') throw inferred
  return inferred
}

/** Last state of every id in the payload, in order of first mention; null = nothing is stored for it. */
function collect(
  index: DevIndex,
  work: DocumentsWork,
  parsed: readonly Member[][],
  primaryKey: string | null,
): Map<string, readonly Member[] | null> {
  const results = new Map<string, readonly Member[] | null>()
  for (const members of parsed) {
    const id = readDocumentId(members, primaryKey ?? '')
    if (typeof id !== 'string') throw id
    const stored = index.table.get(id)
    if (work.skipCreation && stored === undefined) {
      results.set(id, null)
      continue
    }
    const before = results.get(id) ?? (stored === undefined ? null : membersOf(stored))
    results.set(id, work.merge && before !== null ? mergeMembers(before, members) : members)
  }
  return results
}

function membersOf(document: StoredDocument): Member[] {
  return document.names.map((name, index) => [name, document.values[index] ?? 'null'] as const)
}

function mergeMembers(before: readonly Member[], change: readonly Member[]): Member[] {
  const merged = new Map(before)
  for (const [name, value] of change) merged.set(name, value)
  return [...merged]
}

function checkGeo(index: DevIndex, results: ReadonlyMap<string, readonly Member[] | null>): void {
  if (!index.usesGeo) return
  try {
    for (const [externalId, members] of results) {
      const geo = members?.find(([name]) => name === '_geo')
      if (geo !== undefined) readGeo({ docid: 0, externalId, names: [geo[0]], values: [geo[1]] })
    }
  } catch (error) {
    throw prefixed(index.uid, error)
  }
}

/** Puts `_vectors` into the form they are stored in, or fails the task. */
function keepVectors(
  index: DevIndex,
  work: DocumentsWork,
  results: Map<string, readonly Member[] | null>,
): void {
  const missing = new Map<string, string[]>()
  try {
    for (const [id, members] of results) {
      if (members === null) continue
      const before = index.table.get(id)
      const vectors = storedVectors(
        index.settings.embedders,
        {
          id,
          before: before === undefined ? undefined : memberText(before, '_vectors'),
          given: members.find(([name]) => name === '_vectors')?.[1],
          merge: work.merge,
        },
        missing,
      )
      const others = members.filter(([name]) => name !== '_vectors')
      results.set(id, vectors === undefined ? others : [...others, ['_vectors', vectors]])
    }
    refuseMissing(missing)
  } catch (error) {
    throw prefixed(index.uid, error)
  }
}

export function applyDeleteIds(engine: Engine, task: NodeTask, ids: readonly string[]): Details {
  const index = engine.index(task.indexUid ?? '')
  let deletedDocuments = 0
  for (const id of ids) if (deleteOne(engine, index, id)) deletedDocuments++
  engine.touch(index)
  return { providedIds: ids.length, deletedDocuments, originalFilter: null }
}

function deleteOne(engine: Engine, index: DevIndex, id: string): boolean {
  const document = index.table.delete(id)
  if (document === undefined) return false
  engine.keeper.dropDocument(index.key, document.docid)
  return true
}

export function applyDeleteFilter(engine: Engine, task: NodeTask, filter: unknown): Details {
  const index = engine.index(task.indexUid ?? '')
  let docids: number[]
  try {
    docids = filterDocuments(index, compileFilter(filter, 'invalid_document_filter'))
  } catch (error) {
    throw prefixed(index.uid, error)
  }
  for (const docid of docids) {
    const document = index.table.at(docid)
    if (document !== undefined) deleteOne(engine, index, document.externalId)
  }
  engine.touch(index)
  return { ...task.details, deletedDocuments: docids.length }
}

export function applyClear(engine: Engine, task: NodeTask): Details {
  const index = engine.index(task.indexUid ?? '')
  const deletedDocuments = index.table.size
  index.table.clear()
  engine.keeper.dropDocuments(index.key)
  engine.touch(index)
  return { deletedDocuments }
}
