import { MiroirError } from '../../../model/errors.ts'
import { readSearch, SEARCH_CHECKS } from '../../search/request.ts'
import { covers, jsonBody, type NodeCall, type NodeReply } from '../call.ts'
import { refuse, refuseLacking } from '../refusal.ts'
import {
  expectArray,
  expectObject,
  expectString,
  inside,
  type Spot,
  unknownName,
  wrongValue,
} from '../shape.ts'
import { badUidText, isIndexUid } from '../uid.ts'
import { answerSearch } from './search-routes.ts'

const ROOT: Spot = { path: '', code: 'bad_request' }

/** Several searches in one request; merging them into one list is a real node's business. */
export function multiSearch(call: NodeCall): NodeReply {
  const body = expectObject(jsonBody(call), ROOT)
  for (const name of Object.keys(body)) {
    if (name !== 'queries' && name !== 'federation')
      throw unknownName('field', name, ['queries', 'federation'])
  }
  if (body['queries'] === undefined) throw refuse('bad_request', 'Missing field `queries`')
  if (body['federation'] !== undefined && body['federation'] !== null) {
    throw refuseLacking('Federated search (`federation`)')
  }
  const queries = expectArray(body['queries'], inside(ROOT, 'queries')).map((query, at) =>
    readQuery(call, query, `.queries[${at}]`),
  )
  const results = queries.map(({ uid, request }, at) => {
    try {
      const index = call.engine.index(uid)
      return `{"indexUid":${JSON.stringify(uid)},${answerSearch(call, index, request).slice(1)}`
    } catch (error) {
      if (!(error instanceof MiroirError)) throw error
      const message = `Inside \`.queries[${at}]\`: ${error.body.message}`
      throw new MiroirError(error.status === 404 ? 400 : error.status, { ...error.body, message })
    }
  })
  return { status: 200, body: `{"results":[${results.join(',')}]}` }
}

function readQuery(call: NodeCall, query: unknown, path: string) {
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
  if (federationOptions !== undefined && federationOptions !== null) {
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
  return { uid, request: readSearch(search, path) }
}
