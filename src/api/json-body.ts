import type { Call } from '../model/call.ts'
import { fail } from '../model/errors.ts'

const ACCEPTED = '`application/json`'

/** Refuses, with a node's texts, what is no JSON body by its header or has no body at all. */
export function requireJsonBody(call: Call): void {
  const type = call.header('content-type')
  if (type === undefined) throw fail('missing_content_type', { accepted: ACCEPTED })
  const essence = (type.split(';', 1)[0] ?? '').trim()
  if (essence.toLowerCase() !== 'application/json')
    throw fail('invalid_content_type', { type: essence, accepted: ACCEPTED })
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
