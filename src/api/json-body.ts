import type { Call } from '../model/call.ts'
import { fail } from '../model/errors.ts'
import { mediaType } from './request/media-type.ts'

const ACCEPTED = '`application/json`'

/** Refuses, with a node's texts, what is no JSON body by its header or has no body at all. */
export function requireJsonBody(call: Call): void {
  const type = call.header('content-type')
  if (type === undefined) throw fail('missing_content_type', { accepted: ACCEPTED })
  if (mediaType(type) !== 'application/json') throw fail('invalid_content_type', { type, accepted: ACCEPTED })
  if (call.body.length === 0) throw fail('missing_payload', { format: 'json' })
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The body's text, byte for byte; null when it is no UTF-8. */
export function bodyText(body: Uint8Array): string | null {
  try {
    return strict.decode(body.buffer instanceof SharedArrayBuffer ? body.slice() : body)
  } catch {
    return null
  }
}
