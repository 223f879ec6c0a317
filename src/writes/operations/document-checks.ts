import { type KernelFault, ROW, ROW_FLAG, type SplitResult } from '../../kernel/kernel.ts'
import type { DocumentFormat } from '../../model/documents.ts'
import { type ErrorBody, errorBody, fail, type MiroirError } from '../../model/errors.ts'
import { text } from '../../std/bytes.ts'
import { documentsFault } from '../../std/json-syntax.ts'

/**
 * A rule that a document of the batch breaks. `sync`: the client hears it at once; otherwise its task fails.
 */
export type Violation =
  | { readonly kind: 'sync'; readonly error: MiroirError }
  | { readonly kind: 'task'; readonly error: ErrorBody }

const SHOWN_DOCUMENT_CHARACTERS = 100

/**
 * Checks every document for what a node would refuse or what is reserved, so that a batch stays all or
 * nothing. The first violation in payload order counts.
 */
export function checkDocuments(
  body: Uint8Array,
  split: SplitResult,
  primaryKey: string,
  missing: 'error' | 'task',
): Violation | null {
  const bad = ROW_FLAG.reserved | ROW_FLAG.keyMissing | ROW_FLAG.keyInvalid
  for (let row = 0; row < split.documents; row++) {
    const at = row * ROW.stride
    const flags = split.rows[at + ROW.flags] ?? 0
    if ((flags & bad) === 0) continue
    const document = text(body.subarray(split.rows[at + ROW.start], split.rows[at + ROW.end]))
    if ((flags & ROW_FLAG.reserved) !== 0) {
      const field = /_miroir_\w*/.exec(document)?.[0] ?? '_miroir_…'
      return { kind: 'sync', error: fail('miroir_reserved_field', { position: row, field }) }
    }
    if ((flags & ROW_FLAG.keyMissing) !== 0) return missingKey(row, primaryKey, document, missing)
    const value = text(body.subarray(split.rows[at + ROW.keyStart], split.rows[at + ROW.keyEnd]))
    return { kind: 'task', error: errorBody('invalid_document_id', { value }) }
  }
  return null
}

function missingKey(row: number, primaryKey: string, document: string, missing: 'error' | 'task'): Violation {
  if (missing === 'error') {
    const reason = 'the field is missing'
    return { kind: 'sync', error: fail('miroir_primary_key_required', { position: row, primaryKey, reason }) }
  }
  const shown =
    document.length > SHOWN_DOCUMENT_CHARACTERS
      ? `${document.slice(0, SHOWN_DOCUMENT_CHARACTERS)}…`
      : document
  return { kind: 'task', error: errorBody('missing_document_id', { primaryKey, document: shown }) }
}

/** Bodies longer than this are not read a second time to tell a fault in a node's words. */
const REREAD_BYTES_MAX = 4_194_304

const FAULT_TEXT: Readonly<Record<KernelFault['fault'], string>> = {
  syntax: 'expected value',
  truncated: 'EOF while parsing a value',
  depth: 'recursion limit exceeded',
  utf8: 'invalid unicode code point',
  'not-documents': 'data are neither an object nor a list of objects',
  'too-many-documents': 'too many documents in one payload',
  'unreadable-details': 'expected value',
  'no-slab': 'out of memory',
}

/**
 * The client's error for a body that is not a list of documents, with line and column as a node gives them.
 */
export function bodyFault(body: Uint8Array, format: DocumentFormat, fault: KernelFault): MiroirError {
  if (fault.fault === 'no-slab') return fail('miroir_overloaded', { resource: 'kernel memory' })
  const reason = nodeWords(body, format, fault.fault) ?? ourWords(body, fault)
  const message = `The \`${format}\` payload provided is malformed. \`Couldn't serialize document value: ${reason}\`.`
  return fail('malformed_payload', { message })
}

function nodeWords(body: Uint8Array, format: DocumentFormat, fault: KernelFault['fault']): string | null {
  if (fault === 'too-many-documents') return FAULT_TEXT[fault]
  const isRead = body.length <= REREAD_BYTES_MAX && (format === 'json' || format === 'ndjson')
  const found = isRead ? documentsFault(body, format) : null
  return found ?? (fault === 'not-documents' ? FAULT_TEXT[fault] : null)
}

function ourWords(body: Uint8Array, { fault, offset }: KernelFault): string {
  let line = 1
  let start = 0
  const end = Math.min(offset, body.length)
  for (let at = 0; at < end; at++) {
    if (body[at] !== 0x0a) continue
    line++
    start = at + 1
  }
  return `${FAULT_TEXT[fault]} at line ${line} column ${end - start + 1}`
}
