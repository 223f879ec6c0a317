import type { IncomingHttpHeaders } from 'node:http'
import type { Engine } from '../engine/engine.ts'
import { JsonFault, JsonScanner } from '../json/scan.ts'
import type { NewTask, TaskQueue } from '../tasks/queue.ts'
import { taskSummary } from '../tasks/task.ts'
import { type ApiKey, keyAllows, keyCovers } from './keys.ts'
import { refuse } from './refusal.ts'
import { ticks, unknownName } from './shape.ts'
import { badUid, isIndexUid } from './uid.ts'

/** What every handler may use. */
export interface Services {
  readonly engine: Engine
  readonly queue: TaskQueue
  readonly masterKey: string
}

/** One request after authentication. */
export interface NodeCall extends Services {
  readonly method: string
  readonly params: readonly string[]
  readonly query: ReadonlyMap<string, string>
  readonly rawQuery: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Null for the master key, which may do everything. */
  readonly key: ApiKey | null
}

export interface NodeReply {
  readonly status: number
  /** Null = no body. */
  readonly body: string | null
}

export const reply = (value: unknown, status = 200): NodeReply => ({ status, body: JSON.stringify(value) })

/** The first path parameter, which must be an index uid. */
export function indexUidOf(call: NodeCall): string {
  const uid = call.params[0] ?? ''
  if (!isIndexUid(uid)) throw badUid(uid)
  return uid
}

export function mayCreateIndex(call: NodeCall): boolean {
  return call.key === null || keyAllows(call.key, 'indexes.create')
}

/** True when the key of a request covers an index. */
export function covers(call: NodeCall, uid: string): boolean {
  return call.key === null || keyCovers(call.key, uid)
}

export function enqueue(call: NodeCall, task: NewTask, status = 202): NodeReply {
  return reply(taskSummary(call.queue.enqueue(task)), status)
}

/** Refuses query parameters that a route does not know. */
export function knownParameters(call: NodeCall, accepted: readonly string[]): void {
  for (const name of call.query.keys()) {
    if (!accepted.includes(name)) throw unknownName('parameter', name, accepted)
  }
}

/** Media type without parameters; refuses what a route does not take. */
export function contentType(call: NodeCall, accepted: readonly string[]): string {
  const list = `Accepted values for the Content-Type header are: ${ticks(accepted)}`
  const header = call.headers['content-type']
  if (header === undefined) throw refuse('missing_content_type', `A Content-Type header is missing. ${list}`)
  const type = (header.split(';')[0] ?? '').trim().toLowerCase()
  if (accepted.includes(type)) return type
  throw refuse('invalid_content_type', `The Content-Type \`${header}\` is invalid. ${list}`)
}

/** Decodes the body as UTF-8 and refuses a broken one. */
export function bodyText(call: NodeCall): string {
  const text = call.body.toString('utf8')
  if (!text.includes('\uFFFD') || Buffer.from(text).equals(call.body)) return text
  const place = text.indexOf('\uFFFD')
  const fault = new JsonFault('invalid unicode code point', text, place + 1)
  throw refuse('malformed_payload', `The json payload provided is malformed. \`${fault.message}\`.`)
}

/** The JSON body of a route that takes nothing else. */
export function jsonBody(call: NodeCall): unknown {
  contentType(call, ['application/json'])
  const text = bodyText(call)
  if (text === '') throw refuse('missing_payload', 'A json payload is missing.')
  try {
    const scanner = new JsonScanner(text)
    scanner.skipValue()
    if (!Number.isNaN(scanner.peek())) throw scanner.fault('trailing characters')
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    throw refuse('malformed_payload', `The json payload provided is malformed. \`${error.message}\`.`)
  }
  return JSON.parse(text)
}
