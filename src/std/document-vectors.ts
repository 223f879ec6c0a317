import { elementsOf, type JsonMember, membersOf, memberValue } from './json-members.ts'
import { kindOf, quoted } from './json-quote.ts'

/*
 * `_vectors` of documents: which forms a node takes and what it says of others. Everything was read off a
 * real node of 1.50; texts of values are the document's own.
 */

/** What a node finds wrong, without the name of the index before it. */
export interface VectorFault {
  readonly code: 'invalid_vectors_type' | 'invalid_vector_dimensions' | 'vector_embedding_error' | 'internal'
  readonly message: string
}

/** One embedder's part of `_vectors`. */
export interface VectorEntry {
  /** Texts of numbers; null when none are given. `null` and `[]` as an entry give none on purpose. */
  readonly embeddings: readonly (readonly string[])[] | null
  readonly regenerate: boolean
}

/** Reads one embedder's entry, whose JSON text is `value`, or says what a node finds wrong with it. */
export function readVectorEntry(
  place: { readonly id: string; readonly embedder: string },
  value: string,
): VectorEntry | VectorFault {
  const fault = entryShapeFault(place, value)
  if (fault !== null) return fault
  if (value === 'null') return { embeddings: [], regenerate: false }
  const path = `._vectors.${place.embedder}`
  const members = value.startsWith('{') ? membersOf(value) : null
  const given = members === null ? value : memberValue(members, 'embeddings')
  const regenerate = members !== null && memberValue(members, 'regenerate') === 'true'
  if (given === undefined || given === 'null') return { embeddings: null, regenerate }
  const at = members === null ? path : `${path}.embeddings`
  const embeddings = readEmbeddings(at, given)
  if (typeof embeddings !== 'string') return { embeddings, regenerate }
  return embeddings === CRASH ? { code: 'internal', message: CRASH } : badEntry(place.id, embeddings)
}

/** What a node finds wrong with `_vectors` before it knows of any embedder; null for nothing. */
export function vectorsShapeFault(id: string, value: string): VectorFault | null {
  if (!value.startsWith('{')) {
    const message = `invalid type: ${serdeKind(value)}, expected a map at line 1 column ${scalarLength(value)}`
    return { code: 'internal', message }
  }
  for (const { key, value: entry } of membersOf(value)) {
    const fault = entryShapeFault({ id, embedder: key }, entry)
    if (fault !== null) return fault
  }
  return null
}

/** A node's complaint about vectors of another length than the embedder's; null when all fit. */
export function dimensionsFault(
  place: { readonly id: string; readonly embedder: string },
  embeddings: readonly { readonly length: number }[],
  dimensions: number,
): VectorFault | null {
  const at = embeddings.findIndex((embedding) => embedding.length !== dimensions)
  const found = embeddings[at]
  if (found === undefined) return null
  const { id, embedder } = place
  const where = `in document with id \`${id}\` in \`._vectors.${embedder}\``
  const notes = `\n  - note: embedding #${at} has dimensions ${found.length}\n  - note: embedder \`${embedder}\` requires ${dimensions}`
  return { code: 'invalid_vector_dimensions', message: `Invalid vector dimensions ${where}.${notes}` }
}

/** What a node says when documents have no vectors for an embedder that cannot make them. */
export function missingVectors(embedder: string, ids: readonly string[]): VectorFault {
  const others = ids.length > 1 ? ` and at least ${ids.length - 1} other document(s)` : ''
  const first = `no vectors provided for document \`${ids[0] ?? ''}\`${others}`
  const note = `- Note: \`${embedder}\` has \`source: userProvided\`, so documents must provide embeddings as an array in \`_vectors.${embedder}\`.`
  const hint = `- Hint: opt-out for a document with \`_vectors.${embedder}: null\``
  const message = `While embedding documents for embedder \`${embedder}\`: ${first}\n${note}\n${hint}`
  return { code: 'vector_embedding_error', message }
}

/** A node falls over objects and numbers it cannot hold inside vectors. */
const CRASH =
  'An unexpected crash occurred when processing the task: called `Result::unwrap()` on an `Err` value: Any { .. }'

function badEntry(id: string, reason: string): VectorFault {
  const message = `Bad embedder configuration in the document with id: \`${id}\`. ${reason}`
  return { code: 'invalid_vectors_type', message }
}

