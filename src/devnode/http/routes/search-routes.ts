import { uuidv7 } from '../../../std/random.ts'
import type { DevIndex } from '../../engine/dev-index.ts'
import { printDouble } from '../../json/canonical.ts'
import { printHit } from '../../search/print/print-hits.ts'
import { readSearch, readSearchQuery, type SearchRequest } from '../../search/request.ts'
import { searchIndex } from '../../search/search.ts'
import { indexUidOf, jsonBody, type NodeCall, type NodeReply } from '../call.ts'

export function searchByBody(call: NodeCall): NodeReply {
  const uid = indexUidOf(call)
  const request = readSearch(jsonBody(call))
  return { status: 200, body: answerSearch(call, call.engine.index(uid), request) }
}

export function searchByQuery(call: NodeCall): NodeReply {
  const uid = indexUidOf(call)
  const request = readSearchQuery(call.query)
  return { status: 200, body: answerSearch(call, call.engine.index(uid), request) }
}

/** The whole answer of one search as JSON text; hits are printed from stored texts. */
export function answerSearch(call: NodeCall, index: DevIndex, request: SearchRequest): string {
  const { clock, random } = call.engine
  const started = clock.now()
  const found = searchIndex(index, request)
  const hits = found.hits.map((candidate) => printHit(index, request, found, { candidate }))
  const parts = [`"hits":[${hits.join(',')}]`, `"query":${JSON.stringify(request.q ?? '')}`]
  const { vector } = request
  if (request.retrieveVectors && vector !== null && found.near !== null)
    parts.push(`"queryVector":[${vector.map(printFloat).join(',')}]`)
  parts.push(`"processingTimeMs":${Math.floor(clock.now() - started)}`)
  if (found.page === null) {
    parts.push(`"limit":${request.limit},"offset":${request.offset},"estimatedTotalHits":${found.total}`)
  } else {
    const { page, hitsPerPage } = found.page
    const totalPages = hitsPerPage === 0 ? 0 : Math.ceil(found.total / hitsPerPage)
    parts.push(`"hitsPerPage":${hitsPerPage},"page":${page}`)
    parts.push(`"totalPages":${totalPages},"totalHits":${found.total}`)
  }
  if (found.facets !== null) {
    parts.push(`"facetDistribution":${found.facets.distribution},"facetStats":${found.facets.stats}`)
  }
  parts.push(`"requestUid":"${uuidv7(clock.wall(), random)}"`)
  if (wantsMetadata(call)) parts.push(`"metadata":${queryMetadata(call, index, request)}`)
  if (found.semanticHitCount !== null) parts.push(`"semanticHitCount":${found.semanticHitCount}`)
  return `{${parts.join(',')}}`
}

export function wantsMetadata({ headers }: NodeCall): boolean {
  return ['true', '1'].includes(String(headers['meili-include-metadata'] ?? ''))
}

/** Which index and query an answer belongs to, as JSON text. */
export function queryMetadata({ engine }: NodeCall, index: DevIndex, { q }: SearchRequest): string {
  const queryUid = uuidv7(engine.clock.wall(), engine.random)
  const { uid, primaryKey } = index
  return JSON.stringify({ ...(q === null ? {} : { query: q }), queryUid, indexUid: uid, primaryKey })
}

/** A 32-bit float with the fewest digits that tell it from its neighbours. */
function printFloat(value: number): string {
  const float = Math.fround(value)
  if (!Number.isFinite(float)) return 'null'
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(float.toPrecision(digits))
    if (Math.fround(short) === float) return printDouble(short)
  }
  return printDouble(Number(float.toPrecision(9)))
}
