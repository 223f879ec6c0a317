import { MiroirError } from '../../../model/errors.ts'
import { uuidv7 } from '../../../std/random.ts'
import { federate } from '../../search/federation.ts'
import {
  checkFederated,
  type Federation,
  readFederation,
  readOptions,
} from '../../search/federation-request.ts'
import { readSearch, SEARCH_CHECKS } from '../../search/request.ts'
import { covers, jsonBody, type NodeCall, type NodeReply } from '../call.ts'
import { refuse, refuseSwitchedOff } from '../refusal.ts'
import {
  expectArray,
  expectObject,
  expectString,
  inside,
  type Loose,
  type Spot,
  unknownName,
  wrongValue,
} from '../shape.ts'
import { badUidText, isIndexUid } from '../uid.ts'
import { answerSearch, queryMetadata, wantsMetadata } from './search-routes.ts'

const ROOT: Spot = { path: '', code: 'bad_request' }

/** Several searches in one request, each with its own answer or, with `federation`, all in one list. */
export function multiSearch(call: NodeCall): NodeReply {
  const body = expectObject(jsonBody(call), ROOT)
  for (const name of Object.keys(body)) {
    if (name !== 'queries' && name !== 'federation')
      throw unknownName('field', name, ['queries', 'federation'])
  }
  if (body['queries'] === undefined) throw refuse('bad_request', 'Missing field `queries`')
  const { federation } = body as { federation?: unknown }
  const federated = federation !== undefined && federation !== null
  const queries = expectArray(body['queries'], inside(ROOT, 'queries')).map((query, at) =>
    readQuery(call, query, { path: `.queries[${at}]`, federated }),
  )
  if (federated) return { status: 200, body: answerFederated(call, queries, readFederation(federation)) }
  const results = queries.map(({ uid, request }, at) =>
    insideQuery(at, () => {
      const index = call.engine.index(uid)
      return `{"indexUid":${JSON.stringify(uid)},${answerSearch(call, index, request).slice(1)}`
    }),
  )
  return { status: 200, body: `{"results":[${results.join(',')}]}` }
}

/** Errors of one search say which. */
function insideQuery<T>(at: number, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof MiroirError)) throw error
    const message = `Inside \`.queries[${at}]\`: ${error.body.message}`
    throw new MiroirError(error.status === 404 ? 400 : error.status, { ...error.body, message })
  }
}

type Query = ReturnType<typeof readQuery>

function answerFederated(call: NodeCall, queries: readonly Query[], federation: Federation): string {
  const { engine, headers } = call
  const internal = headers['meili-proxy-search'] === 'true'
  if (internal && !engine.network) throw refuseSwitchedOff('Performing a remote federated search', 'network')
  const started = engine.clock.now()
  const asked = queries.map(({ uid, request, raw, options }, at) =>
    insideQuery(at, () => {
      checkFederated(uid, raw)
      const { weight, queryPosition } = readOptions(options, `.queries[${at}]`, engine.network)
      return { index: engine.index(uid), request, weight, position: queryPosition ?? at }
    }),
  )
  const { hits, total, facets } = federate(asked, federation, internal)
  const parts = [`"hits":[${hits.join(',')}]`]
  parts.push(`"processingTimeMs":${Math.floor(engine.clock.now() - started)}`)
  if (federation.page === null && federation.hitsPerPage === null) {
    const { limit, offset } = federation
    parts.push(`"limit":${limit},"offset":${offset},"estimatedTotalHits":${total}`)
  } else {
    const { page, hitsPerPage } = { page: federation.page ?? 1, hitsPerPage: federation.hitsPerPage ?? 20 }
    const totalPages = hitsPerPage === 0 ? 0 : Math.ceil(total / hitsPerPage)
    parts.push(`"hitsPerPage":${hitsPerPage},"page":${page}`)
    parts.push(`"totalPages":${totalPages},"totalHits":${total}`)
  }
  if (facets !== null) parts.push(`"facetsByIndex":${facets}`)
  parts.push(`"requestUid":"${uuidv7(engine.clock.wall(), engine.random)}"`)
  if (wantsMetadata(call)) {
    const metadata = asked.map(({ index, request }) => queryMetadata(call, index, request))
    parts.push(`"metadata":[${metadata.join(',')}]`)
  }
  return `{${parts.join(',')}}`
}

function readQuery(
  call: NodeCall,
  query: unknown,
  { path, federated }: { readonly path: string; readonly federated: boolean },
) {
  const { indexUid, federationOptions, ...search } = expectObject(query, { path, code: 'bad_request' }) as {
    indexUid?: unknown
    federationOptions?: unknown
  }
  const accepted = ['indexUid', ...Object.keys(SEARCH_CHECKS), 'federationOptions']
  for (const name of Object.keys(search)) {
    if (!accepted.includes(name)) throw unknownName('field', name, accepted, { path, code: 'bad_request' })
  }
  if (indexUid === undefined)
    throw refuse('missing_index_uid', `Missing field \`indexUid\` inside \`${path}\``)
  const spot = { path: `${path}.indexUid`, code: 'invalid_index_uid' }
  const uid = expectString(indexUid, spot)
  if (!isIndexUid(uid)) throw wrongValue(spot, badUidText(uid))
  if (!federated && federationOptions !== undefined && federationOptions !== null) {
    throw refuse(
      'invalid_multi_search_federation_options',
      `Inside \`${path}\`: Using \`federationOptions\` is not allowed in a non-federated search.\n - Hint: remove \`federationOptions\` from the query or add \`federation\` to the request.`,
    )
  }
  if (!covers(call, uid)) {
    const list = JSON.stringify(call.key?.indexes ?? []).replaceAll('","', '", "')
    const text = `The API key cannot acces the index \`${uid}\`, authorized indexes are ${list}.`
    throw refuse('invalid_api_key', `Inside \`${path}\`: ${text}`)
  }
  return { uid, request: readSearch(search, path), raw: search as Loose, options: federationOptions }
}