/** Checked for every entry, also of names that no embedder has. */
function entryShapeFault(
  { id, embedder }: { readonly id: string; readonly embedder: string },
  value: string,
): VectorFault | null {
  const path = `._vectors.${embedder}`
  if (value.startsWith('[') || value === 'null') return null
  if (!value.startsWith('{')) {
    const forms = 'an array of floats, an array of arrays of floats, or an object'
    const reason = `Expected \`${path}\` to be ${forms} with at least the field \`regenerate\`, but got the ${scalarName(value)}`
    return badEntry(id, reason)
  }
  let regenerates = false
  for (const { key, value: inner, at, end } of placedMembers(value)) {
    if (key === 'embeddings') continue
    if (key !== 'regenerate') return badEntry(id, `Could not parse \`${path}\`: ${trailing(at)}`)
    if (inner.startsWith('[') || inner.startsWith('{'))
      return badEntry(id, `Could not parse \`${path}\`: ${trailing(end - inner.length + 1)}`)
    if (inner !== 'true' && inner !== 'false') {
      const reason = `invalid type: ${serdeKind(inner)}, expected a boolean at line 1 column ${end}`
      return badEntry(id, `Could not parse \`${path}.regenerate\`: ${reason}`)
    }
    regenerates = true
  }
  if (regenerates) return null
  const note = `- note: \`${path}\` must be an array of floats, an array of arrays of floats, or an object with field \`regenerate\``
  return badEntry(id, `Missing field \`${path}.regenerate\`\n  ${note}`)
}

const trailing = (column: number): string => `trailing characters at line 1 column ${column}`

interface PlacedMember extends JsonMember {
  /** Column of the colon. */
  readonly at: number
  /** Column of the last character of the value. */
  readonly end: number
}

function placedMembers(text: string): PlacedMember[] {
  let from = 0
  return membersOf(text).map((member) => {
    const key = text.indexOf('"', from)
    let close = key + 1
    while (text[close] !== '"') close += text[close] === '\\' ? 2 : 1
    const colon = text.indexOf(':', close)
    const start = text.indexOf(member.value, colon)
    from = start + member.value.length
    return { ...member, at: colon + 1, end: from }
  })
}

/** Number texts per embedding; a reason, or `CRASH`, when it is none. */
function readEmbeddings(path: string, value: string): readonly (readonly string[])[] | string {
  if (value.startsWith('{')) return CRASH
  if (!value.startsWith('[')) return wrongType(path, 'null or an array', value)
  const elements = elementsOf(value)
  const [first] = elements
  if (first === undefined) return []
  if (!first.startsWith('[')) {
    const fault = numbersFault(path, elements, 'a number or an array')
    return fault ?? [elements]
  }
  const embeddings: string[][] = []
  for (const [at, element] of elements.entries()) {
    if (element.startsWith('{')) return CRASH
    if (!element.startsWith('[')) return wrongType(`${path}[${at}]`, 'an array', element)
    const numbers = elementsOf(element)
    const fault = numbersFault(`${path}[${at}]`, numbers, 'a number')
    if (fault !== null) return fault
    embeddings.push(numbers)
  }
  return embeddings
}

function numbersFault(path: string, elements: readonly string[], first: string): string | null {
  for (const [at, element] of elements.entries()) {
    const code = element.charCodeAt(0)
    if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      if (!Number.isFinite(Number(element))) return CRASH
    } else if (element.startsWith('{')) return CRASH
    else return wrongType(`${path}[${at}]`, at === 0 ? first : 'a number', element)
  }
  return null
}

function wrongType(path: string, expected: string, value: string): string {
  const found = value === 'null' ? 'null' : `${kindOf(value)}: \`${quoted(value)}\``
  return `Invalid value type at \`${path}\`: expected ${expected}, but found ${found}`
}

function scalarName(value: string): string {
  if (value.startsWith('"')) return `string \`${String(JSON.parse(value))}\``
  if (value === 'true' || value === 'false') return `boolean \`${value}\``
  return `${/^-?\d+$/.test(value) ? 'integer' : 'number'} \`${value}\``
}

/** How a node's JSON reader names a value. */
function serdeKind(value: string): string {
  if (value.startsWith('[')) return 'sequence'
  if (value.startsWith('{')) return 'map'
  if (value === 'null') return 'null'
  if (value.startsWith('"')) return `string ${value}`
  if (value === 'true' || value === 'false') return `boolean \`${value}\``
  return `${/^-?\d+$/.test(value) ? 'integer' : 'floating point'} \`${value}\``
}

function scalarLength(value: string): number {
  return value.startsWith('[') ? 0 : value.length
}
