import type { DevIndex } from '../../engine/dev-index.ts'
import { memberText, printDocument, type StoredDocument } from '../../engine/documents.ts'
import { distanceMetres } from '../../engine/geo.ts'
import { printDouble } from '../../json/canonical.ts'
import type { Candidate, Rule } from '../ranking.ts'
import type { SearchRequest } from '../request.ts'
import { type FoundHits, rulesFor } from '../search.ts'
import { scoreOf } from '../selection.ts'
import { readSort } from '../sort-input.ts'
import { formatDocument, matchPositions } from './format.ts'
import { bothReach, pickMembers, printMembers, reachOf } from './retrieve.ts'

/** Prints one hit with everything the request asked for, in the order a node prints it. */
export function printHit(
  index: DevIndex,
  request: SearchRequest,
  found: FoundHits,
  { candidate, federation }: { readonly candidate: Candidate; readonly federation?: string },
): string {
  const document = index.table.at(candidate.docid)
  if (document === undefined) return '{}'
  const rules = rulesFor(found, candidate)
  const parts = [printRetrieved(index, request, document).slice(1, -1)]
  if (request.retrieveVectors) parts.push(`"_vectors":${memberText(document, '_vectors') ?? '{}'}`)
  if (federation !== undefined) parts.push(`"_federation":${federation}`)
  const distance = geoDistance(index, request, candidate)
  if (distance !== null) parts.push(`"_geoDistance":${distance}`)
  if (request.attributesToHighlight !== null || request.attributesToCrop !== null) {
    parts.push(`"_formatted":${formatDocument(index, request, found.query, document)}`)
  }
  if (request.showMatchesPosition) {
    parts.push(`"_matchesPosition":${matchPositions(index, request, found.query, document)}`)
  }
  if (request.showRankingScore) parts.push(`"_rankingScore":${printDouble(scoreOf(rules, candidate))}`)
  if (request.showRankingScoreDetails) {
    parts.push(`"_rankingScoreDetails":${printDetails(rules, candidate)}`)
  }
  return `{${parts.filter((part) => part !== '').join(',')}}`
}

function printDetails(rules: readonly Rule[], candidate: Candidate): string {
  const details = rules.map((rule, order) => {
    const [name, text] = rule.detail(candidate, order)
    return `${JSON.stringify(name)}:${text}`
  })
  return `{${details.join(',')}}`
}

function printRetrieved(index: DevIndex, request: SearchRequest, document: StoredDocument): string {
  const displayed = index.settings.displayedAttributes
  const wanted = request.attributesToRetrieve
  const all = displayed.includes('*') && wanted.includes('*')
  if (all) return printDocument(document, (name) => name !== '_vectors')
  return printMembers(
    pickMembers(document, (name) => bothReach(reachOf(displayed, name), reachOf(wanted, name))),
  )
}

/** Distance to the point the request sorts by first, in whole metres. */
function geoDistance(index: DevIndex, request: SearchRequest, candidate: Candidate): number | null {
  for (const text of request.sort) {
    const sort = readSort(text, 'invalid_search_sort')
    if (sort.kind !== 'geo') continue
    const point = index.columns.points()[candidate.docid]
    return point === null || point === undefined ? null : Math.round(distanceMetres(sort.point, point))
  }
  return null
}
