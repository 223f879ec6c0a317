/** What went wrong with an exchange, from a small fixed set for metrics and passive health signals. */
export type ExchangeError =
  /** No connection could be opened. */
  | 'refused'
  /** Every connection was in use until the deadline, or too many requests wait. */
  | 'queued'
  | 'closed'
  /** The request itself cannot be sent (bad path, header or address). */
  | 'invalid'
  | 'deadline'
  /** Broken off by whoever asked: no longer of use. */
  | 'cancelled'
  /** The connection broke before the answer was complete. */
  | 'broken'
  | 'malformed'
  | 'oversize'
  /** The node answered, but does not know the key: it is another instance, or has another master key. */
  | 'unknown-key'

export interface Failure {
  readonly error: ExchangeError
  readonly reason: string
}

export const REASONS = {
  oversize: 'the answer is longer than allowed',
  length: 'the answer does not say how long it is, or says it wrongly',
} as const

export function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** Codes of a connection that broke, as opposed to one that could not be opened. */
export function isStale(code: string): boolean {
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET'
}

export function unopened(code: string): Failure {
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED')
    return { error: 'invalid', reason: 'the request is not valid HTTP' }
  if (code === 'UND_ERR_DESTROYED' || code === 'UND_ERR_CLOSED')
    return { error: 'closed', reason: 'the transport was closed' }
  return { error: 'refused', reason: withCode('no connection', code) }
}

export function broken(code: string): Failure {
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW')
    return { error: 'malformed', reason: withCode('the answer is not valid HTTP', code) }
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return { error: 'malformed', reason: REASONS.length }
  return { error: 'broken', reason: withCode('the connection broke before the answer was complete', code) }
}

/** Only codes are shown: messages may quote what was sent or received. */
function withCode(reason: string, code: string): string {
  return code === '' ? reason : `${reason} (${code})`
}
