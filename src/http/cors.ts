import type { Reply } from '../model/call.ts'
import { fieldOf } from './hygiene.ts'

/** Any origin, any method, any header, as on a node. */
const METHODS = 'GET, POST, PUT, DELETE, HEAD, OPTIONS, CONNECT, PATCH, TRACE'
const METHOD = /^[A-Z]+$/
const FIELD_LIST = /^[\w!#$%&'*+\-.^`|~, ]*$/
const VARY = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'

/** True for a browser's question before a request; it is answered on every path, without a key. */
export function isPreflight(method: string, headers: readonly string[]): boolean {
  return method === 'OPTIONS' && METHOD.test(fieldOf(headers, 'access-control-request-method') ?? '')
}

export function preflightReply(headers: readonly string[]): Reply {
  const asked = fieldOf(headers, 'access-control-request-headers')
  return {
    status: 200,
    headers: [
      ['access-control-allow-methods', METHODS],
      ...(asked !== undefined && FIELD_LIST.test(asked)
        ? [['access-control-allow-headers', asked] as const]
        : []),
      ['access-control-max-age', '86400'],
    ],
  }
}

/** Adds what every answer carries for browsers to a flat list. */
export function addCorsHeaders(into: string[], requestHeaders: readonly string[]): void {
  into.push('vary', VARY)
  if (fieldOf(requestHeaders, 'origin') !== undefined) into.push('access-control-allow-origin', '*')
}
