import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { brotliDecompressSync, constants, gunzipSync, inflateSync } from 'node:zlib'
import { MiroirError } from '../../model/errors.ts'
import type { NodeReply, Services } from './call.ts'
import { type ApiKey, keyAllows, keyCovers } from './keys.ts'
import { refusalBody, refuse } from './refusal.ts'
import { ROUTES, type Route } from './routes/routes.ts'

/** Bytes of a body; the same limit as a node's. */
const BODY_BYTES_MAX = 100 * 1024 * 1024
/** Longer heads are refused with an empty 400, as by a node. */
const HEAD_BYTES_MAX = 64 * 1024

interface Found {
  readonly route: Route
  readonly params: readonly string[]
}

function findRoute(path: string): Found | null {
  const segments = path.split('/').filter((part) => part !== '')
  for (const route of ROUTES) {
    if (route.path.length !== segments.length) continue
    if (!route.path.every((part, at) => part === '*' || part === segments[at])) continue
    const params = segments.filter((_, at) => route.path[at] === '*')
    return { route, params: params.map(decode) }
  }
  return null
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function readQuery(raw: string): Map<string, string> {
  const query = new Map<string, string>()
  for (const pair of raw.split('&')) {
    if (pair === '') continue
    const at = pair.indexOf('=')
    const name = at === -1 ? pair : pair.slice(0, at)
    const value = at === -1 ? '' : pair.slice(at + 1)
    query.set(decode(name.replaceAll('+', ' ')), decode(value.replaceAll('+', ' ')))
  }
  return query
}

/** The key of a request, null for the master key; throws the node's refusals. */
function authenticate(
  services: Services,
  header: string | undefined,
  need: { action: string; indexUid: string | null },
): ApiKey | null {
  if (header === undefined || !/^Bearer(?: |$)/.test(header)) {
    throw refuse(
      'missing_authorization_header',
      'The Authorization header is missing. It must use the bearer authorization method.',
    )
  }
  const token = header.slice('Bearer '.length)
  if (token === services.masterKey) return null
  const key = [...services.engine.keys.values()].find((one) => one.key === token)
  const expired = key?.expiresAt != null && Date.parse(key.expiresAt) <= services.engine.clock.wall()
  if (key === undefined || expired) throw refuse('invalid_api_key', 'The provided API key is invalid.')
  if (need.indexUid !== null && !keyCovers(key, need.indexUid)) {
    const list = JSON.stringify(key.indexes).replaceAll('","', '", "')
    const text = `The API key cannot acces the index \`${need.indexUid}\`, authorized indexes are ${list}.`
    throw refuse('invalid_api_key', text)
  }
  if (!keyAllows(key, need.action)) throw refuse('invalid_api_key', 'The provided API key is invalid.')
  return key
}

function decompress(body: Buffer, encoding: string | undefined): Buffer {
  try {
    return undone(body, encoding?.trim().toLowerCase())
  } catch {
    throw refuse('bad_request', 'The provided payload is incomplete and cannot be parsed')
  }
}

/** As a node: what came of a cut stream counts, but for gzip; nothing may stand behind the end. */
function undone(body: Buffer, encoding: string | undefined): Buffer {
  const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = constants
  // With `info`, the runtime also hands out the engine, which counts what it took.
  const options = (finishFlush: number) => ({ maxOutputLength: BODY_BYTES_MAX, finishFlush, info: true })
  if (encoding === 'gzip') return oneMember(body, gunzipSync(body, { maxOutputLength: BODY_BYTES_MAX }))
  if (encoding === 'br') return ofAll(body, brotliDecompressSync(body, options(BROTLI_OPERATION_FLUSH)))
  if (encoding === 'deflate') return ofAll(body, inflateSync(body, options(Z_SYNC_FLUSH)))
  return body
}

function oneMember(body: Buffer, whole: Buffer): Buffer {
  if (body.readUInt32LE(body.length - 4) !== whole.length) throw new Error('more than one member')
  return whole
}

function ofAll(body: Buffer, made: unknown): Buffer {
  const { buffer, engine } = made as { buffer: Buffer; engine: { bytesWritten: number } }
  if (engine.bytesWritten !== body.length) throw new Error('something follows')
  return buffer
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += chunk.length
    if (length > BODY_BYTES_MAX) {
      const limit = 'The maximum accepted payload size is 100 MiB.'
      throw refuse('payload_too_large', `The provided payload reached the size limit. ${limit}`)
    }
    chunks.push(chunk)
  }
  return decompress(Buffer.concat(chunks), request.headers['content-encoding'])
}

async function answer(services: Services, request: IncomingMessage): Promise<NodeReply> {
  const method = request.method ?? 'GET'
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  const rawQuery = mark === -1 ? '' : url.slice(mark + 1)
  const found = findRoute(mark === -1 ? url : url.slice(0, mark))
  if (method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
    return { status: 200, body: null }
  }
  if (found === null) return { status: 404, body: null }
  const { route, params } = found
  const chosen = Object.hasOwn(route.methods, method) ? route.methods[method] : undefined
  if (chosen === undefined) return { status: 405, body: null }
  const [action, handler] = chosen
  try {
    const indexUid = route.path[0] === 'indexes' ? (params[0] ?? null) : null
    const key =
      action === null ? null : authenticate(services, request.headers.authorization, { action, indexUid })
    const body = await readBody(request)
    const query = readQuery(rawQuery)
    return handler({ ...services, method, params, query, rawQuery, headers: request.headers, body, key })
  } catch (error) {
    if (error instanceof MiroirError) return { status: error.status, body: JSON.stringify(error.body) }
    const text = error instanceof Error ? error.message : String(error)
    return { status: 500, body: JSON.stringify(refusalBody('internal', text)) }
  }
}

function send(response: ServerResponse, { status, body }: NodeReply): void {
  response.statusCode = status
  response.setHeader('access-control-allow-origin', '*')
  if (body === null) {
    if (status !== 204) response.setHeader('content-length', 0)
    response.end()
    return
  }
  const bytes = Buffer.from(body)
  response.setHeader('content-type', 'application/json')
  response.setHeader('content-length', bytes.length)
  response.end(bytes)
}

/** Makes the HTTP server of a node; the caller listens and closes. */
export function makeServer(services: Services): Server {
  const server = createServer({ maxHeaderSize: HEAD_BYTES_MAX, noDelay: true }, (request, response) => {
    answer(services, request).then(
      (made) => {
        request.resume()
        send(response, made)
      },
      () => response.destroy(),
    )
  })
  server.keepAliveTimeout = 0
  server.requestTimeout = 0
  server.on('clientError', (_error, socket) => {
    if (socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
    else socket.destroy()
  })
  return server
}
