import { humanSize } from '../config/sizes.ts'
import { json, type Reply } from '../model/call.ts'
import { fail, MiroirError } from '../model/errors.ts'
import { assert } from '../std/assert.ts'
import { addCorsHeaders } from './cors.ts'
import type { RequestHead, WireReply } from './engine.ts'

/** Statuses of transport errors that have no code of their own in the table. */
const REQUEST_TIMEOUT = 408
const HEAD_TOO_LARGE = 431
const NOTHING = new Uint8Array(0)

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\t\x20-\x7e]*$/
/** Written by the engines alone; a handler that sets one of them has a bug. */
const FRAMING = new Set([
  'connection',
  'content-length',
  'content-type',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
])

/** Makes a handler's reply ready for the wire. Throws when a header could not be sent as it is. */
export function encodeReply(
  reply: Reply,
  request: { readonly head: RequestHead; readonly id: string; readonly close: boolean },
): WireReply {
  const headers = ['x-request-id', request.id]
  addCorsHeaders(headers, request.head.headers)
  if (reply.contentType !== undefined) addHeader(headers, 'content-type', reply.contentType)
  for (const [name, value] of reply.headers ?? []) {
    assert(!FRAMING.has(name.toLowerCase()), `a handler set the header ${name}`)
    addHeader(headers, name, value)
  }
  return { status: reply.status, headers, close: request.close, ...framed(reply, request.head.method) }
}

function framed(reply: Reply, method: string): Pick<WireReply, 'body' | 'contentLength'> {
  if (reply.status === 204 || reply.status === 304) return { body: null, contentLength: null }
  const body = bytesOf(reply.body)
  return { body: method === 'HEAD' ? null : body, contentLength: body.length }
}

function bytesOf(body: Uint8Array | string | undefined): Uint8Array {
  if (body === undefined) return NOTHING
  return typeof body === 'string' ? Buffer.from(body) : body
}

function addHeader(into: string[], name: string, value: string): void {
  assert(TOKEN.test(name), 'a header name that is not a token')
  assert(VALUE.test(value), `a value of the header ${name} that cannot be sent`)
  into.push(name, value)
}

/** An error of the table as a reply, with `Retry-After` where the table gives one. */
export function errorReply(error: MiroirError): Reply {
  if (error.retryAfterS === undefined) return json(error.status, error.body)
  return json(error.status, error.body, [['retry-after', String(error.retryAfterS)]])
}

/** What a client sees of a bug: nothing but where to look. */
export function internalError(requestId: string): MiroirError {
  return fail('internal', {
    message: `An internal error has occurred. The log names it under \`${requestId}\`.`,
  })
}

/** A node has one text for bodies of documents and another for all others. */
export function payloadTooLarge(limitBytes: number, takesDocuments: boolean): MiroirError {
  const error = fail('payload_too_large', { limit: humanSize(limitBytes) })
  if (takesDocuments) return error
  const message = `JSON payload has exceeded limit (${limitBytes} bytes).`
  return new MiroirError(error.status, { ...error.body, message })
}

/** The body is not what its encoding promises. */
export function payloadIncomplete(): MiroirError {
  return fail('bad_request', { message: 'The provided payload is incomplete and cannot be parsed' })
}

/** The body stopped arriving, or arrived too slowly. */
export function uploadTimeout(seconds: number): MiroirError {
  return new MiroirError(REQUEST_TIMEOUT, fail('miroir_deadline', { seconds }).body)
}

/** Says what is wrong with bytes that never became a request; `parserCode` is Node's, if any. */
export function malformedRequest(parserCode?: string): MiroirError {
  if (parserCode === 'HPE_HEADER_OVERFLOW')
    return badRequest(HEAD_TOO_LARGE, 'The head of the request is too long.')
  if (parserCode === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return badRequest(REQUEST_TIMEOUT, 'The head of the request did not arrive in time.')
  }
  return fail('bad_request', { message: 'The request is not valid HTTP/1.1.' })
}

function badRequest(status: number, message: string): MiroirError {
  return new MiroirError(status, fail('bad_request', { message }).body)
}

export function malformedTarget(): MiroirError {
  return fail('bad_request', { message: 'The path of the request is not valid.' })
}
