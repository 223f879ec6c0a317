import type { Encoding } from './body/body-kinds.ts'
import type { RequestHead } from './engine.ts'

/** How the body of a sound request is delimited. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }

/** Why a head is refused; also a metric label, so the set is fixed. */
export type Refusal =
  | 'field_name'
  | 'field_value'
  | 'host'
  | 'content_length'
  | 'transfer_encoding'
  | 'duplicate_field'

const NO_BODY: Framing = { kind: 'none' }
const CHUNKED: Framing = { kind: 'chunked' }

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/i
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/
const HOST = /^[a-z0-9.\-_:[\]%~]*$/i
const LENGTH = /^\d{1,15}$/

/** Fields of which a second one makes two readers disagree about the request. */
const SINGLE = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'authorization',
  'x-admin-key',
  'content-type',
])

/**
 * Checks a head more strictly than any parser below us and says how its body is framed. A refused request
 * must end its connection: behind a head that two programs read differently nothing can be trusted.
 */
export function examine(head: RequestHead): Framing | Refusal {
  const seen = new Set<string>()
  let length: string | undefined
  let encoding: string | undefined
  for (let at = 0; at + 1 < head.headers.length; at += 2) {
    const name = head.headers[at] ?? ''
    const value = head.headers[at + 1] ?? ''
    if (!TOKEN.test(name)) return 'field_name'
    if (CONTROL.test(value)) return 'field_value'
    if (!SINGLE.has(name)) continue
    if (seen.has(name)) return duplicateOf(name)
    seen.add(name)
    if (name === 'host' && !HOST.test(value)) return 'host'
    if (name === 'content-length') length = value
    if (name === 'transfer-encoding') encoding = value
  }
  if (!seen.has('host')) return 'host'
  return framingOf(length, encoding)
}

function duplicateOf(name: string): Refusal {
  if (name === 'host') return 'host'
  if (name === 'content-length') return 'content_length'
  return name === 'transfer-encoding' ? 'transfer_encoding' : 'duplicate_field'
}

function framingOf(length: string | undefined, encoding: string | undefined): Framing | Refusal {
  if (encoding !== undefined) {
    return length === undefined && encoding.toLowerCase() === 'chunked' ? CHUNKED : 'transfer_encoding'
  }
  if (length === undefined) return NO_BODY
  if (!LENGTH.test(length)) return 'content_length'
  const bytes = Number(length)
  return bytes === 0 ? NO_BODY : { kind: 'length', bytes }
}

/** The value of a field in a flat list; names in the list are lower-case. */
export function fieldOf(headers: readonly string[], name: string): string | undefined {
  const wanted = name.toLowerCase()
  for (let at = 0; at + 1 < headers.length; at += 2) {
    if (headers[at] === wanted) return headers[at + 1]
  }
  return undefined
}

const ENCODINGS: readonly Encoding[] = ['gzip', 'br', 'deflate']

/** What a node would undo before reading the body; null where it reads the body as it is. */
export function encodingOf({ headers }: RequestHead): Encoding | null {
  const name = fieldOf(headers, 'content-encoding')?.trim().toLowerCase()
  return ENCODINGS.find((encoding) => encoding === name) ?? null
}
