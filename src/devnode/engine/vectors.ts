import { MiroirError } from '../../model/errors.ts'
import {
  dimensionsFault,
  missingVectors,
  readVectorEntry,
  type VectorFault,
  vectorsShapeFault,
} from '../../std/document-vectors.ts'
import { membersOf, memberValue } from '../../std/json-members.ts'
import { refusalBody, refuse } from '../http/refusal.ts'
import { printDouble } from '../json/canonical.ts'
import { compareBytes, type Embedders } from '../settings/settings.ts'
import { memberText, type StoredDocument } from './documents.ts'

export interface VectorChange {
  readonly id: string
  /** `_vectors` as it is stored. */
  readonly before: string | undefined
  /** `_vectors` as it comes in. */
  readonly given: string | undefined
  /** Entries that are no embedder's stay when the change does not name them. */
  readonly merge: boolean
}

/**
 * `_vectors` as they are stored after a change: entries of embedders in one form, all others as they came.
 * A document that says nothing of an embedder keeps its vectors. Undefined = nothing to store. Names of
 * embedders whose vectors are missing go to `missing` with the document's id.
 */
export function storedVectors(
  embedders: Embedders,
  change: VectorChange,
  missing: Map<string, string[]>,
): string | undefined {
  const { id, before, given } = change
  if (given !== undefined) throwFault(vectorsShapeFault(id, given))
  const fresh = given === undefined ? [] : membersOf(given)
  const old = before === undefined ? [] : membersOf(before)
  const others = new Map<string, string>()
  for (const { key, value } of change.merge ? [...old, ...fresh] : fresh)
    if (!Object.hasOwn(embedders, key)) others.set(key, otherText(value))
  const stored = [...others].sort(([one], [other]) => compareBytes(one, other))
  for (const [embedder, { dimensions }] of Object.entries(embedders)) {
    const value = memberValue(fresh, embedder)
    const kept = memberValue(old, embedder)
    const text = value === undefined ? kept : entryText({ id, embedder, dimensions }, value, kept)
    if (text === undefined) missing.set(embedder, [...(missing.get(embedder) ?? []), id])
    else stored.push([embedder, text])
  }
  if (stored.length === 0) return given === undefined ? undefined : '{}'
  return `{${stored.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`
}

/** The form in which entries are kept that no embedder has. */
function otherText(value: string): string {
  if (value === 'null') return '[]'
  if (!value.startsWith('{')) return value
  const members = membersOf(value)
  const regenerate = memberValue(members, 'regenerate')
  return `{"regenerate":${regenerate},"embeddings":${memberValue(members, 'embeddings') ?? 'null'}}`
}

/** Fails a task whose documents lack vectors. */
export function refuseMissing(missing: ReadonlyMap<string, readonly string[]>): void {
  for (const [embedder, ids] of missing) throwFault(missingVectors(embedder, ids))
}

function entryText(
  place: { readonly id: string; readonly embedder: string; readonly dimensions: number },
  value: string,
  kept: string | undefined,
): string | undefined {
  const entry = readVectorEntry(place, value)
  if ('code' in entry) throw faultError(entry)
  const { embeddings, regenerate } = entry
  if (embeddings === null) {
    if (regenerate) return undefined
    return kept ?? '{"embeddings":[],"regenerate":false}'
  }
  throwFault(dimensionsFault(place, embeddings, place.dimensions))
  const texts = embeddings.map((numbers) => `[${numbers.map(floatText).join(',')}]`)
  return `{"embeddings":[${texts.join(',')}],"regenerate":${regenerate}}`
}

/** Vectors are kept as 32-bit floats and printed as what they are in 64 bits. */
function floatText(token: string): string {
  const value = Math.fround(Number(token))
  return Number.isFinite(value) ? printDouble(value) : 'null'
}

function throwFault(fault: VectorFault | null): void {
  if (fault !== null) throw faultError(fault)
}

function faultError({ code, message }: VectorFault): MiroirError {
  return code === 'internal' ? new MiroirError(500, refusalBody(code, message)) : refuse(code, message)
}

const parsed = new WeakMap<StoredDocument, Map<string, readonly Float32Array[]>>()

/** The stored vectors of one document under one embedder. */
export function vectorsOf(document: StoredDocument, embedder: string): readonly Float32Array[] {
  let known = parsed.get(document)
  if (known === undefined) {
    known = new Map()
    parsed.set(document, known)
  }
  let found = known.get(embedder)
  if (found === undefined) {
    found = readVectors(document, embedder)
    known.set(embedder, found)
  }
  return found
}

function readVectors(document: StoredDocument, embedder: string): Float32Array[] {
  const text = memberText(document, '_vectors')
  const entry = text === undefined ? undefined : memberValue(membersOf(text), embedder)
  if (entry === undefined) return []
  const { embeddings } = JSON.parse(entry) as { embeddings: readonly (number | null)[][] }
  return embeddings.map((numbers) => Float32Array.from(numbers, (value) => value ?? Number.NaN))
}
